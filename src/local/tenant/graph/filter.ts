import type { Entity } from "../state.ts";
import type { Call } from "./call.ts";
import { badRequest } from "./errors.ts";

type Predicate = (entity: Entity) => boolean;

const literal = "'(?:[^']|'')*'|[\\w.:-]+";
const comparison = new RegExp(`^([\\w/@.]+)\\s+(eq|ne)\\s+(${literal})$`, "i");
const membership = new RegExp(
  `^([\\w/]+)\\s+in\\s+\\(\\s*((?:${literal})(?:\\s*,\\s*(?:${literal}))*)\\s*\\)$`,
  "i",
);
const affix = new RegExp(`^(startswith|endswith)\\(\\s*([\\w/]+)\\s*,\\s*(${literal})\\s*\\)$`, "i");
const any = new RegExp(`^(\\w+)/any\\(\\s*(\\w+):\\s*(\\w+)(?:/(\\w+))?\\s+eq\\s+(${literal})\\s*\\)$`, "i");

/** Reads the small part of $filter that the tenant knows: eq, ne, in, startswith, endswith, any, and, or. */
export function parseFilter(call: Call): Predicate {
  const filter = call.query.get("$filter");
  if (filter === null) return () => true;
  const either = split(filter, "or").map((part) => split(part, "and").map(term));
  return (entity) => either.some((all) => all.every((holds) => holds(entity)));
}

/** The value that the filter demands of `field`, when it is nothing but one `eq`: such a filter can use an index. */
export function exactly(call: Call, field: string): string | undefined {
  const found = comparison.exec(call.query.get("$filter")?.trim() ?? "");
  return found?.[1] === field && found[2]?.toLowerCase() === "eq" ? String(value(found[3])) : undefined;
}

/** Splits at a word that stands outside of quotes and brackets. */
function split(filter: string, word: "and" | "or"): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const token of filter.matchAll(/'(?:[^']|'')*'|[()]|\b(?:and|or)\b/gi)) {
    if (token[0] === "(") depth += 1;
    else if (token[0] === ")") depth -= 1;
    else if (depth === 0 && token[0].toLowerCase() === word) {
      parts.push(filter.slice(start, token.index));
      start = token.index + word.length;
    }
  }
  return [...parts, filter.slice(start)].map((part) => part.trim());
}

function term(part: string): Predicate {
  const compared = comparison.exec(part);
  if (compared) {
    const isEqual: Predicate = (entity) => same(at(entity, compared[1]), value(compared[3]));
    return compared[2]?.toLowerCase() === "ne" ? (entity) => !isEqual(entity) : isEqual;
  }
  const listed = membership.exec(part);
  if (listed) {
    const values = [...(listed[2] ?? "").matchAll(new RegExp(literal, "g"))].map(([one]) => value(one));
    return (entity) => values.some((one) => same(at(entity, listed[1]), one));
  }
  const affixed = affix.exec(part);
  if (affixed) {
    const wanted = String(value(affixed[3])).toLowerCase();
    const isStart = affixed[1]?.toLowerCase() === "startswith";
    return (entity) => {
      const text = String(at(entity, affixed[2]) ?? "").toLowerCase();
      return isStart ? text.startsWith(wanted) : text.endsWith(wanted);
    };
  }
  const some = any.exec(part);
  if (some && some[2] === some[3]) {
    return (entity) => {
      const items = at(entity, some[1]);
      return (
        Array.isArray(items) && items.some((item) => same(some[4] ? at(item, some[4]) : item, value(some[5])))
      );
    };
  }
  throw badRequest(`Invalid filter clause: ${part}`);
}

function at(entity: unknown, path = ""): unknown {
  return path
    .split("/")
    .reduce<unknown>((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], entity);
}

function value(written = ""): unknown {
  if (written.startsWith("'")) return written.slice(1, -1).replaceAll("''", "'");
  if (written === "true" || written === "false") return written === "true";
  if (written === "null") return null;
  return /^-?\d+$/.test(written) ? Number(written) : written;
}

// Entra compares text without case.
const same = (a: unknown, b: unknown) =>
  typeof a === "string" && typeof b === "string"
    ? a.toLowerCase() === b.toLowerCase()
    : (a ?? null) === (b ?? null);
