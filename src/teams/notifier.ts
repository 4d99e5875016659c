import { type Activity, CardFactory } from "botbuilder";
import type { ActivityId, ConversationId, UserId } from "../domain/ids.ts";
import { type Chat, ChatFailure } from "../usecases/ports/chat.ts";
import type { Conversation } from "../usecases/ports/conversations.ts";
import type { Message } from "../usecases/telling/messages.ts";
import { type Drawn, messageCard } from "./cards.ts";
import {
  type ConversationWriter,
  certainlyNotSent,
  codeOf,
  inTime,
  retryAfterMsOf,
  statusOf,
} from "./conversation-writer.ts";
import { rosters } from "./roster.ts";

/** Writes into chat by itself: no turn of a person is needed, only a conversation that is known. */
export function teamsChat(writer: ConversationWriter): Chat {
  const { conversations, within, counted } = writer;
  return {
    async post(conversationId, message, hasTurn = false) {
      if (!hasTurn) counted(conversationId);
      try {
        const sent = await within(conversationId, (context) => context.sendActivity(activityOf(message)));
        return { conversationId, activityId: (sent?.id ?? "") as ActivityId };
      } catch (error) {
        throw failureOf(error, "post");
      }
    },
    async update({ conversationId, activityId }, message, hasTurn = false) {
      if (!hasTurn) counted(conversationId);
      try {
        await within(conversationId, (context) =>
          context.updateActivity({ ...activityOf(message), id: activityId } as Partial<Activity>),
        );
        return "updated";
      } catch (error) {
        // Also answered for a message that is there, about once in a thousand updates.
        if (statusOf(error) === 404) return "gone";
        throw failureOf(error, "update");
      }
    },
    async personalChat(userId) {
      const known = await conversations.personal(userId);
      if (known) return known.id;
      return openPersonalChat(writer, userId);
    },
    openPersonalChat: (userId) => openPersonalChat(writer, userId),
    postTurn: writer.turn,
    updateTurn: writer.turnToUpdate,
    roster: rosters(writer),
  };
}

/** Only possible where Usher is installed for the person; otherwise undefined. */
async function openPersonalChat(
  { adapter, botId, tenantId, conversations, clock }: ConversationWriter,
  userId: UserId,
): Promise<ConversationId | undefined> {
  const serviceUrl = (await conversations.newest())?.serviceUrl;
  if (!serviceUrl) return undefined;
  let opened: ConversationId | undefined;
  try {
    const parameters = {
      isGroup: false,
      bot: { id: botId ? `28:${botId}` : "bot", name: "Usher" },
      members: [{ id: userId, name: "" }],
      tenantId,
      channelData: { tenant: { id: tenantId } },
    };
    const audience = "https://api.botframework.com";
    const opening = adapter.createConversationAsync(
      botId,
      "msteams",
      serviceUrl,
      audience,
      parameters as never,
      async (context) => {
        opened = context.activity.conversation.id as ConversationId;
      },
    );
    await inTime(opening);
  } catch (error) {
    const failure = failureOf(error, "update");
    if (failure.kind === "unreachable") return undefined;
    throw failure;
  }
  if (!opened) return undefined;
  const conversation: Conversation = {
    id: opened,
    kind: "personal",
    serviceUrl,
    tenantId,
    userId,
    seenAt: clock.now(),
  };
  await conversations.remember(conversation);
  return opened;
}

/** A message as Teams takes it. Texts of ours go as plain text, so that nothing in them is read as Markdown. */
function activityOf(message: Message): Partial<Activity> {
  return drawnActivity(messageCard(message));
}

export function drawnActivity({ card, text, summary }: Drawn): Partial<Activity> {
  return {
    type: "message",
    summary,
    ...(text !== undefined && { text, textFormat: "plain" }),
    ...(card && { attachments: [CardFactory.adaptiveCard(card)] }),
  };
}

/** One conversation takes nothing any more: «not installed», «blocked» and gone (Microsoft Learn, Send proactive messages). */
const goneCodes = new Set(["BotNotInConversationRoster", "MessageWritesBlocked", "ConversationNotFound"]);

export function failureOf(error: unknown, act: "post" | "update"): ChatFailure {
  if (error instanceof ChatFailure) return error;
  const status = statusOf(error);
  const cause = { cause: error };
  if (status === 403 || status === 404) {
    const isGone = goneCodes.has(codeOf(error) ?? "");
    return new ChatFailure(`the conversation takes no message (${status})`, "unreachable", {
      ...cause,
      isGone,
    });
  }
  if (status === 429 || status === 412 || status === 401) {
    const retryAfterMs = retryAfterMsOf(error);
    return new ChatFailure(`the message was put off (${status})`, "retry", {
      ...cause,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (status !== undefined && status < 500 && status !== 408) {
    return new ChatFailure(`the message was refused (${status})`, "unreachable", cause);
  }
  if (act === "update" || certainlyNotSent(error))
    return new ChatFailure("the message service does not answer", "retry", cause);
  return new ChatFailure("the message may or may not have been posted", "unknown", cause);
}
