import { defaultAnswer } from "../../domain/answers.ts";
import type { Question } from "../../domain/blueprint.ts";
import { holdsPrivateKey, longestPem } from "../../domain/certificate.ts";
import type { PermissionKind } from "../../domain/permission.ts";
import type { Card } from "../expand.ts";
import { cut, listed } from "../words.ts";
import { complaint, said } from "./text.ts";

/** Inputs bear the question's key after this, so that no question can be taken for `reason` or an action's data. */
export const fieldPrefix = "q_";

/** Up to this many options stand open on the card; more are behind a drop-down. */
const mostOpenOptions = 4;

/** What is wrong with one field is said at no greater length, so that the values have room. */
export const longestError = 600;

/** `longest`: how much of a typed text is shown. `isEnforced`: the client itself asks for what is required. */
type Look = { longest: number; isEnforced: boolean };

/** One question of a form: what must be mended, the input with the person's value in it, and its help. */
export function fieldOf(
  question: Question,
  raw: unknown,
  error: string | undefined,
  { longest, isEnforced }: Look,
): { items: Card[] } {
  const help = helpOf(question);
  const required = question.required === true;
  const base = {
    id: `${fieldPrefix}${question.key}`,
    label: required && !isEnforced ? `${question.label} (required)` : question.label,
    isRequired: required && isEnforced,
  };
  return {
    items: [
      ...(error === undefined ? [] : [{ type: "RichTextBlock", ...complaint(cut(error, longestError)) }]),
      inputOf(question, base, shownValue(question, raw), longest),
      ...(help ? [{ type: "RichTextBlock", spacing: "Small", ...said(help, { isSubtle: true }) }] : []),
    ],
  };
}

function helpOf(question: Question): string {
  const always = question.type === "many" ? (question.always ?? []) : [];
  const titles = question.type === "many" ? always.map((option) => question.options[option] ?? option) : [];
  const own = question.type === "certificate" ? "Only the certificate, never the private key." : undefined;
  return [question.help ?? own, titles.length > 0 ? `Always included: ${listed(titles)}.` : undefined]
    .filter((sentence) => sentence !== undefined)
    .join(" ");
}

/** What was typed, in words that a card may show again: cut at its end, and without a private key. */
export const repeated = (text: string, longest: number) => (holdsPrivateKey(text) ? "" : cut(text, longest));

/** What a form sent, or a default, as an input takes it. */
function shownValue(question: Question, raw: unknown): string {
  const isEmptyChoice = question.type === "one" && raw === "";
  const value = isEmptyChoice ? defaultAnswer(question) : (raw ?? defaultAnswer(question));
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (Array.isArray(value)) return value.filter((one) => typeof one === "string").join("\n");
  return isPlain ? String(value) : "";
}

type Base = { id: string; label: string; isRequired: boolean };

const permissionPlaceholder: Readonly<Record<PermissionKind, string>> = {
  application: "One a line, such as Mail.Read or Office 365 Exchange Online: full_access_as_app",
  delegated: "One a line, such as Mail.Read or Azure Key Vault: user_impersonation",
};

function inputOf(question: Question, base: Base, value: string, longest: number): Card {
  const typed = repeated(value, longest);
  const filled = typed === "" ? {} : { value: typed };
  const lines = { type: "Input.Text", ...base, isMultiline: true };
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
    case "guid":
      return {
        type: "Input.Text",
        ...base,
        errorMessage: "An id such as 11111111-2222-3333-4444-555555555555, please.",
        placeholder: "00000000-0000-0000-0000-000000000000",
        maxLength: 60,
        ...filled,
      };
    case "urls":
      return {
        ...lines,
        errorMessage: "At least one address, please.",
        placeholder: "One address a line, such as https://app.example.com/signin",
        ...filled,
      };
    case "lines":
      return {
        ...lines,
        errorMessage: "At least one line, please.",
        placeholder: "One entry a line, such as Reader: may read everything",
        ...filled,
      };
    case "permissions":
      return {
        ...lines,
        errorMessage: "At least one permission, please.",
        placeholder: permissionPlaceholder[question.kind],
        ...filled,
      };
    case "certificate":
      return {
        ...lines,
        errorMessage: "Paste the certificate, please.",
        placeholder: "-----BEGIN CERTIFICATE-----",
        maxLength: longestPem,
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
