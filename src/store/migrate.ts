import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/** Migrations by name. They run in the order of their names, so the names begin with a number. */
export type Migrations = Record<string, Migration>;

/**
 * Brings the tables up to date, all pending migrations in one transaction. Safe when several processes start at
 * once: Kysely holds an advisory lock meanwhile, and who comes second finds nothing to do.
 *
 * @returns the names of the migrations that this call ran
 * @throws with the cause, naming the migration; nothing of it or of those beside it remains
 */
export async function migrate<Tables>(db: Kysely<Tables>, migrations: Migrations): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
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
