import type { UserId } from "./ids.ts";
import type { Person } from "./person.ts";
import type { TermsNow } from "./policy.ts";
import { type Actor, type In, isOpen, type OpenState, type Request, type Vote } from "./request.ts";

/** Who presses, as the directory says at the moment of the press. `person` is undefined when the directory does not know them. */
export type Decider = { actor: Actor; person: Person | undefined; groups: ReadonlySet<string> };

export type Verdict =
  | { verdict: "approve"; reason?: string; isFresh?: true }
  | { verdict: "deny"; reason: string }
  | { verdict: "narrow" }
  | { verdict: "return"; question: string };

export type DecisionRefusal =
  | { refused: "own-request" }
  | { refused: "not-approver" }
  | { refused: "account-disabled" }
  | { refused: "guest" }
  | { refused: "requester-gone" }
  | { refused: "reason-missing" }
  | { refused: "fresh-sign-in-needed" }
  | { refused: "policy"; sentences: string[] }
  | { refused: "old-revision"; revision: number }
  /** It is the requester's turn: an answer, or a yes to what was narrowed. */
  | { refused: "waits-for-requester"; request: In<"returned" | "offered"> }
  | { refused: "already-decided"; request: Exclude<Request, { state: OpenState }> };

/** What counts for a decision now, beside the person: terms, and what policy or the directory have against it. */
export type Circumstances = {
  terms: TermsNow;
  /** The asker as the directory has them now. */
  requester: Person | undefined;
  /** Sentences for what today's policy does not allow in the plan. */
  policyRefusals: string[];
};

/** Whether this person may decide at all under these terms: enabled, of the tenant, no guest, in the groups. */
export function isDecider(
  { person, groups }: Pick<Decider, "person" | "groups">,
  terms: Pick<TermsNow, "approvers" | "alternates">,
  isEscalated: boolean,
): boolean {
  if (!person?.isEnabled || person.isGuest) return false;
  const inAll = (wanted: readonly string[]) =>
    wanted.length > 0 && wanted.every((group) => groups.has(group));
  return inAll(terms.approvers) || (isEscalated && inAll(terms.alternates));
}

/**
 * Whether this person may decide so on this request, drawn at this revision. Self-approval is refused first, to
 * approvers and admins too. Somebody who has left, was disabled or is a guest gets nothing approved (but can be
 * denied); what policy forbids by now can be denied, narrowed or sent back. Returns undefined when they may.
 */
export function refusalToDecide(
  request: Request,
  verdict: Verdict,
  revision: number,
  decider: Decider,
  { terms, requester, policyRefusals }: Circumstances,
): DecisionRefusal | undefined {
  if (decider.actor.userId === request.requester.userId) return { refused: "own-request" };
  if (!decider.person?.isEnabled) return { refused: "account-disabled" };
  if (decider.person.isGuest) return { refused: "guest" };
  // Nothing is left to decide on a closed one, so alternates hear who did, too.
  const isEscalated = !isOpen(request) || request.waiting.escalatedAt !== undefined;
  if (!isDecider(decider, terms, isEscalated)) return { refused: "not-approver" };
  if (!isOpen(request)) return { refused: "already-decided", request };
  if (request.revision !== revision) return { refused: "old-revision", revision: request.revision };
  if (verdict.verdict === "deny") return undefined;
  if (request.state !== "pending") return { refused: "waits-for-requester", request };
  if (verdict.verdict === "return") return undefined;
  if (!requester?.isEnabled || requester.isGuest) return { refused: "requester-gone" };
  if (verdict.verdict === "narrow") return undefined;
  if (policyRefusals.length > 0) return { refused: "policy", sentences: policyRefusals };
  if (terms.reasonToApprove && !verdict.reason) return { refused: "reason-missing" };
  if (terms.freshSignIn && !verdict.isFresh) return { refused: "fresh-sign-in-needed" };
  return undefined;
}

/** The votes with this one; a person counts once, with what they pressed last. */
export function withVote(votes: readonly Vote[], vote: Vote): Vote[] {
  return [...votes.filter(({ approver }) => approver.userId !== vote.approver.userId), vote];
}

/** A vote that was given before policy asked for a fresh sign-in or a reason does not count without. */
export function countingVotes(
  { votes }: Pick<Request, "votes">,
  { freshSignIn, reasonToApprove }: Pick<TermsNow, "freshSignIn" | "reasonToApprove">,
): Vote[] {
  return votes.filter(
    ({ isFresh, reason }) => (!freshSignIn || isFresh) && (!reasonToApprove || reason !== undefined),
  );
}

export const hasVoted = (votes: readonly Vote[], who: UserId) =>
  votes.some(({ approver }) => approver.userId === who);

/** Approvals that are still missing. */
export const missingVotes = (request: Pick<Request, "votes">, terms: TermsNow) =>
  Math.max(0, terms.approvals - countingVotes(request, terms).length);
