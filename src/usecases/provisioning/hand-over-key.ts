import { setTimeout as wait } from "node:timers/promises";
import { expectedRoles, someOf } from "../../domain/consent-check.ts";
import type { Credential } from "../../domain/plan.ts";
import { keyDisplayName, newKeyMarker } from "../../domain/provisioning.ts";
import { monthsLater } from "../../domain/registration.ts";
import { hashOfToken, linkUrl, newLinkToken, sealBinding, sealSecret } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import { currentTerms } from "../approval/who-decides.ts";
import { ChatFailure, type Posted } from "../ports/chat.ts";
import { DirectoryFailure, type SecretProof } from "../ports/entra.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { StepRow } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { endRequest } from "./end-request.ts";
import { HandedOver, madeSoFar, type Work } from "./work.ts";

/** A new key works after some seconds; when it does not within this time, something else is wrong. */
const verifyPatienceMs = 5 * 60_000;
const verifyEveryMs = 1_000;

/**
 * Makes the key, proves that it works, and sends its one-time link to the requester. Until the link's message is
 * acknowledged, the secret and the link's token live in this function only: whatever goes wrong in between, the
 * key is removed by its marker and the link cancelled, and the next attempt makes a new key.
 */
export async function handOverKey(
  world: World,
  work: Work,
  row: StepRow,
  credential: Extract<Credential, { kind: "secret" }>,
): Promise<HandedOver> {
  const { request, lease } = work;
  const { applicationObjectId, clientId, conversationId, since } = madeSoFar(work);
  await removeEarlierKeys(world, work);

  const now = world.clock.now();
  const key: KeyRow = {
    marker: newKeyMarker(),
    requestId: request.id,
    applicationObjectId,
    state: "intended",
    expiresAt: monthsLater(now, credential.months),
    changedAt: now,
  };
  const token = newLinkToken();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.keys.insert(key);
  });
  let posted: Posted | undefined;
  try {
    const displayName = keyDisplayName(credential.label, key.marker);
    const { keyId, secret } = await world.registrar.addKey(
      applicationObjectId,
      { displayName, expiresAt: key.expiresAt },
      since,
    );
    await untilItWorks(world, work, row, secret);

    const { linkHours } = currentTerms(world, request);
    const linkEndsAt = new Date(world.clock.now().getTime() + linkHours * 3_600_000);
    await world.store.inTransaction(async (tables) => {
      await tables.steps.check(lease);
      await tables.links.insert({
        state: "sealed",
        tokenHash: hashOfToken(token),
        requestId: request.id,
        requester: request.requester.userId,
        keyId,
        expiresAt: linkEndsAt,
        sealed: sealSecret(
          secret,
          token,
          world.settings.secretKeys,
          sealBinding(request.id, request.requester.userId),
        ),
      });
    });
    posted = await world.chat.post(conversationId, {
      kind: "link",
      requestId: request.id,
      displayName: request.plan.displayName,
      url: linkUrl(world.settings.publicUrl, token),
      expiresAt: linkEndsAt,
    });
    await finish(world, work, row, { ...key, state: "current", keyId }, token, posted);
    world.log.info({ requestId: request.id, clientId }, "handed over");
    return new HandedOver();
  } catch (error) {
    const isGivenUp = await giveUp(world, work, key, token);
    if (isGivenUp && posted) await takeBackMessage(world, work, posted);
    if (error instanceof ChatFailure && error.kind === "unreachable") await waitForChat(world, work);
    throw error;
  }
}

/** The chat takes no messages any more (the person removed Usher): no key is made until there is one again. */
async function waitForChat(world: World, work: Work): Promise<void> {
  const { conversationId } = madeSoFar(work);
  const row = work.rows.find(({ step }) => step === "personal-chat");
  await world.store.inTransaction(async (tables) => {
    await tables.conversations.forget(conversationId);
    if (row) await tables.steps.write(work.lease, { ...row, state: "waiting", outcome: {}, attempts: 0 });
  });
}

/** Keys of attempts that did not end: they are removed before a new one is made, so that one is alive at most. */
async function removeEarlierKeys(world: World, { request, lease }: Work): Promise<void> {
  const earlier = (await world.store.tables.keys.of(request.id)).filter(({ state }) => state !== "removed");
  if (earlier.length === 0) return;
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.links.cancel({ requestId: request.id });
    for (const key of earlier) {
      if (key.state !== "abandoned") {
        await tables.keys.update({ ...key, state: "abandoned", changedAt: world.clock.now() });
      }
    }
  });
  // They stay "abandoned": reads at Graph lag, so a sweep looks for them again for a while.
  for (const key of earlier) await world.registrar.removeKeysMarked(key.applicationObjectId, key.marker);
}

/**
 * Obtains tokens with the new key before anybody is told that it is ready, and holds the roles in them against the plan:
 * what was consented to is in them some seconds to minutes later, and what nobody approved must not be.
 */
async function untilItWorks(world: World, work: Work, row: StepRow, secret: SecretText): Promise<void> {
  const { clientId } = madeSoFar(work);
  const expected = expectedRoles(work.request.plan);
  const deadline = world.clock.now().getTime() + verifyPatienceMs;
  for (let tries = 1; ; tries++) {
    const seen = await prove(world, clientId, secret, expected);
    if (seen.proof === "works") return;
    if (seen.proof === "too-wide") throw tooWide(seen.beyond);
    if (world.clock.now().getTime() > deadline) throw tooLate(seen.missing);
    if (tries === 1) {
      await world.store.inTransaction(async (tables) => {
        const note = "Checking that the new secret works. Entra takes some seconds to minutes.";
        await tables.steps.write(work.lease, { ...row, note });
        await tables.jobs.wake("deliver", work.request.id);
      });
    }
    await wait(verifyEveryMs);
  }
}

async function prove(
  world: World,
  ...what: Parameters<World["registrar"]["proveSecret"]>
): Promise<SecretProof> {
  try {
    return await world.registrar.proveSecret(...what);
  } catch (error) {
    if (error instanceof DirectoryFailure && error.kind === "retry") return { proof: "not-yet", missing: [] };
    throw error;
  }
}

const tooWide = (beyond: readonly string[]) =>
  new DirectoryFailure(
    `The app may do more than was approved: ${someOf(beyond)}. Usher removed the new secret, and hands over none. An administrator must take that away in Entra.`,
    { kind: "final" },
  );

function tooLate(missing: readonly string[]): DirectoryFailure {
  const sentence =
    missing.length > 0
      ? `Entra accepts the new secret, but leaves out of its tokens: ${someOf(missing)}. Usher removed it and makes another.`
      : "Entra does not accept the new secret. Usher removed it and makes another.";
  return new DirectoryFailure(sentence, { kind: "retry", isLag: true });
}

/** One transaction: from here on the request is provisioned, the key is the current one and the link opens. */
async function finish(
  world: World,
  work: Work,
  row: StepRow,
  key: KeyRow & { keyId: string },
  token: SecretText,
  posted: Posted,
): Promise<void> {
  const { request, lease } = work;
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    await tables.keys.update({ ...key, changedAt: at });
    await tables.links.markDelivered(hashOfToken(token), at);
    await tables.posts.add({
      ...newPost(request.id, "link", at),
      state: "posted",
      place: { kind: "personal", userId: request.requester.userId },
      posted,
    });
    await endRequest(tables, world, work, row, {
      outcome: { marker: key.marker },
      detail: { keyId: key.keyId },
      expiresAt: key.expiresAt,
    });
  });
}

/**
 * Removes what this attempt made. When it had in truth ended well (its last transaction went through, but the
 * answer was lost) everything stays. Whoever takes over without us removes the key by its marker.
 */
async function giveUp(world: World, { request }: Work, key: KeyRow, token: SecretText): Promise<boolean> {
  try {
    const isMine = await world.store.inTransaction(async (tables) => {
      const stands = (await tables.keys.of(request.id)).find(({ marker }) => marker === key.marker);
      if (stands?.state !== "intended") return false;
      await tables.links.cancel({ tokenHash: hashOfToken(token) });
      await tables.keys.update({ ...stands, state: "abandoned", changedAt: world.clock.now() });
      return true;
    });
    if (isMine) await world.registrar.removeKeysMarked(key.applicationObjectId, key.marker);
    return isMine;
  } catch (error) {
    world.log.error(
      { err: error, requestId: request.id },
      "an unfinished key could not be removed yet; the sweep will",
    );
    return true;
  }
}

/** A message that arrived for a key that was given up promises nothing any more. */
async function takeBackMessage(world: World, { request }: Work, posted: Posted): Promise<void> {
  const { displayName } = request.plan;
  try {
    const message = { kind: "link-gone", requestId: request.id, displayName, state: "cancelled" } as const;
    await world.chat.update(posted, message);
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    world.log.warn(
      { err: error, requestId: request.id },
      "a link's message that opens nothing stays as it was",
    );
  }
}
