import { DirectoryFailure, type World } from "../ports.ts";
import { stuckAfterMs } from "../telling/deliver-posts.ts";

/** Reads at Graph lag by minutes, so a key that could not be found is looked for again for this long. */
const lookAgainMs = 30 * 60_000;
/** A form that nobody sends is forgotten after a week. */
const draftLifeMs = 7 * 86_400_000;

/** What is due by now, whoever should have done it: wakes the work that stands in rows. Cron only calls it. */
export async function sweep(world: World, now: Date): Promise<void> {
  const { tables } = world.store;
  for (const id of await tables.steps.due(now)) await tables.jobs.wake("provision", id);
  for (const id of await tables.registrations.revoking()) await tables.jobs.wake("revoke", id);
  for (const id of await tables.links.expire(now)) await tables.jobs.wake("deliver", id);
  const stuckBefore = new Date(now.getTime() - stuckAfterMs);
  for (const subject of await tables.posts.dueSubjects(stuckBefore))
    await tables.jobs.wake("deliver", subject);
  await tables.drafts.deleteStartedBefore(new Date(now.getTime() - draftLifeMs));
  await removeAbandonedKeys(world, now);
}

async function removeAbandonedKeys(world: World, now: Date): Promise<void> {
  const { keys } = world.store.tables;
  for (const key of await keys.abandoned()) {
    try {
      const removed = await world.registrar.removeKeysMarked(key.applicationObjectId, key.marker);
      const isLongGone = now.getTime() - key.changedAt.getTime() > lookAgainMs;
      if (removed > 0 || isLongGone) await keys.update({ ...key, state: "removed", changedAt: now });
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      world.log.warn({ err: error, requestId: key.requestId }, "an abandoned key could not be looked for");
    }
  }
}
