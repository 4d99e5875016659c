import assert from "node:assert/strict";
import { minutes } from "../support/builders.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const users = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };
const exchange = { name: "Exchange Administrator", templateId: "29232cdf-9323-42fd-ade2-1d097af3e4de" };
const withRight = { rights: { consent: ["RoleManagement.ReadWrite.Directory"] } };

describe("directory roles of an app", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  const held = async (principal: string) => {
    const { value } = await edge.graph("/roleManagement/directory/roleAssignments");
    return value
      .filter(({ principalId }) => principalId === principal)
      .map(({ roleDefinitionId, directoryScopeId }) => [roleDefinitionId, directoryScopeId]);
  };

  it("are given over the whole tenant, once, also when the answer was lost", async () => {
    edge = await startGraphEdge(withRight);
    const { principal, since } = await edge.madeWithPrincipal();
    const assign = () => edge.registrar.assignDirectoryRoles(principal, [users, exchange], since);
    await edge.fault("POST", "/roleAssignments", { kind: "reset-after" });
    assert.equal((await failureOf(assign())).kind, "retry");
    assert.deepEqual(await assign(), { left: [] });
    assert.deepEqual(await assign(), { left: [] });
    assert.deepEqual(await held(principal), [
      [users.templateId, "/"],
      [exchange.templateId, "/"],
    ]);
  });

  it("are left to an administrator where Usher has no right to give them", async () => {
    edge = await startGraphEdge();
    const { principal, since } = await edge.madeWithPrincipal();
    assert.deepEqual(await edge.registrar.assignDirectoryRoles(principal, [users, exchange], since), {
      left: ["User Administrator", "Exchange Administrator"],
    });
  });

  it("are left to an administrator, one of them, where only that one is refused", async () => {
    edge = await startGraphEdge(withRight);
    const { principal, since } = await edge.madeWithPrincipal();
    await edge.fault("POST", "/roleAssignments", { status: 403, code: "Authorization_RequestDenied" });
    assert.deepEqual(await edge.registrar.assignDirectoryRoles(principal, [users, exchange], since), {
      left: ["User Administrator"],
    });
    assert.deepEqual(await held(principal), [[exchange.templateId, "/"]]);
  });

  it("are left to an administrator where Usher has no identity for consent, without asking", async () => {
    edge = await startGraphEdge({ hasConsent: false });
    const { principal, since } = await edge.madeWithPrincipal();
    await edge.asked();
    assert.deepEqual(await edge.registrar.assignDirectoryRoles(principal, [users], since), {
      left: ["User Administrator"],
    });
    assert.deepEqual(await edge.asked(), []);
  });

  it("are waited for while Entra does not show the app, but not for ever", async () => {
    edge = await startGraphEdge(withRight);
    const { clientId, since } = await edge.made();
    await edge.sim("PUT", "/settings", { replicationSeconds: 60 });
    const principal = await edge.registrar.ensureServicePrincipal(clientId, since);
    const early = await failureOf(edge.registrar.assignDirectoryRoles(principal, [users], since));
    assert.deepEqual([early.kind, early.isLag], ["retry", true]);
    edge.turnClock(31 * minutes);
    const late = await failureOf(edge.registrar.assignDirectoryRoles(principal, [users], since));
    assert.equal(late.kind, "final");
  });
});
