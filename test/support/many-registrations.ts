import { type Kysely, sql } from "kysely";
import type { Schema } from "../../src/store/schema.ts";

type Many = {
  /** Their request and their registration are copies of this one's, but for what tells them apart. */
  like: string;
  count: number;
  /** The first word of their names; a number is the second. */
  name: string;
  /** Each so many of them are one owner's. */
  ofEach?: number;
};

const perStatement = 10_000;

/** Registrations as they stand in the rows once they are made, each a minute older than the one before. */
export async function manyRegistrations(
  db: Kysely<Schema>,
  { like, count, name, ofEach = 10 }: Many,
): Promise<string[]> {
  const word = name.toLowerCase();
  const ids: string[] = [];
  for (let from = 1; from <= count; from += perStatement) {
    const n = sql`generate_series(${sql.lit(from)}, ${sql.lit(Math.min(count, from + perStatement - 1))}) as n`;
    const id = sql`'REQ-F' || upper(lpad(to_hex(n), 5, '0'))`;
    const guid = (what: string) => sql`md5(${sql.lit(`${word} ${what} `)} || n)::uuid::text`;
    const madeAt = sql`created_at - n * interval '1 minute'`;
    const words = sql`${sql.lit(` ${word} `)} || n || ' f' || lpad(to_hex(n), 5, '0') || ${sql.lit(` owner`)} || (n / ${sql.lit(ofEach)}) || ' ' || (array['even', 'odd'])[n % 2 + 1] || ' ' || lower(plan -> 'blueprint' ->> 'title')`;
    await sql`insert into requests select (jsonb_populate_record(requests, jsonb_build_object(
      'id', ${id}, 'draft_id', ${guid("draft")}, 'revised_draft_id', null))).* from requests, ${n}
      where requests.id = ${like}`.execute(db);
    const { rows } = await sql<{ id: string }>`
      insert into registrations select (jsonb_populate_record(registrations, jsonb_build_object(
        'id', ${id}, 'client_id', ${guid("client")}, 'application_object_id', ${guid("application")},
        'service_principal_id', ${guid("principal")}, 'created_at', ${madeAt},
        'expires_at', created_at + n * interval '1 hour', 'next_check_at', ${madeAt},
        'plan', jsonb_set(plan, '{displayName}', to_jsonb(${sql.lit(`${name} `)} || n)),
        'name_key', ${sql.lit(`${word} `)} || n, 'words', ${words}, 'co_owner_id', null, 'co_owner_name', null,
        'owner_id', ${sql.lit(`${word}-`)} || (n / ${sql.lit(ofEach)}), 'owner_name', 'Owner' || (n / ${sql.lit(ofEach)})))).*
      from registrations, ${n} where registrations.id = ${like} returning id`.execute(db);
    ids.push(...rows.map((row) => row.id));
    await sql`insert into registration_words select distinct word, id from registrations,
      regexp_split_to_table(trim(words), ' +') as word
      where id = any(${rows.map((row) => row.id)}::text[])`.execute(db);
    await sql`insert into duties select id, 'expiry', expires_at - interval '30 days', '{}' from registrations
      where id = any(${rows.map((row) => row.id)}::text[])`.execute(db);
  }
  return ids;
}
