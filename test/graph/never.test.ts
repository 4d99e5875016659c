import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ApplicationObjectId, ClientId, ServicePrincipalId, TenantId } from "../../src/domain/ids.ts";
import { translate } from "../../src/graph/failures.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aPermission, noon } from "../support/builders.ts";
import { aCertificate, failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const mailAll = aPermission({ name: "Mail.ReadWrite", kind: "application" });
const directory = aPermission({ name: "Directory.Read.All", kind: "delegated" });
const users = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };

describe("what Usher never gives, whatever was approved", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  /** What Graph was asked since the last time; tokens come from elsewhere. */
  const asked = async () => (await edge.asked()).filter((each) => each.includes(" /v1.0/"));

  /** Refused for good in these words, and nothing but reads was sent. */
  async function isRefused(work: Promise<unknown>, words: RegExp): Promise<void> {
    const failure = await failureOf(work);
    assert.equal(failure.kind, "final");
    assert.match(failure.message, words);
    const sent = await asked();
    assert.deepEqual(
      sent.filter((each) => !each.startsWith("GET ")),
      [],
    );
  }

  for (const [name, { servicePrincipalId, applicationObjectId }] of Object.entries(company.clients)) {
    it(`is anything to its own identities: ${name}`, async () => {
      edge = await startGraphEdge({ rights: { consent: ["RoleManagement.ReadWrite.Directory"] } });
      const principal = servicePrincipalId as ServicePrincipalId;
      const application = applicationObjectId as ApplicationObjectId;
      const { registrar } = edge;
      const own = /own identity/;
      await isRefused(registrar.grantApplicationPermissions(principal, [mailAll], noon), own);
      await isRefused(registrar.grantDelegatedPermissions(principal, [directory], noon), own);
      await isRefused(registrar.assignDirectoryRoles(principal, [users], noon), own);
      await isRefused(registrar.addKey(application, { displayName: "a key", expiresAt: noon }, noon), own);
      await isRefused(registrar.addCertificate(application, await aCertificate(), noon), own);
      const federated = { name: "main", issuer: "https://issuer.example", subject: "s", audience: "a" };
      await isRefused(
        registrar.addFederatedCredential(application, { kind: "federated", ...federated }, noon),
        own,
      );
      const clientId = randomUUID() as ClientId;
      await isRefused(registrar.setIdentifierUri(application, clientId, noon), own);
    });

    it(`is not taken away from its own identities either: ${name}`, async () => {
      // With every right, so that only Usher itself stands in the way.
      edge = await startGraphEdge({
        rights: {
          provisioning: ["Application.ReadWrite.All"],
          consent: ["RoleManagement.ReadWrite.Directory"],
        },
      });
      const principal = servicePrincipalId as ServicePrincipalId;
      const application = applicationObjectId as ApplicationObjectId;
      const { registrar } = edge;
      const own = /own identity/;
      await isRefused(registrar.disableServicePrincipal(principal, noon), own);
      await isRefused(registrar.removeGrants(principal, noon), own);
      await isRefused(registrar.removeKeysMarked(application, "[0123456789abcdef]"), own);
      await isRefused(registrar.removeKey(application, randomUUID(), noon), own);
      await isRefused(registrar.removeFederatedCredential(application, "main", noon), own);
      await isRefused(registrar.removeAllKeys(application, noon), own);
      await isRefused(registrar.deleteApplication(application, noon), own);
    });
  }

  it("is a permission that policy forbids by now, neither declared nor granted", async () => {
    const forbidden = new Set<string>();
    edge = await startGraphEdge({ never: { isForbidden: ({ name }) => forbidden.has(name) } });
    const { principal, since } = await edge.madeWithPrincipal();
    forbidden.add("Mail.ReadWrite").add("Directory.Read.All");
    await edge.asked();
    const { registrar } = edge;
    const words = /forbids .*"(?:Mail\.ReadWrite|Directory\.Read\.All)"/;
    const allowed = aPermission({ kind: "application", name: "User.Read.All" });
    await isRefused(registrar.grantApplicationPermissions(principal, [allowed, mailAll], since), words);
    await isRefused(registrar.grantDelegatedPermissions(principal, [directory], since), words);
    await isRefused(edge.made({ permissions: [mailAll] }), words);
    // The same goes through once policy says otherwise.
    forbidden.clear();
    await registrar.grantApplicationPermissions(principal, [mailAll], since);
    assert.equal((await asked()).filter((each) => each.startsWith("POST")).length, 1);
  });

  it("is a directory role that the catalogue does not list", async () => {
    edge = await startGraphEdge({
      rights: { consent: ["RoleManagement.ReadWrite.Directory"] },
      never: { isKnownRole: (templateId) => templateId === users.templateId },
    });
    const { principal, since } = await edge.madeWithPrincipal();
    await edge.asked();
    const other = { name: "Global Administrator", templateId: "62e90394-69f5-4237-9190-012177145e10" };
    const { registrar } = edge;
    await isRefused(registrar.assignDirectoryRoles(principal, [users, other], since), /Global Administrator/);
    assert.deepEqual(await registrar.assignDirectoryRoles(principal, [users], since), { left: [] });
  });

  it("is anything in another tenant: no request goes out with its token", async () => {
    edge = await startGraphEdge();
    const client = edge.clientForTenant("99999999-9999-4999-8999-999999999999" as TenantId);
    await edge.asked();
    for (const call of [
      () => client.api("/applications").post({ displayName: "Payroll" }),
      () => client.api("/applications").get(),
    ]) {
      const error = await call().catch((thrown: unknown) => thrown);
      const failure = translate("create-application", error, undefined, noon);
      assert.equal(failure.kind, "final");
      assert.match(failure.message, /another tenant/);
    }
    assert.deepEqual(await asked(), []);
  });

  it("is asked for once: what is Usher's own costs nothing more", async () => {
    edge = await startGraphEdge();
    const first = await edge.madeWithPrincipal();
    await edge.asked();
    await edge.registrar.grantApplicationPermissions(first.principal, [mailAll], first.since);
    await edge.asked();
    await edge.registrar.grantApplicationPermissions(first.principal, [mailAll], first.since);
    assert.equal((await asked()).length, 1);
  });
});
