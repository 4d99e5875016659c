import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Whose } from "../usecases/ports/registrations.ts";
import { hasWords, idsWithWord, wordsTyped } from "./registration-words.ts";
import type { Schema } from "./schema.ts";

/** A word of so few registrations is looked up by itself, and what is found is put in order. */
const fewIds = 1_000;

/** A word of more is met soon when the list is read in order; for the rest of it, no page reads more rows than these. */
const mostRead = 2_000;

type Place = { at: Date; id: string };
export type PageOfIds = { ids: string[]; next?: string };

/**
 * One page of a list, by ids. What it costs does not grow with the number of registrations: it reads an index in the
 * order of the list, or a few that a rare word names. A page with a filter can be short and still have a next one.
 */
export async function pageOfIds(
  db: Kysely<Schema>,
  whose: Whose,
  limit: number,
  { after, filter, named }: { after?: string; filter?: string; named?: readonly string[] },
): Promise<PageOfIds> {
  const from = readPlace(after);
  if (filter === undefined) return pageFrom(await places(db, scan(whose, from, limit + 1)), limit);
  const words = wordsTyped(filter);
  if (named) return pageFrom(await places(db, among(whose, from, named, [], limit + 1)), limit);
  if (words.length === 0) return { ids: [] };
  const rare = await rarest(db, words);
  if (rare) return pageFrom(await places(db, among(whose, from, rare, words, limit + 1)), limit);
  const found = await places(
    db,
    sql`select id, at from (${scan(whose, from, mostRead)}) as scanned
      where ${hasWords(words)} order by ${order(whose)} limit ${limit + 1}`,
  );
  if (found.length > limit) return pageFrom(found, limit);
  // The whole list was read, or there is more of it than one page may read.
  const [last, more] = await places(db, sql`${scan(whose, from, mostRead + 1)} offset ${mostRead - 1}`);
  return { ids: found.map(({ id }) => id), ...(last && more && { next: placeOf(last) }) };
}

/** The place in a list after which a page begins: time and id, since times may be equal. */
const placeOf = ({ at, id }: Place) => `${at.toISOString()}~${id}`;

function readPlace(after: string | undefined): Place | undefined {
  const [time = "", id] = after?.split("~") ?? [];
  const at = new Date(time);
  return id && !Number.isNaN(at.getTime()) ? { at, id } : undefined;
}

function pageFrom(found: readonly Place[], limit: number): PageOfIds {
  const ids = found.slice(0, limit).map(({ id }) => id);
  const last = found[limit - 1];
  return found.length > limit && last ? { ids, next: placeOf(last) } : { ids };
}

const places = async (db: Kysely<Schema>, query: RawBuilder<unknown>) =>
  (await (query as RawBuilder<Place>).execute(db)).rows;

/** The ids behind the rarest of these words, or undefined when all are of many. */
async function rarest(db: Kysely<Schema>, words: readonly string[]): Promise<string[] | undefined> {
  const found: string[][] = [];
  for (const word of words) {
    const ids = await idsWithWord(db, word, fewIds);
    if (ids) found.push(ids);
  }
  return found.toSorted((a, b) => a.length - b.length)[0];
}

/** The list itself, in its order, from a place on. */
function scan(whose: Whose, from: Place | undefined, limit: number): RawBuilder<unknown> {
  const [first = sql`true`, ...others] = rowsOf(whose);
  const of = (rows: RawBuilder<unknown>) =>
    sql`select id, ${time(whose)} as at, words from registrations
      where ${rows} and ${isAfter(whose, from)} order by ${time(whose)} ${direction(whose)}, id ${direction(whose)} limit ${limit}`;
  if (others.length === 0) return of(first);
  const all = sql.join(
    [first, ...others].map((rows) => sql`(${of(rows)})`),
    sql` union `,
  );
  return sql`select * from (${all}) as each order by ${order(whose)} limit ${limit}`;
}

/** Those of a list that are among these. What the planner thinks of the list's own index does not matter: they are few. */
const among = (
  whose: Whose,
  from: Place | undefined,
  ids: readonly string[],
  words: readonly string[],
  limit: number,
) => sql`with few as materialized (select id, ${time(whose)} as at from registrations
    where id = any(${ids}::text[]) and (${sql.join(rowsOf(whose), sql` or `)}) and ${isAfter(whose, from)} and ${hasWords(words)})
  select id, at from few order by ${order(whose)} limit ${limit}`;

/** Which rows: several parts where each has an index of its own. */
function rowsOf(whose: Whose): RawBuilder<unknown>[] {
  if (whose === "all") return [sql`true`];
  if (whose === "expiring") {
    // As its index says it.
    return [
      sql`(expires_at is not null and state <> 'revoking' and state <> 'revoked' and state <> 'restoring'
        and state <> 'removed')`,
    ];
  }
  return [sql`owner_id = ${whose}`, sql`co_owner_id = ${whose}`];
}

const time = (whose: Whose) => (whose === "expiring" ? sql`expires_at` : sql`created_at`);
const direction = (whose: Whose) => (whose === "expiring" ? sql`asc` : sql`desc`);
const order = (whose: Whose) => sql`at ${direction(whose)}, id ${direction(whose)}`;

function isAfter(whose: Whose, from: Place | undefined): RawBuilder<unknown> {
  if (!from) return sql`true`;
  const beyond = whose === "expiring" ? sql`>` : sql`<`;
  return sql`(${time(whose)}, id) ${beyond} (${from.at}, ${from.id})`;
}
