import { TeamsInfo } from "botbuilder";
import type { ConversationId } from "../domain/ids.ts";
import { channelOf } from "./activity.ts";
import { type ConversationWriter, inTime } from "./conversation-writer.ts";
import { failureOf } from "./notifier.ts";

const patienceMs = 6_000;
const pageSize = 100;

/** How many Teams names on the first page, asked anew; it answers only where Usher is installed. Throws `ChatFailure`. */
export async function channelMembers({ look }: ConversationWriter, id: ConversationId): Promise<number> {
  try {
    const found = await inTime(
      look(channelOf(id), (context) => TeamsInfo.getPagedMembers(context, pageSize)),
      patienceMs,
    );
    // An error's answer comes without members instead of being thrown.
    if (!Array.isArray(found.members)) throw new Error("the answer names no members");
    return found.members.length;
  } catch (error) {
    throw failureOf(error, "update");
  }
}
