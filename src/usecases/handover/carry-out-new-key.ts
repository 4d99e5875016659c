import type { RequestId } from "../../domain/ids.ts";
import { isNewKeyTooLate, type NewKey } from "../../domain/new-key.ts";
import { nextDelayMs } from "../../domain/provisioning.ts";
import { newSince, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import { checkStaff } from "../intake/staff.ts";
import { ChatFailure } from "../ports/chat.ts";
import { DirectoryFailure, isFinal, isLag } from "../ports/entra.ts";
import type { Lease } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { underLease } from "../provisioning/under-lease.ts";
import { newPost } from "../telling/new-post.ts";
import { type Making, makeKey, removeEarlierKeys } from "./make-key.ts";
import { beginOverlap, oldWorksAgain, tellOwners } from "./overlap.ts";

/** The registration is being revoked, or another process has brought it to its end: nobody wants the new key any more. */
class NotWanted extends Error {}

/**
 * Makes a key in the place of one that works no more, from wherever an earlier run left it. Answers when to look again,
 * or undefined when there is nothing more to do.
 */
export async function carryOutNewKey(world: World, id: RequestId): Promise<Date | undefined> {
  const wanted = await world.store.tables.newKeys.get(id);
  if (!wanted) return undefined;
  const work = async (lease: Lease) => {
    try {
      return await attempt(world, id, lease);
    } catch (error) {
      if (error instanceof NotWanted) return undefined;
      throw error;
    }
  };
  return underLease(world, id, work, ({ since }) => wanted.at > since);
}

/** One run over one new key. */
type Run = {
  id: RequestId;
  lease: Lease;
  registration: Registration;
  request: Request;
  /** As it was when the run began. */
  newKey: NewKey;
  attempts: number;
};

/**
 * What Entra does not find may be gone already (the answer was lost), or not be seen yet. After some seconds the new
 * key waits for it no more, and the sweep goes on looking.
 */
const patientAttempts = 4;
const notSeen = () =>
  new DirectoryFailure("Entra does not see the secret before yet. Usher tries again by itself.", {
    kind: "retry",
    isLag: true,
  });

async function attempt(world: World, id: RequestId, lease: Lease): Promise<Date | undefined> {
  const { tables } = world.store;
  const [newKey, registration, request] = await Promise.all([
    tables.newKeys.get(id),
    tables.registrations.get(id),
    tables.requests.get(id),
  ]);
  if (!newKey || !registration || !request) return undefined;
  if (newKey.nextAttemptAt && newKey.nextAttemptAt > world.clock.now()) return newKey.nextAttemptAt;
  const attempts = newKey.attempts + 1;
  const run: Run = { id, lease, registration, request, newKey, attempts };
  await world.store.inTransaction(async (tables) => {
    // What it waited for goes on being said, until something has changed.
    const { nextAttemptAt: _due, ...stands } = await wanted(tables, run);
    await tables.newKeys.update({ ...stands, attempts });
  });
  try {
    await replaceKey(world, run);
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryFailure || error instanceof ChatFailure) return settle(world, run, error);
    throw error;
  }
}

/**
 * The row as it stands: why it is made may have become worse meanwhile. Holds the registration until the end of the
 * transaction, so that whoever revokes it comes before or after.
 */
async function wanted(tables: Tables, { id, lease }: Run): Promise<NewKey> {
  await tables.steps.check(lease);
  const registration = await tables.registrations.hold(id);
  const newKey = await tables.newKeys.get(id);
  if (registration?.state !== "active" || !newKey) throw new NotWanted();
  return newKey;
}

async function replaceKey(world: World, run: Run): Promise<void> {
  const { id, registration, request, newKey } = run;
  const { plan, applicationObjectId, clientId } = registration;
  const to = receiverOf(registration, newKey.by);
  const { credential } = plan;
  if (credential.kind !== "secret") throw new Error(`${id} has no secret to replace`);
  const making: Making = {
    async check(tables) {
      await wanted(tables, run);
      const held = await tables.registrations.get(id);
      if (held && receiverOf(held, newKey.by).userId !== to.userId) throw handedOn();
    },
    async say(tables, note) {
      const stands = await tables.newKeys.get(id);
      if (stands) await tables.newKeys.update({ ...stands, note });
    },
    async end(tables, key) {
      const { why } = await wanted(tables, run);
      await tables.newKeys.remove(id);
      await tables.registrations.keyEndsAt(id, key.expiresAt);
      await beginOverlap(tables, world, run, key, why);
      await audit(tables, world, id, "handed-over", { keyId: key.keyId });
    },
  };
  // First of all: whatever else has to be waited for, what was lost must open nothing.
  // A rotation leaves what works; and what works beside a lost one goes on until its own end.
  const keeps = newKey.why === "rotate" ? (["current", "retiring"] as const) : (["retiring"] as const);
  const areSeen = await removeEarlierKeys(world, { request }, making, keeps);
  if (!areSeen && run.attempts < patientAttempts) throw notSeen();
  await checkOwner(world, to, newKey);
  const conversationId = await personalChat(world, run, to);
  try {
    await makeKey(
      world,
      {
        request,
        credential,
        to,
        conversationId,
        applicationObjectId,
        clientId,
        since: newSince(registration),
      },
      making,
    );
  } catch (error) {
    // The chat takes no messages any more: no key is made until there is one again.
    if (error instanceof ChatFailure && error.kind === "unreachable")
      await world.store.tables.conversations.forget(conversationId);
    throw error;
  }
}

/** Nobody could open a link that is made for whoever was stopped since. */
async function checkOwner(world: World, to: Actor, { why }: NewKey): Promise<void> {
  const staff = await checkStaff(world, { ...to, tenantId: world.settings.tenantId });
  if (staff === "staff") return;
  throw staff === "unknown"
    ? new DirectoryFailure("The directory does not answer. Usher tries again by itself.", { kind: "retry" })
    : new DirectoryFailure(
        `The directory has no enabled account for the owner, so no new secret was made. The one before ${why === "rotate" ? "works as before" : "is removed"}.`,
        { kind: "final" },
      );
}

async function personalChat(world: World, run: Run, to: Actor) {
  const { id } = run;
  const conversationId = await world.chat.personalChat(to.userId);
  if (conversationId) return conversationId;
  await world.store.inTransaction(async (tables) => {
    const { at } = await wanted(tables, run);
    const origin = await tables.requests.origin(id);
    const isAsked = (await tables.posts.of(id)).some(
      ({ message, changedAt }) => message?.kind === "open-personal-chat" && changedAt >= at,
    );
    if (!origin || isAsked) return;
    await tables.posts.add({
      ...newPost(id, "note", world.clock.now()),
      place: { kind: "conversation", conversationId: origin },
      message: { kind: "open-personal-chat", requestId: id, isForNewKey: true },
    });
    await tables.jobs.wake("deliver", id);
  });
  throw new ChatFailure(
    `The link is only ever sent to ${to.name} in person: they have to open a chat with Usher and say anything.`,
    "retry",
  );
}

/** Waits with a durable time for the next attempt, or gives it up: the owner may press again. */
async function settle(
  world: World,
  run: Run,
  error: DirectoryFailure | ChatFailure,
): Promise<Date | undefined> {
  const { id } = run;
  const now = world.clock.now();
  world.log.warn({ err: error, requestId: id }, "a new key was not made");
  return world.store.inTransaction(async (tables) => {
    const stands = await wanted(tables, run);
    await tables.jobs.wake("deliver", id);
    if (isFinal(error) || isNewKeyTooLate(stands, isLag(error), now)) {
      await giveUp(tables, world, run, error.message);
      return undefined;
    }
    const nextAttemptAt = new Date(now.getTime() + nextDelayMs(stands.attempts, error.retryAfterMs));
    await tables.newKeys.update({ ...stands, nextAttemptAt, note: error.message });
    return nextAttemptAt;
  });
}

async function giveUp(tables: Tables, world: World, run: Run, failure: string): Promise<void> {
  const { id } = run;
  const { why } = await wanted(tables, run);
  // As it is held: who owns it may have changed since the run began.
  const registration = (await tables.registrations.get(id)) ?? run.registration;
  const { displayName } = registration.plan;
  await tables.newKeys.remove(id);
  await audit(tables, world, id, "failed", { failure });
  const old = await oldWorksAgain(tables, id, world.clock.now());
  if (old || why === "rotate") {
    await tellOwners(tables, registration, world.clock.now(), {
      kind: "rotation-over",
      requestId: id,
      displayName,
      why: "failed",
      failure,
    });
    return;
  }
  const message = { kind: "new-key-failed", requestId: id, displayName, failure } as const;
  await tellOwners(tables, registration, world.clock.now(), message);
}

const handedOn = () =>
  new DirectoryFailure("It belongs to somebody else by now. Usher makes the secret for them.", {
    kind: "retry",
  });

/** The link goes to an owner only: to the one who asked, else to the first one. */
export const receiverOf = (owners: Pick<Registration, "owner" | "coOwner">, by: Actor): Actor =>
  ownersOf(owners).find(({ userId }) => userId === by.userId) ?? owners.owner;

const audit = (
  tables: Tables,
  world: World,
  subject: RequestId,
  outcome: "handed-over" | "failed",
  detail: Readonly<Record<string, unknown>>,
) =>
  tables.audit.append({
    at: world.clock.now(),
    who: "usher",
    what: "secret.replaced",
    surface: "system",
    subject,
    outcome,
    detail,
  });
