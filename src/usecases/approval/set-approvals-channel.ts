import type { ConversationId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { type Conversation, DirectoryFailure, type World } from "../ports.ts";
import { newPost } from "../telling/new-post.ts";
import { isAdmin } from "./authority.ts";

export type ChannelRefusal =
  | { refused: "not-admin" }
  | { refused: "not-a-channel" }
  | { refused: "directory-unreachable" };

/** Requests that wait are posted anew in a new channel, at most this many. */
const mostWaiting = 500;

/** Makes this channel the approvals channel. The old one is told; what waits is posted in the new one. */
export async function setApprovalsChannel(
  world: World,
  caller: Caller,
  conversation: Pick<Conversation, "id" | "kind">,
): Promise<{ channel: ConversationId; before?: ConversationId } | ChannelRefusal> {
  if (conversation.kind !== "channel") return { refused: "not-a-channel" };
  try {
    if (!(await isAdmin(world, caller))) return { refused: "not-admin" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  const channel = channelOf(conversation.id);
  const by = { userId: caller.userId, name: caller.name };
  return world.store.inTransaction(async (tables) => {
    const before = await tables.conversations.setApprovalsChannel(channel);
    if (before === channel) return { channel, before };
    const at = world.clock.now();
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "settings.approvals-channel",
      surface: "command",
      subject: "settings",
      outcome: channel,
      ...(before && { detail: { before } }),
    });
    for (const request of await tables.requests.pending(mostWaiting)) {
      const place = { kind: "conversation", conversationId: channel } as const;
      await tables.posts.add({ ...newPost(request.id, "approval", at), place });
      await tables.jobs.wake("deliver", request.id);
    }
    if (before) {
      await tables.posts.add({
        ...newPost("settings", "note", at),
        place: { kind: "conversation", conversationId: before },
        message: { kind: "approvals-channel-moved", by },
      });
      await tables.jobs.wake("deliver", "settings");
    }
    return { channel, ...(before && { before }) };
  });
}

/** Teams names a thread by its channel and its first message: `19:…@thread.tacv2;messageid=…`. */
function channelOf(conversation: ConversationId): ConversationId {
  return conversation.replace(/;messageid=.*$/, "") as ConversationId;
}
