import { sql } from "kysely";
import type { DatabaseFacts } from "../usecases/ports/probes.ts";
import type { Carrier } from "./carrier.ts";
import { migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";

/** What the database says of itself. Nothing is written to try. */
export async function databaseFacts({ kind, db }: Carrier<Schema>): Promise<DatabaseFacts> {
  const { rows } = await sql<{ version: string; number: number; fsync: boolean; readOnly: boolean }>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int4 as number,
      current_setting('fsync')::bool as fsync, current_setting('transaction_read_only')::bool as "readOnly"`.execute(
    db,
  );
  const [facts] = rows;
  if (!facts) throw new Error("the database answers nothing");
  const there = await ranThere(db);
  const here = Object.keys(migrations);
  return {
    kind,
    version: facts.version,
    number: facts.number,
    fsync: facts.fsync,
    isReadOnly: facts.readOnly,
    missing: here.filter((name) => !there.includes(name)),
    unknown: there.filter((name) => !here.includes(name)),
  };
}

async function ranThere(db: Carrier<Schema>["db"]): Promise<string[]> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!rows[0]?.there) return [];
  const ran = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return ran.rows.map(({ name }) => name);
}
