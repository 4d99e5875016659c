import type { Caller } from "../../domain/person.ts";
import type { Conversation } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";

/**
 * Remembers where a person can be written to. A personal chat that is new may be what a secret waits for, so the
 * person's approved requests go on, and so do their new keys; what they could not be told before is said now, and cards
 * that could not be redrawn there are.
 */
export async function greetPerson(
  world: World,
  caller: Caller,
  conversation: Conversation,
): Promise<{ isNew: boolean }> {
  const { tables } = world.store;
  const isNew = await tables.conversations.remember(conversation);
  const at = world.clock.now();
  const untold = conversation.kind === "personal" ? await tables.posts.tellAgain(caller.userId, at) : [];
  const stale = await tables.posts.redrawAgain(conversation.id, at);
  for (const subject of new Set([...untold, ...stale])) await tables.jobs.wake("deliver", subject);
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
