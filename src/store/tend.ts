import { type Kysely, sql } from "kysely";

/**
 * Vacuums and analyzes the tables of which much has changed, by the thresholds of PostgreSQL's own autovacuum. The embedded database has no process
 * beside it that does so, and would grow, and plan as if it were still empty, for as long as it lives.
 */
export async function tend<Tables>(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ schema: string; name: string }>`
    select schemaname as schema, relname as name from pg_stat_user_tables
    where greatest(n_dead_tup, n_mod_since_analyze) > 50 + 0.2 * n_live_tup
    order by n_dead_tup desc`.execute(db);
  for (const { schema, name } of rows)
    await sql`vacuum (analyze) ${sql.table(`${schema}.${name}`)}`.execute(db);
}
