import type { ConversationId, TenantId, UserId } from "../../domain/ids.ts";
import type { TimeZone } from "../../domain/local-day.ts";
import type { Message } from "../telling/messages.ts";
import type { Place, Posted } from "./chat.ts";

/** A message that is to stand in a conversation, or stands there. `live` ones are redrawn when what they show changes. */
export type Post = {
  id: string;
  subject: string;
  purpose:
    | "approval"
    | "request"
    /** Said once to the requester: a decision, a question or an offer; `place.copy` tells them apart. */
    | "decision"
    | "failure"
    | "link"
    /** That a link still waits; one for each link, which `place.copy` tells by its key. */
    | "link-reminder"
    | "revocation"
    /** One for each new secret beside an old one; `place.copy` tells them by the new one's key. */
    | "rotation"
    | "restoration"
    /** One for each time that something new was found; `place.copy` tells them apart. */
    | "drift"
    /** That a credential ends; `place.copy` tells when it was said, and of which end. */
    | "expiry"
    /** The question whether it is still needed; `place.copy` tells the day. */
    | "need"
    /** An offer to own it; `place.copy` tells which. */
    | "ownership"
    /** That nobody owns it any more; `place.copy` tells when it was said. */
    | "unowned"
    /** That policy wants two owners and it has one; likewise. */
    | "second-owner"
    | "note";
  place: Place;
  state: "due" | "sending" | "posted" | "unclear" | "undeliverable";
  /** Where it was posted. */
  posted?: Posted;
  /** Fingerprint of what was drawn last; empty while it is not known what stands there. */
  drawn?: string;
  /** The whole message, for what is not drawn from its subject. */
  message?: Message;
  /** Where it was said instead, as its place took it not: said in its place too, once that takes messages again. */
  fellTo?: "thread" | "channel" | "admins" | "nobody";
  /** The post in whose place it stands. */
  insteadOf?: Post["id"];
  changedAt: Date;
};

export interface Posts {
  /** Nothing happens if the same purpose already has a post in that place for the subject (notes may repeat). */
  add(post: Post): Promise<void>;
  /** In the order in which they were added. */
  of(subject: string): Promise<Post[]>;
  /** The post that this message is, if it is one. */
  standingAt(posted: Posted): Promise<Post | undefined>;
  /** Writes only over what was seen; false when another has changed it since. */
  change(seen: Post, to: Post): Promise<boolean>;
  /** Approvers' cards that may not have arrived at a place are due there again, and whatever nobody was told of. */
  postAgain(place: Place, at: Date): Promise<string[]>;
  /** What was said in its place did not arrive there either. */
  fell(id: Post["id"], to: NonNullable<Post["fellTo"]>): Promise<void>;
  /** Subjects with posts that are due, whose sender died before `stuckBefore`, or whose card could not be redrawn. */
  dueSubjects(stuckBefore: Date): Promise<string[]>;
}

export type Conversation = {
  id: ConversationId;
  kind: "personal" | "group" | "channel";
  serviceUrl: string;
  tenantId: TenantId;
  /** Whose personal chat it is. */
  userId?: UserId;
  seenAt: Date;
  /** Of whose personal chat it is, as their client said it last. */
  timeZone?: TimeZone;
};

export interface Conversations {
  /** Answers whether it was new. */
  remember(conversation: Conversation): Promise<boolean>;
  get(id: ConversationId): Promise<Conversation | undefined>;
  /** The newest wins: a person may have removed the app and installed it again. */
  personal(userId: UserId): Promise<Conversation | undefined>;
  newest(): Promise<Conversation | undefined>;
  /** It takes no messages any more. */
  forget(id: ConversationId): Promise<void>;
  approvalsChannel(): Promise<ConversationId | undefined>;
  /** Answers the channel that was set before. */
  setApprovalsChannel(id: ConversationId): Promise<ConversationId | undefined>;
}
