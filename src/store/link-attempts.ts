import { type Kysely, sql } from "kysely";
import type { LinkAttempts } from "../usecases/ports/registrations.ts";
import type { Schema } from "./schema.ts";

/** Attempts by link and caller, in one statement each, so that they count right in any number of processes. */
export function linkAttemptsTable(db: Kysely<Schema>): LinkAttempts {
  return {
    async count(hash, caller, now, since) {
      const { count } = await db
        .insertInto("link_attempts")
        .values({ token_hash: hash, caller, since: now, count: 1 })
        .onConflict((conflict) =>
          conflict.columns(["token_hash", "caller"]).doUpdateSet({
            count: sql<number>`case when link_attempts.since > ${since} then link_attempts.count + 1 else 1 end`,
            since: sql<Date>`case when link_attempts.since > ${since} then link_attempts.since else ${now} end`,
          }),
        )
        .returning("count")
        .executeTakeFirstOrThrow();
      return count;
    },
    async forgetBefore(moment) {
      await db.deleteFrom("link_attempts").where("since", "<", moment).execute();
    },
  };
}
