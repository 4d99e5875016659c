import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { ActivityId, ConversationId } from "../domain/ids.ts";
import type { Activities } from "../usecases/ports/activities.ts";
import { remembered } from "./conversations.ts";
import { redrawnAgain, toldAgain } from "./posts.ts";
import type { Schema } from "./schema.ts";

/** Ids of the chat may be as long as they like, so a hash stands for both. */
const markOf = (...ids: string[]) => createHash("sha256").update(JSON.stringify(ids)).digest("base64url");

type Greeting = { is_new: boolean; again: string[]; count?: number; at?: Date };

const noted = (db: Kysely<Schema>, conversation: ConversationId, activity: ActivityId, now: Date) =>
  db
    .insertInto("activities")
    .values({ mark: markOf(conversation, activity), at: now, count: 1 })
    .onConflict((conflict) =>
      conflict.column("mark").doUpdateSet({ count: sql<number>`activities.count + 1` }),
    )
    .returning(["count", "at"]);

export function activitiesTable(db: Kysely<Schema>): Activities {
  return {
    async note(conversation, activity, now) {
      const { count, at } = await noted(db, conversation, activity, now).executeTakeFirstOrThrow();
      return { count, firstAt: at };
    },
    // Every activity waits for it, so it is one round trip and one commit.
    async greet({ conversation, caller, activity, now }) {
      const isOwn = conversation.kind === "personal";
      const { rows } = await sql<Greeting>`
        with ${activity ? sql`noted as (${noted(db, conversation.id, activity, now)}),` : sql``}
          met as (${remembered(db, conversation)}),
          ${isOwn ? sql`told as (${toldAgain(db, caller, now)}),` : sql``}
          redrawn as (${redrawnAgain(db, conversation.id, now, isOwn)})
        select met.is_new, array(${isOwn ? sql`select subject from told union` : sql``} select subject from redrawn) as again
          ${activity ? sql`, noted.count, noted.at from met, noted` : sql`from met`}`.execute(db);
      const { is_new, again, count, at } = rows[0] as Greeting;
      return { isNew: is_new, again, ...(count !== undefined && at && { arrivals: { count, firstAt: at } }) };
    },
    async forgetBefore(moment) {
      await db.deleteFrom("activities").where("at", "<", moment).execute();
    },
  };
}
