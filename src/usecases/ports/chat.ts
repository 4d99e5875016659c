import type { ActivityId, ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../telling/messages.ts";

export type Place =
  /** `copy`: a further copy of a card in the same conversation, by its message or by what it was posted for. */
  | { kind: "conversation"; conversationId: ConversationId; copy?: ActivityId }
  /** The person's own chat with Usher; `fallback` is where to say it when there is none. */
  | { kind: "personal"; userId: UserId; fallback?: ConversationId; copy?: string };

export type Posted = { conversationId: ConversationId; activityId: ActivityId };

/** A message did not get through. `unreachable`: this place takes no messages. `unknown`: it may have been posted. */
export class ChatFailure extends Error {
  readonly kind: "retry" | "unreachable" | "unknown";
  /** How long Teams wants to be left alone; 0 where it does not say. */
  readonly retryAfterMs: number;

  constructor(
    text: string,
    kind: "retry" | "unreachable" | "unknown",
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(text, { cause: options.cause });
    this.name = "ChatFailure";
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Three verbs into the chat. Throws `ChatFailure`. */
export interface Chat {
  /** Creates a message once; never repeated after an unknown outcome. */
  post(conversation: ConversationId, message: Message): Promise<Posted>;
  update(posted: Posted, message: Message): Promise<"updated" | "gone">;
  /** The person's own chat with Usher, opened if it may be; undefined when it may not. */
  personalChat(userId: UserId): Promise<ConversationId | undefined>;
  /**
   * Asks for a turn to redraw a card in this conversation, and takes it unless the line is too long: then ask again
   * after `inMs`. What is final does not stand in line.
   */
  updateTurn(conversation: ConversationId, isFinal: boolean): Promise<{ inMs: number; isTaken: boolean }>;
  /** Who is in a channel, as far as Teams says it within some hundred people; `chatId` is their id in Teams. */
  roster(conversation: ConversationId): Promise<{ userId: UserId; chatId: string }[]>;
}
