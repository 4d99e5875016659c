import type { Answer, Answers, Blueprint, Question } from "./blueprint.ts";
import { burntKey, holdsPrivateKey } from "./certificate.ts";
import { holds } from "./conditions.ts";
import { readOne } from "./read-question.ts";

/** What a form sends: every value is text or missing (numbers and toggles too), and nothing of it is trusted. */
export type RawAnswers = Readonly<Record<string, unknown>>;
/** One sentence per field that must be mended, by the question's key. */
export type FieldErrors = Readonly<Record<string, string>>;

/** What stands in a form before anybody answers. */
export function defaultAnswer(question: Question): Answer | undefined {
  if (question.type === "many")
    return [...new Set([...(question.always ?? []), ...(question.default ?? [])])];
  if (question.type === "flag") return question.default ?? false;
  return "default" in question ? question.default : undefined;
}

/**
 * Reads a form's values against the blueprint's questions: everything that the client checked is checked again.
 * Questions hidden by the answers before them are ignored, whatever was sent for them; a question that was left
 * empty takes its default. Returns either all answers, or a sentence for each field that must be mended.
 */
export function readAnswers(
  blueprint: Blueprint,
  raw: RawAnswers,
): { answers: Answers } | { errors: FieldErrors } {
  const answers: Record<string, Answer> = {};
  const errors: Record<string, string> = {};
  for (const question of blueprint.ask) {
    if (!holds(question.when, answers)) continue;
    const sent = Object.hasOwn(raw, question.key) ? raw[question.key] : undefined;
    const text =
      typeof sent === "string" || typeof sent === "number" || typeof sent === "boolean"
        ? String(sent).trim()
        : "";
    if (text === "" && question.type !== "many") {
      const fallback = defaultAnswer(question);
      if (fallback !== undefined && fallback !== "") answers[question.key] = fallback;
      else if (question.required) errors[question.key] = "Please fill this in.";
      continue;
    }
    const read = holdsPrivateKey(text) ? { error: burntKey } : readOne(question, text);
    if ("error" in read) errors[question.key] = read.error;
    else if (question.required && Array.isArray(read.answer) && read.answer.length === 0) {
      errors[question.key] = "Please choose at least one.";
    } else answers[question.key] = read.answer;
  }
  return Object.keys(errors).length > 0 ? { errors } : { answers };
}

const longestReason = 1000;

/** Why it is asked for: required, since it is what an approver decides upon. Line breaks may stay. */
export function readReason(raw: unknown): { reason: string } | { error: string } {
  const text = typeof raw === "string" ? raw.trim().replaceAll("\r\n", "\n") : "";
  if (holdsPrivateKey(text)) return { error: burntKey };
  if (text === "") return { error: "Say why you need it: the approver reads this first." };
  if (text.length > longestReason)
    return { error: `At most ${longestReason} characters, please: these are ${text.length}.` };
  if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text.replaceAll("\n", "").replaceAll("\u200d", ""))) {
    return { error: "There is an invisible or control character in it: type it anew." };
  }
  return { reason: text };
}
