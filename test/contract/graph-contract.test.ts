import assert from "node:assert/strict";
import { generate } from "selfsigned";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { graphAppId } from "../../src/local/tenant/resources.ts";
import { aTenant, createIfMissing, type TestTenant } from "../local/tenant-client.ts";
import { contractProblems, hasContract } from "../support/graph-contract.ts";

const left = hasContract ? "" : " (left out: Microsoft's description of Graph is not beside this repository)";

describe(`the simulated tenant, held against Microsoft's description of Graph v1.0${left}`, () => {
  let tenant: TestTenant;
  let exchanges: Exchange[] = [];

  before(async function () {
    if (!hasContract) {
      process.stderr.write("      left out: ../shared/contract/graph-v1-slice.json is not there\n");
      this.skip();
    }
    tenant = await aTenant({ onExchange: (exchange) => void exchanges.push(exchange) });
    const { consent } = company.clients;
    await tenant.control("PUT", `/identities/${consent.clientId}`, {
      roles: ["RoleManagement.ReadWrite.Directory", "Application.ReadWrite.All", "Directory.Read.All"],
    });
  });
  after(() => tenant?.discard());
  beforeEach(() => {
    exchanges = [];
  });

  const holds = (least: number) => {
    assert.ok(exchanges.length >= least, `only ${exchanges.length} exchanges`);
    assert.deepEqual(contractProblems(exchanges), []);
  };
  const guid = (n: number) => `12121212-0000-4000-8000-00000000000${n}`;
  const link = (id: string) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`;

  async function made(properties: object = {}) {
    const application = await tenant.bot("POST", "/applications", {
      displayName: "Reporting",
      ...properties,
    });
    assert.equal(application.status, 201);
    const { id, appId } = application.body as { id: string; appId: string };
    const path = `/servicePrincipals(appId='${appId}')`;
    await tenant.bot("PATCH", path, { tags: ["ours"] }, createIfMissing);
    const principal = await tenant.bot("GET", path);
    return { id, appId, principalId: String(principal.body.id) };
  }

  it("keeps to it when applications are made, changed, read, deleted and restored", async () => {
    const { id } = await made({
      uniqueName: "usher-contract",
      signInAudience: "AzureADMyOrg",
      tags: ["a"],
      web: {
        redirectUris: ["https://app.example/callback"],
        implicitGrantSettings: { enableIdTokenIssuance: true },
      },
      requiredResourceAccess: [
        { resourceAppId: graphAppId, resourceAccess: [{ id: guid(1), type: "Role" }] },
      ],
      "owners@odata.bind": [link(company.people.requester)],
    });
    const key = (await aCertificate()).cert;
    const change = await tenant.bot("PATCH", `/applications/${id}`, {
      groupMembershipClaims: "SecurityGroup",
      keyCredentials: [
        { type: "AsymmetricX509Cert", usage: "Verify", key: Buffer.from(key).toString("base64") },
      ],
      appRoles: [
        {
          id: guid(2),
          value: "Reader",
          displayName: "Reader",
          description: "Reads",
          allowedMemberTypes: ["User"],
        },
      ],
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [
          {
            id: guid(3),
            value: "use",
            type: "User",
            adminConsentDisplayName: "Use it",
            adminConsentDescription: "Uses it.",
          },
        ],
      },
    });
    assert.equal(change.status, 204);
    const twin = await tenant.bot("POST", "/applications", {
      displayName: "x",
      uniqueName: "usher-contract",
    });
    assert.equal(twin.status, 400);
    await tenant.bot("PATCH", "/applications(uniqueName='usher-contract')", { notes: null }, createIfMissing);
    await tenant.bot("GET", `/applications/${id}?$select=id,keyCredentials&$expand=owners($select=id)`);
    await tenant.bot("GET", "/applications?$filter=tags/any(t:t eq 'a')&$top=1");
    await tenant.bot("GET", `/applications/${id}/owners`);
    await tenant.bot("DELETE", `/applications/${id}`);
    await tenant.bot("GET", "/directory/deletedItems/microsoft.graph.application");
    await tenant.bot("GET", `/directory/deletedItems/${id}`);
    assert.equal((await tenant.bot("POST", `/directory/deletedItems/${id}/restore`, {})).status, 200);
    holds(13);
  });

  it("keeps to it when secrets and federated credentials come and go", async () => {
    const { id } = await made();
    const added = await tenant.bot("POST", `/applications/${id}/addPassword`, {
      passwordCredential: { displayName: "marker", endDateTime: "2099-01-01T00:00:00Z" },
    });
    const seen = exchanges.at(-1)?.responseBody as { secretText?: string };
    assert.equal(seen.secretText, "[secret]");
    assert.notEqual(added.body.secretText, "[secret]");
    await tenant.bot("GET", `/applications/${id}?$select=passwordCredentials`);
    const { keyId } = added.body;
    assert.equal((await tenant.bot("POST", `/applications/${id}/removePassword`, { keyId })).status, 204);
    const path = `/applications/${id}/federatedIdentityCredentials`;
    const federated = await tenant.bot("POST", path, {
      name: "deploy",
      issuer: "https://token.actions.githubusercontent.com",
      subject: "repo:larkfield/site:ref:refs/heads/main",
      audiences: ["api://AzureADTokenExchange"],
    });
    assert.equal(federated.status, 201);
    await tenant.bot("GET", path);
    assert.equal((await tenant.bot("DELETE", `${path}/${federated.body.id}`)).status, 204);
    holds(9);
  });

  it("keeps to it when permissions and directory roles are granted and taken back", async () => {
    const { principalId } = await made();
    const graph = await tenant.bot("GET", `/servicePrincipals(appId='${graphAppId}')`);
    const resourceId = String(graph.body.id);
    const [role] = graph.body.appRoles as { id: string }[];
    const granted = await tenant.bot("POST", `/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
      principalId,
      resourceId,
      appRoleId: role?.id,
    });
    const delegated = await tenant.bot("POST", "/oauth2PermissionGrants", {
      clientId: principalId,
      consentType: "AllPrincipals",
      resourceId,
      scope: "User.Read",
    });
    await tenant.bot("PATCH", `/oauth2PermissionGrants/${delegated.body.id}`, { scope: "User.Read email" });
    await tenant.bot("GET", `/oauth2PermissionGrants?$filter=clientId eq '${principalId}'`);
    await tenant.bot("GET", `/servicePrincipals/${principalId}/appRoleAssignments`);
    const principal = `/servicePrincipals/${principalId}`;
    const { keyId } = (await tenant.bot("POST", `${principal}/addPassword`, {})).body;
    await tenant.bot("GET", `${principal}?$select=id,passwordCredentials,keyCredentials`);
    assert.equal((await tenant.bot("POST", `${principal}/removePassword`, { keyId })).status, 204);
    const wide = tenant.as(company.clients.consent);
    const roles = "/roleManagement/directory";
    const [reader] = (await wide("GET", `${roles}/roleDefinitions`)).body.value as { id: string }[];
    const assigned = await wide("POST", `${roles}/roleAssignments`, {
      principalId,
      roleDefinitionId: reader?.id,
      directoryScopeId: "/",
    });
    await wide("GET", `${roles}/roleAssignments?$filter=principalId eq '${principalId}'`);
    const gone = [
      await wide("DELETE", `${roles}/roleAssignments/${assigned.body.id}`),
      await tenant.bot("DELETE", `/oauth2PermissionGrants/${delegated.body.id}`),
      await tenant.bot("DELETE", `/servicePrincipals/${principalId}/appRoleAssignments/${granted.body.id}`),
      await tenant.bot("PATCH", `/servicePrincipals/${principalId}`, { accountEnabled: false }),
    ];
    assert.deepEqual(
      gone.map(({ status }) => status),
      [204, 204, 204, 204],
    );
    holds(15);
  });

  it("keeps to it about policies, people and groups, and inside a batch", async () => {
    await tenant.control("PUT", "/settings", {
      secretsBlocked: true,
      secretMaxDays: 90,
      certificateMaxDays: 365,
    });
    await tenant.bot("GET", "/policies/defaultAppManagementPolicy");
    await tenant.control("PUT", "/settings", {
      secretsBlocked: false,
      secretMaxDays: null,
      certificateMaxDays: null,
    });
    const { requester, disabled } = company.people;
    await tenant.bot("GET", `/users/${requester}`);
    await tenant.bot("GET", `/users/${disabled}?$select=id,accountEnabled,userType`);
    await tenant.bot("POST", `/users/${requester}/checkMemberGroups`, {
      groupIds: [company.groups.approvers],
    });
    await tenant.bot("GET", `/groups/${company.groups.approvers}`);
    await tenant.bot("GET", `/groups/${company.groups.approvers}?$select=displayName`);
    assert.equal((await tenant.bot("GET", `/groups/${guid(9)}`)).status, 404);
    await tenant.bot("GET", `/groups/${company.groups.approvers}/transitiveMembers`);
    await tenant.bot("GET", "/organization");
    await tenant.bot("POST", "/directoryObjects/getByIds", { ids: [requester], types: ["user"] });
    await tenant.bot("POST", "/directoryObjects/getByIds?$select=id,displayName,accountEnabled,userType", {
      ids: [requester, disabled],
      types: ["user"],
    });
    await tenant.bot("GET", `/users/${requester}/manager`);
    await tenant.bot("GET", `/users/${requester}/manager?$select=id,displayName,accountEnabled,userType`);
    await tenant.bot("POST", "/$batch", {
      requests: [
        { id: "1", method: "GET", url: `/users/${requester}?$select=id` },
        { id: "2", method: "GET", url: "/applications/nobody" },
      ],
    });
    holds(11);
  });
});

describe(`the check against Microsoft's description of Graph${left}`, () => {
  before(function () {
    if (!hasContract) this.skip();
  });

  const exchange = (over: Partial<Exchange>): Exchange => ({
    method: "POST",
    path: "/applications",
    requestBody: { displayName: "x" },
    status: 201,
    responseBody: { "@odata.context": "c", id: "1", displayName: "x" },
    ...over,
  });
  const user = { "@odata.type": "#microsoft.graph.user", id: "1" };
  const found: [string, Partial<Exchange>, string][] = [
    [
      "an unknown name that was sent",
      { requestBody: { colour: "red" } },
      "sent / must NOT have additional properties (colour)",
    ],
    [
      "an unknown name deeper in",
      { requestBody: { api: { scopes: [] } } },
      "sent /api must NOT have additional properties (scopes)",
    ],
    [
      "an unknown name that was answered",
      { responseBody: { id: "1", createdBy: "x" } },
      "answered 201 / must NOT have additional properties (createdBy)",
    ],
    ["another type", { requestBody: { displayName: 5 } }, "sent /displayName must be string,null"],
    ["null where there is none", { responseBody: { id: null } }, "answered 201 /id must be string"],
    [
      "an error of another shape",
      { status: 400, responseBody: { error: "no" } },
      "answered 400 /error must be object",
    ],
    [
      "a name in $select",
      {
        method: "GET",
        path: "/applications?$select=id,secret",
        requestBody: undefined,
        status: 200,
        responseBody: { value: [] },
      },
      "$select: no property secret",
    ],
    [
      "an unknown name of a listed kind",
      {
        method: "GET",
        path: "/applications/1/owners",
        requestBody: undefined,
        status: 200,
        responseBody: { value: [{ ...user, shoeSize: 43 }] },
      },
      "must NOT have additional properties (shoeSize)",
    ],
    [
      "what is wrong in a part of a batch",
      {
        path: "/$batch",
        requestBody: {
          requests: [{ id: "1", method: "PATCH", url: "/applications/1", body: { colour: "red" } }],
        },
        status: 200,
        responseBody: { responses: [{ id: "1", status: 204 }] },
      },
      "PATCH /applications/1 sent / must NOT have additional properties (colour)",
    ],
    [
      "an operation that Graph does not have",
      { path: "/applicatons" },
      "POST /applicatons Graph's description has no such operation",
    ],
  ];
  for (const [what, over, problem] of found)
    it(`finds ${what}`, () => {
      const problems = contractProblems([exchange(over)]);
      assert.notEqual(problems, "absent");
      assert.ok(
        (problems as string[]).some((one) => one.includes(problem)),
        JSON.stringify(problems),
      );
    });

  it("finds nothing in what is right", () => assert.deepEqual(contractProblems([exchange({})]), []));
});

const aCertificate = () => generate([{ name: "commonName", value: "contract" }], { keySize: 2048 });
