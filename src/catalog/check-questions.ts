import { defaultAnswer } from "../domain/answers.ts";
import type { Blueprint, Question } from "../domain/blueprint.ts";
import { nearest } from "../domain/nearest.ts";
import { readOne } from "../domain/read-question.ts";
import type { Finding } from "./yaml-file.ts";

/** Names that the form and the engine use themselves. */
const reserved = new Set([
  "reason",
  "appAudience",
  "clientId",
  "tenantId",
  "thumbprint",
  "identifierUri",
  "secret",
  "credentialKind",
  "certificatePem",
  "federatedIssuer",
  "federatedSubject",
]);

/** Keys, and the defaults: the form must take them as it would from a person. */
export function questionFindings({ ask }: Blueprint): Finding[] {
  return ask.flatMap((question, at): Finding[] => {
    const { key } = question;
    const isRepeated = ask.findIndex((other) => other.key === key) !== at;
    return [
      isRepeated ? [{ path: ["ask", at, "key"], reason: `two questions have the key "${key}"` }] : [],
      reserved.has(key)
        ? [{ path: ["ask", at, "key"], reason: `the key "${key}" is Usher's own: choose another` }]
        : [],
      defaultFindings(question).map(({ path, ...rest }) => ({ path: ["ask", at, ...path], ...rest })),
    ].flat();
  });
}

function defaultFindings(question: Question): Finding[] {
  switch (question.type) {
    case "flag":
    case "permissions":
    case "certificate":
      return [];
    case "one":
      return question.default === undefined ? [] : offered(question, ["default"], question.default);
    case "many":
      return (["default", "always"] as const).flatMap((list) =>
        (question[list] ?? []).flatMap((value, at) => offered(question, [list, at], value)),
      );
    case "number":
      if ((question.min ?? 1) > (question.max ?? Infinity)) {
        return [{ path: ["max"], reason: `the largest is less than the smallest, ${question.min ?? 1}` }];
      }
      break;
    default:
  }
  const answer = defaultAnswer(question);
  if (answer === undefined || answer === "" || (Array.isArray(answer) && answer.length === 0)) return [];
  const read = readOne(question, Array.isArray(answer) ? answer.join("\n") : String(answer));
  return "error" in read
    ? [{ path: ["default"], reason: `the form would not take this default. ${read.error}` }]
    : [];
}

function offered(
  question: Question & { type: "one" | "many" },
  path: Finding["path"],
  value: string,
): Finding[] {
  if (Object.hasOwn(question.options, value)) return [];
  const meant = nearest(value, Object.keys(question.options));
  const hint = meant ? ` Did you mean ${meant}?` : "";
  return [{ path, reason: `"${question.key}" has no option "${value}".${hint}` }];
}
