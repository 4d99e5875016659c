import { derivedId } from "../../domain/derived-id.ts";
import { stepPatience } from "../../domain/provisioning.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { isFinal } from "../ports/entra.ts";
import type { KeyRow } from "../ports/registrations.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";

const atOnce = 5;
/** A look may last until Graph's patience is over. Whatever is not begun by then waits for the next sweep. */
const beginsWithinMs = 20_000;

/**
 * Looks again for keys of attempts that did not end: lists at Graph lag, so what could not be found may show later. Some
 * at once and for a limited time, since a Graph that hangs must not keep a sweep from all else. Throws nothing.
 */
export async function removeAbandonedKeys(world: World, now: Date): Promise<void> {
  const keys = await world.store.tables.keys.abandoned();
  // Two writes on one object at once are a conflict at Entra.
  const waiting = inAnyOrder([
    ...Map.groupBy(keys, ({ applicationObjectId }) => applicationObjectId).values(),
  ]);
  const lastBegin = world.clock.now().getTime() + beginsWithinMs;
  const worker = async () => {
    for (let group = waiting.pop(); group; group = waiting.pop()) {
      for (const key of group) {
        if (world.clock.now().getTime() > lastBegin) return;
        await lookFor(world, key, now);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** So that those at which Graph hangs do not stand before all others in each sweep. */
function inAnyOrder<T>(all: readonly T[]): T[] {
  return all
    .map((each) => ({ each, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ each }) => each);
}

async function lookFor(world: World, key: KeyRow, now: Date): Promise<void> {
  try {
    const removed = await world.registrar.removeKeysMarked(key.applicationObjectId, key.marker);
    const isLongGone = now.getTime() - key.changedAt.getTime() > stepPatience.ms;
    if (removed > 0 || isLongGone)
      await world.store.tables.keys.change(key, { ...key, state: "removed", changedAt: now });
  } catch (error) {
    world.log.warn({ err: error, requestId: key.requestId }, "an abandoned key could not be looked for");
    if (isFinal(error)) await leave(world, key, now, error.message);
  }
}

/** Nobody looks for it any more, so the admins hear of it, once. From then on the look for drift reports it too. */
async function leave(world: World, key: KeyRow, now: Date, why: string): Promise<void> {
  const { requestId, marker } = key;
  const admins = await adminsNow(world);
  if (!admins) return;
  await world.store.inTransaction(async (tables) => {
    if (!(await tables.keys.change(key, { ...key, state: "left", changedAt: now }))) return;
    await tables.audit.append({
      at: now,
      who: "usher",
      what: "secret.left",
      surface: "system",
      subject: requestId,
      outcome: "left",
      detail: { marker, why },
    });
    for (const userId of admins) {
      await tables.posts.add({
        ...newPost(requestId, "note", now),
        id: derivedId("key-left", marker, userId),
        place: { kind: "personal", userId },
        message: { kind: "key-left", requestId, applicationObjectId: key.applicationObjectId, marker, why },
      });
    }
    await tables.jobs.wake("deliver", requestId);
  });
}
