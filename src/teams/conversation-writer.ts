import { setTimeout as wait } from "node:timers/promises";
import type { TeamsAdapter } from "@microsoft/teams-ai/lib/TeamsAdapter.js";
import type { ConversationReference, TurnContext } from "botbuilder";
import type { ConversationId, TenantId } from "../domain/ids.ts";
import { ChatFailure, type ChatPace, type Turn } from "../usecases/ports/chat.ts";
import type { Conversations } from "../usecases/ports/conversations.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import { lanes } from "../usecases/telling/lanes.ts";
import { channelOf } from "./activity.ts";

type WriterOptions = {
  adapter: TeamsAdapter;
  /** The bot's client id; empty in the trial. */
  botId: string;
  tenantId: TenantId;
  conversations: Conversations;
  pace: ChatPace;
  clock: Clock;
  log: Log;
  /** Waits for a turn; tests turn their clock instead. */
  pause?: ((ms: number) => Promise<unknown>) | undefined;
};

/** The one way of this process into each conversation: for what Usher says by itself, and for its replies. */
export type ConversationWriter = WriterOptions & {
  /** Writes where no turn of a person is under way. What it writes is counted by its turn, or by `counted`. */
  within<T>(id: ConversationId, act: (context: TurnContext) => Promise<T>): Promise<T>;
  /** Asks about a conversation; waits for no writing. */
  look<T>(id: ConversationId, act: (context: TurnContext) => Promise<T>): Promise<T>;
  /** Waits for a turn to write something new there. A failure to be tried again where that would take long. */
  turn(id: ConversationId): Promise<void>;
  /** A turn to write over what stands there. */
  turnToUpdate(id: ConversationId, isFinal: boolean): Promise<Turn>;
  /** Counts a writing that waits for no turn; nor does it wait for this. */
  counted(id: ConversationId): void;
  /** Teams asked with this error to be left alone there. Answers for how long nobody writes. */
  throttled(id: ConversationId, error: unknown): Promise<number>;
  /** One writing after another. Nothing but the writing itself may be awaited in it. */
  inLane<T>(id: ConversationId, act: () => Promise<T>): Promise<T>;
};

export function conversationWriter(options: WriterOptions): ConversationWriter {
  const lane = lanes();
  // Two writes on one conversation at once are refused by Teams with 412, and to Teams all threads of a channel are
  // one conversation: «A conversation is 1:1 between bot and user, a group chat, or a channel in a team» (Microsoft
  // Learn, Optimize your bot with rate limiting).
  const inLane: ConversationWriter["inLane"] = (id, act) => lane(channelOf(id), () => inTime(act()));
  const { pace, log, pause = wait } = options;
  const put = (id: ConversationId, { inMs }: Turn) =>
    new ChatFailure(`${id} takes nothing for a while`, "retry", { retryAfterMs: inMs });
  /** Whatever else is to be said there waits too, in every process: Teams counts by conversation. */
  const throttled = (id: ConversationId, error: unknown) => pace.close(channelOf(id), retryAfterMsOf(error));
  async function reach<T>(
    id: ConversationId,
    act: (context: TurnContext) => Promise<T>,
    through: (call: () => Promise<T>) => Promise<T>,
  ): Promise<T> {
    const addresses = await serviceUrls(options, id);
    for (const [at, serviceUrl] of addresses.entries()) {
      const reference = await referenceTo(options, id, serviceUrl);
      try {
        return await through(() => callAt(options, reference, act));
      } catch (error) {
        if (statusOf(error) === 429) {
          const retryAfterMs = await throttled(id, error);
          throw new ChatFailure("the message was put off (429)", "retry", { retryAfterMs, cause: error });
        }
        if (!certainlyNotSent(error) || at === addresses.length - 1) throw error;
      }
    }
    throw new ChatFailure(`no service address is known for ${id} yet`, "retry");
  }
  return {
    ...options,
    inLane,
    throttled,
    within: (id, act) => reach(id, act, (call) => inLane(id, call)),
    look: (id, act) => reach(id, act, (call) => call()),
    async turn(id) {
      const turn = await pace.postTurn(channelOf(id));
      if (!turn.isTaken) throw put(id, turn);
      if (turn.inMs > 0) await pause(turn.inMs);
    },
    async turnToUpdate(id, isFinal) {
      const turn = await pace.updateTurn(channelOf(id), isFinal);
      if (turn.closedForMs !== undefined) throw put(id, { ...turn, inMs: turn.closedForMs });
      return turn;
    },
    counted(id) {
      pace
        .count(channelOf(id))
        .catch((error: unknown) => log.warn({ err: error }, "a message was not counted"));
    },
  };
}

/** A call to Teams that has no answer by then counts as unclear; without an end it would hold its lane for ever. */
const patienceMs = 20_000;

async function callAt<T>(
  { adapter, botId }: WriterOptions,
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
  return promise;
}

export async function inTime<T>(work: Promise<T>, withinMs = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), withinMs);
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
async function serviceUrls({ conversations }: WriterOptions, id: ConversationId): Promise<string[]> {
  const found = (await conversations.get(id)) ?? (await conversations.get(channelOf(id)));
  const newest = await conversations.newest();
  return [...new Set([found?.serviceUrl, newest?.serviceUrl].filter((url) => url !== undefined))];
}

async function referenceTo(
  { conversations, botId, tenantId }: WriterOptions,
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

/** What certainly never left this machine. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);
export const certainlyNotSent = (error: unknown) => neverSent.has(String((error as { code?: string }).code));

/** Longer is not believed: the message is tried again by then. */
const longestRetryAfterMs = 3_600_000;

/** How long Teams wants to be left alone. */
export function retryAfterMsOf(error: unknown): number | undefined {
  type Answered = { response?: { headers?: { get?(name: string): string | undefined } } };
  const seconds = Number(
    (error as Answered | undefined)?.response?.headers?.get?.("retry-after") ?? Number.NaN,
  );
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, longestRetryAfterMs) : undefined;
}

/** What Teams answered. */
export const statusOf = (error: unknown) => (error as { statusCode?: number } | undefined)?.statusCode;

/** What Teams calls it. */
export function codeOf(error: unknown): string | undefined {
  type Answered = { body?: { error?: { code?: unknown } }; code?: unknown } | undefined;
  const code = (error as Answered)?.body?.error?.code ?? (error as Answered)?.code;
  return typeof code === "string" ? code : undefined;
}
