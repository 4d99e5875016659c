import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { UserId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { fillSystem, handedOn, madeFor, type Typed } from "./asking.ts";
import { aCertificate } from "./certificates.ts";
import { bare, endStateOf } from "./end-state.ts";
import { contractProblems } from "./graph-contract.ts";
import { type Journey, mina, personalChat, readingOf, says, startJourney, verbsOf } from "./journey.ts";
import type { Refusal, Systems, Variant } from "./variants.ts";

/** All that Usher's two identities may be given, so that nothing is left to an administrator. */
async function giveAllRights(journey: Journey): Promise<void> {
  const give = ({ clientId }: { clientId: string }, ...roles: string[]) =>
    journey.sim("PUT", `/identities/${clientId}`, { roles });
  const readers = ["User.Read.All", "GroupMember.Read.All", "Policy.Read.All"];
  const { provisioning, consent } = company.clients;
  await give(provisioning, "Application.ReadWrite.All", "Application.Read.All", ...readers);
  await give(consent, ...consent.roles, "RoleManagement.ReadWrite.Directory");
}

/**
 * Walks each variant from the form's answers to the tenant and compares the whole of what was made, all in one tenant
 * that is looked at once more when all are made. `missing` are the APIs that only this makes known to the tenant.
 */
export function walkSystems(systems: Systems, missing: readonly string[] = []): void {
  const exchanges: Exchange[] = [];
  const made: string[] = [];
  let journey: Journey;
  let certificate: { pem: string; thumbprint: string };
  let atFirst: string[];

  before(async () => {
    journey = await startJourney({ tenant: { onExchange: (exchange) => void exchanges.push(exchange) } });
    await giveAllRights(journey);
    const { pem } = await aCertificate();
    certificate = { pem, thumbprint: new X509Certificate(pem).fingerprint.replaceAll(":", "") };
    atFirst = await principals();
  });
  after(() => journey?.close());

  const principals = async () => {
    const { body } = await journey.graph("/servicePrincipals?$top=999&$select=displayName");
    return (body.value as { displayName: string }[]).map(({ displayName }) => displayName);
  };
  const asTyped = (answers: Typed): Typed =>
    Object.fromEntries(
      Object.entries(answers).map(([key, value]) => [key, value === "<pem>" ? certificate.pem : value]),
    );

  async function walk(system: string, variant: Variant): Promise<void> {
    const { id, card, review } = await madeFor(journey, system, asTyped(variant.answers));
    const { state, clientId, keyIds } = await endStateOf(journey, id);
    made.push(state.name);
    const inWords = (text: string) =>
      text
        .replaceAll(clientId, "<client id>")
        .replaceAll(company.tenantId, "<tenant id>")
        .replaceAll(certificate.thumbprint, "<thumbprint>")
        .replaceAll(journey.tenant.authorityUrl, "<sign-in>")
        .replaceAll(/\b\d{1,2} [A-Z][a-z]{2} \d{4}\b/g, "<day>");
    const { certificates } = state;
    assert.deepEqual({ ...state, certificates: certificates.map(inWords) }, { ...bare, ...variant.makes });
    const handed = Object.entries(handedOn(card)).map(([label, text]) => [label, inWords(text)]);
    assert.deepEqual(Object.fromEntries(handed), variant.hands);
    if (variant.promises) assert.match(review, variant.promises);
    if (variant.tells) assert.match(readingOf(card), variant.tells);
    if (variant.tellsNot) assert.doesNotMatch(readingOf(card), variant.tellsNot);
    for (const keyId of keyIds) {
      const reading = journey.teams.messages.map((message) => `${message.text} ${readingOf(message)}`);
      assert.ok(!reading.some((text) => text.includes(keyId)), "nobody reads a key's id");
    }
    const links = journey.teams.messages.filter(
      (message) => says(message, id) && says(message, `${journey.config.publicUrl}/s/`),
    );
    assert.deepEqual(
      links.map(({ conversationId }) => conversationId),
      state.secrets.map(() => personalChat(mina).id),
    );
    if (variant.isOpened) await obtainsToken(journey, clientId);
  }

  async function isTurnedAway(system: string, { answers, says: sentence }: Refusal): Promise<void> {
    const before = await journey.world.store.tables.requests.newestOf(mina.id as UserId, 1);
    const card = await fillSystem(journey, system, asTyped(answers));
    assert.ok(readingOf(card).includes(sentence), readingOf(card));
    assert.ok(!verbsOf(card).includes("intake/submit"), "it cannot be submitted");
    assert.deepEqual(await journey.world.store.tables.requests.newestOf(mina.id as UserId, 1), before);
  }

  for (const [system, variants] of Object.entries(systems))
    describe(`a registration for ${system}`, () => {
      for (const variant of variants)
        it(variant.it, () => ("says" in variant ? isTurnedAway(system, variant) : walk(system, variant)));
    });

  describe("all of these together", () => {
    it("leave nothing in the tenant but what was asked for", async () => {
      assert.deepEqual((await principals()).toSorted(), [...atFirst, ...made, ...missing].toSorted());
      const { body } = await journey.graph("/directory/deletedItems/microsoft.graph.application");
      assert.deepEqual(body.value, []);
    });

    it("have Usher send, and be answered, only what Microsoft's description of Graph knows", function () {
      assert.ok(exchanges.length > 10 * made.length, `only ${exchanges.length} exchanges`);
      const problems = contractProblems(exchanges);
      if (problems === "absent") {
        process.stderr.write(
          "      not checked: Microsoft's description of Graph is not beside this repository\n",
        );
        this.skip();
      }
      assert.deepEqual(problems, []);
    });
  });
}

/** Opens the newest link as the requester and signs in with what it shows. */
async function obtainsToken(journey: Journey, clientId: string): Promise<void> {
  const page = await journey.openAs(await journey.link(), mina);
  const { body } = await page.reveal();
  const [, secret = ""] = /<input id="secret"[^>]*value="([^"]*)"/.exec(body) ?? [];
  assert.notEqual(secret, "");
  const answer = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  assert.equal(answer.status, 200);
}
