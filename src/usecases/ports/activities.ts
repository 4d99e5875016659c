import type { ActivityId, ConversationId } from "../../domain/ids.ts";

/** What has arrived from the chat, so that it is acted upon once, in any number of processes. */
export interface Activities {
  /** Notes that it has arrived, in one statement: how often by now, and when first. */
  note(
    conversation: ConversationId,
    activity: ActivityId,
    now: Date,
  ): Promise<{ count: number; firstAt: Date }>;
  forgetBefore(moment: Date): Promise<void>;
}
