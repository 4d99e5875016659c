import type { TeamsAdapter } from "@microsoft/teams-ai";
import { type Activity, CardFactory, type ConversationReference, type TurnContext } from "botbuilder";
import type { ActivityId, ConversationId, TenantId, UserId } from "../domain/ids.ts";
import {
  type Chat,
  ChatFailure,
  type Clock,
  type Conversation,
  type Conversations,
} from "../usecases/ports.ts";
import { lanes } from "../usecases/telling/lanes.ts";
import type { Message } from "../usecases/telling/messages.ts";
import { type Drawn, messageCard } from "./cards.ts";

export type NotifierOptions = {
  adapter: TeamsAdapter;
  /** The bot's client id; empty in the trial. */
  botId: string;
  tenantId: TenantId;
  conversations: Conversations;
  clock: Clock;
};

/** Writes into chat by itself: no turn of a person is needed, only a conversation that is known. */
export function teamsChat(options: NotifierOptions): Chat {
  const { conversations } = options;
  const inLane = lanes();

  async function within<T>(id: ConversationId, act: (context: TurnContext) => Promise<T>): Promise<T> {
    const addresses = await serviceUrls(options, id);
    // Two writes on one conversation at once are refused by Teams with 412.
    return inLane(id, async () => {
      for (const [at, serviceUrl] of addresses.entries()) {
        try {
          return await writeTo(options, await referenceTo(options, id, serviceUrl), act);
        } catch (error) {
          if (!certainlyNotSent(error) || at === addresses.length - 1) throw error;
        }
      }
      throw new ChatFailure(`no service address is known for ${id} yet`, "retry");
    });
  }

  return {
    async post(conversationId, message) {
      try {
        const sent = await within(conversationId, (context) => context.sendActivity(activityOf(message)));
        return { conversationId, activityId: (sent?.id ?? "") as ActivityId };
      } catch (error) {
        throw failureOf(error, "post");
      }
    },
    async update({ conversationId, activityId }, message) {
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
      return openPersonalChat(options, userId);
    },
  };
}

/** A call to Teams that has no answer by then counts as unclear; without an end it would hold its lane for ever. */
const patienceMs = 20_000;

async function writeTo<T>(
  { adapter, botId }: NotifierOptions,
  reference: Partial<ConversationReference>,
  act: (context: TurnContext) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // The adapter hands an error of its callback to `onTurnError`, not to us, so the outcome is carried out by hand.
  void adapter
    .continueConversationAsync(botId, reference, async (context) => {
      await act(context).then(resolve, reject);
    })
    .then(() => reject(new Error("the adapter never made the call")), reject);
  return inTime(promise);
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), patienceMs);
  });
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Where the conversation may be written to. What it last came from goes first; addresses can change while a channel
 * is silent, so the newest that anybody came from is tried where nobody answers there.
 */
async function serviceUrls({ conversations }: NotifierOptions, id: ConversationId): Promise<string[]> {
  const found = (await conversations.get(id)) ?? (await conversations.get(channelOf(id)));
  const newest = await conversations.newest();
  return [...new Set([found?.serviceUrl, newest?.serviceUrl].filter((url) => url !== undefined))];
}

async function referenceTo(
  { conversations, botId, tenantId }: NotifierOptions,
  id: ConversationId,
  serviceUrl: string,
): Promise<Partial<ConversationReference>> {
  const found = (await conversations.get(id)) ?? (await conversations.get(channelOf(id)));
  return {
    channelId: "msteams",
    serviceUrl,
    bot: { id: botId ? `28:${botId}` : "bot", name: "Usher" },
    conversation: {
      id,
      tenantId,
      isGroup: found?.kind !== "personal",
      conversationType: found?.kind === "group" ? "groupChat" : (found?.kind ?? "channel"),
      name: "",
    },
  };
}

const channelOf = (id: ConversationId) => id.replace(/;messageid=.*$/, "") as ConversationId;

/** Only possible where Usher is installed for the person; otherwise undefined. */
async function openPersonalChat(
  options: NotifierOptions,
  userId: UserId,
): Promise<ConversationId | undefined> {
  const { adapter, botId, tenantId, conversations, clock } = options;
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

const statusOf = (error: unknown) => (error as { statusCode?: number } | undefined)?.statusCode;

/** What certainly never left this machine. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);
const certainlyNotSent = (error: unknown) => neverSent.has(String((error as { code?: string }).code));

function failureOf(error: unknown, act: "post" | "update"): ChatFailure {
  if (error instanceof ChatFailure) return error;
  const status = statusOf(error);
  const cause = { cause: error };
  if (status === 403 || status === 404)
    return new ChatFailure(`the conversation takes no message (${status})`, "unreachable", cause);
  if (status === 429 || status === 412 || status === 401)
    return new ChatFailure(`the message was put off (${status})`, "retry", cause);
  if (status !== undefined && status < 500 && status !== 408) {
    return new ChatFailure(`the message was refused (${status})`, "unreachable", cause);
  }
  if (act === "update" || certainlyNotSent(error))
    return new ChatFailure("the message service does not answer", "retry", cause);
  return new ChatFailure("the message may or may not have been posted", "unknown", cause);
}
