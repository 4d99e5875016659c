import type { Answer, Question } from "./blueprint.ts";
import { longestPem, readCertificate } from "./certificate.ts";
import { parseClientId } from "./ids.ts";
import { checkRedirectUri, invisible } from "./redirect-uri.ts";

const longestText = 200;
const mostUris = 20;
const mostLines = 60;

type Read = { answer: Answer } | { error: string };

function readText(question: Question & { type: "text" }, text: string): Read {
  const max = question.max ?? longestText;
  if (text.length > max) return { error: `At most ${max} characters, please: these are ${text.length}.` };
  if (invisible.test(text))
    return { error: "There is an invisible or control character in it: type it anew." };
  return fits(question, text) ? { answer: text } : { error: misfit(question) };
}

const fits = ({ pattern }: { pattern?: string }, text: string) =>
  pattern === undefined || new RegExp(`^(?:${pattern})$`, "u").test(text);
const misfit = (question: { error?: string; help?: string }) =>
  question.error ?? question.help ?? "That is not in the form that is needed here.";

function readGuid(text: string): Read {
  const guid = parseClientId(text);
  return guid
    ? { answer: guid }
    : { error: "An id of 36 characters, please: 8-4-4-4-12 digits and letters a to f." };
}

const linesOf = (text: string) => [...new Set(text.split(/[\r\n]+/).flatMap((line) => line.trim() || []))];

function readLines(question: Question & { type: "lines" | "permissions" }, text: string): Read {
  const max = question.max ?? mostLines;
  const lines = linesOf(text);
  if (lines.length > max) return { error: `At most ${max} lines, please: these are ${lines.length}.` };
  for (const line of lines) {
    const shown = cutShort(line);
    if (line.length > longestText) return { error: `"${shown}" is longer than ${longestText} characters.` };
    if (invisible.test(line)) return { error: `"${shown}" has an invisible or control character.` };
    if (question.type === "lines" && !fits(question, line))
      return { error: `"${shown}": ${misfit(question)}` };
  }
  return { answer: lines };
}

const cutShort = (line: string) => (line.length > 60 ? `${line.slice(0, 60)}…` : line);

function readPem(text: string): Read {
  if (text.length > longestPem)
    return { error: `At most ${longestPem} characters, please: one certificate only.` };
  const read = readCertificate(text);
  return "error" in read ? read : { answer: read.der };
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
  const uris = linesOf(text);
  if (uris.length > max) return { error: `At most ${max} addresses, please: these are ${uris.length}.` };
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

/** What one question makes of a text that was typed for it; the client's own checks count for nothing. */
export function readOne(question: Question, text: string): Read {
  switch (question.type) {
    case "text":
      return readText(question, text);
    case "url":
      return readUrl(text);
    case "guid":
      return readGuid(text);
    case "lines":
    case "permissions":
      return readLines(question, text);
    case "certificate":
      return readPem(text);
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
