import type { Answer, Answers, Choice, Match, When } from "./blueprint.ts";

function matches(answer: Answer | undefined, expected: Match): boolean {
  if (typeof expected === "object" && !Array.isArray(expected)) {
    return !matches(answer, (expected as { not: Match }).not);
  }
  const anyOf: readonly (string | number | boolean)[] = Array.isArray(expected) ? expected : [expected];
  return Array.isArray(answer)
    ? answer.some((one) => anyOf.includes(one))
    : answer !== undefined && anyOf.includes(answer);
}

/** The answer to a question. A key may be called as something that every object has. */
export const answerTo = (key: string, answers: Answers) =>
  Object.hasOwn(answers, key) ? answers[key] : undefined;

/** Whether a condition holds for the answers; none always holds. */
export function holds(when: When | undefined, answers: Answers): boolean {
  return Object.entries(when ?? {}).every(([key, expected]) => matches(answerTo(key, answers), expected));
}

/** Those whose condition holds. */
export function holding<T extends object>(entries: readonly T[] | undefined, answers: Answers): T[] {
  return (entries ?? []).filter((entry) => holds((entry as { when?: When }).when, answers));
}

/** The one value, or the first of a list whose condition holds; undefined when none does. */
export function chosen<T extends string | number>(
  choice: Choice<T> | undefined,
  answers: Answers,
): T | undefined {
  return Array.isArray(choice) ? choice.find(({ when }) => holds(when, answers))?.use : choice;
}

/** Filled in only once the app is made, so they stay as they are in a plan. */
export const madeKeys = ["clientId", "tenantId", "thumbprint", "identifierUri"] as const;

/** Replaces `{{key}}` by its answer. Answers are never read again for more `{{…}}`. */
export function fill(template: string, answers: Answers): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (hole, key: string) =>
    (madeKeys as readonly string[]).includes(key) ? hole : String(answerTo(key, answers) ?? ""),
  );
}

/** The key of a template that is one answer and nothing else. */
export const wholeAnswer = (template: string) => /^\{\{(\w+)\}\}$/.exec(template)?.[1];
