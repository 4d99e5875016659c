import type { ActivityId, ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../telling/messages.ts";

export type Place =
  /**
   * `copy`: a further copy of a card in the same conversation, by its message or by what it was posted for. `for`: whom it
   * is said to there, as it could not be said to them alone.
   */
  | { kind: "conversation"; conversationId: ConversationId; copy?: ActivityId; for?: UserId }
  /** The person's own chat with Usher; `fallback` is where to say it when there is none. */
  | { kind: "personal"; userId: UserId; fallback?: ConversationId; copy?: string };

export type Posted = { conversationId: ConversationId; activityId: ActivityId };

/** A message did not get through. `unreachable`: this place takes no messages. `unknown`: it may have been posted. */
export class ChatFailure extends Error {
  readonly kind: "retry" | "unreachable" | "unknown";
  /** How long Teams wants to be left alone; 0 where it does not say. */
  readonly retryAfterMs: number;
  /** The conversation takes nothing any more, whatever is said; otherwise it is about this message, or about Usher. */
  readonly isGone: boolean;

  constructor(
    text: string,
    kind: "retry" | "unreachable" | "unknown",
    options: { retryAfterMs?: number; isGone?: boolean; cause?: unknown } = {},
  ) {
    super(text, { cause: options.cause });
    this.name = "ChatFailure";
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.isGone = options.isGone ?? false;
  }
}

/** Verbs into the chat. Throws `ChatFailure`. What has no turn is an answer to somebody: it is counted and waits for none. */
export interface Chat {
  /** Creates a message once; never repeated after an unknown outcome. */
  post(conversation: ConversationId, message: Message, hasTurn?: boolean): Promise<Posted>;
  update(posted: Posted, message: Message, hasTurn?: boolean): Promise<"updated" | "gone">;
  /** The person's own chat with Usher as it is known, or else opened if it may be; undefined when it may not. */
  personalChat(userId: UserId): Promise<ConversationId | undefined>;
  /** Opened at Teams, whatever is known. */
  openPersonalChat(userId: UserId): Promise<ConversationId | undefined>;
  /** Waits for a turn to post there; it must be used at once. A failure to be tried again where that would take long. */
  postTurn(conversation: ConversationId): Promise<void>;
  /**
   * Asks for a turn to redraw a card in this conversation, and takes it unless the line is too long: then ask again
   * after `inMs`. What is final does not stand in line.
   */
  updateTurn(conversation: ConversationId, isFinal: boolean): Promise<Turn>;
  /** Who is in a channel, as far as Teams says it within some hundred people; `chatId` is their id in Teams. */
  roster(conversation: ConversationId): Promise<{ userId: UserId; chatId: string }[]>;
}

/** `closedForMs`: Teams wants to be left alone there for longer than anybody waits. */
export type Turn = { inMs: number; isTaken: boolean; closedForMs?: number };

/** Teams' limits, kept over all processes. Threads of a channel are one conversation. */
export interface ChatPace {
  /** A turn to post that comes soon, or none. */
  postTurn(conversation: ConversationId): Promise<Turn>;
  updateTurn(conversation: ConversationId, isFinal: boolean): Promise<Turn>;
  /** What is sent without a turn takes its part of what others may send. */
  count(conversation: ConversationId): Promise<void>;
  /** Nobody writes there for so long; where Teams does not say it, longer each time. Answers for how long. */
  close(conversation: ConversationId, forMs: number | undefined): Promise<number>;
}
