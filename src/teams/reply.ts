import type { TurnContext } from "botbuilder";
import type { ActivityId, ConversationId, RequestId } from "../domain/ids.ts";
import type { Caller } from "../domain/person.ts";
import type { Conversation, Posted, World } from "../usecases/ports.ts";
import { keepTrue } from "../usecases/telling/keep-true.ts";
import { type Card, sentenceCard } from "./cards.ts";
import { drawnActivity } from "./notifier.ts";
import { type Refusal, refusalSentence } from "./words.ts";

/** One act of a person in chat: who, where, and the message that they pressed on, if any. */
export type Turn = {
  world: World;
  caller: Caller;
  conversation: Conversation;
  pressed: Posted | undefined;
};

/** What a person gets back: a card that takes the place of the one they pressed on, or a sentence. */
export type Reply =
  /** `shows`: what the card is about, where it is to be kept true as a message of its own. */
  { card: Card; shows?: { requestId: RequestId; purpose: "approval" | "request" } } | { sentence: string };

export const refused = (refusal: Refusal): Reply => ({ sentence: refusalSentence(refusal) });

export const working: Reply = {
  sentence:
    "Microsoft Graph is slow right now, and Usher goes on with it. If nothing has changed here in a minute, press again.",
};

/** Says it as a message of its own. Sentences can quote what people typed, so they are drawn as a card of plain text. */
export async function say(context: TurnContext, world: World, reply: Reply): Promise<void> {
  const card = "card" in reply ? reply.card : sentenceCard("Usher", reply.sentence);
  const summary = "card" in reply ? String(reply.card.speak ?? "Usher") : reply.sentence;
  const sent = await context.sendActivity(drawnActivity({ card, summary }));
  const shows = "card" in reply ? reply.shows : undefined;
  if (!shows || !sent?.id) return;
  const conversationId = context.activity.conversation.id as ConversationId;
  await keepTrue(world, shows.requestId, shows.purpose, {
    conversationId,
    activityId: sent.id as ActivityId,
  });
}
