import type { RawAnswers } from "../../domain/answers.ts";
import type { Answers, Blueprint } from "../../domain/blueprint.ts";
import { readPermissionLine } from "../../domain/typed-entries.ts";
import type { Catalog } from "../ports/world.ts";
import type { Offer } from "../telling/request-views.ts";

/**
 * Less that would do in the place of what the requester typed. What a vendor's page asks for is not offered away: the
 * product would not work with less.
 */
export function offersFor(catalog: Catalog, blueprint: Blueprint, answers: Answers): Offer[] {
  return typedKeys(blueprint).flatMap(({ key, kind }) => {
    const lines = answers[key];
    if (!Array.isArray(lines)) return [];
    return lines.flatMap((line) => {
      const smaller = smallerOf(catalog, line, kind);
      return smaller ? [{ id: `${key}/${smaller.from}`, ...smaller }] : [];
    });
  });
}

/** The answers with the chosen offers taken. Those that are not offered (any more) change nothing. */
export function withSmaller(
  catalog: Catalog,
  blueprint: Blueprint,
  answers: RawAnswers,
  offers: readonly string[],
): RawAnswers {
  const changed = typedKeys(blueprint).flatMap(({ key, kind }) => {
    const text = answers[key];
    if (typeof text !== "string") return [];
    const lines = text.split(/[\r\n]+/).map((line) => {
      const smaller = smallerOf(catalog, line.trim(), kind);
      const isTaken = smaller && offers.includes(`${key}/${smaller.from}`);
      return isTaken ? line.replace(smaller.from, () => smaller.to) : line;
    });
    return [[key, [...new Set(lines)].join("\n")] as const];
  });
  return { ...answers, ...Object.fromEntries(changed) };
}

function typedKeys(blueprint: Blueprint) {
  return blueprint.ask.flatMap((question) => (question.type === "permissions" ? [question] : []));
}

function smallerOf(
  { apis, permissionFacts }: Catalog,
  line: string,
  kind: "delegated" | "application",
): Omit<Offer, "id"> | undefined {
  const read = readPermissionLine(line, kind, apis);
  if ("error" in read) return undefined;
  const fact = permissionFacts.find(
    (each) => each.api === read.api && each.name === read.name && each.kind === kind,
  );
  const { name, sentence } = fact?.smaller ?? {};
  return name && sentence ? { from: read.name, to: name, sentence } : undefined;
}
