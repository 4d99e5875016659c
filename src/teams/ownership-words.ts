import type { DecideOfferRefusal } from "../usecases/lifecycle/decide-offer.ts";
import type { CannotOwn } from "../usecases/lifecycle/person-to-own.ts";
import type { RemoveRefusal } from "../usecases/lifecycle/remove-co-owner.ts";
import { quoted } from "./words.ts";

/** What is answered by the card itself as it stands is none of these. */
export type OwnershipRefusal = Exclude<DecideOfferRefusal | RemoveRefusal, { refused: "offer-passed" }>;
type Own = Extract<
  OwnershipRefusal,
  {
    refused:
      | "cannot-own"
      | "not-yours-to-give"
      | "owner-already"
      | "two-owners"
      | "no-second-owner"
      | "unknown-offer"
      | "offer-lapsed"
      | "asker-gone"
      | "own-offer"
      | "not-approver-of-offer";
  }
>;

/** What happened, what is still true, and what to do next. */
export function ownershipSentence(refusal: Own): string {
  switch (refusal.refused) {
    case "cannot-own":
      return cannotOwn(refusal);
    case "not-yours-to-give":
      return `You do not own ${refusal.id}, so nothing was changed. Only an owner decides who owns it with them or after them: say show ${refusal.id} to see who that is.`;
    case "owner-already":
      return `Nothing was changed: ${quoted(refusal.name)} owns ${refusal.id} already. Say show ${refusal.id} to see its owners.`;
    case "two-owners":
      return `Nothing was changed: ${refusal.id} has two owners, and no more. To have another one, say remove co-owner ${refusal.id} first; or say transfer ${refusal.id} to hand your own part over.`;
    case "no-second-owner":
      return `Nothing was changed: ${refusal.id} has one owner only, and the last one cannot leave. Say transfer ${refusal.id} to hand it over, or revoke ${refusal.id} if nobody needs it.`;
    case "unknown-offer":
      return "There is no such question, or it was not for you. Nothing was changed. Say list to see what you own.";
    case "offer-lapsed":
      return `Nothing was changed: other people own ${refusal.id} by now than when this was asked, so the question has ended. If it should still be yours, ask an owner to say transfer ${refusal.id} again.`;
    case "asker-gone":
      return `Nothing was changed: ${quoted(refusal.name)}, who asked for this, is not on the staff any more, so the question has ended. The owners of ${refusal.id} stay as they are. Usher looks now who can answer for it, and asks them or tells the approvers.`;
    case "own-offer":
      return `You own ${refusal.id}, or are to own it, or asked for this, or Entra still names you as its owner, so somebody else decides. Nothing was changed. Another approver has to decide.`;
    case "not-approver-of-offer":
      return `You are not one of the approvers for what is as dangerous as ${refusal.id}, so nothing was decided. It still waits. Ask one of them to decide.`;
    default:
      return refusal satisfies never;
  }
}

function cannotOwn({ why, id, system, name }: CannotOwn): string {
  const who = name === undefined ? "that person" : quoted(name);
  const after = `Nothing was changed, and ${id} stays as it was.`;
  switch (why) {
    case "unknown":
      return `The directory knows nobody of that name or address in this organisation. ${after} Choose a colleague on the card that show ${id} opens, or type their whole email address.`;
    case "guest":
      return `Guests cannot own a registration, and ${who} is one. ${after} Choose somebody on the staff.`;
    case "disabled":
      return `The account of ${who} is disabled, so they cannot own a registration. ${after} Choose somebody else.`;
    case "may-not-ask":
      return `Policy lets only some people have apps for ${quoted(system)}, and ${who} is not one of them. ${after} Choose somebody else, or ask an admin to let them.`;
    default:
      return why satisfies never;
  }
}
