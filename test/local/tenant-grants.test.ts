import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { graphAppId } from "../../src/local/tenant/resources.ts";
import { aRegistration, aTenant, errorOf, type TestTenant } from "./tenant-client.ts";

type Published = { id: string; value: string };

describe("consent in the simulated tenant", () => {
  let tenant: TestTenant;
  let graphId: string;
  let roles: Published[];
  before(async () => {
    tenant = await aTenant();
    const graph = await tenant.bot("GET", `/servicePrincipals(appId='${graphAppId}')?$select=id,appRoles`);
    graphId = String(graph.body.id);
    roles = graph.body.appRoles as Published[];
  });
  after(() => tenant.discard());

  const roleId = (name: string) => roles.find(({ value }) => value === name)?.id;
  const assign = (principalId: string, name: string, as = tenant.bot) =>
    as("POST", `/servicePrincipals/${graphId}/appRoleAssignedTo`, {
      principalId,
      resourceId: graphId,
      appRoleId: roleId(name),
    });

  it("puts an application permission into the next token, and its removal takes it out", async () => {
    const { id, appId, principalId } = await aRegistration(tenant);
    const secret = String((await tenant.bot("POST", `/applications/${id}/addPassword`, {})).body.secretText);
    const rolesInToken = async () => {
      const { access_token: token } = (await tenant.token({ clientId: appId, secret })).body;
      return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString()).roles;
    };
    assert.equal(await rolesInToken(), undefined);
    const granted = await assign(principalId, "User.Read.All");
    assert.deepEqual(await rolesInToken(), ["User.Read.All"]);
    await tenant.bot("DELETE", `/servicePrincipals/${principalId}/appRoleAssignments/${granted.body.id}`);
    assert.equal(await rolesInToken(), undefined);
  });

  it("leaves an application permission out of tokens for a while, where it is told to", async () => {
    await tenant.control("PUT", "/settings", { roleDelaySeconds: 60 });
    try {
      const { id, appId, principalId } = await aRegistration(tenant);
      const { secretText } = (await tenant.bot("POST", `/applications/${id}/addPassword`, {})).body;
      await assign(principalId, "User.Read.All");
      const rolesInToken = async () => {
        const { access_token: token } = (await tenant.token({ clientId: appId, secret: String(secretText) }))
          .body;
        return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString()).roles;
      };
      assert.equal(await rolesInToken(), undefined);
      await tenant.control("POST", "/clock", { advanceSeconds: 61 });
      assert.deepEqual(await rolesInToken(), ["User.Read.All"]);
    } finally {
      await tenant.control("PUT", "/settings", { roleDelaySeconds: 0 });
    }
  });

  it("shows delegated grants to nobody who may only read applications", async () => {
    const { principalId } = await aRegistration(tenant);
    const path = `/servicePrincipals/${principalId}/oauth2PermissionGrants`;
    const { provisioning, consent } = company.clients;
    assert.equal((await tenant.as(provisioning)("GET", path)).status, 403);
    assert.equal((await tenant.as(consent)("GET", path)).status, 200);
  });

  it("refuses an application permission that is there already, as Graph words it", async () => {
    const { principalId } = await aRegistration(tenant);
    assert.equal((await assign(principalId, "User.Read.All")).status, 201);
    assert.deepEqual(errorOf(await assign(principalId, "User.Read.All")), {
      status: 400,
      code: "Request_BadRequest",
      message: "Permission being assigned already exists on the object",
    });
  });

  it("knows one delegated grant per client and resource, to be widened by a change", async () => {
    const { principalId: clientId } = await aRegistration(tenant);
    const grant = { clientId, consentType: "AllPrincipals", resourceId: graphId, scope: "User.Read" };
    const made = await tenant.bot("POST", "/oauth2PermissionGrants", grant);
    assert.equal(made.status, 201);
    assert.deepEqual(
      errorOf(await tenant.bot("POST", "/oauth2PermissionGrants", { ...grant, scope: "Mail.Read" })),
      {
        status: 409,
        code: "Request_MultipleObjectsWithSameKeyValue",
        message: "Permission entry already exists.",
      },
    );
    const change = await tenant.bot("PATCH", `/oauth2PermissionGrants/${made.body.id}`, {
      scope: "User.Read Mail.Read",
    });
    assert.equal(change.status, 204);
    const filter = `$filter=clientId eq '${clientId}' and resourceId eq '${graphId}'`;
    const found = await tenant.send(`${tenant.graphUrl}/v1.0/oauth2PermissionGrants?${filter}`, "GET");
    assert.deepEqual(
      (found.body.value as { scope: string }[]).map(({ scope }) => scope),
      ["User.Read Mail.Read"],
    );
  });

  it("is no business of the provisioning identity", async () => {
    const { principalId } = await aRegistration(tenant);
    const provisioning = tenant.as(company.clients.provisioning);
    assert.equal((await assign(principalId, "User.Read.All", provisioning)).status, 403);
    const grant = {
      clientId: principalId,
      consentType: "AllPrincipals",
      resourceId: graphId,
      scope: "User.Read",
    };
    assert.equal((await provisioning("POST", "/oauth2PermissionGrants", grant)).status, 403);
  });

  it("assigns directory roles only with the permission for it, and each once", async () => {
    const { principalId } = await aRegistration(tenant);
    const body = {
      principalId,
      roleDefinitionId: "fe930be7-5e62-47db-91af-98c3a49a38b1",
      directoryScopeId: "/",
    };
    const path = "/roleManagement/directory/roleAssignments";
    assert.equal((await tenant.bot("POST", path, body)).status, 403);
    const roles = ["RoleManagement.ReadWrite.Directory"];
    await tenant.control("PUT", `/identities/${company.clients.consent.clientId}`, { roles });
    const allowed = tenant.as(company.clients.consent);
    assert.equal((await allowed("POST", path, body)).status, 201);
    assert.deepEqual(errorOf(await allowed("POST", path, body)), {
      status: 400,
      code: "Request_BadRequest",
      message:
        "A conflicting object with one or more of the specified property values is present in the directory.",
    });
  });
});

describe("people in the simulated tenant", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  const { approverOne, disabled, guest, requester } = company.people;
  const { approvers, admins } = company.groups;
  const groupsOf = async (id: string) =>
    (await tenant.bot("POST", `/users/${id}/checkMemberGroups`, { groupIds: [approvers, admins] })).body
      .value;

  it("tell whether their account is enabled only when asked", async () => {
    const plain = await tenant.bot("GET", `/users/${disabled}`);
    const asked = await tenant.bot("GET", `/users/${disabled}?$select=id,accountEnabled,userType`);
    assert.equal("accountEnabled" in plain.body, false);
    assert.deepEqual([asked.body.accountEnabled, asked.body.userType], [false, "Member"]);
    assert.equal((await tenant.bot("GET", `/users/${guest}?$select=userType`)).body.userType, "Guest");
  });

  it("can be joined by as many colleagues as a load wants, who are staff and nobody's approvers", async () => {
    const { ids } = (await tenant.control("POST", "/users", { count: 3 })).body as { ids: string[] };
    assert.equal(new Set(ids).size, 3);
    const more = (await tenant.control("POST", "/users", { count: 1 })).body as { ids: string[] };
    for (const id of [...ids, ...more.ids]) {
      const { body } = await tenant.bot("GET", `/users/${id}?$select=id,accountEnabled,userType`);
      assert.deepEqual([body.id, body.accountEnabled, body.userType], [id, true, "Member"]);
      assert.deepEqual(await groupsOf(id), []);
    }
    assert.equal(ids.includes(String(more.ids[0])), false);
    assert.equal((await tenant.control("POST", "/users", { count: -1 })).status, 400);
  });

  it("are in the groups that the company says, through groups too, until somebody takes them out", async () => {
    assert.deepEqual([await groupsOf(approverOne), await groupsOf(requester)], [[approvers], []]);
    await tenant.control("PUT", `/groups/${admins}/members`, { members: [approvers] });
    assert.deepEqual(await groupsOf(approverOne), [approvers, admins]);
    await tenant.control("DELETE", `/groups/${approvers}/members/${approverOne}`);
    assert.deepEqual(await groupsOf(approverOne), []);
  });

  it("are in groups that have a name, or that are not there, in Graph's own words", async () => {
    const there = await tenant.bot("GET", `/groups/${approvers}?$select=displayName`);
    const { "@odata.context": _context, ...said } = there.body;
    assert.deepEqual([there.status, said], [200, { displayName: "Integration approvers" }]);
    const gone = approvers.replace("bbbbbbbb", "99999999");
    const nowhere = await tenant.bot("GET", `/groups/${gone}`);
    const error = nowhere.body.error as { code: string; message: string };
    assert.deepEqual(
      [nowhere.status, error.code, error.message],
      [
        404,
        "Request_ResourceNotFound",
        `Resource '${gone}' does not exist or one of its queried reference-property objects are not present.`,
      ],
    );
  });

  it("can be looked up without a token, but never with a bad one", async () => {
    const url = `${tenant.graphUrl}/v1.0/users/${requester}`;
    const statuses = [
      (await tenant.send(url, "GET")).status,
      (await tenant.send(url, "GET", undefined, { authorization: "Bearer x.y.z" })).status,
      (await tenant.send(`${tenant.graphUrl}/v1.0/applications`, "POST", { displayName: "x" })).status,
      (await tenant.as(company.clients.consent)("GET", `/users/${requester}`)).status,
    ];
    assert.deepEqual(statuses, [200, 401, 401, 403]);
  });
});
