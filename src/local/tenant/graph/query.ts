import type { Entity, Kind, Row } from "../state.ts";
import { type Answer, type Call, contextUrl, isVisible, type Json } from "./call.ts";
import { badRequest } from "./errors.ts";
import { exactly, parseFilter } from "./filter.ts";

type Page = {
  /** What stands behind $metadata#. */
  context: string;
  /** In order of their sequence; may be read lazily. */
  rows: Iterable<Row>;
  present: (row: Row) => Entity;
};

/** A collection answer with $filter, $select, $top and @odata.nextLink. */
export function listAnswer(call: Call, page: Page): Answer {
  requireConsistency(call);
  const top = topOf(call);
  const filter = parseFilter(call);
  const after = skipped(call);
  const found: { entity: Entity; sequence: number }[] = [];
  let isMore = false;
  for (const row of page.rows) {
    if (row.sequence <= after || !isVisible(call, row)) continue;
    const entity = page.present(row);
    if (!filter(entity)) continue;
    if (found.length === top) {
      isMore = true;
      break;
    }
    found.push({ entity, sequence: row.sequence });
  }
  const last = found.at(-1);
  return {
    status: 200,
    body: {
      "@odata.context": contextUrl(call, page.context),
      ...(call.query.get("$count") === "true" && !isMore && after === 0
        ? { "@odata.count": found.length }
        : {}),
      ...(isMore && last ? { "@odata.nextLink": nextLink(call, last.sequence) } : {}),
      value: found.map(({ entity }) => selected(call, entity)),
    },
  };
}

/** One object, with $select. */
export function entityAnswer(call: Call, context: string, entity: Entity, status = 200): Answer {
  return {
    status,
    body: { "@odata.context": contextUrl(call, `${context}/$entity`), ...selected(call, entity) },
  };
}

function selected(call: Call, entity: Entity): Json {
  const select = call.query.get("$select");
  if (!select || call.method !== "GET") return entity;
  const names = select.split(",").map((name) => name.trim());
  const type = entity["@odata.type"] === undefined ? {} : { "@odata.type": entity["@odata.type"] };
  const expanded = call.query.has("$expand") && entity.owners ? { owners: entity.owners } : {};
  return { ...type, ...Object.fromEntries(names.map((name) => [name, entity[name] ?? null])), ...expanded };
}

function topOf(call: Call): number {
  const given = call.query.get("$top");
  if (given === null) return 100;
  const top = Number(given);
  if (!Number.isInteger(top) || top < 1 || top > 999)
    throw badRequest("Invalid page size specified. Must be between 1 and 999 inclusive.");
  return top;
}

function skipped(call: Call): number {
  const token = call.query.get("$skiptoken");
  if (token === null) return 0;
  const sequence = Number(/^RFNwdAI-(\d+)$/.exec(token)?.[1]);
  if (!Number.isInteger(sequence)) throw badRequest("Page token is invalid.", "Directory_ExpiredPageToken");
  return sequence;
}

function nextLink(call: Call, sequence: number): string {
  const query = new URLSearchParams(call.query);
  query.set("$skiptoken", `RFNwdAI-${sequence}`);
  return `${call.graphUrl}/v1.0${call.path}?${query.toString().replaceAll("%24", "$")}`;
}

function requireConsistency(call: Call): void {
  const isEventual = call.headers.consistencylevel?.toLowerCase() === "eventual";
  const isAdvanced =
    call.query.has("$count") ||
    call.query.has("$search") ||
    /\bne\b|\bnot\b|endswith\(/i.test(call.query.get("$filter") ?? "");
  if (isAdvanced && !isEventual) throw badRequest("Unsupported Query.", "Request_UnsupportedQuery");
  if (call.query.has("$search") || call.query.has("$orderby"))
    throw badRequest("This query option is not simulated.", "Request_UnsupportedQuery");
}

/** A user, group, service principal or application in a mixed list says what it is. */
export const typed = (row: Row): Entity => ({ "@odata.type": `#microsoft.graph.${row.kind}`, ...row.value });

/** Every object of a kind, oldest first, read from the file as the caller goes on. */
export function* everyRow(call: Call, kind: Kind): Generator<Row> {
  let after = 0;
  for (;;) {
    const rows = call.state.list(kind, after, 200);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < 200) return;
    after = last.sequence;
  }
}

/** The rows that a filter can match: by index when it asks for one value, otherwise all, read as they are needed. */
export function candidates(call: Call, kind: "application" | "servicePrincipal"): Iterable<Row> {
  for (const key of ["appId", "uniqueName", "displayName"] as const) {
    const value = exactly(call, key);
    if (value !== undefined) return call.state.find(kind, key, value);
  }
  return everyRow(call, kind);
}

/** `$expand=owners`, the one expansion that the tenant knows, with or without a `$select` of its own. */
export function expandedOwners(call: Call, row: Row): { owners?: Json[] } {
  const expand = call.query.get("$expand");
  if (expand === null || call.method !== "GET") return {};
  const asked = /^owners(?:\(\$select=([\w,]+)\))?$/.exec(expand);
  if (!asked) throw badRequest("This expansion is not simulated.", "Request_UnsupportedQuery");
  const names = asked[1]?.split(",");
  const owners = ownersOf(call, row).map((owner): Json => {
    const entity = typed(owner);
    const picked = names?.map((name) => [name, entity[name] ?? null]);
    return picked ? { "@odata.type": entity["@odata.type"], ...Object.fromEntries(picked) } : entity;
  });
  return { owners };
}

export function ownersOf(call: Call, row: Row): Row[] {
  return row.links
    .map((id) => call.state.get("user", id) ?? call.state.get("servicePrincipal", id))
    .filter((owner): owner is Row => owner !== undefined && isVisible(call, owner))
    .toSorted((a, b) => a.sequence - b.sequence);
}
