import { createHash } from "node:crypto";
import type { RequestId, UserId } from "./ids.ts";
import type { Rank } from "./permission.ts";
import { isOwnedBy, ownersOf, type Registration } from "./registration.ts";
import type { Actor } from "./request.ts";

/** An offer that nobody answers ends by itself. */
export const offerDays = 7;
/** Approvers are reminded of one that waits for them, once. */
export const remindApproversDays = 3;

/** `take-over`: Usher offers it, since an owner has left. */
export type OfferKind = "co-owner" | "transfer" | "take-over";

/** Who is to own it. `from`: in whose place; left out where nobody goes. */
export type Offered = { kind: OfferKind; to: Actor; from?: Actor };

/** That somebody becomes an owner of a registration. Nobody becomes one without a yes of their own. */
export type OwnershipOffer = Offered & {
  /** Names it on cards: nobody guesses it. */
  id: string;
  registrationId: RequestId;
  by: Actor | "usher";
  at: Date;
  /** `accepted`: the person said yes, and an approver must say so too. */
  state: "offered" | "accepted" | "done" | "declined" | "withdrawn" | "denied" | "expired";
  changedAt: Date;
  endedBy?: Actor;
  /** Why an approver denied it. */
  reason?: string;
};

/** Names it in words that people type: whoever read one offer says yes to no other one. */
export const offerMark = ({ id }: Pick<OwnershipOffer, "id">): string =>
  createHash("sha256").update(id).digest("hex").slice(0, 6);
export const parseOfferMark = (text: string | undefined): string | undefined =>
  text !== undefined && /^[0-9a-f]{6}$/i.test(text) ? text.toLowerCase() : undefined;

export const openOfferStates = ["offered", "accepted"] as const;
export const isOpenOffer = ({ state }: Pick<OwnershipOffer, "state">): boolean =>
  state === "offered" || state === "accepted";

type Owned = Pick<Registration, "owner" | "coOwner" | "state">;
type Owners = { owner: Actor; coOwner?: Actor };

export type OfferVerdict =
  | "may"
  | "not-active"
  /** They own it already. */
  | "owner-already"
  /** It has two owners, and no more. */
  | "two-owners"
  /** In whose place they were to come owns it no longer. */
  | "not-owner";

/** Whether that person can be asked, as far as the registration says so. */
export function mayOffer(registration: Owned, { kind, to, from }: Offered): OfferVerdict {
  if (registration.state !== "active") return "not-active";
  if (kind === "co-owner") {
    if (isOwnedBy(registration, to)) return "owner-already";
    return registration.coOwner ? "two-owners" : "may";
  }
  if (!from || !isOwnedBy(registration, from)) return "not-owner";
  // Whoever owns it with them takes their part over too.
  return from.userId === to.userId ? "owner-already" : "may";
}

/** Who owns it once the offer is done, the first one first. */
export function ownersAfter(
  registration: Pick<Registration, "owner" | "coOwner">,
  { kind, to, from }: Offered,
): Owners {
  const [owner, coOwner] =
    kind === "co-owner"
      ? [registration.owner, to]
      : ownersOf(registration)
          .filter(({ userId }) => userId !== to.userId)
          .map((each) => (each.userId === from?.userId ? to : each));
  return { owner: owner ?? to, ...(coOwner && { coOwner }) };
}

/** A co-owner is handed secrets like an owner, so where an approver decides, they do about both. */
export const needsApprover = (rank: Rank): boolean => rank === "high" || rank === "tier0";

export type AcceptVerdict = "done" | "needs-approver" | "passed" | Exclude<OfferVerdict, "may">;

/** What comes of the person's yes. To whoever it was not made there is no such offer. */
export function judgeAccept(offer: OwnershipOffer, registration: Owned, rank: Rank): AcceptVerdict {
  if (offer.state !== "offered") return "passed";
  const verdict = mayOffer(registration, offer);
  if (verdict !== "may") return verdict;
  return needsApprover(rank) ? "needs-approver" : "done";
}

export type ApproveVerdict = "done" | "passed" | "own" | Exclude<OfferVerdict, "may">;

/** Whoever owns it, is to own it or wanted it decides nothing of it. */
export function judgeApproval(
  offer: OwnershipOffer,
  registration: Owned,
  { userId }: { userId: UserId },
): ApproveVerdict {
  const { to, from, by } = offer;
  const isIn = [to, from, by, ...ownersOf(registration)].some(
    (each) => each && each !== "usher" && each.userId === userId,
  );
  if (isIn) return "own";
  if (offer.state !== "accepted") return "passed";
  const verdict = mayOffer(registration, offer);
  return verdict === "may" ? "done" : verdict;
}

/** Whoever made the offer may take it back, and any owner, since it is theirs. */
export const mayWithdraw = (
  { by }: Pick<OwnershipOffer, "by">,
  registration: Owned,
  who: { userId: UserId },
): boolean => isOwnedBy(registration, who) || (by !== "usher" && by.userId === who.userId);
