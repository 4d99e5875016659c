import type { Kysely, Selectable } from "kysely";
import type { ActivityId, ConversationId } from "../domain/ids.ts";
import type { Place, Post, Posts } from "../usecases/ports.ts";
import type { Schema } from "./schema.ts";

const placeKey = (place: Place) =>
  place.kind === "personal" ? `personal ${place.userId}` : `conversation ${place.conversationId}`;

/** What stands, or is to stand, in chat. */
export function postsTable(db: Kysely<Schema>): Posts {
  const toRow = (post: Post) => ({
    id: post.id,
    subject: post.subject,
    purpose: post.purpose,
    place_key: placeKey(post.place),
    place: JSON.stringify(post.place),
    state: post.state,
    conversation_id: post.posted?.conversationId ?? null,
    activity_id: post.posted?.activityId ?? null,
    drawn: post.drawn ?? null,
    message: post.message ? JSON.stringify(post.message) : null,
    changed_at: post.changedAt,
  });
  const postOf = (row: Selectable<Schema["posts"]>): Post => ({
    id: row.id,
    subject: row.subject,
    purpose: row.purpose as Post["purpose"],
    place: row.place,
    state: row.state as Post["state"],
    changedAt: row.changed_at,
    ...(row.conversation_id !== null &&
      row.activity_id !== null && {
        posted: {
          conversationId: row.conversation_id as ConversationId,
          activityId: row.activity_id as ActivityId,
        },
      }),
    ...(row.drawn !== null && { drawn: row.drawn }),
    ...(row.message && { message: row.message }),
  });
  return {
    async add(post) {
      await db
        .insertInto("posts")
        .values(toRow(post))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async of(subject) {
      const rows = await db
        .selectFrom("posts")
        .selectAll()
        .where("subject", "=", subject)
        .orderBy("changed_at")
        .execute();
      return rows.map(postOf);
    },
    async claim(id, at) {
      const claimed = await db
        .updateTable("posts")
        .set({ state: "sending", changed_at: at })
        .where("id", "=", id)
        .where("state", "=", "due")
        .returning("id")
        .executeTakeFirst();
      return claimed !== undefined;
    },
    async update(post) {
      const { id, ...changes } = toRow(post);
      await db.updateTable("posts").set(changes).where("id", "=", id).execute();
    },
    async dueSubjects(stuckBefore) {
      const rows = await db
        .selectFrom("posts")
        .select("subject")
        .distinct()
        .where((eb) =>
          eb.or([
            eb("state", "=", "due"),
            eb.and([eb("state", "=", "sending"), eb("changed_at", "<", stuckBefore)]),
            eb.and([
              eb("state", "=", "posted"),
              eb("drawn", "is", null),
              eb("purpose", "in", ["approval", "request", "revocation"]),
            ]),
          ]),
        )
        .execute();
      return rows.map(({ subject }) => subject);
    },
  };
}
