import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { graphAppId } from "../../src/local/tenant/resources.ts";
import { aRegistration, aTenant, errorOf, type TestTenant } from "./tenant-client.ts";

type Role = { id: string; value: string; displayName: string; description: string; isEnabled: boolean };
type Scope = { id: string; value: string; adminConsentDescription: string; isEnabled: boolean };
type Api = { id: string; appId: string; appRoles: Role[]; oauth2PermissionScopes: Scope[] };

const sharePoint = "00000003-0000-0ff1-ce00-000000000000";
const partnerCenter = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd";

describe("Microsoft's APIs in the simulated tenant", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  const api = async (appId: string) =>
    (await tenant.bot("GET", `/servicePrincipals(appId='${appId}')`)).body as unknown as Api;
  const named = <T extends { value: string }>(list: T[], name: string): T => {
    const found = list.find(({ value }) => value === name);
    assert.ok(found, name);
    return found;
  };

  it("say of a permission more than its name", async () => {
    const { appRoles, oauth2PermissionScopes } = await api(graphAppId);
    const role = named(appRoles, "RoleManagement.ReadWrite.Directory");
    assert.equal(role.displayName, "Read and write all directory RBAC settings");
    assert.match(role.description, /^Allows the app to read and manage the role-based access control/);
    const scope = named(oauth2PermissionScopes, "Mail.Read");
    assert.match(scope.adminConsentDescription, /^Allows the app to read/);
  });

  it("publish each id once per kind, and each name once", async () => {
    for (const appId of [graphAppId, sharePoint]) {
      const { appRoles, oauth2PermissionScopes } = await api(appId);
      for (const list of [appRoles, oauth2PermissionScopes])
        for (const key of ["id", "value"] as const)
          assert.equal(new Set(list.map((one) => one[key])).size, list.length);
    }
  });

  it("have User.Read.All twice, with one id for two APIs", async () => {
    const ids = [await api(graphAppId), await api(sharePoint)].map(
      ({ appRoles }) => named(appRoles, "User.Read.All").id,
    );
    assert.equal(new Set(ids).size, 1);
  });

  it("share a name, so that the name finds the wrong Partner Center", async () => {
    const filter = "$filter=displayName eq 'Microsoft Partner Center'&$select=appId";
    const found = (await tenant.bot("GET", `/servicePrincipals?${filter}`)).body.value as Api[];
    assert.equal(found.length, 1);
    assert.notEqual(found[0]?.appId, partnerCenter);
    assert.equal((await tenant.bot("GET", `/servicePrincipals(appId='${partnerCenter}')`)).status, 404);
  });

  it("publish a permission that is switched off, which takes no new grants and loses no old ones", async () => {
    const { id: resourceId, appRoles } = await api(graphAppId);
    const { id: appRoleId } = named(appRoles, "Reports.Read.All");
    const grantTo = (principalId: string) =>
      tenant.bot("POST", `/servicePrincipals/${principalId}/appRoleAssignments`, {
        principalId,
        resourceId,
        appRoleId,
      });
    const [first, second] = [await aRegistration(tenant), await aRegistration(tenant)];
    assert.equal((await grantTo(first.principalId)).status, 201);

    const path = `/apis/${graphAppId}/permissions/Reports.Read.All`;
    assert.equal((await tenant.control("PUT", path, { isEnabled: false })).status, 200);
    const off = await api(graphAppId);
    assert.equal(named(off.appRoles, "Reports.Read.All").isEnabled, false);
    assert.equal(named(off.oauth2PermissionScopes, "Reports.Read.All").isEnabled, false);
    assert.equal(errorOf(await grantTo(second.principalId)).status, 400);
    const kept = await tenant.bot("GET", `/servicePrincipals/${first.principalId}/appRoleAssignments`);
    assert.equal((kept.body.value as unknown[]).length, 1);

    await tenant.control("PUT", path, { isEnabled: true });
    assert.equal((await grantTo(second.principalId)).status, 201);
    const wrong = await tenant.control("PUT", `/apis/${graphAppId}/permissions/No.Such`, {
      isEnabled: false,
    });
    assert.equal(wrong.status, 400);
  });

  it("leave directory roles to an identity that was given the right for it", async () => {
    const mayAssign = (roles: readonly string[]) => roles.includes("RoleManagement.ReadWrite.Directory");
    assert.deepEqual(
      Object.values(company.clients).filter(({ roles }) => mayAssign(roles)),
      [],
    );
    const definitions = `${tenant.graphUrl}/v1.0/roleManagement/directory/roleDefinitions`;
    const { value } = (await tenant.send(definitions, "GET")).body as { value: { displayName: string }[] };
    const names = value.map(({ displayName }) => displayName);
    assert.ok(names.includes("Global Reader") && names.includes("Teams Administrator"));
    assert.equal(new Set(names).size, names.length);
  });
});
