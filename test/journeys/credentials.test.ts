import assert from "node:assert/strict";
import { readCertificate } from "../../src/domain/certificate.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Credential } from "../../src/domain/plan.ts";
import { revokeRegistration } from "../../src/usecases/lifecycle/revoke-registration.ts";
import { approved, inOwnChat, made, personOf } from "../support/approved.ts";
import { aPlan } from "../support/builders.ts";
import { aCertificate } from "../support/certificates.ts";
import { groupChat, type Journey, mina, readingOf, says, startJourney } from "../support/journey.ts";

const federated: Extract<Credential, { kind: "federated" }> = {
  kind: "federated",
  name: "main",
  issuer: "https://token.actions.githubusercontent.com",
  subject: "repo:contoso/shop:ref:refs/heads/main",
  audience: "api://AzureADTokenExchange",
};

async function aCertificateCredential() {
  const { pem } = await aCertificate();
  const read = readCertificate(pem);
  if ("error" in read) throw new Error(read.error);
  const { der, thumbprint, expiresAt } = read;
  return {
    kind: "certificate",
    label: "Backup",
    der,
    thumbprint,
    expiresAt: expiresAt.toISOString(),
  } as const;
}

describe("a registration without a secret", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const registrationOf = (id: RequestId) => journey.world.store.tables.registrations.get(id);
  const stepsOf = async (id: RequestId) =>
    new Map((await journey.world.store.tables.steps.all(id)).map((row) => [row.step, row]));
  const fault = (order: object) => journey.sim("POST", "/faults", order);
  const federatedOf = async (objectId: string) =>
    (await journey.graph(`/applications/${objectId}/federatedIdentityCredentials`)).body.value as object[];
  const linkButtons = () =>
    journey.teams.messages.filter((each) => says(each, `${journey.config.publicUrl}/s/`));

  describe("with a certificate that the requester keeps the key of", () => {
    it("puts the certificate into Entra, no secret, and says in person that it is ready", async () => {
      const credential = await aCertificateCredential();
      const { id, application, clientId } = await made(journey, {
        credential,
        handover: [{ label: "Thumbprint", value: "thumbprint" }],
        next: ["Choose the app {{clientId}}."],
      });
      assert.deepEqual(application.passwordCredentials, []);
      assert.equal((application.keyCredentials as object[]).length, 1);
      assert.deepEqual((await registrationOf(id))?.expiresAt, new Date(credential.expiresAt));
      await inOwnChat(journey, "no secret to hand over");
      const card = await inOwnChat(journey, credential.thumbprint);
      assert.match(readingOf(card), new RegExp(`Choose the app ${clientId}`));
      assert.deepEqual(linkButtons(), []);
      assert.ok(!(await stepsOf(id)).has("personal-chat"));
    });

    for (const kind of ["504-done", "504-not-done", "reset-after"])
      it(`ends in one certificate when the answer to it is lost (${kind})`, async () => {
        await fault({ method: "PATCH", path: "/applications/", kind });
        const { application } = await made(journey, { credential: await aCertificateCredential() });
        assert.equal((application.keyCredentials as object[]).length, 1);
      });

    it("is revoked with it: neither the app nor its certificate stays", async () => {
      const { id, objectId } = await made(journey, { credential: await aCertificateCredential() });
      await revoke(id);
      const { body } = await journey.graph(`/directory/deletedItems/${objectId}`);
      assert.deepEqual(body.keyCredentials, []);
    });
  });

  describe("with a federated credential", () => {
    it("trusts what was approved, and never expires", async () => {
      const { id, application, objectId } = await made(journey, { credential: federated });
      const [one, ...others] = await federatedOf(objectId);
      assert.deepEqual(others, []);
      const { name, issuer, subject, audience } = federated;
      assert.partialDeepStrictEqual(one, { name, issuer, subject, audiences: [audience] });
      assert.deepEqual(application.passwordCredentials, []);
      const registration = await registrationOf(id);
      assert.equal(registration?.state, "active");
      assert.equal(registration.expiresAt, undefined);
      await inOwnChat(journey, "no secret to hand over");
    });

    it("ends in one credential when the answer to it is lost", async () => {
      await fault({ method: "POST", path: "/federatedIdentityCredentials", kind: "504-done" });
      const { objectId } = await made(journey, { credential: federated });
      assert.equal((await federatedOf(objectId)).length, 1);
    });

    it("is revoked with it, also when the deletion has to be tried again", async () => {
      const { id, objectId } = await made(journey, { credential: federated });
      await fault({ method: "DELETE", path: "/applications/[^/]+$", kind: "503" });
      await revoke(id);
      assert.equal((await journey.graph(`/applications/${objectId}`)).status, 404);
    });
  });

  describe("without a credential", () => {
    it("is ready without one, and can be revoked", async () => {
      const { id, application, objectId } = await made(journey, { credential: { kind: "none" } });
      assert.deepEqual([application.passwordCredentials, application.keyCredentials], [[], []]);
      assert.deepEqual(await federatedOf(objectId), []);
      await inOwnChat(journey, "no secret to hand over");
      await revoke(id);
    });
  });

  it("says that it is ready where it was asked for, when there is no personal chat", async () => {
    const id = await approved(journey, aPlan({ credential: { kind: "none" } }), groupChat);
    await journey.teams.find(
      (each) =>
        each.conversationId === groupChat.id && says(each, "no secret to hand over") && says(each, id),
      "the note in the group chat",
    );
    assert.ok(!journey.teams.messages.some((each) => says(each, "open a chat with Usher")));
  });

  async function revoke(id: RequestId): Promise<void> {
    const caller = { ...personOf(mina), tenantId: journey.config.tenantId };
    const outcome = await revokeRegistration(journey.world, caller, id, "card");
    assert.ok("revoking" in outcome);
    await journey.until(async () => (await registrationOf(id))?.state === "revoked", "the revocation");
    assert.deepEqual(await journey.applications(), []);
  }
});
