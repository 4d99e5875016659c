import type { ConversationId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { showOffer } from "../lifecycle/offer-ownership.ts";
import type { Conversation } from "../ports/conversations.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
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
    const at = world.clock.now();
    const place = { kind: "conversation", conversationId: channel } as const;
    const before = await tables.conversations.approvalsChannel();
    if (before !== channel) await auditMove(tables, at, before);
    await tables.conversations.setApprovalsChannel(channel);
    // What may not have arrived here (the bot was not in the channel) is posted again, also when it is said twice.
    for (const subject of await tables.posts.postAgain(place, at)) await tables.jobs.wake("deliver", subject);
    if (before === channel) return { channel, before };
    for (const request of await tables.requests.pending(mostWaiting)) {
      await tables.posts.add({ ...newPost(request.id, "approval", at), place });
      await tables.jobs.wake("deliver", request.id);
    }
    for (const offer of await tables.ownership.waiting(mostWaiting)) {
      await showOffer(tables, offer, place, at);
      await tables.jobs.wake("deliver", offer.registrationId);
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

  /** Appended first: its lock puts this act before or after every submission. */
  function auditMove(tables: Tables, at: Date, before: ConversationId | undefined): Promise<void> {
    return tables.audit.append({
      at,
      who: caller.userId,
      what: "settings.approvals-channel",
      surface: "command",
      subject: "settings",
      outcome: channel,
      ...(before && { detail: { before } }),
    });
  }
}

/** Teams names a thread by its channel and its first message: `19:…@thread.tacv2;messageid=…`. */
function channelOf(conversation: ConversationId): ConversationId {
  return conversation.replace(/;messageid=.*$/, "") as ConversationId;
}
