import { setTimeout as wait } from "node:timers/promises";
import { expectedRoles, someOf } from "../../domain/consent-check.ts";
import type { ApplicationObjectId, ClientId, ConversationId } from "../../domain/ids.ts";
import type { Credential } from "../../domain/plan.ts";
import { keyDisplayName, newKeyMarker } from "../../domain/provisioning.ts";
import { monthsLater } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import { hashOfToken, linkUrl, newLinkToken, sealBinding, sealSecret } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import { currentTerms } from "../approval/who-decides.ts";
import { ChatFailure, type Posted } from "../ports/chat.ts";
import { DirectoryFailure, isLag, type SecretProof } from "../ports/entra.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { openerNow } from "./who-opens.ts";

/** A new key works after some seconds; when it does not within this time, something else is wrong. */
const verifyPatienceMs = 5 * 60_000;
const verifyEveryMs = 1_000;

/** What a key is made for: the first one of a registration, or one in the place of another. */
export type KeyToMake = {
  request: Request;
  credential: Extract<Credential, { kind: "secret" }>;
  /** Whom the link is sent to, and where. */
  to: Actor;
  conversationId: ConversationId;
  applicationObjectId: ApplicationObjectId;
  clientId: ClientId;
  /** When the application was made: what is young may not be seen everywhere. */
  since: Date;
};

export type MadeKey = KeyRow & { keyId: string };

/** What the making is a part of. */
export type Making = {
  /** Inside each transaction: throws once somebody else goes on, or nobody wants the key any more, and holds that off. */
  check(tables: Tables): Promise<void>;
  /** Says what takes some time. */
  say(tables: Tables, note: string): Promise<void>;
  /** In the last transaction: the key is the current one, and its link opens. */
  end(tables: Tables, key: MadeKey): Promise<void>;
};

/**
 * Makes a key, proves that it works, and sends its one-time link. Until the link's message is acknowledged, the secret
 * and the link's token live in this function only: whatever goes wrong in between, the key is removed by its marker and
 * the link cancelled, and the next attempt makes a new key.
 */
export async function makeKey(world: World, wanted: KeyToMake, making: Making): Promise<void> {
  const { request, credential, to, conversationId, applicationObjectId, clientId, since } = wanted;
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
    await making.check(tables);
    await tables.keys.insert(key);
  });
  let made: KeyRow = key;
  let posted: Posted | undefined;
  try {
    const displayName = keyDisplayName(credential.label, key.marker);
    const { keyId, secret } = await world.registrar.addKey(
      applicationObjectId,
      { displayName, expiresAt: key.expiresAt },
      since,
    );
    made = { ...key, keyId };
    await untilItWorks(world, wanted, making, secret);

    const { linkHours, openedBy } = currentTerms(world, request);
    const opener = openedBy && (await openerNow(world, openedBy));
    const sealedAt = world.clock.now();
    const linkEndsAt = new Date(sealedAt.getTime() + linkHours * 3_600_000);
    await world.store.inTransaction(async (tables) => {
      await making.check(tables);
      await tables.links.insert({
        state: "sealed",
        tokenHash: hashOfToken(token),
        requestId: request.id,
        requester: to.userId,
        ...(openedBy && { openedBy }),
        ...(opener?.name !== undefined && { openerName: opener.name }),
        keyId,
        madeAt: sealedAt,
        expiresAt: linkEndsAt,
        sealed: sealSecret(
          secret,
          token,
          world.settings.secretKeys,
          sealBinding(request.id, to.userId, openedBy),
        ),
      });
    });
    posted = await world.chat.post(conversationId, {
      kind: "link",
      requestId: request.id,
      displayName: request.plan.displayName,
      url: linkUrl(world.settings.publicUrl, token),
      expiresAt: linkEndsAt,
      ...(opener && { opener }),
    });
    await finish(world, wanted, making, { ...key, state: "current", keyId }, token, posted);
    world.log.info({ requestId: request.id, clientId }, "handed over");
  } catch (error) {
    const isHandedOver = await giveUp(world, made, token);
    if (!isHandedOver && posted) await takeBackMessage(world, request, posted);
    throw error;
  }
}

/**
 * Keys that were made before, of attempts that did not end too: they are removed first, so that none is alive but what
 * `keeps` names. False where Entra does not see one yet: that is removed by a sweep, unless it is tried again.
 */
export async function removeEarlierKeys(
  world: World,
  { request }: Pick<KeyToMake, "request">,
  making: Pick<Making, "check">,
  keeps: readonly KeyRow["state"][] = [],
): Promise<boolean> {
  const isOver = ({ state }: KeyRow) => state === "removed" || state === "left" || keeps.includes(state);
  const earlier = (await world.store.tables.keys.of(request.id)).filter((key) => !isOver(key));
  if (earlier.length === 0) return true;
  await world.store.inTransaction(async (tables) => {
    await making.check(tables);
    await tables.links.cancel({ requestId: request.id });
    for (const key of earlier) {
      if (key.state !== "abandoned") {
        await tables.keys.update({ ...key, state: "abandoned", changedAt: world.clock.now() });
      }
    }
  });
  let areSeen = true;
  for (const key of await world.store.tables.keys.of(request.id))
    if (key.state === "abandoned" && !(await removeAbandoned(world, key))) areSeen = false;
  return areSeen;
}

/**
 * By its id where that is known, which needs no look. Otherwise, and where Entra does not see it yet, it stays
 * "abandoned": reads at Graph lag, so a sweep looks for it again for a while.
 */
export async function removeAbandoned({ registrar, store, clock }: World, key: KeyRow): Promise<boolean> {
  const { applicationObjectId, keyId, marker, changedAt } = key;
  if (!keyId) {
    await registrar.removeKeysMarked(applicationObjectId, marker);
    return true;
  }
  try {
    await registrar.removeKey(applicationObjectId, keyId, changedAt);
  } catch (error) {
    if (isLag(error)) return false;
    throw error;
  }
  await store.tables.keys.change(key, { ...key, state: "removed", changedAt: clock.now() });
  return true;
}

/**
 * Obtains tokens with the new key before anybody is told that it is ready, and holds the roles in them against the plan:
 * what was consented to is in them some seconds to minutes later, and what nobody approved must not be.
 */
async function untilItWorks(
  world: World,
  { request, clientId }: KeyToMake,
  making: Making,
  secret: SecretText,
): Promise<void> {
  const expected = expectedRoles(request.plan);
  const deadline = world.clock.now().getTime() + verifyPatienceMs;
  for (let tries = 1; ; tries++) {
    const seen = await prove(world, clientId, secret, expected);
    if (seen.proof === "works") return;
    if (seen.proof === "too-wide") throw tooWide(seen.beyond);
    if (world.clock.now().getTime() > deadline) throw tooLate(seen.missing);
    await world.store.inTransaction(async (tables) => {
      // Looked at each time: whoever stops the registration meanwhile waits for this to end.
      await making.check(tables);
      if (tries > 1) return;
      await making.say(tables, "Checking that the new secret works. Entra takes some seconds to minutes.");
      await tables.jobs.wake("deliver", request.id);
    });
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

/** One transaction: from here on the key is the current one and the link opens. */
async function finish(
  world: World,
  { request, to }: KeyToMake,
  making: Making,
  key: MadeKey,
  token: SecretText,
  posted: Posted,
): Promise<void> {
  const at = world.clock.now();
  await world.store.inTransaction(async (tables) => {
    await making.check(tables);
    await tables.links.markDelivered(hashOfToken(token), at);
    await tables.keys.update({ ...key, changedAt: at });
    await tables.posts.add({
      ...newPost(request.id, "link", at),
      state: "posted",
      // Each key has a link's message of its own, which says what became of that one.
      place: { kind: "personal", userId: to.userId, copy: key.keyId },
      posted,
    });
    await making.end(tables, { ...key, changedAt: at });
    await tables.jobs.wake("deliver", request.id);
  });
}

/**
 * Removes what this attempt made. When it had in truth ended well (its last transaction went through, but the answer
 * was lost) everything stays, and the answer is true. Whoever takes over without us removes the key by its marker.
 */
async function giveUp(world: World, key: KeyRow, token: SecretText): Promise<boolean> {
  const { requestId, marker } = key;
  try {
    const abandoned: KeyRow = { ...key, state: "abandoned", changedAt: world.clock.now() };
    const end = await world.store.inTransaction(async (tables) => {
      if (await tables.keys.change(key, abandoned)) {
        await tables.links.cancel({ tokenHash: hashOfToken(token) });
        return "given-up";
      }
      const stands = (await tables.keys.of(requestId)).find((each) => each.marker === marker);
      return stands?.state === "current" ? "handed-over" : "taken-over";
    });
    if (end === "given-up") await removeAbandoned(world, abandoned);
    return end === "handed-over";
  } catch (error) {
    world.log.error({ err: error, requestId }, "an unfinished key could not be removed yet; the sweep will");
    return false;
  }
}

/** A message that arrived for a key that was given up promises nothing any more. */
async function takeBackMessage(world: World, { id, plan }: Request, posted: Posted): Promise<void> {
  const { displayName } = plan;
  try {
    const message = { kind: "link-gone", requestId: id, displayName, state: "cancelled" } as const;
    await world.chat.update(posted, message);
  } catch (error) {
    if (!(error instanceof ChatFailure)) throw error;
    world.log.warn({ err: error, requestId: id }, "a link's message that opens nothing stays as it was");
  }
}
