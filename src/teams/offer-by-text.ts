import { parseRequestId } from "../domain/ids.ts";
import { parseOfferMark } from "../domain/ownership.ts";
import { acceptOwnership, declineOwnership, withdrawOffer } from "../usecases/lifecycle/answer-offer.ts";
import { decideOffer } from "../usecases/lifecycle/decide-offer.ts";
import { offerNamed, readOffer } from "../usecases/lifecycle/offer-named.ts";
import { answered, missingReason } from "./ownership-actions.ts";
import { writtenText } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

type Answer = "accept" | "decline" | "withdraw" | "approve" | "deny";
const acts = {
  accept: acceptOwnership,
  decline: declineOwnership,
  withdraw: withdrawOffer,
  approve: decideOffer,
} as const;

const readers = {
  accept: "person",
  decline: "person",
  withdraw: "owner",
  approve: "approver",
  deny: "approver",
} as const;

/**
 * `accept ownership REQ-… mark` and its like, for when a card does not work. What somebody is bound by needs the mark of
 * the offer that they read; a no of the person, or of whoever asked, is one whichever offer is open.
 */
export async function answerOfferByText(turn: Turn, answer: Answer, rest: string): Promise<Reply> {
  const { world, caller } = turn;
  const [, name, typedMark, after = ""] = /^(\S+)(?:\s+(\S+))?(?:\s+(.*))?$/s.exec(rest.trim()) ?? [];
  const id = parseRequestId(name);
  const mark = parseOfferMark(typedMark);
  const isNamed = id && (answer === "deny" || typedMark === undefined || (mark && after === ""));
  if (!isNamed) return { sentence: sayWhichOffer(answer) };
  const reader = readers[answer];
  const named = await offerNamed(world, caller, { id, mark, reader });
  if (!named) return refused({ refused: "unknown-offer" });
  const { offer, isMeant } = named;
  const about = { caller, offer, surface: "command" } as const;
  const needsMark = answer !== "decline" && answer !== "withdraw";
  if (!isMeant && (mark || needsMark))
    return answered(await readOffer(world, about, reader), mark ? changedSince : missingMark);
  if (answer !== "deny") return answered(await acts[answer](world, about));
  const typed = writtenText(after, missingReason);
  if ("error" in typed) return { sentence: typed.error };
  return answered(await decideOffer(world, { ...about, denial: typed.text }));
}

const changedSince =
  "Nothing was changed: this has changed since you read it, and the mark that you typed is of another question. This is how it stands by now.";
const missingMark =
  "Nothing was changed. This is how it stands by now. To answer in words, say them with the mark that stands on this card.";
const sayWhichOffer = (answer: Answer) =>
  `Say which one by its REQ- id: ${answer} ownership REQ-…${answer === "decline" || answer === "withdraw" ? "" : " and the mark on its card"}${answer === "deny" ? ", and why" : ""}. Nothing was changed.`;
