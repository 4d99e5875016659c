import assert from "node:assert/strict";
import { checkPermissions } from "../../src/domain/check-permissions.ts";
import type { Permission } from "../../src/domain/permission.ts";
import type { PublishedApi, TenantFacts } from "../../src/domain/tenant-facts.ts";
import { aPermission, aPlan, graphApi } from "../support/builders.ts";

const published = (name: string, kind: Permission["kind"], isEnabled = true) => ({
  name,
  kind,
  isEnabled,
  allows: `Allows ${name}.`,
});
const graph: PublishedApi = {
  clientId: graphApi,
  name: "Microsoft Graph",
  permissions: [
    published("User.EnableDisableAccount.All", "application"),
    published("User.EnableDisableAccount.All", "delegated"),
    published("Mail.Send.Shared", "delegated"),
    published("Old.Read", "application", false),
  ],
};
const facts = (given: Partial<TenantFacts> = {}): TenantFacts => ({
  apis: new Map([[graphApi, graph]]),
  credentialRules: undefined,
  mayCreateServicePrincipals: undefined,
  isUnchecked: false,
  ...given,
});
const check = (permission: Partial<Permission>, given: Partial<TenantFacts> = {}) =>
  checkPermissions(aPlan({ permissions: [aPermission(permission)] }), facts(given));

describe("permissions, held against the tenant's own service principals", () => {
  it("get the tenant's sentence on what they allow", () => {
    const { plan, wrong } = check({ name: "User.EnableDisableAccount.All", kind: "application" });
    assert.deepEqual(wrong, []);
    assert.equal(plan.permissions[0]?.allows, "Allows User.EnableDisableAccount.All.");
  });

  const refused: [string, Permission["kind"], RegExp][] = [
    [
      "UserEnableDisableAccount.All",
      "application",
      /no application.*Did you mean User\.EnableDisableAccount\.All\?/,
    ],
    ["Mail.Send.Shared", "application", /only as a delegated permission/],
    ["Mail.SendShared", "application", /Did you mean the delegated permission Mail\.Send\.Shared\?/],
    ["Old.Read", "application", /switched off/],
    ["Quantum.Teleport", "delegated", /no delegated permission "Quantum\.Teleport"\.$/],
  ];
  for (const [name, kind, sentence] of refused)
    it(`refuse ${name} as ${kind}`, () =>
      assert.match(check({ name, kind }).wrong[0]?.sentence ?? "", sentence));

  it("say what was meant for the first ten that are wrong only", () => {
    const permissions = Array.from({ length: 12 }, () =>
      aPermission({ name: "Mail.SendShared", kind: "delegated" }),
    );
    const { wrong } = checkPermissions(aPlan({ permissions }), facts());
    const hinted = wrong.map(({ sentence }) => sentence.includes("Did you mean Mail.Send.Shared?"));
    assert.deepEqual(hinted, [...Array(10).fill(true), false, false]);
    assert.match(wrong[11]?.sentence ?? "", /no delegated permission "Mail\.SendShared"\.$/);
  });

  it("name an API that the tenant lacks, and who makes it", () => {
    const apis = new Map([[graphApi, null]]);
    for (const [may, createdBy] of [
      [true, "usher"],
      [false, "administrator"],
      [undefined, "administrator"],
    ] as const)
      assert.deepEqual(check({}, { apis, mayCreateServicePrincipals: may }).plan.missingApis, [
        { clientId: graphApi, name: "Microsoft Graph", createdBy },
      ]);
  });

  it("refuse a client id under which nobody publishes anything", () => {
    const api = "99999999-0000-4000-8000-000000000000";
    const { plan, wrong } = check({ api, apiName: api }, { apis: new Map([[api, null]]) });
    assert.match(wrong[0]?.sentence ?? "", /no API with the client ID 99999999/);
    assert.equal(plan.missingApis, undefined);
  });

  it("show the client id of an API that the catalogue does not know, whatever it calls itself", () => {
    const api = "99999999-0000-4000-8000-000000000000";
    const theirs = { ...graph, clientId: api };
    const { plan } = check(
      { api, apiName: api, name: "Mail.Send.Shared" },
      { apis: new Map([[api, theirs]]) },
    );
    assert.equal(plan.permissions[0]?.apiName, `Microsoft Graph (${api})`);
  });

  it("stay as they are when the tenant could not be asked, and the plan says so", () => {
    const plan = aPlan();
    const unasked = facts({ apis: new Map(), isUnchecked: true });
    assert.deepEqual(checkPermissions(plan, unasked), { plan: { ...plan, isUnchecked: true }, wrong: [] });
  });
});
