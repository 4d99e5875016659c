import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { aRegistration, aTenant, createIfMissing, errorOf, type TestTenant } from "./tenant-client.ts";

const denied = {
  status: 403,
  code: "Authorization_RequestDenied",
  message: "Insufficient privileges to complete the operation.",
};

describe("registrations in the simulated tenant", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  const person = (id: string) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`;

  it("belong to the one who made them and to the owners it named", async () => {
    const made = await tenant.bot("POST", "/applications", {
      displayName: "Reporting",
      uniqueName: "usher-owned",
      "owners@odata.bind": [person(company.people.requester)],
    });
    assert.equal(made.status, 201);
    const owners = await tenant.bot("GET", "/applications(uniqueName='usher-owned')/owners?$select=id");
    assert.deepEqual(
      (owners.body.value as { id: string }[]).map(({ id }) => id).toSorted(),
      [company.people.requester, company.clients.bot.servicePrincipalId].toSorted(),
    );
  });

  it("cannot share a unique name, not even with a deleted one", async () => {
    const taken = {
      status: 400,
      code: "Request_BadRequest",
      message: "Another object with the same value for property uniqueName already exists.",
    };
    const body = { displayName: "Reporting", uniqueName: "usher-once" };
    const { id } = (await tenant.bot("POST", "/applications", body)).body;
    assert.deepEqual(errorOf(await tenant.bot("POST", "/applications", body)), taken);
    await tenant.bot("DELETE", `/applications/${id}`);
    assert.deepEqual(errorOf(await tenant.bot("POST", "/applications", body)), taken);
    assert.equal((await tenant.bot("GET", "/applications(uniqueName='usher-once')")).status, 404);
  });

  it("are made by an upsert once, and changed by it after", async () => {
    const path = "/applications(uniqueName='usher-upsert')";
    assert.equal((await tenant.bot("PATCH", path, { displayName: "One" })).status, 404);
    const first = await tenant.bot("PATCH", path, { displayName: "One" }, createIfMissing);
    const second = await tenant.bot("PATCH", path, { displayName: "Two" }, createIfMissing);
    assert.deepEqual([first.status, first.body.uniqueName, second.status], [201, "usher-upsert", 204]);
    assert.equal((await tenant.bot("GET", path)).body.displayName, "Two");
  });

  it("are refused with what Entra refuses", async () => {
    const personal = {
      signInAudience: "AzureADandPersonalMicrosoftAccount",
      api: { requestedAccessTokenVersion: 2 },
    };
    const refused: Record<string, unknown>[] = [
      {},
      { displayName: "x".repeat(121) },
      { displayName: "x".repeat(91), ...personal },
      { displayName: "x", ...personal, api: {} },
      { displayName: "x", signInAudience: "Everybody" },
      { displayName: "x", colour: "red" },
      { displayName: "x", appId: company.clients.bot.clientId },
      { displayName: "x", tags: ["two words"] },
      { displayName: "x", web: { redirectUris: ["http://app.example/callback"] } },
      { displayName: "x", web: { redirectUris: ["https://app.example/a(b)"] } },
      { displayName: "x", web: { redirectUri: [] } },
      { displayName: "x", passwordCredentials: [{ displayName: "mine" }] },
      { displayName: "x", requiredResourceAccess: [{ resourceAppId: "y", resourceAccess: [{ id: "z" }] }] },
    ];
    for (const body of refused)
      assert.equal((await tenant.bot("POST", "/applications", body)).status, 400, JSON.stringify(body));
    const good = {
      displayName: "x".repeat(90),
      ...personal,
      web: { redirectUris: ["http://localhost/callback"] },
    };
    assert.equal((await tenant.bot("POST", "/applications", good)).status, 201);
  });

  it("are out of reach for an identity that does not own them", async () => {
    const { id, principalId } = await aRegistration(tenant);
    const other = tenant.as(company.clients.provisioning);
    const attempts = [
      await other("PATCH", `/applications/${id}`, { displayName: "Mine" }),
      await other("POST", `/applications/${id}/addPassword`, {}),
      await other("DELETE", `/applications/${id}`),
      await other("PATCH", `/servicePrincipals/${principalId}`, { accountEnabled: false }),
    ];
    for (const attempt of attempts) assert.deepEqual(errorOf(attempt), denied);
    const consent = tenant.as(company.clients.consent);
    assert.deepEqual(errorOf(await consent("POST", "/applications", { displayName: "Mine" })), denied);
  });

  it("take no further owner from Application.ReadWrite.OwnedBy", async () => {
    const { id } = await aRegistration(tenant);
    const link = { "@odata.id": person(company.people.secondRequester) };
    assert.deepEqual(errorOf(await tenant.bot("POST", `/applications/${id}/owners/$ref`, link)), denied);
  });

  it("keep what a change does not name", async () => {
    const web = {
      redirectUris: ["https://app.example/a"],
      implicitGrantSettings: { enableIdTokenIssuance: true },
    };
    const { id } = await aRegistration(tenant, { web });
    await tenant.bot("PATCH", `/applications/${id}`, { web: { redirectUris: ["https://app.example/b"] } });
    const after = (await tenant.bot("GET", `/applications/${id}`)).body.web as Record<string, unknown>;
    assert.deepEqual(after.redirectUris, ["https://app.example/b"]);
    assert.deepEqual(after.implicitGrantSettings, {
      enableAccessTokenIssuance: false,
      enableIdTokenIssuance: true,
    });
  });

  it("show the value of a secret once and end with its removal", async () => {
    const { id, appId } = await aRegistration(tenant);
    const added = await tenant.bot("POST", `/applications/${id}/addPassword`, {
      passwordCredential: { displayName: "marker" },
    });
    const { secretText, keyId } = added.body as { secretText: string; keyId: string };
    assert.equal((await tenant.token({ clientId: appId, secret: secretText })).status, 200);
    const read = await tenant.bot("GET", `/applications/${id}?$select=passwordCredentials`);
    const [kept] = read.body.passwordCredentials as Record<string, unknown>[];
    assert.deepEqual([kept?.displayName, kept?.keyId, kept?.secretText], ["marker", keyId, null]);

    assert.equal((await tenant.bot("POST", `/applications/${id}/removePassword`, { keyId })).status, 204);
    assert.equal((await tenant.bot("POST", `/applications/${id}/removePassword`, { keyId })).status, 400);
    assert.equal((await tenant.token({ clientId: appId, secret: secretText })).status, 401);
  });

  it("take each owner once, from an identity that may add owners at all", async () => {
    const { id } = await aRegistration(tenant);
    const { clientId } = company.clients.consent;
    const roles = ["Application.ReadWrite.All", "Directory.Read.All"];
    await tenant.control("PUT", `/identities/${clientId}`, { roles });
    const wide = tenant.as(company.clients.consent);
    const add = () =>
      wide("POST", `/applications/${id}/owners/$ref`, { "@odata.id": person(company.people.requester) });
    assert.equal((await add()).status, 204);
    assert.deepEqual(errorOf(await add()), {
      status: 400,
      code: "Request_BadRequest",
      message:
        "One or more added object references already exist for the following modified properties: 'owners'.",
    });
  });

  it("come back from deletion with their secret, until 30 days are over", async () => {
    const { id, appId, principalId } = await aRegistration(tenant);
    const added = await tenant.bot("POST", `/applications/${id}/addPassword`, {});
    const client = { clientId: appId, secret: String(added.body.secretText) };
    await tenant.bot("DELETE", `/applications/${id}`);
    assert.equal((await tenant.bot("GET", `/servicePrincipals/${principalId}`)).status, 404);
    assert.match(String((await tenant.token(client)).body.error_description), /^AADSTS700016:/);

    const restore = (object: string) => tenant.bot("POST", `/directory/deletedItems/${object}/restore`);
    assert.match(
      String(errorOf(await restore(principalId)).message),
      /does not reference a valid application/,
    );
    assert.equal((await restore(id)).status, 200);
    assert.equal((await tenant.bot("GET", `/servicePrincipals/${principalId}`)).status, 404);
    assert.equal((await restore(principalId)).status, 200);
    assert.equal((await tenant.token(client)).status, 200);

    await tenant.bot("DELETE", `/applications/${id}`);
    await tenant.control("PUT", "/settings", { restoresPrincipalToo: true });
    assert.equal((await restore(id)).status, 200);
    assert.equal((await tenant.token(client)).status, 200);
    await tenant.control("PUT", "/settings", { restoresPrincipalToo: false });

    await tenant.bot("DELETE", `/applications/${id}`);
    await tenant.control("POST", "/clock", { advanceSeconds: 31 * 86_400 });
    assert.equal((await tenant.bot("POST", `/directory/deletedItems/${id}/restore`)).status, 404);
  });

  it("page by a link, and are found by tag", async () => {
    for (const name of ["a", "b", "c"]) await aRegistration(tenant, { displayName: name, tags: ["paged"] });
    const query = "$filter=tags/any(t:t eq 'paged')&$select=displayName&$top=2";
    const first = await tenant.bot("GET", `/applications?${query}`);
    const next = String(first.body["@odata.nextLink"]);
    const second = await tenant.send(next, "GET");
    const names = [first, second].map(({ body }) => (body.value as unknown[]).length);
    assert.deepEqual(names, [2, 1]);
    assert.equal(second.body["@odata.nextLink"], undefined);
  });
});

describe("service principals in the simulated tenant", () => {
  const storage = "e406a681-f3d4-42a8-90b6-c2b029497af1";
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());

  it("need an application that is there", async () => {
    const appId = "99999999-0000-4000-8000-000000000000";
    assert.deepEqual(errorOf(await tenant.bot("POST", "/servicePrincipals", { appId })), {
      status: 400,
      code: "Request_BadRequest",
      message: `The appId '${appId}' of the service principal does not reference a valid application object.`,
    });
  });

  it("exist once per application", async () => {
    const { appId } = await aRegistration(tenant);
    const again = await tenant.bot("PATCH", `/servicePrincipals(appId='${appId}')`, {}, createIfMissing);
    assert.equal(again.status, 204);
    assert.deepEqual(errorOf(await tenant.bot("POST", "/servicePrincipals", { appId })), {
      status: 409,
      code: "Request_MultipleObjectsWithSameKeyValue",
      message: `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    });
  });

  it("of Microsoft's APIs are made only with Application.ReadWrite.All", async () => {
    const path = `/servicePrincipals(appId='${storage}')`;
    assert.match(
      String(errorOf(await tenant.bot("PATCH", path, {}, createIfMissing)).message),
      /backing application of the service principal being created must in the local tenant/,
    );
    const { clientId } = company.clients.consent;
    await tenant.control("PUT", `/identities/${clientId}`, { roles: ["Application.ReadWrite.All"] });
    const wide = tenant.as(company.clients.consent);
    assert.equal((await wide("PATCH", path, {}, createIfMissing)).status, 201);
    const scopes = (await wide("GET", path)).body.oauth2PermissionScopes as { value: string }[];
    assert.deepEqual(
      scopes.map(({ value }) => value),
      ["user_impersonation"],
    );
  });

  it("that are disabled get no tokens", async () => {
    const { id, appId, principalId } = await aRegistration(tenant);
    const secret = String((await tenant.bot("POST", `/applications/${id}/addPassword`, {})).body.secretText);
    await tenant.bot("PATCH", `/servicePrincipals/${principalId}`, { accountEnabled: false });
    const refused = await tenant.token({ clientId: appId, secret });
    assert.match(String(refused.body.error_description), /^AADSTS7000112:/);
  });
});
