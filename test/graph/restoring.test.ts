import assert from "node:assert/strict";
import { minutes } from "../support/builders.ts";
import { contractProblems } from "../support/graph-contract.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

describe("taking back what was deleted", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  async function deleted() {
    const made = await edge.madeWithPrincipal();
    await edge.registrar.disableServicePrincipal(made.principal, made.since);
    await edge.registrar.deleteApplication(made.id, made.since);
    await edge.asked();
    return { ...made, wantedAt: edge.clock.now() };
  }
  const principalOf = async (clientId: string) =>
    (await edge.graph(`/servicePrincipals(appId='${clientId}')`)) as {
      id?: string;
      accountEnabled?: boolean;
    };

  it("brings the application and its service principal, each by itself, and lets nobody in", async () => {
    const { id, clientId, principal, wantedAt } = await deleted();
    assert.equal(await edge.registrar.restoreApplication(id, wantedAt), "there");
    assert.equal((await principalOf(clientId)).id, undefined);
    assert.equal(await edge.registrar.restoreServicePrincipal(principal, clientId, wantedAt), principal);
    assert.equal((await principalOf(clientId)).accountEnabled, false);
    await edge.registrar.enableServicePrincipal(principal, wantedAt);
    assert.equal((await principalOf(clientId)).accountEnabled, true);
    const problems = contractProblems(edge.exchanges);
    assert.deepEqual(problems === "absent" ? [] : problems, []);
  });

  it("may be repeated, and does nothing where it stands already", async () => {
    await edge.sim("PUT", "/settings", { restoresPrincipalToo: true });
    const { id, clientId, principal, wantedAt } = await deleted();
    for (const _ of [1, 2]) {
      assert.equal(await edge.registrar.restoreApplication(id, wantedAt), "there");
      assert.equal(await edge.registrar.restoreServicePrincipal(principal, clientId, wantedAt), principal);
    }
    const posts = await edge.asked("POST");
    assert.equal(posts.filter((each) => each.includes("/restore")).length, 1);
  });

  it("calls it gone only once it must have shown", async () => {
    const { id, wantedAt } = await deleted();
    const administrator = edge.provisioning.client;
    await administrator.api(`/directory/deletedItems/${id}`).delete();
    const failure = await failureOf(edge.registrar.restoreApplication(id, wantedAt));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    edge.turnClock(31 * minutes);
    assert.equal(await edge.registrar.restoreApplication(id, wantedAt), "gone");
  });

  it("makes another service principal, closed, where that one is gone or may not be restored", async () => {
    for (const isRefused of [false, true]) {
      const { id, clientId, principal, wantedAt } = await deleted();
      await edge.registrar.restoreApplication(id, wantedAt);
      if (isRefused) {
        const status = { kind: "status", status: 403, code: "Authorization_RequestDenied" };
        await edge.fault("POST", `/deletedItems/${principal}/restore`, status);
      } else await edge.provisioning.client.api(`/directory/deletedItems/${principal}`).delete();
      const another = await edge.registrar.restoreServicePrincipal(principal, clientId, wantedAt);
      assert.notEqual(another, principal);
      const found = await principalOf(clientId);
      assert.deepEqual([found.id, found.accountEnabled], [another, false]);
    }
  });

  it("waits while Entra does not show the application that came back", async () => {
    const { id, clientId, principal, wantedAt } = await deleted();
    const failure = await failureOf(edge.registrar.restoreServicePrincipal(principal, clientId, wantedAt));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    await edge.registrar.restoreApplication(id, wantedAt);
    assert.equal(await edge.registrar.restoreServicePrincipal(principal, clientId, wantedAt), principal);
  });

  it("tells a refusal from what comes later", async () => {
    const { id, wantedAt } = await deleted();
    const refused = { kind: "status", status: 403, code: "Authorization_RequestDenied" };
    await edge.fault("POST", "/restore", refused);
    assert.equal((await failureOf(edge.registrar.restoreApplication(id, wantedAt))).kind, "final");
    await edge.fault("POST", "/restore", { kind: "503", times: 5 });
    assert.equal((await failureOf(edge.registrar.restoreApplication(id, wantedAt))).kind, "retry");
  });
});
