import { type Kysely, sql } from "kysely";
import type { Schema } from "../../src/store/schema.ts";

/**
 * A clock that is turned goes faster than those who work by it. Whoever sends a message would look dead, so it is not
 * turned then.
 */
export async function mayTurn(db: Kysely<Schema>): Promise<boolean> {
  const sent = await db.selectFrom("posts").select("id").where("state", "=", "sending").limit(1).execute();
  return sent.length === 0;
}

/** Whoever lives renews a lease every few seconds, and would have done so in the time that is skipped. */
export async function keepLeases(db: Kysely<Schema>, now: Date, ms: number): Promise<void> {
  await db
    .updateTable("leases")
    .set({ until: sql`until + make_interval(secs => ${ms / 1000})` })
    .where("until", ">", now)
    .execute();
}
