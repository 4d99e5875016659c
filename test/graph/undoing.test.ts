import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Permission } from "../../src/domain/permission.ts";
import { aPermission, minutes } from "../support/builders.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const users = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };
const withRight = { rights: { consent: ["RoleManagement.ReadWrite.Directory"] } };
const scopes: Permission[] = [aPermission({ name: "User.Read" })];
const roles: Permission[] = ["User.ReadBasic.All", "Group.Read.All"].map((name) =>
  aPermission({ name, kind: "application" }),
);

describe("undoing what was made", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  async function granted(options: Parameters<typeof startGraphEdge>[0] = withRight) {
    edge = await startGraphEdge(options);
    const made = await edge.madeWithPrincipal();
    await edge.registrar.grantApplicationPermissions(made.principal, roles, made.since);
    await edge.registrar.grantDelegatedPermissions(made.principal, scopes, made.since);
    await edge.registrar.assignDirectoryRoles(made.principal, [users], made.since);
    return made;
  }
  const held = async (principal: string) => {
    const [assignments, grants, directory] = await Promise.all([
      edge.graph(`/servicePrincipals/${principal}/appRoleAssignments`),
      edge.graph(`/servicePrincipals/${principal}/oauth2PermissionGrants`),
      edge.graph("/roleManagement/directory/roleAssignments"),
    ]);
    const roleAssignments = directory.value.filter(({ principalId }) => principalId === principal);
    return [assignments.value.length, grants.value.length, roleAssignments.length];
  };

  it("takes away every consent and directory role, and may be repeated", async () => {
    const { principal, since } = await granted();
    assert.deepEqual(await held(principal), [2, 1, 1]);
    await edge.registrar.removeGrants(principal, since);
    assert.deepEqual(await held(principal), [0, 0, 0]);
    await edge.registrar.removeGrants(principal, since);
  });

  it("touches no other app's", async () => {
    const { principal, since } = await granted();
    const other = await edge.madeWithPrincipal();
    await edge.registrar.grantApplicationPermissions(other.principal, roles, other.since);
    await edge.registrar.assignDirectoryRoles(other.principal, [users], other.since);
    await edge.registrar.removeGrants(principal, since);
    assert.deepEqual(await held(other.principal), [2, 0, 1]);
  });

  it("leaves what Usher has no right to take away, and takes away the rest", async () => {
    const { principal, since } = await granted();
    await edge.fault("GET", "/roleAssignments", { status: 403, code: "Authorization_RequestDenied" });
    await edge.registrar.removeGrants(principal, since);
    assert.deepEqual(await held(principal), [0, 0, 1]);
  });

  it("asks nothing where Usher has no identity for consent", async () => {
    edge = await startGraphEdge({ hasConsent: false });
    const { principal, since } = await edge.madeWithPrincipal();
    await edge.asked();
    await edge.registrar.removeGrants(principal, since);
    assert.deepEqual(await edge.asked(), []);
  });

  it("takes a young application that is among what was deleted for gone, with its service principal", async () => {
    const { id, principal, since } = await granted();
    const { registrar } = edge;
    await registrar.deleteApplication(id, since);
    await registrar.deleteApplication(id, since);
    await registrar.removeAllKeys(id, since);
    await registrar.disableServicePrincipal(principal, since);
    await registrar.removeGrants(principal, since);
  });

  it("tries again where a young one shows nowhere, and takes an old one for gone", async () => {
    const { id, since } = await granted();
    const nowhere = { status: 404, code: "Request_ResourceNotFound" };
    const hide = async () => {
      await edge.fault("DELETE", "/applications/", nowhere);
      await edge.fault("GET", "/deletedItems/", nowhere);
    };
    await hide();
    assert.equal((await failureOf(edge.registrar.deleteApplication(id, since))).kind, "retry");
    edge.turnClock(31 * minutes);
    await edge.registrar.deleteApplication(id, since);
  });

  it("finds an application of ours by its unique name, and none where there is none", async () => {
    edge = await startGraphEdge();
    const { application, id } = await edge.made();
    const found = await edge.registrar.findApplication(application.uniqueName, application.requestId);
    assert.equal(found?.applicationObjectId, id);
    const other = "usher-ffffffffffffffffffffffffffffffff";
    assert.equal(await edge.registrar.findApplication(other, application.requestId), undefined);
  });

  it("touches no application that was made for another request", async () => {
    edge = await startGraphEdge();
    const { application } = await edge.made();
    const failure = await failureOf(
      edge.registrar.findApplication(application.uniqueName, "REQ-000000" as RequestId),
    );
    assert.deepEqual([failure.kind, failure.isForeign], ["final", true]);
  });

  describe("where Entra does not show yet what was just made", () => {
    const expiresAt = new Date(Date.now() + 24 * 60 * minutes);
    const trust = { issuer: "https://issuer.example", subject: "s", audience: "a" };
    const federated = { kind: "federated", name: "main", ...trust } as const;
    const shownAfter = (seconds: number) => edge.sim("PUT", "/settings", { replicationSeconds: seconds });

    /** As one restores it in Entra: with all that it was deleted with. */
    async function restored(id: string) {
      await edge.provisioning.client.api(`/directory/deletedItems/${id}/restore`).post({});
      const [application, credentials] = await Promise.all([
        edge.graph(`/applications/${id}`),
        edge.graph(`/applications/${id}/federatedIdentityCredentials`),
      ]);
      return [(application.passwordCredentials as object[]).length, credentials.value.length];
    }

    it("removes a secret by its id, and not before Entra finds it, so that nothing comes back", async () => {
      edge = await startGraphEdge();
      const { id, since } = await edge.made();
      await shownAfter(60);
      const key = await edge.registrar.addKey(id, { displayName: "a", expiresAt }, since);
      const remove = () => edge.registrar.removeKey(id, key.keyId, edge.clock.now());
      assert.equal((await failureOf(remove())).kind, "retry");
      await edge.sim("POST", "/clock", { advanceSeconds: 60 });
      await remove();
      await edge.registrar.deleteApplication(id, since);
      assert.deepEqual(await restored(id), [0, 0]);
    });

    it("removes a federated credential by its name, and not before Entra finds it", async () => {
      edge = await startGraphEdge();
      const { id, since } = await edge.made();
      await shownAfter(60);
      await edge.registrar.addFederatedCredential(id, federated, since);
      const remove = () => edge.registrar.removeFederatedCredential(id, federated.name, since);
      const failure = await failureOf(remove());
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
      await edge.sim("POST", "/clock", { advanceSeconds: 60 });
      await remove();
      await edge.registrar.deleteApplication(id, since);
      assert.deepEqual(await restored(id), [0, 0]);
    });

    it("takes a young secret that is not found for one that is not seen, and an old one for gone", async () => {
      edge = await startGraphEdge();
      const { id, since } = await edge.made();
      const keyId = randomUUID();
      const failure = await failureOf(edge.registrar.removeKey(id, keyId, since));
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
      edge.turnClock(31 * minutes);
      await edge.registrar.removeKey(id, keyId, since);
      await edge.registrar.removeFederatedCredential(id, "main", since);
    });

    it("has nothing to remove from an application that was deleted", async () => {
      edge = await startGraphEdge();
      const { id, since } = await edge.made();
      await edge.registrar.deleteApplication(id, since);
      await edge.registrar.removeKey(id, randomUUID(), since);
      await edge.registrar.removeFederatedCredential(id, "main", since);
    });
  });
});
