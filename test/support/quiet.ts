import { type Kysely, sql } from "kysely";
import type { Schema } from "../../src/store/schema.ts";

/** Nothing is left that any Usher on this database was woken for, but for a look at a later time. */
export async function isQuiet(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
    where name in ('deliver', 'provision', 'clean', 'new-key', 'revoke', 'restore')
    and (state in ('retry', 'active') or (state = 'created' and start_after <= now()))`.execute(db);
  return rows[0]?.count === 0;
}
