import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ApplicationObjectId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { minutes } from "../support/builders.ts";
import { aCertificate, failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const federated = {
  kind: "federated",
  name: "deploy",
  issuer: "https://token.actions.githubusercontent.com",
  subject: "repo:larkfield/payroll:ref:refs/heads/main",
  audience: "api://AzureADTokenExchange",
} as const;

type Key = { displayName: string; keyId: string; key: string; customKeyIdentifier: string };

describe("a credential of an application", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  const certificatesOf = async (id: string) => {
    const found = await edge.graph(`/applications/${id}?$select=id,keyCredentials`);
    return found.keyCredentials as Key[];
  };
  const federatedOf = async (id: string) =>
    (await edge.graph(`/applications/${id}/federatedIdentityCredentials`)).value;

  describe("that is a certificate", () => {
    it("stands there once, also when the answer was lost and it is added again", async () => {
      const certificate = await aCertificate();
      const { id, since } = await edge.made();
      await edge.fault("PATCH", "/applications", { kind: "reset-after" });
      assert.equal((await failureOf(edge.registrar.addCertificate(id, certificate, since))).kind, "retry");
      const [first] = await certificatesOf(id);
      await edge.asked();
      await edge.registrar.addCertificate(id, certificate, since);
      const [second, ...more] = await certificatesOf(id);
      assert.deepEqual(more, []);
      assert.equal(second?.displayName, "Payroll export");
      assert.equal(second?.key, certificate.der);
      assert.equal(
        Buffer.from(second?.customKeyIdentifier ?? "", "base64").toString("hex"),
        certificate.thumbprint,
      );
      assert.equal(second?.keyId, first?.keyId);
      assert.deepEqual(await edge.asked("PATCH"), []);
    });

    it("is waited for while Entra does not show the application", async () => {
      await edge.sim("PUT", "/settings", { replicationSeconds: 60 });
      const { id, since } = await edge.made();
      const failure = await failureOf(edge.registrar.addCertificate(id, await aCertificate(), since));
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    });

    it("ends the matter when it is none, or the tenant's policy is against it", async () => {
      const { id, since } = await edge.made();
      const certificate = await aCertificate();
      const broken = { ...certificate, der: "bm8gY2VydGlmaWNhdGU=" };
      const noCertificate = await failureOf(edge.registrar.addCertificate(id, broken, since));
      assert.equal(noCertificate.kind, "final");
      assert.match(noCertificate.message, /does not take this certificate/);

      for (const [code, sentence] of [
        ["KeyCredentialsInvalidEndDate", /does not take this certificate/],
        ["CredentialInvalidLifetimeAsPerAppPolicy", /certificates of a shorter life/],
        ["CredentialTypeNotAllowedAsPerAppPolicy", /forbids this certificate/],
      ] as const) {
        await edge.fault("PATCH", "/applications", { status: 400, code, message: "…" });
        const failure = await failureOf(edge.registrar.addCertificate(id, certificate, since));
        assert.equal(failure.kind, "final");
        assert.match(failure.message, sentence);
      }
    });
  });

  describe("that is a federated one", () => {
    it("stands there once, also when the answer was lost and it is added again", async () => {
      const { id, since } = await edge.made();
      await edge.fault("POST", "/federatedIdentityCredentials", { kind: "504-done" });
      const failure = await failureOf(edge.registrar.addFederatedCredential(id, federated, since));
      assert.equal(failure.kind, "retry");
      await edge.registrar.addFederatedCredential(id, federated, since);
      const [standing, ...more] = await federatedOf(id);
      const { name, issuer, subject, audience } = federated;
      assert.deepEqual(more, []);
      assert.deepEqual(
        { ...standing, id: undefined, description: undefined },
        { id: undefined, description: undefined, name, issuer, subject, audiences: [audience] },
      );
    });

    it("is waited for while Entra says that it is there and does not show it", async () => {
      const { id, since } = await edge.made();
      await edge.sim("PUT", "/settings", { replicationSeconds: 60 });
      await edge.registrar.addFederatedCredential(id, federated, since);
      const failure = await failureOf(edge.registrar.addFederatedCredential(id, federated, since));
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
    });

    it("ends the matter where something else bears its name or trusts the same for another audience", async () => {
      const { id, since } = await edge.made();
      await edge.registrar.addFederatedCredential(id, federated, since);
      for (const other of [
        { ...federated, subject: "repo:larkfield/other:ref:refs/heads/main" },
        { ...federated, name: "again", audience: "api://another" },
      ]) {
        const failure = await failureOf(edge.registrar.addFederatedCredential(id, other, since));
        assert.equal(failure.kind, "final");
        assert.match(failure.message, /which Usher did not make/);
      }
    });

    it("ends the matter where Usher may not touch the application", async () => {
      const { id, since } = await edge.made();
      await edge.fault("POST", "/federatedIdentityCredentials", {
        status: 403,
        code: "Authorization_RequestDenied",
      });
      const failure = await failureOf(edge.registrar.addFederatedCredential(id, federated, since));
      assert.equal(failure.kind, "final");
    });
  });

  describe("of any kind", () => {
    const withAllKinds = async () => {
      const made = await edge.made();
      const expiresAt = new Date(edge.clock.now().getTime() + 24 * 60 * minutes);
      const key = await edge.registrar.addKey(made.id, { displayName: "a", expiresAt }, made.since);
      assert.ok(key.secret instanceof SecretText);
      await edge.registrar.addCertificate(made.id, await aCertificate(), made.since);
      await edge.registrar.addFederatedCredential(made.id, federated, made.since);
      return made;
    };
    const countsOf = async (id: string) => [
      ((await edge.graph(`/applications/${id}`)).passwordCredentials as object[]).length,
      (await certificatesOf(id)).length,
      (await federatedOf(id)).length,
    ];

    it("goes with all others, and a repeat finds nothing", async () => {
      const { id, since } = await withAllKinds();
      assert.deepEqual(await countsOf(id), [1, 1, 1]);
      await edge.registrar.removeAllKeys(id, since);
      assert.deepEqual(await countsOf(id), [0, 0, 0]);
      await edge.registrar.removeAllKeys(id, since);
    });

    it("goes after an answer was lost halfway", async () => {
      const { id, since } = await withAllKinds();
      await edge.fault("DELETE", "/federatedIdentityCredentials", { kind: "reset-after" });
      assert.equal((await failureOf(edge.registrar.removeAllKeys(id, since))).kind, "retry");
      await edge.registrar.removeAllKeys(id, since);
      assert.deepEqual(await countsOf(id), [0, 0, 0]);
    });

    it("is tried again when it is listed and not found, while the application is young", async () => {
      const { id, since } = await withAllKinds();
      const second = { ...federated, name: "second", subject: "repo:larkfield/second" };
      await edge.registrar.addFederatedCredential(id, second, since);
      const notFound = { status: 404, code: "Request_ResourceNotFound", times: 2 };
      await edge.fault("DELETE", "/federatedIdentityCredentials", notFound);
      const failure = await failureOf(edge.registrar.removeAllKeys(id, since));
      assert.deepEqual([failure.kind, failure.isLag], ["retry", true]);
      edge.turnClock(31 * minutes);
      await edge.registrar.removeAllKeys(id, since);
      assert.deepEqual(
        (await federatedOf(id)).map(({ name }) => name),
        ["deploy"],
      );
    });

    it("is gone with an application that was deleted", async () => {
      const { id, since } = await edge.made();
      await edge.registrar.deleteApplication(id, since);
      await edge.registrar.removeAllKeys(id, since);
    });

    it("is gone with an application that shows nowhere, once that is old", async () => {
      const { since } = await edge.made();
      const id = randomUUID() as ApplicationObjectId;
      assert.equal((await failureOf(edge.registrar.removeAllKeys(id, since))).isLag, true);
      edge.turnClock(31 * minutes);
      await edge.registrar.removeAllKeys(id, since);
    });
  });
});
