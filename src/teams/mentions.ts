import { type Activity, TeamsInfo, type TurnContext } from "botbuilder";
import { parseUserId, type UserId } from "../domain/ids.ts";
import type { Log } from "../usecases/ports/world.ts";
import { inTime } from "./conversation-writer.ts";

const patienceMs = 5_000;
/** More of them are no name of one person. */
const mostMentions = 5;

/**
 * Whom a message names with @. It holds ids of Teams only, which are the conversation's own; who stands behind one says
 * the list of its members, not the message.
 */
export async function peopleMentioned(context: TurnContext, log: Log): Promise<(UserId | "unknown")[]> {
  return Promise.all(
    mentionsOf(context.activity).map(async (chatId) => {
      try {
        const member = await inTime(TeamsInfo.getMember(context, chatId), patienceMs);
        return parseUserId(member.aadObjectId) ?? "unknown";
      } catch (error) {
        log.warn({ err: error }, "who was mentioned could not be asked");
        return "unknown";
      }
    }),
  );
}

/** Everybody but Usher itself, each once. */
function mentionsOf({ entities, recipient }: Activity): string[] {
  const ids = (entities ?? []).flatMap(({ type, mentioned }) => {
    const id = (mentioned as { id?: unknown } | undefined)?.id;
    return type === "mention" && typeof id === "string" && id !== recipient.id && !id.startsWith("28:")
      ? id
      : [];
  });
  return [...new Set(ids)].slice(0, mostMentions);
}
