import type { ActivityId } from "../../domain/ids.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Post } from "../ports/conversations.ts";
import type { Tables } from "../ports/store.ts";
import { newPost } from "../telling/new-post.ts";

type Reminder = { purpose: Extract<Post["purpose"], "expiry" | "need">; copy: string; at: Date };

/** A card of its own to each owner, who is notified of it; where they have no chat with Usher, where it was asked for. */
export async function remindOwners(
  tables: Tables,
  registration: Registration,
  { purpose, copy, at }: Reminder,
): Promise<void> {
  const origin = await tables.requests.origin(registration.id);
  for (const { userId } of ownersOf(registration)) {
    await tables.posts.add({
      ...newPost(registration.id, purpose, at),
      place: { kind: "personal", userId, copy, ...(origin && { fallback: origin }) },
    });
  }
}

/** Likewise to the approvals channel, if there is one. */
export async function remindApprovers(
  tables: Tables,
  { id }: Registration,
  { purpose, copy, at }: Reminder,
): Promise<void> {
  const conversationId = await tables.conversations.approvalsChannel();
  if (!conversationId) return;
  await tables.posts.add({
    ...newPost(id, purpose, at),
    place: { kind: "conversation", conversationId, copy: copy as ActivityId },
  });
}
