import type { ActivityId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Arrivals } from "../ports/activities.ts";
import type { Conversation } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";

/**
 * Remembers where a person can be written to. A personal chat that is new may be what a secret waits for, so the
 * person's approved requests go on, and so do their new keys; what they could not be told before is said now, and cards
 * that could not be redrawn there are. Answers how often the activity has arrived, where it is named.
 */
export async function greetPerson(
  world: World,
  caller: Caller,
  conversation: Conversation,
  activity?: ActivityId,
): Promise<{ isNew: boolean; arrivals?: Arrivals }> {
  const { tables } = world.store;
  const now = world.clock.now();
  const { again, ...met } = await tables.activities.greet({
    conversation,
    caller: caller.userId,
    activity,
    now,
  });
  await tables.jobs.wakeAll("deliver", again);
  if (met.isNew && conversation.kind === "personal") {
    for (const request of await tables.requests.newestOf(caller.userId, 20)) {
      if (request.state !== "approved") continue;
      await tables.steps.hasten(request.id, "personal-chat", world.clock.now());
      await tables.jobs.wake("provision", request.id);
    }
    await tables.jobs.wakeAll("new-key", await tables.newKeys.hasten(caller.userId, world.clock.now()));
  }
  return met;
}
