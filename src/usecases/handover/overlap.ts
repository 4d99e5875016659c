import type { RequestId } from "../../domain/ids.ts";
import type { WhyNewKey } from "../../domain/new-key.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Request } from "../../domain/request.ts";
import { type KeysNow, nextLook, overlapEndsAt, warnAt } from "../../domain/rotation.ts";
import { currentTerms } from "../approval/who-decides.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import { newPost } from "../telling/new-post.ts";
import type { MadeKey } from "./make-key.ts";

/** How the secret stands, for whoever decides what may become of it. */
export async function keysNow(tables: Tables, id: RequestId): Promise<KeysNow> {
  const [underWay, keys, links] = await Promise.all([
    tables.newKeys.get(id),
    tables.keys.of(id),
    tables.links.of(id),
  ]);
  const current = keys.find(({ state }) => state === "current")?.keyId;
  const link = current === undefined ? undefined : links.findLast(({ keyId }) => keyId === current);
  return {
    underWay,
    current,
    hasRetiring: keys.some(({ state }) => state === "retiring"),
    isUnopened: link?.state === "sealed",
  };
}

/**
 * In the transaction that hands a key over: the one that worked so far works beside it until the overlap ends. Where
 * the new one only takes the place of a lost one, the overlap begins anew.
 */
export async function beginOverlap(
  tables: Tables,
  world: World,
  { registration, request }: { registration: Registration; request: Request },
  made: MadeKey,
  why: WhyNewKey,
): Promise<void> {
  const { id } = registration;
  const stays = ["retiring", ...(why === "rotate" ? ["current"] : [])];
  const old = (await tables.keys.of(id)).find(
    ({ marker, state }) => marker !== made.marker && stays.includes(state),
  );
  if (!old) return;
  const now = made.changedAt;
  await tables.keys.update({ ...old, state: "retiring", changedAt: now });
  const { overlapDays } = world.catalog.policy.ranks[currentTerms(world, request).rank];
  const endsAt = overlapEndsAt(now, overlapDays, old.expiresAt);
  const isWarnedOf = warnAt(endsAt) > now;
  await tables.duties.set({
    id,
    kind: "overlap",
    dueAt: endsAt > now ? nextLook(now, endsAt, !isWarnedOf) : now,
    data: { endsAt: endsAt.toISOString(), ...(isWarnedOf && { isWarnedOf: "true" }) },
  });
  for (const { userId } of ownersOf(registration)) {
    await tables.posts.add({
      ...newPost(id, "rotation", now),
      // Each rotation has a message of its own, which says what became of it.
      place: { kind: "personal", userId, copy: made.keyId },
    });
  }
}

/** The secret from before the rotation is the one that works again; undefined where there is none. */
export async function oldWorksAgain(tables: Tables, id: RequestId, at: Date): Promise<KeyRow | undefined> {
  const old = (await tables.keys.of(id)).find(({ state }) => state === "retiring");
  if (!old) return undefined;
  await tables.keys.update({ ...old, state: "current", changedAt: at });
  await tables.registrations.keyEndsAt(id, old.expiresAt);
  await tables.duties.remove(id, "overlap");
  return old;
}

/** Says it once to each owner, in their own chat. */
export async function tellOwners(
  tables: Tables,
  registration: Registration,
  at: Date,
  message: Message,
): Promise<void> {
  for (const { userId } of ownersOf(registration)) {
    await tables.posts.add({
      ...newPost(registration.id, "note", at),
      place: { kind: "personal", userId },
      message,
    });
  }
  await tables.jobs.wake("deliver", registration.id);
}
