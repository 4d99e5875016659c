import type { Answers } from "./blueprint.ts";
import { answerTo, fill } from "./conditions.ts";

const longestUri = 256;

/**
 * Control and format characters: invisible, and some turn the direction of what follows (U+202E). And half a
 * surrogate pair, which PostgreSQL refuses in jsonb.
 */
export const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

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

/** `key` is the question whose answer is wrong, where it is one alone. */
export type FilledUri = { uri: string } | { error: string; key?: string };

/** A redirect URI of a blueprint with its answers in it, or the sentence that says why not. */
export function fillRedirectUri(template: string, answers: Answers): FilledUri {
  // An answer with a slash in it would end the vendor's host early, and codes would go to another one.
  const host = /^[a-z]+:\/\/([^/?#]*)/i.exec(template)?.[1] ?? "";
  for (const [, key = ""] of host.matchAll(/\{\{(\w+)\}\}/g)) {
    const answer = String(answerTo(key, answers) ?? "");
    if (!/^[A-Za-z0-9.-]+$/.test(answer)) {
      const error = `"${answer.slice(0, 60)}" cannot be part of a host's name: letters, digits, dots and hyphens only.`;
      return { error, key };
    }
  }
  return checkRedirectUri(fill(template, answers));
}
