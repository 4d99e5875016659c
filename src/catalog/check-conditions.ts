import type { Blueprint, Match, Question, When } from "../domain/blueprint.ts";
import { nearest } from "../domain/nearest.ts";
import type { Audience } from "../domain/plan.ts";
import { nested } from "./nested.ts";
import type { Finding, Path } from "./yaml-file.ts";

const audiences: readonly Audience[] = [
  "AzureADMyOrg",
  "AzureADMultipleOrgs",
  "AzureADandPersonalMicrosoftAccount",
];

/** What a condition may name where it stands. */
type Scope = {
  questions: readonly Question[];
  /** Questions that exist, but are asked only later. */
  later: readonly Question[];
  audience: "decided" | "open";
};

/** Conditions that can never hold as they were meant: on no question, on a later one, on a value that is none. */
export function conditionFindings(blueprint: Blueprint): Finding[] {
  const { ask } = blueprint;
  const ofQuestions = ask.flatMap(({ when }, at) =>
    whenFindings(when, ["ask", at, "when"], {
      questions: ask.slice(0, at),
      later: ask.slice(at),
      audience: "open",
    }),
  );
  const ofRest = conditionsOf(blueprint).flatMap(([path, when]) => {
    const audience = path[0] === "app" && path[1] === "audience" ? "open" : "decided";
    return whenFindings(when, path, { questions: ask, later: [], audience });
  });
  return [...ofQuestions, ...ofRest];
}

/** Every condition outside of the questions, and where it stands. */
export function conditionsOf(blueprint: Blueprint): [path: Path, when: When][] {
  const { ask: _, ...rest } = blueprint;
  return [...nested(rest)].flatMap(([path, value]) =>
    isCondition(path, value) ? [[path, value as When]] : [],
  );
}

function isCondition(path: Path, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const key = path.at(-1);
  return (
    key === "when" ||
    (path[0] === "app" && path.length === 2 && (key === "idTokens" || key === "accessTokens"))
  );
}

function whenFindings(when: When | undefined, path: Path, scope: Scope): Finding[] {
  return Object.entries(when ?? {}).flatMap(([key, match]): Finding[] => {
    const at = [...path, key];
    if (key === "appAudience") {
      if (scope.audience === "decided") return valueFindings(match, at, (value) => noAudience(value));
      return [{ path: at, reason: "appAudience is decided only after this", isKey: true }];
    }
    const question = scope.questions.find((each) => each.key === key);
    if (question) return valueFindings(match, at, (value) => neverMatches(question, value));
    if (scope.later.some((each) => each.key === key)) {
      const reason = `the question "${key}" does not stand before this one: a condition looks back only`;
      return [{ path: at, reason, isKey: true }];
    }
    const meant = nearest(
      key,
      scope.questions.map((each) => each.key),
    );
    const hint = meant ? ` Did you mean ${meant}?` : "";
    return [{ path: at, reason: `there is no question "${key}".${hint}`, isKey: true }];
  });
}

type Scalar = string | number | boolean;

function valueFindings(match: Match, path: Path, wrong: (value: Scalar) => string | undefined): Finding[] {
  if (Array.isArray(match)) return match.flatMap((value, at) => valueFindings(value, [...path, at], wrong));
  if (typeof match === "object") return valueFindings((match as { not: Match }).not, [...path, "not"], wrong);
  const reason = wrong(match as Scalar);
  return reason === undefined ? [] : [{ path, reason }];
}

function noAudience(value: Scalar): string | undefined {
  if (audiences.some((each) => each === value)) return undefined;
  return `"${value}" is none of ${audiences.join(", ")}`;
}

function neverMatches(question: Question, value: Scalar): string | undefined {
  switch (question.type) {
    case "one":
    case "many": {
      if (typeof value === "string" && Object.hasOwn(question.options, value)) return undefined;
      if (typeof value !== "string" && Object.hasOwn(question.options, String(value))) {
        return `the options of "${question.key}" are texts: put ${value} in quotes`;
      }
      const meant = nearest(String(value), Object.keys(question.options));
      return `"${question.key}" has no option "${value}".${meant ? ` Did you mean ${meant}?` : ""}`;
    }
    case "flag":
      return typeof value === "boolean" ? undefined : `"${question.key}" is answered with true or false only`;
    case "number":
      return typeof value === "number" ? undefined : `"${question.key}" is answered with a number only`;
    default:
      return typeof value === "string"
        ? undefined
        : `"${question.key}" is answered with a text: put ${value} in quotes`;
  }
}
