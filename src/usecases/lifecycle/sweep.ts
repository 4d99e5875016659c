import type { GroupId } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import { keepTime } from "../approval/keep-time.ts";
import { driftSweep } from "../drift/drift-sweep.ts";
import { expireLinks } from "../handover/expire-links.ts";
import { remindOfLinks } from "../handover/remind-of-links.ts";
import type { Directory } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { removeAbandonedKeys } from "../provisioning/abandoned-keys.ts";
import { stuckAfterMs } from "../telling/deliver-posts.ts";
import { tellOfHold } from "./held-work.ts";
import { keepDuties } from "./keep-duties.ts";

/** A form that nobody sends is forgotten after a week. */
const draftLifeMs = 7 * 86_400_000;
/** Spent or not, a one-time link is forgotten a day after its end. */
const passLifeMs = 86_400_000;
const attemptLifeMs = 86_400_000;
/** What signs an activity is good for an hour; Teams repeats one within a minute. */
const activityLifeMs = 86_400_000;
/** Requests with something due; more of them wait for the next sweep. */
const mostDue = 500;

/** What is due by now, whoever should have done it: wakes the work that stands in rows. Cron only calls it. */
export async function sweep(world: World, now: Date): Promise<void> {
  const { tables } = world.store;
  const { jobs } = tables;
  await jobs.wakeAll("provision", await tables.steps.due(now));
  await jobs.wakeAll("clean", await tables.requests.cleaning());
  await jobs.wakeAll("revoke", await tables.registrations.revoking());
  await jobs.wakeAll("restore", await tables.registrations.restoring());
  await jobs.wakeAll("repair", await tables.drifts.repairing());
  await jobs.wakeAll("new-key", await tables.newKeys.due(now));
  await jobs.wakeAll("entra-owner", await tables.entraOwners.due(now));
  await expireLinks(world, now);
  await remindOfLinks(world, now);
  const stuckBefore = new Date(now.getTime() - stuckAfterMs);
  await jobs.wakeAll("deliver", await tables.posts.dueSubjects(stuckBefore));
  await tables.drafts.deleteStartedBefore(new Date(now.getTime() - draftLifeMs));
  await tables.passes.deleteExpiredBefore(new Date(now.getTime() - passLifeMs));
  await tables.attempts.forgetBefore(new Date(now.getTime() - attemptLifeMs));
  await tables.activities.forgetBefore(new Date(now.getTime() - activityLifeMs));
  await keepDuties(world, now);
  // These ask Graph, which may be slow: all else is done by now.
  await keepAllTimes(world, now);
  const held = await tables.hold.get();
  if (held) await tellOfHold(world, held, now);
  else await removeAbandonedKeys(world, now);
  await driftSweep(world, now);
}

/** One request that cannot be gone on with stops none of the others; the next sweep comes back to it. */
async function keepAllTimes(world: World, now: Date): Promise<void> {
  const asking = { ...world, directory: askedOnce(world.directory) };
  for (const id of await world.store.tables.requests.due(now, mostDue)) {
    try {
      await keepTime(asking, id, now);
    } catch (error) {
      world.log.error({ err: error, requestId: id }, "what is due for a request could not be done");
    }
  }
}

/** A group is asked for once in a sweep, however many requests wait for it, also when there is no answer. */
function askedOnce(directory: Directory): Directory {
  const answers = new Map<GroupId, Promise<Person[]>>();
  return {
    ...directory,
    members(group) {
      const answer = answers.get(group) ?? directory.members(group);
      answers.set(group, answer);
      return answer;
    },
  };
}
