import { type Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from "kysely/migration";

/** Migrations by name. They run in the order of their names, so the names begin with a number. */
export type Migrations = Record<string, Migration>;

/**
 * Brings the tables up to date, all pending migrations in one transaction. Safe when several processes start at
 * once: Kysely holds an advisory lock meanwhile, and who comes second finds nothing to do. What a newer Usher has run is
 * left as it is: during a roll-out an older process may start once more, and each version's tables bear the one before.
 *
 * @returns the names of the migrations that this call ran
 * @throws with the cause, naming the migration; nothing of it or of those beside it remains
 */
export async function migrate<Tables>(db: Kysely<Tables>, migrations: Migrations): Promise<string[]> {
  const names = Object.keys(migrations).toSorted();
  const ran = await ranOn(db);
  // Almost every start. Kysely would look at all tables before it sees that.
  if (isAmong(ran, names)) return [];
  const last = names.at(-1) ?? "";
  const newer = ran.filter((name) => name > last);
  const all = { ...migrations, ...Object.fromEntries(newer.map((name) => [name, { up: async () => {} }])) };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => all } });
  const { error, results = [] } = await migrator.migrateToLatest();
  // A newer Usher that started in the same moment may have been faster.
  const overtaken = async () => (await ranOn(db)).some((name) => name > last && !newer.includes(name));
  if (error && (await overtaken().catch(() => false))) return migrate(db, migrations);
  const failed = results.find((result) => result.status === "Error");
  if (error || failed)
    throw new Error(
      failed
        ? `The migration ${failed.migrationName} failed; the database is as it was before.`
        : "The database could not be migrated; it is as it was before.",
      { cause: error },
    );
  return results.map((result) => result.migrationName);
}

/** Whether all of them have run. Throws when the database does not answer. */
export async function isMigrated<Tables>(db: Kysely<Tables>, migrations: Migrations): Promise<boolean> {
  return isAmong(await ranOn(db), Object.keys(migrations));
}

const isAmong = (ran: string[], names: string[]) => names.every((name) => ran.includes(name));

async function ranOn<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const table = sql.lit(DEFAULT_MIGRATION_TABLE);
  const { rows: tables } = await sql`select 1 where to_regclass(${table}) is not null`.execute(db);
  if (tables.length === 0) return [];
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  return rows.map(({ name }) => name);
}
