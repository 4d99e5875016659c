import type { Person } from "./person.ts";
import type { Actor, Request } from "./request.ts";

/** Who presses, as the directory says at the moment of the press. `person` is undefined when the directory does not know them. */
export type Decider = { actor: Actor; person: Person | undefined; isApprover: boolean };

export type Verdict = { verdict: "approve" } | { verdict: "deny"; reason: string };

export type DecisionRefusal =
  | { refused: "own-request" }
  | { refused: "not-approver" }
  | { refused: "account-disabled" }
  | { refused: "guest" }
  | { refused: "requester-gone" }
  | { refused: "old-revision"; revision: number }
  | { refused: "already-decided"; request: Exclude<Request, { state: "pending" }> };

/**
 * Whether this person may decide on this request, drawn at this revision. Self-approval is refused first, to
 * approvers and admins too. `requester` is the asker as the directory has them now: somebody who has left, was
 * disabled or is a guest gets nothing approved (but can be denied). Returns undefined when they may.
 */
export function refusalToDecide(
  request: Request,
  verdict: Verdict["verdict"],
  revision: number,
  decider: Decider,
  requester: Person | undefined,
): DecisionRefusal | undefined {
  if (decider.actor.userId === request.requester.userId) return { refused: "own-request" };
  if (!decider.person?.isEnabled) return { refused: "account-disabled" };
  if (decider.person.isGuest) return { refused: "guest" };
  if (!decider.isApprover) return { refused: "not-approver" };
  if (request.state !== "pending") return { refused: "already-decided", request };
  if (request.revision !== revision) return { refused: "old-revision", revision: request.revision };
  if (verdict === "approve" && (!requester?.isEnabled || requester.isGuest))
    return { refused: "requester-gone" };
  return undefined;
}
