import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { aRegistration, aTenant, errorOf, type TestTenant } from "./tenant-client.ts";

const guid = (n: number) => `12121212-0000-4000-8000-00000000000${n}`;
const reader = {
  id: guid(1),
  value: "Reader",
  displayName: "Reader",
  description: "Reads reports.",
  allowedMemberTypes: ["User"],
};
const use = {
  id: guid(2),
  value: "reports.use",
  type: "User",
  adminConsentDisplayName: "Use reports",
  adminConsentDescription: "Uses reports for the person.",
};

describe("what an application of the simulated tenant exposes", () => {
  let tenant: TestTenant;
  let id: string;
  let appId: string;
  before(async () => {
    tenant = await aTenant();
  });
  beforeEach(async () => {
    ({ id, appId } = await aRegistration(tenant));
  });
  after(() => tenant.discard());

  const patch = (changes: object) => tenant.bot("PATCH", `/applications/${id}`, changes);
  const codeOf = async (changes: object) => errorOf(await patch(changes)).code;
  const scopes = (...oauth2PermissionScopes: object[]) => ({ api: { oauth2PermissionScopes } });

  it("shows on its service principal, switched on unless it says otherwise", async () => {
    assert.equal((await patch({ appRoles: [reader], ...scopes(use) })).status, 204);
    const { body } = await tenant.bot("GET", `/servicePrincipals(appId='${appId}')`);
    assert.deepEqual(body.appRoles, [{ ...reader, isEnabled: true, origin: "Application" }]);
    const [scope] = body.oauth2PermissionScopes as Record<string, unknown>[];
    assert.deepEqual(
      [scope?.value, scope?.isEnabled, scope?.userConsentDisplayName],
      ["reports.use", true, null],
    );
  });

  it("is refused when a role is not whole", async () => {
    const wrong: object[] = [
      { id: "one" },
      { value: "two words" },
      { value: ".hidden" },
      { value: "x".repeat(121) },
      { displayName: "" },
      { description: null },
      { allowedMemberTypes: [] },
      { allowedMemberTypes: ["Group"] },
      { colour: "red" },
    ];
    for (const change of wrong)
      assert.equal(
        (await patch({ appRoles: [{ ...reader, ...change }] })).status,
        400,
        JSON.stringify(change),
      );
  });

  it("is refused when a scope is not whole", async () => {
    const wrong: object[] = [
      { id: "one" },
      { value: "two words" },
      { value: null },
      { type: "Everybody" },
      { adminConsentDisplayName: null },
      { adminConsentDescription: " " },
      { colour: "red" },
    ];
    for (const change of wrong)
      assert.equal((await patch(scopes({ ...use, ...change }))).status, 400, JSON.stringify(change));
  });

  it("has each id and each value once", async () => {
    const second = { ...reader, id: guid(3), value: "Writer" };
    assert.equal(await codeOf({ appRoles: [reader, { ...second, id: reader.id }] }), "DuplicateValue");
    assert.equal(await codeOf({ appRoles: [reader, { ...second, value: reader.value }] }), "DuplicateValue");
    assert.equal(await codeOf(scopes(use, { ...use, id: guid(3) })), "DuplicateValue");
    assert.equal((await patch({ appRoles: [reader, second] })).status, 204);
  });

  it("shares a value between a role and a scope only as one permission, with one id and the same words", async () => {
    const asScope = { ...use, value: reader.value };
    assert.equal(await codeOf({ appRoles: [reader], ...scopes(asScope) }), "DuplicateValue");
    assert.equal(
      await codeOf({ appRoles: [reader], ...scopes({ ...asScope, id: reader.id }) }),
      "Request_BadRequest",
    );
    const words = {
      adminConsentDisplayName: reader.displayName,
      adminConsentDescription: reader.description,
    };
    const one = scopes({ ...asScope, ...words, id: reader.id });
    assert.equal((await patch({ appRoles: [reader], ...one })).status, 204);
  });

  it("can be taken away only after it was switched off", async () => {
    await patch({ appRoles: [reader], ...scopes(use) });
    const code = "CannotDeleteOrUpdateEnabledEntitlement";
    assert.deepEqual([await codeOf({ appRoles: [] }), await codeOf(scopes())], [code, code]);
    await patch({ appRoles: [{ ...reader, isEnabled: false }] });
    assert.equal((await patch({ appRoles: [] })).status, 204);
  });

  it("may have an identifier URI of its own, of the tenant or of a verified domain", async () => {
    const own = `api://${appId}`;
    const { tenantId, domain } = company;
    const allowed = [own, `api://${tenantId}/${id}`, `https://${domain}/${id}`, `https://a.${domain}/${id}`];
    for (const uri of allowed) assert.equal((await patch({ identifierUris: [uri] })).status, 204, uri);
    const refused = [
      "https://app.example",
      `api://${guid(9)}`,
      "api://reports",
      `http://${domain}/x`,
      "urn:x",
    ];
    for (const uri of refused)
      assert.equal(await codeOf({ identifierUris: [uri] }), "HostNameNotOnVerifiedDomain", uri);
  });

  it("has identifier URIs that no other application has, deleted or not", async () => {
    const taken = { identifierUris: [`https://${company.domain}/taken`] };
    await patch(taken);
    const other = await aRegistration(tenant);
    const again = () => tenant.bot("PATCH", `/applications/${other.id}`, taken);
    const refusal = "Another object with the same value for property identifierUris already exists.";
    assert.equal(errorOf(await again()).message, refusal);
    await tenant.bot("DELETE", `/applications/${id}`);
    assert.equal(errorOf(await again()).message, refusal);
  });

  it("is told about groups and token versions only in Graph's own words", async () => {
    for (const claims of ["None", "SecurityGroup", "ApplicationGroup", "DirectoryRole", "All", null])
      assert.equal((await patch({ groupMembershipClaims: claims })).status, 204, String(claims));
    assert.equal((await patch({ groupMembershipClaims: "Groups" })).status, 400);
    for (const version of [1, 2, null])
      assert.equal((await patch({ api: { requestedAccessTokenVersion: version } })).status, 204);
    assert.equal((await patch({ api: { requestedAccessTokenVersion: 3 } })).status, 400);
  });
});
