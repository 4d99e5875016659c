import { derivedId } from "../../domain/derived-id.ts";
import type { Request } from "../../domain/request.ts";
import type { Tables } from "../ports/store.ts";
import type { Message } from "./messages.ts";
import { newPost } from "./new-post.ts";

/**
 * A card that changes in its place notifies nobody: what an approver or an administrator must do by hand is said by a
 * message of its own in the approvals channel. `once` names the occasion, of which there is one message however often it
 * is come to.
 */
export async function tellApprovers(
  tables: Tables,
  { id, plan }: Pick<Request, "id" | "plan">,
  news: { why: Extract<Message, { kind: "needs-a-hand" }>["why"]; note: string; once: string },
  at: Date,
): Promise<void> {
  const conversationId = await tables.conversations.approvalsChannel();
  if (!conversationId) return;
  await tables.posts.add({
    ...newPost(id, "note", at),
    id: derivedId("needs-a-hand", id, news.why, news.once),
    place: { kind: "conversation", conversationId },
    message: {
      kind: "needs-a-hand",
      requestId: id,
      displayName: plan.displayName,
      system: plan.blueprint.title,
      why: news.why,
      note: news.note,
    },
  });
}
