import type { Caller } from "../../domain/person.ts";
import type { Conversation } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";

/**
 * Remembers where a person can be written to. A personal chat that is new may be what a secret waits for, so the
 * person's approved requests go on, and so do their new keys; what they could not be told before is said now.
 */
export async function greetPerson(
  world: World,
  caller: Caller,
  conversation: Conversation,
): Promise<{ isNew: boolean }> {
  const { tables } = world.store;
  const isNew = await tables.conversations.remember(conversation);
  if (conversation.kind === "personal") {
    for (const subject of await tables.posts.tellAgain(caller.userId, world.clock.now()))
      await tables.jobs.wake("deliver", subject);
  }
  if (isNew && conversation.kind === "personal") {
    for (const request of await tables.requests.newestOf(caller.userId, 20)) {
      if (request.state !== "approved") continue;
      await tables.steps.hasten(request.id, "personal-chat", world.clock.now());
      await tables.jobs.wake("provision", request.id);
    }
    for (const id of await tables.newKeys.hasten(caller.userId, world.clock.now()))
      await tables.jobs.wake("new-key", id);
  }
  return { isNew };
}
