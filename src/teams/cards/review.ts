import { markOf } from "../../domain/plan.ts";
import type { DraftView, Offer } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { type Detail, fitting } from "./fitting.ts";
import { planSection, uncheckedLines } from "./plan.ts";
import { riskOf } from "./powers.ts";
import { complaint, fact, said } from "./text.ts";

/** The input that holds what the requester would rather ask for. */
export const smallerInput = "smaller";

/** A card has room for so many; what is left is offered again once some are taken. */
const mostOffers = 15;

/**
 * The plan in plain words, before anything is submitted. One that no card can show whole cannot be submitted. `note`
 * says what became of a press that led here.
 */
export function reviewCard(view: DraftView, note?: string): Card {
  return fitting((detail) => drawReview(view, note, detail));
}

function drawReview(view: DraftView, note: string | undefined, detail: Detail): Card {
  const { draftId, plan, reason, offers } = view;
  const isWhole = detail !== "part";
  const tooLong = "This is too long for an approver to see whole. Press Change and ask for less.";
  return expandTemplate("review", {
    summary: `${plan.blueprint.title}: look it over, then submit.`,
    draftId,
    mark: markOf(plan, reason),
    asked: [
      ...(note === undefined ? [] : [said(note)]),
      ...(isWhole ? [] : [complaint(tooLong)]),
      fact("System", plan.blueprint.title),
      fact("Name", plan.displayName),
      ...uncheckedLines(plan, "requester"),
    ],
    risk: riskOf(view, plan),
    why: [fact("Why", reason)],
    hasOffers: offers.length > 0,
    offers: offers.length > 0 ? offersInput(offers.slice(0, mostOffers)) : [],
    plan: planSection(plan, view, detail, "requester"),
    isWhole,
  });
}

const offersInput = (offers: readonly Offer[]): Card => ({
  type: "Input.ChoiceSet",
  id: smallerInput,
  label: "Is less enough? Approvers say yes to it sooner.",
  // Nothing of it has to be taken.
  isRequired: false,
  errorMessage: "Choose what you would rather ask for.",
  style: "expanded",
  isMultiSelect: true,
  wrap: true,
  choices: offers.map(({ id, from, to }) => ({ title: `${to} instead of ${from}`, value: id })),
});
