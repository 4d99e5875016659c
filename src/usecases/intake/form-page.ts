import type { FieldErrors } from "../../domain/answers.ts";
import { pagesOf } from "../../domain/form.ts";
import type { FormView } from "../telling/request-views.ts";
import type { OpenForm } from "./draft.ts";

/** What must be mended, by the question's key or for the whole. */
export type Trouble = { errors: FieldErrors; sentences: string[] };
const noTrouble: Trouble = { errors: {}, sentences: [] };

/** A page of the draft's form, with what was typed so far. A page that there is not is the nearest one. */
export function formOf(
  { draft, blueprint, about }: OpenForm,
  page: number,
  { errors, sentences }: Trouble = noTrouble,
): FormView {
  const values = draft.answers ?? {};
  const pages = pagesOf(blueprint, values);
  const at = Math.max(0, Math.min(Math.trunc(page) || 0, pages.length - 1));
  const { questions, mayContinue } = pages[at] ?? { questions: [], mayContinue: false };
  const wrong = Object.keys(errors).filter(
    (key) => key === "reason" || questions.some((question) => question.key === key),
  );
  return {
    draftId: draft.id,
    title: blueprint.title,
    about: at === 0 ? about : [],
    questions,
    page: at,
    mayContinue,
    asksReason: at === 0,
    values,
    errors: Object.fromEntries(wrong.map((key) => [key, errors[key] ?? ""])),
    sentences,
    ...(draft.reason !== undefined && { reason: draft.reason }),
  };
}
