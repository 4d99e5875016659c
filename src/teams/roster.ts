import { TeamsInfo, type TurnContext } from "botbuilder";
import { type ConversationId, parseUserId, type UserId } from "../domain/ids.ts";
import type { Chat } from "../usecases/ports/chat.ts";
import { channelOf } from "./activity.ts";
import { type ConversationWriter, inTime } from "./conversation-writer.ts";

type Member = { userId: UserId; chatId: string };

const rememberedMs = 600_000;
/** A connector that does not answer is left alone for a while. */
const failureRememberedMs = 60_000;
/** A card is not held up for longer by who is there to see it. */
const patienceMs = 5_000;
const pageSize = 100;
/** Sixty at most get a view of their own. */
const pages = 3;

/** Who is in a channel, as far as Teams says it. What cannot be had is nobody: then everybody sees the same card. */
export function rosters({ look, clock, log }: ConversationWriter): Chat["roster"] {
  const remembered = new Map<ConversationId, { members: Member[]; until: number }>();
  return async (conversation) => {
    const channel = channelOf(conversation);
    const now = clock.now().getTime();
    const known = remembered.get(channel);
    if (known && now < known.until) return known.members;
    try {
      const members = await inTime(look(channel, membersHere), patienceMs);
      remembered.set(channel, { members, until: now + rememberedMs });
      return members;
    } catch (error) {
      log.warn({ err: error, channel }, "who is in the channel could not be asked");
      const members = known?.members ?? [];
      remembered.set(channel, { members, until: now + failureRememberedMs });
      return members;
    }
  };
}

async function membersHere(context: TurnContext): Promise<Member[]> {
  const members: Member[] = [];
  let token: string | undefined;
  for (let page = 0; page < pages; page++) {
    const found = await TeamsInfo.getPagedMembers(context, pageSize, token);
    // An error's answer comes without members instead of being thrown.
    if (!Array.isArray(found.members)) throw new Error("the answer names no members");
    for (const { id, aadObjectId } of found.members) {
      const userId = parseUserId(aadObjectId);
      if (userId && id) members.push({ userId, chatId: id });
    }
    token = found.continuationToken || undefined;
    if (!token) break;
  }
  return members;
}
