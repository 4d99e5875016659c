import type { FieldErrors } from "../../domain/answers.ts";
import type { Blueprint, Question } from "../../domain/blueprint.ts";
import type { DraftView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { cut, listed } from "../words.ts";
import { fieldOf } from "./form-fields.ts";
import { type Detail, fitting, planSection, riskOf } from "./plan.ts";
import { complaint, fact } from "./text.ts";

/** The longest reason that the server takes. */
const longestReason = 1000;

/** Asks which system it is for. */
export function chooserCard(choice: {
  draftId: string;
  blueprints: readonly Pick<Blueprint, "id" | "title">[];
  chosen?: string;
  error?: string;
}): Card {
  const { draftId, blueprints, error } = choice;
  const only = blueprints.length === 1 ? blueprints[0]?.id : undefined;
  const chosen = blueprints.some(({ id }) => id === choice.chosen) ? choice.chosen : only;
  const input = {
    type: "Input.ChoiceSet",
    id: "blueprint",
    label: "Which system is it for?",
    isRequired: true,
    errorMessage: "Please choose one.",
    style: blueprints.length <= 6 ? "expanded" : "compact",
    wrap: true,
    choices: blueprints.map(({ id, title }) => ({ title, value: id })),
    ...(chosen !== undefined && { value: chosen }),
  };
  return expandTemplate("chooser", {
    summary: "New app registration: choose the system that it is for.",
    draftId,
    complaints: error === undefined ? [] : [complaint(error)],
    isEmpty: blueprints.length === 0,
    choice: blueprints.length === 0 ? [] : input,
  });
}

/** What a form is drawn from. `values` are what the client sent, by question key, and nothing of them is trusted. */
export type FormView = {
  draftId: string;
  blueprint: Blueprint;
  values: Readonly<Record<string, unknown>>;
  reason?: string;
  errors: FieldErrors & { reason?: string };
  /** The blueprint's sentence when it turns the combination away. */
  sentence?: string;
};

/** The blueprint's questions, with what the person typed and, beside each field, what must be mended. */
export function formCard(view: FormView): Card {
  // Whatever a client sent is shown again, as long as the card stays small enough to be shown at all.
  const lengths = { sentences: 6000, dangers: 2000, names: 400, part: 60 } as const;
  return fitting((detail) => drawForm(view, lengths[detail]));
}

function drawForm({ draftId, blueprint, values, reason, errors, sentence }: FormView, longest: number): Card {
  const reasonField = {
    items: [
      ...(errors.reason === undefined ? [] : [{ type: "RichTextBlock", ...complaint(errors.reason) }]),
      {
        type: "Input.Text",
        id: "reason",
        label: "Why do you need it? Approvers read this first.",
        isMultiline: true,
        isRequired: true,
        maxLength: longestReason,
        errorMessage: "Say why you need it.",
        ...(reason && { value: cut(reason, Math.min(longest, 2 * longestReason)) }),
      },
    ],
  };
  const fields = blueprint.ask.map((question) =>
    fieldOf(question, blueprint, shownRaw(values, question), errors[question.key], longest),
  );
  return expandTemplate("form", {
    summary: `${blueprint.title}: a form to fill in.`,
    title: blueprint.title,
    complaints: complaintsOf(blueprint, errors, sentence),
    fields: [...fields, reasonField],
    draftId,
  });
}

/** What was sent for the question itself: a question may be called `constructor`, which every object inherits. */
function shownRaw(values: FormView["values"], question: Question): unknown {
  if (Object.hasOwn(values, question.key)) return values[question.key];
  // Some clients leave out a choice of nothing; then the default must not come back.
  return question.type === "many" && Object.keys(values).length > 0 ? "" : undefined;
}

function complaintsOf(blueprint: Blueprint, errors: FormView["errors"], sentence: string | undefined) {
  const labels = blueprint.ask
    .filter(({ key }) => Object.hasOwn(errors, key))
    .map(({ label }) => `"${label}"`);
  if (errors.reason !== undefined) labels.push('"Why do you need it?"');
  return [
    ...(sentence === undefined ? [] : [complaint(sentence)]),
    ...(labels.length > 0 ? [complaint(`${listed(labels)}. What you typed is kept; nothing was sent.`)] : []),
  ];
}

/** The plan in plain words, before anything is submitted. One that no card can show whole cannot be submitted. */
export function reviewCard(view: DraftView): Card {
  return fitting((detail) => drawReview(view, detail));
}

function drawReview({ draftId, plan, permissions, reason }: DraftView, detail: Detail): Card {
  const isWhole = detail !== "part";
  const tooLong = "This is too long for an approver to see whole. Press Change and ask for less.";
  return expandTemplate("review", {
    summary: `${plan.blueprint.title}: look it over, then submit.`,
    draftId,
    asked: [
      ...(isWhole ? [] : [complaint(tooLong)]),
      fact("System", plan.blueprint.title),
      fact("Name", plan.displayName),
    ],
    risk: riskOf(permissions),
    why: [fact("Why", reason)],
    plan: planSection(plan, permissions, detail),
    isWhole,
  });
}
