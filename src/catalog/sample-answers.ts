import { defaultAnswer } from "../domain/answers.ts";
import type { Answer, Answers, Blueprint, Match, Question, When } from "../domain/blueprint.ts";
import { holds } from "../domain/conditions.ts";
import { conditionsOf } from "./check-conditions.ts";
import { sampleCertificate } from "./sample-certificate.ts";
import type { Shared } from "./shared-files.ts";

/** Answers under which a blueprint is tried, and what is chosen in them, in words. */
export type Combination = { chosen: string; answers: Answers };

/** What somebody might answer: the default, or an example of what is asked for. */
export function sampleAnswer(question: Question, shared: Shared): Answer {
  const ready = defaultAnswer(question);
  if (ready !== undefined && ready !== "" && !(Array.isArray(ready) && ready.length === 0)) return ready;
  switch (question.type) {
    case "text":
      return fitting(question.pattern);
    case "lines":
      return [fitting(question.pattern)];
    case "url":
      return "https://example.com";
    case "urls":
      return ["https://example.com/callback"];
    case "guid":
      return "11111111-2222-4333-8444-555555555555";
    case "permissions": {
      const { kind } = question;
      const graph = shared.apis.graph?.clientId;
      const mild = shared.permissionFacts.find(
        (fact) => fact.api === graph && fact.kind === kind && fact.rank === "low",
      );
      return [mild?.name ?? "User.Read"];
    }
    case "certificate":
      return sampleCertificate;
    case "number":
      return question.min ?? 1;
    case "flag":
      return false;
    case "one":
      return Object.keys(question.options)[0]!;
    case "many":
      return Object.keys(question.options).slice(0, 1);
    default:
      return question satisfies never;
  }
}

const examples = [
  "Example",
  "example",
  "EXAMPLE",
  "example.com",
  "example/example",
  "1",
  "https://example.com",
];

/** An example that the pattern takes, if one of ours does. */
function fitting(pattern: string | undefined): string {
  const fits = (text: string) => pattern === undefined || new RegExp(`^(?:${pattern})$`, "u").test(text);
  return examples.find(fits) ?? "Example";
}

/**
 * The default answers, and then each other choice once: each flag turned over, each option, each optional field
 * filled in, and what each condition needs to hold. What a choice needs to be asked at all is chosen with it.
 */
export function combinations(blueprint: Blueprint, shared: Shared): Combination[] {
  const all: Combination[] = [
    { chosen: "the default answers", answers: answersWith({}, blueprint, shared) },
    ...blueprint.ask.flatMap((question) =>
      choicesOf(question, shared).flatMap((answer): Combination[] => {
        const chosen = { ...leadingTo(question.when, blueprint, shared), [question.key]: answer };
        const answers = answersWith(chosen, blueprint, shared);
        // Hidden all the same: its conditions exclude one another.
        if (!Object.hasOwn(answers, question.key)) return [];
        return [{ chosen: inWords(chosen), answers }];
      }),
    ),
    ...conditionsOf(blueprint).map(([, when]): Combination => {
      const chosen = leadingTo(when, blueprint, shared);
      return { chosen: inWords(chosen), answers: answersWith(chosen, blueprint, shared) };
    }),
  ];
  const keyOf = ({ answers }: Combination) => JSON.stringify(answers);
  return all.filter((each, at) => all.findIndex((other) => keyOf(other) === keyOf(each)) === at);
}

function choicesOf(question: Question, shared: Shared): Answer[] {
  switch (question.type) {
    case "flag":
      return [true, false];
    case "one":
      return Object.keys(question.options);
    case "many": {
      const options = Object.keys(question.options);
      return [...options.map((option) => [option]), options, []];
    }
    default:
      return [sampleAnswer(question, shared)];
  }
}

function answersWith(chosen: Answers, { ask }: Blueprint, shared: Shared): Answers {
  const answers: Record<string, Answer> = {};
  for (const question of ask) {
    if (!holds(question.when, answers)) continue;
    const { key, required } = question;
    const answer = chosen[key] ?? (required ? sampleAnswer(question, shared) : defaultAnswer(question));
    if (answer === undefined || answer === "") continue;
    answers[key] = question.type === "many" ? withAlways(question, answer as string[]) : answer;
  }
  return answers;
}

const withAlways = ({ options, always = [] }: Question & { type: "many" }, answer: readonly string[]) =>
  Object.keys(options).filter((option) => always.includes(option) || answer.includes(option));

/** Answers under which a condition holds, with those that let its questions be asked. */
function leadingTo(when: When | undefined, blueprint: Blueprint, shared: Shared): Answers {
  const answers: Record<string, Answer> = {};
  for (const [key, match] of Object.entries(when ?? {})) {
    const question = blueprint.ask.find((each) => each.key === key);
    if (!question) continue;
    Object.assign(answers, leadingTo(question.when, blueprint, shared));
    const answer = [sampleAnswer(question, shared), ...choicesOf(question, shared), ...named(match)]
      .map((each) => (question.type === "many" && Array.isArray(each) ? withAlways(question, each) : each))
      .find((each) => holds({ [key]: match }, { [key]: each }));
    if (answer !== undefined) answers[key] = answer;
  }
  return answers;
}

/** The values that a condition itself names: a text or a number is offered nowhere else. */
function named(match: Match): Answer[] {
  if (typeof match === "object" && !Array.isArray(match)) return [];
  return [match].flat() as Answer[];
}

const inWords = (answers: Answers) =>
  Object.entries(answers)
    .map(([key, answer]) => `${key}: ${wordOf(answer)}`)
    .join(", ");

function wordOf(answer: Answer): string {
  const text = Array.isArray(answer) ? answer.join(" + ") || "none" : String(answer);
  return text.length > 60 ? `${text.slice(0, 40)}…` : text;
}
