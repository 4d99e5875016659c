import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { newKeyMarker } from "../../src/domain/provisioning.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { carryOutRevocation } from "../../src/usecases/lifecycle/carry-out-revocation.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { aKey } from "../support/builders.ts";
import { endingsOf, plan, startEnding } from "../support/ended-requests.ts";
import { contractProblems, hasContract } from "../support/graph-contract.ts";
import { type Journey, personalChat, priya, verbsOf } from "../support/journey.ts";

const minutes = 60_000;

describe("revoking a registration", () => {
  let journey: Journey;
  const { approvedInChannel, list, nothingIsLeft, remember, tables, until } = endingsOf(() => journey);
  const exchanges: Exchange[] = [];
  beforeEach(async () => {
    exchanges.length = 0;
    journey = await startEnding({ tenant: { onExchange: (exchange) => void exchanges.push(exchange) } });
    await remember();
  });
  afterEach(async () => {
    await journey.close();
    if (hasContract) assert.deepEqual(contractProblems(exchanges), []);
  });

  const registered = async (id: RequestId) => (await tables().registrations.get(id)) ?? assert.fail("none");
  const revoked = (id: RequestId) =>
    journey.until(async () => (await registered(id)).state === "revoked", "the revocation");
  async function made(of = plan): Promise<RequestId> {
    const id = await approvedInChannel(of);
    await until(id, "provisioned");
    return id;
  }
  async function revoke(id: RequestId): Promise<void> {
    const place = personalChat(priya);
    await journey.teams.say(priya, place, `revoke ${id}`);
    const question = await journey.teams.find(
      (each) => each.conversationId === place.id && verbsOf(each).includes("registration/confirm-revoke"),
      "the question",
    );
    await journey.teams.press(priya, place, question, "registration/confirm-revoke");
  }
  const isSaid = (text: string) => journey.log.some((line) => line.includes(text));
  const sooner = async (id: RequestId, ms: number) => {
    journey.turnClock(ms);
    await tables().jobs.wake("revoke", id);
  };
  /** As somebody restores it in Entra, with all that it was deleted with. */
  async function restored(id: RequestId) {
    const { applicationObjectId } = await registered(id);
    const { clientId, secret } = company.clients.provisioning;
    const asked = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret,
        scope: `${journey.tenant.graphUrl}/.default`,
      }),
    });
    const { access_token: token } = (await asked.json()) as { access_token: string };
    const answer = await fetch(
      `${journey.tenant.graphUrl}/v1.0/directory/deletedItems/${applicationObjectId}/restore`,
      { method: "POST", headers: { authorization: `Bearer ${token}` } },
    );
    assert.equal(answer.status, 200);
    return (await journey.graph(`/applications/${applicationObjectId}`)).body;
  }
  /** A key that Entra made and does not list yet, as after a new secret. */
  async function unlistedKey(id: RequestId) {
    const { applicationObjectId, createdAt } = await registered(id);
    await journey.sim("PUT", "/settings", { replicationSeconds: 60 });
    const marker = newKeyMarker();
    const expiresAt = new Date(journey.world.clock.now().getTime() + 60 * minutes);
    const { keyId } = await journey.world.registrar.addKey(
      applicationObjectId,
      { displayName: `new ${marker}`, expiresAt },
      createdAt,
    );
    const changedAt = journey.world.clock.now();
    return aKey({
      requestId: id,
      applicationObjectId,
      marker,
      keyId,
      expiresAt,
      changedAt,
      state: "current",
    });
  }

  it("takes its consents and directory roles away too, before it is deleted", async () => {
    const id = await made();
    await revoke(id);
    await revoked(id);
    await nothingIsLeft();
    const { requests } = (await journey.sim("GET", "/requests")) as {
      requests: { method: string; path: string }[];
    };
    const asked = requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
    const at = (pattern: RegExp) => asked.findIndex((each) => pattern.test(each));
    const order = [
      at(/^PATCH .*\/servicePrincipals\/[0-9a-f-]+$/),
      at(/^DELETE .*\/roleAssignments\//),
      at(/^DELETE .*\/oauth2PermissionGrants\//),
      at(/^DELETE .*\/appRoleAssignments\//),
      at(/removePassword$/),
      at(/^DELETE .*\/applications\//),
    ];
    assert.ok(
      order.every((place) => place >= 0),
      String(order),
    );
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      order,
    );
    assert.deepEqual((await restored(id)).passwordCredentials, []);
  });

  it("does not delete it while Entra does not show a secret that was made, so that none comes back", async () => {
    const id = await made();
    const key = await unlistedKey(id);
    // However long ago: it is removed by its id, and not looked for.
    const changedAt = new Date(key.changedAt.getTime() - 31 * minutes);
    await tables().keys.insert({ ...key, changedAt });
    await revoke(id);
    const states = async () => (await tables().keys.of(id)).map(({ state }) => state).toSorted();
    await journey.until(
      async () => (await states())[1] === "removed",
      "the key that is listed to be removed",
    );
    assert.deepEqual(await states(), ["current", "removed"]);
    assert.equal((await journey.applications()).length, 1);
    await journey.sim("POST", "/clock", { advanceSeconds: 60 });
    await sooner(id, 0);
    await revoked(id);
    assert.deepEqual((await restored(id)).passwordCredentials, []);
  });

  it("looks for half an hour for a secret of which nobody knows whether it was made", async () => {
    const id = await made();
    const { keyId: _unknown, ...key } = await unlistedKey(id);
    await tables().keys.insert({ ...key, state: "abandoned" });
    await revoke(id);
    await journey.until(async () => isSaid("Usher looks for half an hour"), "what it waits for");
    const { servicePrincipalId } = await registered(id);
    const principal = await journey.graph(`/servicePrincipals/${servicePrincipalId}`);
    assert.equal(principal.body.accountEnabled, false);
    await journey.sim("POST", "/clock", { advanceSeconds: 60 });
    await sooner(id, 0);
    await revoked(id);
    assert.deepEqual((await restored(id)).passwordCredentials, []);
  });

  it("ends once what cannot be found must have shown", async () => {
    const id = await made();
    const { applicationObjectId } = await registered(id);
    const changedAt = journey.world.clock.now();
    await tables().keys.insert(aKey({ requestId: id, applicationObjectId, state: "abandoned", changedAt }));
    await revoke(id);
    await journey.until(async () => isSaid("Usher looks for half an hour"), "what it waits for");
    assert.equal((await registered(id)).state, "revoking");
    await sooner(id, 31 * minutes);
    await revoked(id);
    await nothingIsLeft();
  });

  it("does not delete it while Entra does not show its federated credential", async () => {
    const trust = { issuer: "https://issuer.example", subject: "repo:larkfield/deploy", audience: "a" };
    const credential = { kind: "federated", name: "deploy", ...trust } as const;
    const id = await made({ ...plan, credential });
    const { applicationObjectId, createdAt } = await registered(id);
    const { registrar } = journey.world;
    // As if it had only just been made.
    await registrar.removeFederatedCredential(applicationObjectId, credential.name, createdAt);
    await journey.sim("PUT", "/settings", { replicationSeconds: 60 });
    await registrar.addFederatedCredential(applicationObjectId, credential, createdAt);
    await revoke(id);
    await journey.until(async () => isSaid("does not see the new object everywhere"), "what it waits for");
    assert.equal((await registered(id)).state, "revoking");
    await journey.sim("POST", "/clock", { advanceSeconds: 60 });
    await sooner(id, 0);
    await revoked(id);
    await restored(id);
    assert.deepEqual(await list(`/applications/${applicationObjectId}/federatedIdentityCredentials`), []);
  });

  it("by a run that was slow deletes nothing that was restored since", async () => {
    const id = await made();
    let goOn = () => {};
    const paused = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let hasBegun = () => {};
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve;
    });
    const { world } = journey;
    const slow: World = {
      ...world,
      registrar: {
        ...world.registrar,
        // The last call before the deletion.
        async removeAllKeys(...what) {
          await world.registrar.removeAllKeys(...what);
          hasBegun();
          await paused;
        },
      },
    };
    const registration = await registered(id);
    assert.equal(registration.state, "active");
    const revokedBy = registration.owner;
    assert.ok(
      await tables().registrations.change(registration, { ...registration, state: "revoking", revokedBy }),
    );
    const first = carryOutRevocation(slow, id);
    await begun;
    // It is taken for dead: another process brings it to its end, and then it is restored.
    await tables().steps.takeOver(id);
    await carryOutRevocation(world, id);
    assert.equal((await registered(id)).state, "revoked");
    const { id: objectId } = await restored(id);
    goOn();
    await first;
    assert.equal((await journey.graph(`/applications/${String(objectId)}`)).status, 200);
  });

  it("waits for nobody who works on it: a repair or a new secret loses the lease", async () => {
    const id = await made();
    const now = journey.world.clock.now();
    const lease = await tables().steps.claim(id, now, new Date(now.getTime() + 10 * minutes));
    assert.ok(lease);
    await revoke(id);
    await revoked(id);
    await assert.rejects(tables().steps.check(lease));
  });
});
