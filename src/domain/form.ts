import { type RawAnswers, readAnswers } from "./answers.ts";
import type { Answers, Blueprint, Question } from "./blueprint.ts";
import { holds } from "./conditions.ts";

/** More than this and a form is a wall. */
const mostQuestions = 6;

/** `mayContinue`: another page follows, or may, depending on what is answered here. */
export type FormPage = { questions: Question[]; mayContinue: boolean };

/**
 * The pages of a form, as far as what was typed decides them. A chat card cannot show and hide as one types, so a
 * question with a condition stands on a later page than what its condition asks for, and only when it holds.
 */
export function pagesOf(blueprint: Blueprint, raw: RawAnswers): FormPage[] {
  const pages: FormPage[] = [];
  const settled = new Set<string>();
  let open = blueprint.ask;
  while (open.length > 0) {
    const answers = answersTo(blueprint, settled, raw);
    const isDecided = ({ when }: Question) => Object.keys(when ?? {}).every((key) => settled.has(key));
    const visible = open.filter((question) => isDecided(question) && holds(question.when, answers));
    const questions = visible.slice(0, mostQuestions);
    const hidden = open.filter((question) => isDecided(question) && !holds(question.when, answers));
    if (questions.length + hidden.length === 0) break;
    for (const { key } of [...questions, ...hidden]) settled.add(key);
    open = open.filter((question) => !settled.has(question.key));
    if (questions.length > 0) pages.push({ questions, mayContinue: open.length > 0 });
  }
  return pages.length > 0 ? pages : [{ questions: [], mayContinue: false }];
}

/** Answers to those questions; what must still be mended has none yet. */
function answersTo(blueprint: Blueprint, keys: ReadonlySet<string>, raw: RawAnswers): Answers {
  const ask = blueprint.ask.filter(({ key }) => keys.has(key));
  const read = readAnswers({ ...blueprint, ask }, raw);
  if ("answers" in read) return read.answers;
  const fine = ask.filter(({ key }) => !Object.hasOwn(read.errors, key));
  const again = readAnswers({ ...blueprint, ask: fine }, raw);
  return "answers" in again ? again.answers : {};
}
