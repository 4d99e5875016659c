import { defaultAnswer } from "../../domain/answers.ts";
import type { Blueprint, Question, When } from "../../domain/blueprint.ts";
import type { Card } from "../expand.ts";
import { cut, listed } from "../words.ts";
import { complaint, said } from "./text.ts";

/** Inputs bear the question's key after this, so that no question can be taken for `reason` or an action's data. */
export const fieldPrefix = "q_";

/** Up to this many options stand open on the card; more are behind a drop-down. */
const mostOpenOptions = 4;

/**
 * One question of a form: what must be mended, the input with the person's value in it, and its help. A question
 * that depends on another is always shown and says when it counts: a card cannot hide it as one types.
 */
export function fieldOf(
  question: Question,
  blueprint: Blueprint,
  raw: unknown,
  error: string | undefined,
  longest: number,
): { items: Card[] } {
  const always = question.type === "many" ? (question.always ?? []) : [];
  const titles = question.type === "many" ? always.map((option) => question.options[option] ?? option) : [];
  const help = [question.help ?? [], titles.length > 0 ? `Always included: ${listed(titles)}.` : []]
    .flat()
    .join(" ");
  return {
    items: [
      ...(error === undefined ? [] : [{ type: "RichTextBlock", ...complaint(error) }]),
      inputOf(question, labelOf(question, blueprint), shownValue(raw ?? defaultAnswer(question), longest)),
      ...(help ? [{ type: "RichTextBlock", spacing: "Small", ...said(help, { isSubtle: true }) }] : []),
    ],
  };
}

/** The question's label, followed by when it counts. */
function labelOf(question: Question, blueprint: Blueprint): string {
  const conditions = Object.entries(question.when ?? {}).map(([key, expected]) => {
    const other = blueprint.ask.find((each) => each.key === key);
    return `"${other?.label ?? key}" ${conditionWords(expected, other)}`;
  });
  return conditions.length > 0 ? `${question.label} (only if ${listed(conditions)})` : question.label;
}

function conditionWords(expected: When[string], other: Question | undefined): string {
  if (typeof expected === "object" && "not" in expected)
    return conditionWords(expected.not, other).replace(/^(is|has)/, "$1 not");
  const anyOf = (Array.isArray(expected) ? expected : [expected]).map((one) => {
    if (typeof one === "boolean") return one ? "yes" : "no";
    const title = other && "options" in other ? other.options[String(one)] : undefined;
    return title ? `"${title}"` : String(one);
  });
  return `${other?.type === "many" ? "has" : "is"} ${listed(anyOf, "or")}`;
}

/** What a form sent, or a default, as an input takes it. */
function shownValue(value: unknown, longest: number): string {
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (Array.isArray(value)) return cut(value.filter((one) => typeof one === "string").join("\n"), longest);
  return isPlain ? cut(String(value), longest) : "";
}

function inputOf(question: Question, label: string, value: string): Card {
  const id = `${fieldPrefix}${question.key}`;
  // What the answers may hide must not keep the form from being sent; the server asks for it when it counts.
  const isRequired = question.required === true && question.when === undefined;
  const base = { id, label, isRequired };
  const filled = value === "" ? {} : { value };
  switch (question.type) {
    case "text":
      return {
        type: "Input.Text",
        ...base,
        errorMessage: "Please fill this in.",
        maxLength: question.max ?? 200,
        ...filled,
      };
    case "url":
      return {
        type: "Input.Text",
        ...base,
        style: "url",
        errorMessage: "An address that begins with https://, please.",
        ...filled,
      };
    case "urls":
      return {
        type: "Input.Text",
        ...base,
        isMultiline: true,
        errorMessage: "At least one address, please.",
        placeholder: "One address a line",
        ...filled,
      };
    case "number":
      return numberInput(question, base, value);
    case "flag":
      return {
        type: "Input.Toggle",
        ...base,
        isRequired: false,
        title: "Yes",
        errorMessage: "Choose yes or no.",
        value: value === "true" ? "true" : "false",
      };
    case "one":
    case "many":
      return choiceInput(question, base, value);
    default:
      return question satisfies never;
  }
}

type Base = { id: string; label: string; isRequired: boolean };

function numberInput(question: Question & { type: "number" }, base: Base, value: string): Card {
  const { min = 1, max } = question;
  const number = Number(value);
  return {
    type: "Input.Number",
    ...base,
    errorMessage:
      max === undefined
        ? `A whole number from ${min} on, please.`
        : `A whole number from ${min} to ${max}, please.`,
    min,
    ...(max !== undefined && { max }),
    // What is no number cannot stand in this input; the sentence above it still says what is wrong.
    ...(value.trim() !== "" && Number.isFinite(number) && { value: number }),
  };
}

function choiceInput(question: Question & { type: "one" | "many" }, base: Base, value: string): Card {
  const isMany = question.type === "many";
  const always = question.type === "many" ? (question.always ?? []) : [];
  const choices = Object.entries(question.options)
    .filter(([option]) => !always.includes(option))
    .map(([option, title]) => ({ title, value: option }));
  const chosen = value.split(/[,\n]/).filter((one) => choices.some((choice) => choice.value === one.trim()));
  return {
    type: "Input.ChoiceSet",
    ...base,
    isRequired: base.isRequired && always.length === 0,
    errorMessage: isMany ? "Please choose at least one." : "Please choose one.",
    style: isMany || choices.length <= mostOpenOptions ? "expanded" : "compact",
    isMultiSelect: isMany,
    wrap: true,
    choices,
    ...(chosen.length > 0 && { value: chosen.map((one) => one.trim()).join(",") }),
  };
}
