import type { ConversationId, UserId } from "../../domain/ids.ts";
import { ChatFailure, type Place, type Posted } from "../ports/chat.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "./messages.ts";

/** Where it is tried first: the newest chat that is known of a person. */
export async function knownAt({ store }: World, place: Place): Promise<ConversationId | undefined> {
  if (place.kind === "conversation") return place.conversationId;
  return (await store.tables.conversations.personal(place.userId))?.id;
}

/** A person has few chats with Usher; what is left over is tried the next time. */
const mostChats = 4;

/**
 * In the newest chat that is known of them. One that takes nothing any more is forgotten, so that another try begins at
 * the next; where none is left, a chat is opened, if Usher is installed for them.
 */
export async function postToPerson(
  world: World,
  userId: UserId,
  message: Message,
  first: ConversationId | undefined,
): Promise<Posted> {
  let chat = first;
  for (let tried = 0; chat && tried < mostChats; tried++) {
    const posted = await postUnlessGone(world, chat, message, chat === first);
    if (posted) return posted;
    chat = await knownAt(world, { kind: "personal", userId });
  }
  const opened = await world.chat.openPersonalChat(userId);
  const posted = opened && (await postUnlessGone(world, opened, message, false));
  if (posted) return posted;
  throw new ChatFailure("no chat of this person takes the message", "unreachable");
}

/** Undefined where the conversation takes nothing any more; it is forgotten then. */
async function postUnlessGone(
  world: World,
  chat: ConversationId,
  message: Message,
  hasTurn: boolean,
): Promise<Posted | undefined> {
  try {
    return await world.chat.post(chat, message, hasTurn);
  } catch (error) {
    if (!(error instanceof ChatFailure) || !error.isGone) throw error;
    await world.store.tables.conversations.forget(chat);
    return undefined;
  }
}
