import { setTimeout as pause } from "node:timers/promises";
import type { Activity, ResourceResponse, TurnContext } from "botbuilder";
import type { ActivityId, ConversationId, RequestId, UserId } from "../domain/ids.ts";
import type { Caller } from "../domain/person.ts";
import type { Posted } from "../usecases/ports/chat.ts";
import type { Conversation } from "../usecases/ports/conversations.ts";
import type { World } from "../usecases/ports/world.ts";
import { keepTrue } from "../usecases/telling/keep-true.ts";
import { type Card, sentenceCard } from "./cards.ts";
import { type ConversationWriter, retryAfterMsOf, statusOf } from "./conversation-writer.ts";
import { drawnActivity } from "./notifier.ts";
import { type Refusal, refusalSentence } from "./words.ts";

/** One act of a person in chat: who, where, and the message that they pressed on, if any. */
export type Turn = {
  world: World;
  caller: Caller;
  /** The caller's id in Teams, as cards name people. */
  chatId: string;
  conversation: Conversation;
  pressed: Posted | undefined;
  /** The people whom the message names with @, as Teams says who they are; "unknown" where it does not. */
  mentioned(): Promise<(UserId | "unknown")[]>;
};

/** What a person gets back: a card that takes the place of the one they pressed on, or a sentence. */
export type Reply =
  | {
      card: Card;
      /** What the card is about, where it is to be kept true as a message of its own. */
      shows?: { requestId: RequestId; purpose: "approval" | "request" };
      /** What the card says of this press: a message of its own when it comes too late for the card. */
      note?: string;
      /** It asks this person something in the place of what stands there: too late for that, it comes as a message. */
      isQuestion?: true;
    }
  | { sentence: string };

export const refused = (refusal: Refusal): Reply => ({ sentence: refusalSentence(refusal) });

export const working: Reply = {
  sentence:
    "Microsoft Graph is slow right now, and Usher goes on with it. If nothing has changed here in a minute, press again.",
};

/** Says it as a message of its own. Sentences can quote what people typed, so they are drawn as a card of plain text. */
export async function say(
  context: TurnContext,
  { world, writer }: { world: World; writer: ConversationWriter },
  reply: Reply,
): Promise<void> {
  const conversationId = context.activity.conversation.id as ConversationId;
  // A card that is kept true is drawn again at once, and what it says of this press would be gone.
  if ("card" in reply && reply.shows && reply.note !== undefined) {
    const { note } = reply;
    writer.counted(conversationId);
    await writer.inLane(conversationId, () => post(writer, context, messageOf({ sentence: note })));
  }
  writer.counted(conversationId);
  const sent = await writer.inLane(conversationId, () => post(writer, context, messageOf(reply)));
  await keepShownTrue(world, reply, conversationId, sent?.id);
}

/** The same where no turn is under way any more. */
export async function sayLater(
  { world, writer }: { world: World; writer: ConversationWriter },
  conversationId: ConversationId,
  reply: Reply,
): Promise<void> {
  writer.counted(conversationId);
  const sent = await writer.within(conversationId, (context) => post(writer, context, messageOf(reply)));
  await keepShownTrue(world, reply, conversationId, sent?.id);
}

function messageOf(reply: Reply): Partial<Activity> {
  const card = "card" in reply ? reply.card : sentenceCard("Usher", reply.sentence);
  const summary = "card" in reply ? String(reply.card.speak ?? "Usher") : reply.sentence;
  return drawnActivity({ card, summary });
}

async function keepShownTrue(
  world: World,
  reply: Reply,
  conversationId: ConversationId,
  activityId: string | undefined,
): Promise<void> {
  const shows = "card" in reply ? reply.shows : undefined;
  if (!shows || !activityId) return;
  const posted = { conversationId, activityId: activityId as ActivityId };
  await keepTrue(world, shows.requestId, shows.purpose, posted);
}

const tries = 3;
const longestPauseMs = 4_000;

/** A connection that Teams closed in the moment in which it was used again. */
const cut = new Set(["ECONNRESET", "EPIPE"]);

/**
 * A reply is in no row, so it is tried again here: where Teams says that it has not taken it, and where the connection
 * was cut. It may then stand twice, which is better than an answer that never comes.
 */
async function post(
  { throttled }: ConversationWriter,
  context: TurnContext,
  message: Partial<Activity>,
): Promise<ResourceResponse | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.sendActivity(message);
    } catch (error) {
      const status = statusOf(error);
      if (status === 429) await throttled(context.activity.conversation.id as ConversationId, error);
      const isNotTaken =
        status === 412 || status === 429 || cut.has(String((error as { code?: string }).code));
      if (!isNotTaken || attempt === tries) throw error;
      await pause(Math.min(retryAfterMsOf(error) ?? attempt * 500, longestPauseMs));
    }
  }
}
