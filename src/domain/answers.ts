import { type Answer, type Answers, type Blueprint, holds, type Question } from "./blueprint.ts";

/** What a form sends: every value is text or missing (numbers and toggles too), and nothing of it is trusted. */
export type RawAnswers = Readonly<Record<string, unknown>>;
/** One sentence per field that must be mended, by the question's key. */
export type FieldErrors = Readonly<Record<string, string>>;

const longestText = 200;
const longestUri = 256;
const mostUris = 20;

/**
 * Control and format characters: invisible, and some turn the direction of what follows (U+202E). And half a
 * surrogate pair, which PostgreSQL refuses in jsonb.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * A redirect URI as Entra takes it, or the sentence that says why not. Entra compares them case-sensitively and
 * wants https except on the machine itself; it refuses `! $ ' ( ) , ;` and more than 256 characters.
 */
export function checkRedirectUri(text: string): { uri: string } | { error: string } {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  if (text.length > longestUri) return { error: `"${shown}" is longer than ${longestUri} characters.` };
  if (invisible.test(text) || /\s/.test(text))
    return { error: `"${shown}" has a space or an invisible character.` };
  if (/[!$'(),;]/.test(text))
    return { error: `"${shown}" has one of the characters ! $ ' ( ) , ; that Entra refuses.` };
  if (/[*\\]/.test(text)) return { error: `"${shown}" has a * or a \\: write the whole address.` };
  if (!URL.canParse(text))
    return { error: `"${shown}" is no address: write it whole, as https://host/path.` };
  const url = new URL(text);
  // The parser folds look-alike letters, %-codes and numbers (127.1) into a host that the person did not type, and
  // finds one behind any number of slashes.
  const host = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (url.username || url.password || host.includes("@")) {
    return { error: `"${shown}" holds a user name or password: leave it out.` };
  }
  if (/[^\x21-\x7e]/.test(host))
    return { error: `"${shown}" has letters in its host that are not plain ASCII.` };
  if (host.toLowerCase().replace(/:\d*$/, "") !== url.hostname) {
    return { error: `"${shown}" does not spell its host out: write it as https://host/path.` };
  }
  if (url.hash || text.includes("#")) return { error: `"${shown}" has a fragment (#): leave it out.` };
  const isLoopback = url.hostname === "localhost" || url.hostname === "127.0.0.1";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) {
    return { error: `"${shown}" must begin with https:// (http:// only for localhost).` };
  }
  return { uri: text };
}

type Read = { answer: Answer } | { error: string } | undefined;

function readText(question: Question & { type: "text" }, text: string): Read {
  const max = question.max ?? longestText;
  if (text.length > max) return { error: `At most ${max} characters, please: these are ${text.length}.` };
  if (invisible.test(text))
    return { error: "There is an invisible or control character in it: type it anew." };
  if (question.pattern && !new RegExp(`^(?:${question.pattern})$`, "u").test(text)) {
    return { error: question.help ?? "That is not in the form that is needed here." };
  }
  return { answer: text };
}

function readUrl(text: string): Read {
  const checked = checkRedirectUri(text);
  if ("error" in checked) return checked;
  const url = new URL(checked.uri);
  if (url.search || text.includes("?")) return { error: "Leave out everything from the ? on." };
  return { answer: checked.uri.replace(/\/+$/, "") };
}

function readUrls(question: Question & { type: "urls" }, text: string): Read {
  const max = question.max ?? mostUris;
  const lines = text.split(/[\r\n]+/).flatMap((line) => line.trim() || []);
  if (lines.length > max) return { error: `At most ${max} addresses, please: these are ${lines.length}.` };
  const uris = [...new Set(lines)];
  for (const line of uris) {
    const checked = checkRedirectUri(line);
    if ("error" in checked) return checked;
  }
  return { answer: uris };
}

function readNumber(question: Question & { type: "number" }, text: string): Read {
  const { min = 1, max = Number.MAX_SAFE_INTEGER } = question;
  const wanted = { error: `A whole number from ${min} to ${max}, please.` };
  if (!/^\d{1,9}(\.0+)?$/.test(text)) return wanted;
  const number = Number(text);
  return number >= min && number <= max ? { answer: number } : wanted;
}

function readMany(question: Question & { type: "many" }, text: string): Read {
  const chosen = text.split(",").flatMap((one) => one.trim() || []);
  const unknown = chosen.find((one) => !Object.hasOwn(question.options, one));
  if (unknown !== undefined) return { error: "Choose from the list." };
  const all = new Set([...(question.always ?? []), ...chosen]);
  return { answer: Object.keys(question.options).filter((option) => all.has(option)) };
}

function readOne(question: Question, text: string): Read {
  switch (question.type) {
    case "text":
      return readText(question, text);
    case "url":
      return readUrl(text);
    case "urls":
      return readUrls(question, text);
    case "number":
      return readNumber(question, text);
    case "flag":
      return text === "true" || text === "false"
        ? { answer: text === "true" }
        : { error: "Choose yes or no." };
    case "one":
      return Object.hasOwn(question.options, text) ? { answer: text } : { error: "Choose from the list." };
    case "many":
      return readMany(question, text);
    default:
      return question satisfies never;
  }
}

/** What stands in a form before anybody answers. */
export function defaultAnswer(question: Question): Answer | undefined {
  if (question.type === "many")
    return [...new Set([...(question.always ?? []), ...(question.default ?? [])])];
  if (question.type === "flag") return question.default ?? false;
  return question.default;
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
    const read = readOne(question, text);
    if (!read) continue;
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
  if (text === "") return { error: "Say why you need it: the approver reads this first." };
  if (text.length > longestReason)
    return { error: `At most ${longestReason} characters, please: these are ${text.length}.` };
  if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text.replaceAll("\n", "").replaceAll("\u200d", ""))) {
    return { error: "There is an invisible or control character in it: type it anew." };
  }
  return { reason: text };
}
