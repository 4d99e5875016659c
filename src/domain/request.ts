import type { Surface } from "./audit.ts";
import type { RequestId, UserId } from "./ids.ts";
import type { Fingerprint, Plan } from "./plan.ts";
import type { Terms } from "./policy.ts";

/** Somebody who acted, with the name they had then. */
export type Actor = { userId: UserId; name: string };

/** An approval of the revision that stands. */
export type Vote = {
  approver: Actor;
  at: Date;
  surface: Surface;
  reason?: string;
  /** Given right after a sign-in that was made for it. */
  isFresh?: true;
};

/** One entry of a request's thread: it is never cut, whatever revision follows. */
export type Said = {
  at: Date;
  by: Actor;
  /** What was done with these words. */
  kind: "question" | "answer" | "edit" | "offer" | "accept" | "approval" | "retry" | "stop";
  text?: string;
  /** The revision that it led to, or that it was said about. */
  revision: number;
};

/** What a request that is still open waits for, as moments. */
export type Waiting = {
  expiresAt: Date;
  /** When the approvers are reminded next. */
  remindAt?: Date;
  escalateAt?: Date;
  /** Since then the alternates may decide too. */
  escalatedAt?: Date;
  nudgedAt?: Date;
  /** How often approvers were reminded. */
  reminders: number;
};

type Asked = {
  id: RequestId;
  revision: number;
  /** Counts every change: a write goes through only over what was read. */
  version: number;
  requester: Actor;
  /** Why it is asked for, in the requester's words. */
  reason: string;
  plan: Plan;
  fingerprint: Fingerprint;
  submittedAt: Date;
  terms: Terms;
  /** On this revision; a new one begins without, but for the vote of whoever narrowed it. */
  votes: Vote[];
  thread: Said[];
  /** The plan of the revision before, where it was another one. */
  before?: Plan;
};
type Open = { waiting: Waiting };
type Decided = { decidedBy: Actor; decidedAt: Date };

/** A request in one of its states; each state holds what is known in it. */
export type Request = Asked &
  (
    | ({ state: "pending" } & Open)
    /** An approver asked for a change, and the requester answers. */
    | ({ state: "returned"; question: string; returnedBy: Actor; returnedAt: Date } & Open)
    /** An approver narrowed the plan, and the requester accepts it or not. */
    | ({ state: "offered"; offeredBy: Actor; offeredAt: Date } & Open)
    | { state: "expired"; expiredAt: Date }
    | ({ state: "denied"; denial: string } & Decided)
    | { state: "withdrawn"; withdrawnAt: Date }
    | ({ state: "approved" } & Decided)
    | ({ state: "provisioned" } & Decided)
    /**
     * `failure` says what happened and what exists in the tenant. `isHalfUndone`: a clean-up was begun and did not go
     * through, so what is left is not made again, only undone.
     */
    | ({ state: "failed"; failure: string; isHalfUndone?: true } & Decided)
    /** Somebody wants nothing of it left, and Usher undoes what it made. */
    | ({ state: "cleaning"; failure: string; cleaningBy: Actor; cleaningSince: Date } & Decided)
    /** `stays` says what Usher has left in the tenant on purpose. */
    | ({ state: "cleaned"; failure: string; cleanedBy: Actor; cleanedAt: Date; stays?: string } & Decided)
  );

export type RequestState = Request["state"];
export type In<S extends RequestState> = Extract<Request, { state: S }>;

/** States in which somebody still has to do something before anything is decided. */
export type OpenState = "pending" | "returned" | "offered";
export const openStates: readonly OpenState[] = ["pending", "returned", "offered"];
export const isOpen = (request: Request): request is In<OpenState> =>
  (openStates as readonly string[]).includes(request.state);

/** Who decides where policy approves by itself. */
export const policyActor: Actor = { userId: "policy" as UserId, name: "Policy" };
