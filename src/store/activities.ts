import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Activities } from "../usecases/ports/activities.ts";
import type { Schema } from "./schema.ts";

/** Ids of the chat may be as long as they like, so a hash stands for both. */
const markOf = (...ids: string[]) => createHash("sha256").update(JSON.stringify(ids)).digest("base64url");

export function activitiesTable(db: Kysely<Schema>): Activities {
  return {
    async note(conversation, activity, now) {
      const { count, at } = await db
        .insertInto("activities")
        .values({ mark: markOf(conversation, activity), at: now, count: 1 })
        .onConflict((conflict) =>
          conflict.column("mark").doUpdateSet({ count: sql<number>`activities.count + 1` }),
        )
        .returning(["count", "at"])
        .executeTakeFirstOrThrow();
      return { count, firstAt: at };
    },
    async forgetBefore(moment) {
      await db.deleteFrom("activities").where("at", "<", moment).execute();
    },
  };
}
