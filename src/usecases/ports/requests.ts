import type { RawAnswers } from "../../domain/answers.ts";
import type { ConversationId, DraftId, RequestId, UserId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Actor, In, OpenState, Request } from "../../domain/request.ts";
import type { Opener } from "../telling/request-views.ts";

/** A form that is being filled in, by the person who began it. */
export type Draft = {
  id: DraftId;
  /** Counts its changes. */
  version: number;
  requester: Actor;
  conversationId: ConversationId;
  blueprintId?: string;
  /** As they were typed, so that Back shows them again even when they must be mended. */
  answers?: RawAnswers;
  reason?: string;
  /** What the answers led to when they were reviewed: this is what is submitted, whatever the catalogue says by then. */
  plan?: Plan;
  /** The request that is being changed, as it stood when that was begun. */
  changes?: { requestId: RequestId; revision: number };
  startedAt: Date;
};

export interface Drafts {
  /** Nothing happens if a draft has this id already. */
  insert(draft: Draft): Promise<void>;
  get(id: DraftId): Promise<Draft | undefined>;
  /** Writes only over what was read; false when another press has written since. */
  update(draft: Draft): Promise<boolean>;
  deleteStartedBefore(moment: Date): Promise<void>;
}

/** Who could decide when the directory was asked last: for cards that must not ask it. */
export type KnownDeciders = {
  at: Date;
  approvers: { userId: UserId; name: string }[];
  /** What the approvers' group is called, where there is one. */
  groupName?: string;
  alternates: { userId: UserId; name: string }[];
  /** Who would open the link in the place of the requester. */
  opener?: Opener;
};

export interface Requests {
  /** False when the id is taken, or the draft was already submitted. */
  insert(
    request: In<"pending">,
    of: { draft: DraftId; origin: ConversationId; answers: RawAnswers },
  ): Promise<boolean>;
  get(id: RequestId): Promise<Request | undefined>;
  /** The request that this draft led to, as a new one or as a new revision. */
  ofDraft(draft: DraftId): Promise<Request | undefined>;
  origin(id: RequestId): Promise<ConversationId | undefined>;
  /** What was typed into its form, and for which system. */
  answers(id: RequestId): Promise<RawAnswers | undefined>;
  /**
   * Writes the next state only if nothing has changed since `from` was read; false when something has. `of`: the draft
   * that a new revision came from.
   */
  change(from: Request, to: Request, of?: { draft: DraftId; answers: RawAnswers }): Promise<boolean>;
  pending(limit: number): Promise<In<"pending">[]>;
  /** Those that could not be made and wait for somebody to retry them or clean them up, oldest first. */
  failed(limit: number): Promise<In<"failed">[]>;
  /** Those whose making, or cleaning up, waits for somebody or something, oldest first. */
  waiting(limit: number): Promise<In<"approved" | "cleaning">[]>;
  newestOf(requester: UserId, limit: number): Promise<Request[]>;
  /** How many requests of this person are open; held until the end of the transaction, so that two at once count. */
  countOpen(requester: UserId): Promise<number>;
  /** Those of this person for this system that are open or being made, newest first. */
  openFor(requester: UserId, system: string): Promise<In<OpenState | "approved">[]>;
  /** Open ones with something due by now, longest overdue first. */
  due(now: Date, limit: number): Promise<RequestId[]>;
  /** Those that are being cleaned up. */
  cleaning(): Promise<RequestId[]>;
  /** Not a change of the request: only what its cards may say without asking the directory. */
  rememberDeciders(id: RequestId, known: KnownDeciders): Promise<void>;
  knownDeciders(id: RequestId): Promise<KnownDeciders | undefined>;
}
