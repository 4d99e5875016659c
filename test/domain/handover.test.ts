import assert from "node:assert/strict";
import { handoverEntries, nextSteps } from "../../src/domain/handover.ts";
import type { ClientId } from "../../src/domain/ids.ts";
import type { HandoverValue, Plan } from "../../src/domain/plan.ts";
import { aPlan, tenant } from "../support/builders.ts";

const clientId = "dddddddd-0000-4000-8000-00000000c11d" as ClientId;
const made = { clientId, tenantId: tenant, authorityUrl: "https://login.example" };
const certificate: Plan["credential"] = {
  kind: "certificate",
  label: "Veeam",
  der: "MIIB",
  thumbprint: "A1B2C3",
  expiresAt: "2028-01-01T00:00:00.000Z",
};

describe("what the requester is given", () => {
  const entryOf = (value: HandoverValue, given: Partial<Plan> = {}) =>
    handoverEntries(aPlan({ handover: [{ label: "It", value }], ...given }), made).map(
      (entry) => entry.value,
    );

  const table: [what: HandoverValue, given: Partial<Plan>, values: string[]][] = [
    ["clientId", {}, [clientId]],
    ["tenantId", {}, [tenant]],
    ["identifierUri", {}, [`api://${clientId}`]],
    ["thumbprint", { credential: certificate }, ["A1B2C3"]],
    ["thumbprint", { credential: { kind: "none" } }, []],
    ["secret", {}, []],
    ["=westeurope", {}, ["westeurope"]],
    [
      "=https://login.example/{{tenantId}}/oauth2?app={{clientId}}&again={{clientId}}",
      {},
      [`https://login.example/${tenant}/oauth2?app=${clientId}&again=${clientId}`],
    ],
    [
      "={{identifierUri}}/read with {{thumbprint}}",
      { credential: certificate },
      [`api://${clientId}/read with A1B2C3`],
    ],
    ["={{toString}} {{Region}} {{ }}", {}, ["{{toString}} {{Region}} {{ }}"]],
  ];
  for (const [value, given, values] of table)
    it(`under "${value}" with a ${given.credential?.kind ?? "secret"} is ${values[0] ?? "nothing"}`, () =>
      assert.deepEqual(entryOf(value, given), values));

  it("stands under the vendor's labels, with the place where it goes", () =>
    assert.deepEqual(handoverEntries(aPlan(), made), [
      { label: "Client ID", value: clientId },
      { label: "Region", value: "westeurope", where: "Settings > Region" },
    ]));
});

describe("the admin consent of other tenants", () => {
  const linkOf = (given: Partial<Plan>) =>
    handoverEntries(aPlan({ audience: "AzureADMultipleOrgs", handover: [], ...given }), made)[0]?.value;

  it("is asked for at an address that names the app, all of its permissions and where to return to", () =>
    assert.equal(
      linkOf({ redirects: [{ platform: "web", uri: "https://rewst.example/back?a=1&b=2" }] }),
      `https://login.example/organizations/v2.0/adminconsent?client_id=${clientId}` +
        "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default" +
        "&redirect_uri=https%3A%2F%2Frewst.example%2Fback%3Fa%3D1%26b%3D2",
    ));

  it("returns nowhere without a web address to return to", () => {
    const redirects: Plan["redirects"] = [{ platform: "spa", uri: "https://spa.example" }];
    assert.doesNotMatch(linkOf({ redirects }) ?? "redirect_uri", /redirect_uri/);
  });

  it("is for accounts of any kind too", () =>
    assert.ok(linkOf({ audience: "AzureADandPersonalMicrosoftAccount" })));

  it("is not needed in one's own tenant, nor without permissions", () => {
    assert.equal(linkOf({ audience: "AzureADMyOrg" }), undefined);
    assert.equal(linkOf({ permissions: [] }), undefined);
  });
});

describe("the next steps", () => {
  it("name what was made, and the Azure roles that Usher cannot give", () =>
    assert.deepEqual(
      nextSteps(
        aPlan({
          displayName: "Datadog",
          next: ["Paste {{clientId}} of {{tenantId}}.", "Press Test."],
          azureRoles: [{ role: "Monitoring Reader", scope: "each subscription" }],
        }),
        made,
      ),
      [
        "Ask whoever may give roles in Azure: give the app Datadog the Azure role Monitoring Reader on each subscription (Azure portal, Access control (IAM)).",
        `Paste ${clientId} of ${tenant}.`,
        "Press Test.",
      ],
    ));
});
