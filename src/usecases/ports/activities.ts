import type { ActivityId, ConversationId, UserId } from "../../domain/ids.ts";
import type { Conversation } from "./conversations.ts";

/** How often an activity has arrived by now, and when first. */
export type Arrivals = { count: number; firstAt: Date };

/** What has arrived from the chat, so that it is acted upon once, in any number of processes. */
export interface Activities {
  /** Notes that it has arrived, in one statement. */
  note(conversation: ConversationId, activity: ActivityId, now: Date): Promise<Arrivals>;
  /**
   * The same where somebody writes to Usher, and still in one statement: where they wrote is remembered, what they could
   * not be told alone before is due again (in their own chat), and cards are redrawn that the conversation refused to
   * have redrawn. Answers the subjects of those, and of an activity that has an id how often it arrived.
   */
  greet(given: {
    conversation: Conversation;
    caller: UserId;
    activity?: ActivityId | undefined;
    now: Date;
  }): Promise<{ isNew: boolean; again: string[]; arrivals?: Arrivals }>;
  forgetBefore(moment: Date): Promise<void>;
}
