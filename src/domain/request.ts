import type { RequestId, UserId } from "./ids.ts";
import type { Fingerprint, Plan } from "./plan.ts";

/** Somebody who acted, with the name they had then. */
export type Actor = { userId: UserId; name: string };

type Asked = {
  id: RequestId;
  revision: number;
  requester: Actor;
  /** Why it is asked for, in the requester's words. */
  reason: string;
  plan: Plan;
  fingerprint: Fingerprint;
  submittedAt: Date;
};
type Decided = { decidedBy: Actor; decidedAt: Date };

/** A request in one of its states; each state holds what is known in it. */
export type Request = Asked &
  (
    | { state: "pending" }
    | ({ state: "denied"; denial: string } & Decided)
    | { state: "withdrawn"; withdrawnAt: Date }
    | ({ state: "approved" } & Decided)
    | ({ state: "provisioned" } & Decided)
    /** `failure` says what happened and what exists in the tenant. */
    | ({ state: "failed"; failure: string } & Decided)
  );

export type RequestState = Request["state"];
export type In<S extends RequestState> = Extract<Request, { state: S }>;
