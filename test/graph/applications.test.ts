import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { newApplicationBody } from "../../src/graph/new-application.ts";
import { resourcesOf } from "../../src/graph/resources.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aPermission, aPlan, minutes } from "../support/builders.ts";
import { failureOf, type GraphEdge, partnerCenter, startGraphEdge } from "./graph-edge.ts";

type Entry = { id: string; value: string };

describe("an application that is made from a plan", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  it("publishes the plan's roles and scopes, and asks for its groups and tokens", async () => {
    const { id } = await edge.made({
      tokenVersion: 2,
      groupClaims: "SecurityGroup",
      appRoles: [
        { value: "Pay.All", name: "Pay all", description: "Pays everybody", members: ["Application"] },
      ],
      expose: {
        scopes: [
          { value: "Pay.Read", name: "Read pay", description: "Reads what is paid", who: "users" },
          { value: "Pay.Write", name: "Write pay", description: "Writes what is paid", who: "admins" },
        ],
      },
    });
    const { appRoles, api, groupMembershipClaims } = await edge.graph(`/applications/${id}`);
    // Entra adds where a role is from, and nothing where a text was not given.
    const withoutIds = (entries: unknown) =>
      (entries as (Entry & { origin?: string })[]).map(({ id: _id, origin: _origin, ...rest }) =>
        Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
      );
    assert.equal(groupMembershipClaims, "SecurityGroup");
    assert.deepEqual(withoutIds(appRoles), [
      {
        value: "Pay.All",
        displayName: "Pay all",
        description: "Pays everybody",
        allowedMemberTypes: ["Application"],
        isEnabled: true,
      },
    ]);
    const { requestedAccessTokenVersion, oauth2PermissionScopes } = api as Record<string, unknown>;
    assert.equal(requestedAccessTokenVersion, 2);
    assert.deepEqual(withoutIds(oauth2PermissionScopes), [
      {
        value: "Pay.Read",
        type: "User",
        adminConsentDisplayName: "Read pay",
        adminConsentDescription: "Reads what is paid",
        userConsentDisplayName: "Read pay",
        userConsentDescription: "Reads what is paid",
        isEnabled: true,
      },
      {
        value: "Pay.Write",
        type: "Admin",
        adminConsentDisplayName: "Write pay",
        adminConsentDescription: "Writes what is paid",
        isEnabled: true,
      },
    ]);
  });

  it("gives a role the same id at each attempt, and another in another application", async () => {
    const plan = aPlan({
      permissions: [],
      appRoles: ["Pay.All", "Pay.Some"].map((value) => ({
        value,
        name: value,
        description: value,
        members: ["User"],
      })),
    });
    const { client } = edge.provisioning;
    const idsOf = async (uniqueName: string) => {
      const application = { uniqueName, plan, requestId: "REQ-7K3M9Q" as RequestId, owner: undefined };
      const { appRoles } = await newApplicationBody(resourcesOf(client, edge.clock), application);
      return appRoles?.map(({ id }) => String(id)) ?? [];
    };
    const ids = await idsOf("usher-1");
    assert.equal(new Set(ids).size, 2);
    assert.ok(
      ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    );
    assert.deepEqual(await idsOf("usher-1"), ids);
    assert.ok((await idsOf("usher-2")).every((id) => !ids.includes(id)));
  });

  it("has version 2 tokens where personal accounts sign in, whatever the plan says", async () => {
    const { id } = await edge.made({ audience: "AzureADandPersonalMicrosoftAccount", tokenVersion: 1 });
    const { api } = await edge.graph(`/applications/${id}`);
    assert.equal((api as { requestedAccessTokenVersion: number }).requestedAccessTokenVersion, 2);
  });

  it("bears the identifier URI of its own client id, also when that is set twice", async () => {
    const { id, clientId, since } = await edge.made();
    await edge.fault("PATCH", "/applications", { kind: "reset-after" });
    const failure = await failureOf(edge.registrar.setIdentifierUri(id, clientId, since));
    assert.equal(failure.kind, "retry");
    await edge.registrar.setIdentifierUri(id, clientId, since);
    assert.deepEqual((await edge.graph(`/applications/${id}`)).identifierUris, [`api://${clientId}`]);
  });

  it("waits for its service principal that Entra says is there and does not show, however old the application is", async () => {
    const { clientId, since } = await edge.made();
    edge.turnClock(31 * minutes);
    await edge.sim("PUT", "/settings", { replicationSeconds: 60 });
    await edge.fault("PATCH", "/servicePrincipals", { kind: "504-done" });
    const ensure = () => edge.registrar.ensureServicePrincipal(clientId, since);
    assert.equal((await failureOf(ensure())).kind, "retry");
    const unseen = await failureOf(ensure());
    assert.deepEqual([unseen.kind, unseen.isLag], ["retry", true]);
    await edge.sim("POST", "/clock", { advanceSeconds: 60 });
    assert.match(await ensure(), /^[0-9a-f-]{36}$/);
  });

  it("waits with its identifier URI while Entra does not show it, but not for ever", async () => {
    await edge.sim("PUT", "/settings", { replicationSeconds: 60 });
    const { id, clientId, since } = await edge.made();
    const early = await failureOf(edge.registrar.setIdentifierUri(id, clientId, since));
    assert.deepEqual([early.kind, early.isLag], ["retry", true]);
    edge.turnClock(31 * minutes);
    const late = await failureOf(edge.registrar.setIdentifierUri(id, clientId, since));
    assert.equal(late.kind, "final");
  });
});

describe("an application that an earlier attempt may have made", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  /** Takes what another attempt made, as the step does after an answer that was lost. */
  async function taken(
    change: (client: GraphEdge["provisioning"]["client"], id: string) => Promise<unknown>,
  ) {
    const { application, id } = await edge.made();
    await change(edge.provisioning.client, id);
    return { id, take: () => edge.registrar.createApplication(application, true) };
  }
  const usher = company.clients.provisioning.servicePrincipalId;

  it("is looked at again while Entra shows neither its owners nor its tags, and is no stranger's", async () => {
    const { id, take } = await taken(async (client, made) => {
      await client.api(`/applications/${made}`).patch({ tags: [] });
      await client.api(`/applications/${made}/owners/${usher}/$ref`).delete();
    });
    const failure = await failureOf(take());
    assert.deepEqual([failure.kind, failure.isLag, failure.isForeign], ["retry", true, false]);
    // What is old shows all of itself.
    edge.turnClock(31 * minutes);
    const late = await failureOf(take());
    assert.deepEqual([late.kind, late.isForeign], ["final", true]);
    assert.equal((await edge.graph(`/applications/${id}`)).id, id);
  });

  it("is a stranger's at once where a stranger shows: another request's tag, or somebody's secret", async () => {
    const otherTag = await taken((client, id) =>
      client.api(`/applications/${id}`).patch({ tags: ["Usher", "usher-request:REQ-000000"] }),
    );
    assert.equal((await failureOf(otherTag.take())).isForeign, true);
    const secret = await taken(async (client, id) => {
      await client.api(`/applications/${id}/addPassword`).post({ passwordCredential: {} });
      await client.api(`/applications/${id}`).patch({ tags: [] });
    });
    assert.equal((await failureOf(secret.take())).isForeign, true);
  });
});

describe("an API whose service principal was made anew", () => {
  const api = { appId: "797f4846-ba00-4fd7-ba43-dac1f8f63013" };
  const permission = aPermission({
    api: api.appId,
    apiName: "Azure Service Management",
    name: "user_impersonation",
  });
  const rights = { provisioning: ["Application.ReadWrite.All"] };

  it("is looked up afresh where it was not found, and granted at once", async () => {
    const edge = await startGraphEdge({ rights });
    try {
      const { principal, since } = await edge.madeWithPrincipal();
      await edge.registrar.grantDelegatedPermissions(principal, [permission], since);
      const { client } = edge.provisioning;
      const old = await edge.graph(`/servicePrincipals(appId='${api.appId}')`);
      await client.api(`/servicePrincipals/${String(old.id)}`).delete();
      await client.api(`/directory/deletedItems/${String(old.id)}`).delete();
      await client.api("/servicePrincipals").post(api);
      const fresh = await edge.graph(`/servicePrincipals(appId='${api.appId}')`);
      assert.notEqual(fresh.id, old.id);
      await edge.registrar.grantDelegatedPermissions(principal, [permission], since);
      const { value } = await edge.graph(`/servicePrincipals/${principal}/oauth2PermissionGrants`);
      assert.deepEqual(
        value.map(({ resourceId }) => resourceId),
        [fresh.id],
      );
    } finally {
      await edge.close();
    }
  });

  it("is looked up once and no more where it is the app that Entra does not see", async () => {
    const edge = await startGraphEdge();
    try {
      const { principal, since } = await edge.madeWithPrincipal();
      const role = aPermission({ kind: "application", name: "User.Read.All" });
      await edge.registrar.grantApplicationPermissions(principal, [role], since);
      await edge.asked();
      await edge.fault("POST", "/appRoleAssignedTo", { status: 404, code: "Request_ResourceNotFound" });
      const failure = await failureOf(edge.registrar.grantApplicationPermissions(principal, [role], since));
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
      const asked = (await edge.asked()).filter((each) => each.includes(" /v1.0/"));
      assert.deepEqual(
        asked.map((each) => each.split(" ")[0]),
        ["POST", "GET"],
      );
    } finally {
      await edge.close();
    }
  });
});

describe("an API without a service principal in the tenant", () => {
  const missing = { ...partnerCenter, createdBy: "usher" } as const;
  const permission = aPermission({
    api: partnerCenter.clientId,
    apiName: partnerCenter.name,
    name: "user_impersonation",
  });
  const withRight = { rights: { provisioning: ["Application.ReadWrite.All"] } };
  const principalsOf = async (edge: GraphEdge) =>
    (await edge.graph(`/servicePrincipals?$filter=appId eq '${partnerCenter.clientId}'`)).value;
  let edge: GraphEdge;
  afterEach(() => edge.close());

  it("gets one, also when the answer was lost or it is asked for again", async () => {
    edge = await startGraphEdge(withRight);
    assert.equal((await edge.tenant.apis([missing.clientId])).get(missing.clientId), null);
    await edge.fault("PATCH", "/servicePrincipals", { kind: "504-done" });
    assert.equal((await failureOf(edge.registrar.ensureApis([missing]))).kind, "retry");
    await edge.registrar.ensureApis([missing]);
    await edge.registrar.ensureApis([missing]);
    assert.equal((await principalsOf(edge)).length, 1);
    assert.ok((await edge.tenant.apis([missing.clientId])).get(missing.clientId));
  });

  it("gets one by the plain creation where the upsert is refused", async () => {
    edge = await startGraphEdge(withRight);
    await edge.fault("PATCH", "/servicePrincipals", { status: 405 });
    await edge.registrar.ensureApis([missing]);
    assert.ok((await edge.tenant.apis([missing.clientId])).get(missing.clientId));
    assert.equal((await principalsOf(edge)).length, 1);
  });

  it("is waited for where it was made and is not shown yet", async () => {
    edge = await startGraphEdge({ ...withRight, settings: { replicationSeconds: 60 } });
    await edge.registrar.ensureApis([missing]);
    await edge.registrar.ensureApis([missing]);
    const failure = await failureOf(edge.made({ permissions: [permission] }));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    await edge.sim("POST", "/clock", { advanceSeconds: 60 });
    await edge.made({ permissions: [permission] });
    assert.equal((await principalsOf(edge)).length, 1);
  });

  it("is never made for a bare client id, whose publisher nobody has read", async () => {
    edge = await startGraphEdge({ rights: { provisioning: ["Application.ReadWrite.All"] } });
    const unseen = { ...permission, apiName: permission.api };
    const failure = await failureOf(edge.made({ permissions: [unseen] }));
    assert.deepEqual([failure.kind, /no API with the client ID/.test(failure.message)], ["final", true]);
    assert.deepEqual(await principalsOf(edge), []);
  });

  it("ends the matter where Usher may not make it, with what an administrator runs", async () => {
    edge = await startGraphEdge();
    const failure = await failureOf(edge.made({ permissions: [permission] }));
    assert.equal(failure.kind, "final");
    assert.match(failure.message, /Microsoft Partner Center.*`az ad sp create --id fa3d9a0c-3fb0-/);
  });

  it("is waited for where the plan says that Usher may: a right that was just given counts with the next token", async () => {
    edge = await startGraphEdge();
    const failure = await failureOf(edge.registrar.ensureApis([missing]));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    assert.match(failure.message, /counts within the hour.*`az ad sp create --id fa3d9a0c-3fb0-/);
  });

  it("is not touched where an administrator makes it", async () => {
    edge = await startGraphEdge(withRight);
    await edge.registrar.ensureApis([{ ...missing, createdBy: "administrator" }]);
    assert.deepEqual(await principalsOf(edge), []);
  });
});
