import assert from "node:assert/strict";
import { errorsOf, essenceOf, everyWay, graph, on, planOf, refusalOf } from "./plans.ts";

const id = "appmixer";
const apiUrl = "https://api.acme.appmixer.cloud";
const audiences = {
  "own-tenant": { audience: "AzureADMyOrg" },
  orgs: { audience: "AzureADMultipleOrgs" },
  "orgs-and-personal": { audience: "AzureADandPersonalMicrosoftAccount", tokenVersion: 2 },
};
const backoffice = "(Backoffice configuration appmixer:microsoft)";

/** What stands on Appmixer's page for these answers. */
const essence = (
  accounts: keyof typeof audiences,
  hasPicker: boolean,
  namesTenant: boolean,
  months: number,
) => ({
  displayName: "Appmixer",
  ...audiences[accounts],
  redirects: [
    `web ${apiUrl}/auth/microsoft/callback`,
    hasPicker ? `web ${apiUrl}/plugins/appmixer/microsoft/onedrive/picker` : [],
  ].flat(),
  tokens: hasPicker ? ["id", "access"] : [],
  permissions: on(
    graph,
    "delegated",
    "Files.Read.All Files.ReadWrite.All User.Read offline_access",
  ).toSorted(),
  beyondMinimum: [],
  consent: "optional",
  roles: [],
  credential: `Appmixer, a secret of ${months} months`,
  handover: [
    `clientId: clientId ${backoffice}`,
    `clientSecret: secret ${backoffice}`,
    namesTenant
      ? [`microsoftTenant: =true ${backoffice}`, "Tenant: tenantId (connection form (Connect account))"]
      : [],
  ].flat(),
});

describe("the blueprint of Appmixer", () => {
  it("is for everybody, without the picker, for two years when nothing was said", () =>
    assert.deepEqual(essenceOf(planOf(id, { apiUrl })), essence("orgs-and-personal", false, false, 24)));

  const wider = everyWay({
    accounts: ["orgs", "orgs-and-personal"] as const,
    picker: [false, true],
    tenant: [false, true],
  });
  for (const { accounts, picker, tenant } of [
    ...wider,
    { accounts: "own-tenant" as const, picker: false, tenant: true },
  ])
    it(`for ${accounts}, ${picker ? "with" : "without"} the picker, the tenant ${tenant ? "" : "not "}named`, () => {
      const plan = planOf(id, {
        apiUrl: `${apiUrl}/`,
        accounts,
        onedrivePicker: String(picker),
        customTenant: String(tenant),
        secretMonths: "3",
      });
      assert.deepEqual(essenceOf(plan), essence(accounts, picker, tenant, 3));
      assert.equal(
        plan.next.some((step) => /field Tenant/.test(step)),
        tenant,
      );
      assert.ok(
        plan.next.includes(
          "The secret ends in 3 months: make a new request before that, put its values in, then revoke this one.",
        ),
      );
    });

  it("offers the word common only where it works", () => {
    const stepsFor = (accounts: string) =>
      planOf(id, { apiUrl, accounts, customTenant: "true" }).next.join(" ");
    assert.doesNotMatch(stepsFor("own-tenant"), /the word common/);
    assert.match(stepsFor("orgs"), /the word common/);
  });

  for (const onedrivePicker of ["false", "true"])
    it(`refuses our tenant alone when nobody names it, with the picker ${onedrivePicker}`, () =>
      assert.deepEqual(refusalOf(id, { apiUrl, accounts: "own-tenant", onedrivePicker }), {
        sentence:
          "Without microsoftTenant Appmixer signs everybody in through /common, which an app for our tenant alone turns away. Let people name the tenant, or choose any organisation.",
      }));

  it("refuses our tenant alone with the picker, even when people name it", () =>
    assert.deepEqual(
      refusalOf(id, { apiUrl, accounts: "own-tenant", customTenant: "true", onedrivePicker: "true" }),
      {
        sentence:
          "The OneDrive file picker always signs in through /common, so the app cannot be for our tenant alone. Leave the picker out, or choose any organisation.",
      },
    ));

  it("needs an address of https without a query", () => {
    for (const wrong of ["", "http://api.acme.example", "https://api.acme.example?x=1", "api.acme.example"])
      assert.deepEqual(errorsOf(id, { apiUrl: wrong }), ["apiUrl"], wrong);
  });
});
