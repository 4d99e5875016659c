import type { RequestId } from "../../domain/ids.ts";
import type { Posted } from "../ports/chat.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "./new-post.ts";

/** A card about a request that was given as an answer: from now on it is redrawn like every other copy. */
export async function keepTrue(
  world: World,
  requestId: RequestId,
  purpose: "approval" | "request",
  posted: Posted,
): Promise<void> {
  const place = {
    kind: "conversation",
    conversationId: posted.conversationId,
    copy: posted.activityId,
  } as const;
  await world.store.inTransaction(async (tables) => {
    const post = newPost(requestId, purpose, world.clock.now());
    await tables.posts.add({ ...post, state: "posted", place, posted });
    await tables.jobs.wake("deliver", requestId);
  });
}
