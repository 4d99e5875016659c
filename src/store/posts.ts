import type { Kysely, Selectable } from "kysely";
import type { ActivityId, ConversationId } from "../domain/ids.ts";
import type { Place } from "../usecases/ports/chat.ts";
import type { Post, Posts } from "../usecases/ports/conversations.ts";
import type { Schema } from "./schema.ts";

const placeKey = (place: Place) => {
  const where =
    place.kind === "personal" ? `personal ${place.userId}` : `conversation ${place.conversationId}`;
  return place.copy ? `${where} ${place.copy}` : where;
};

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
    async standingAt({ conversationId, activityId }) {
      const row = await db
        .selectFrom("posts")
        .selectAll()
        .where("activity_id", "=", activityId)
        .where("conversation_id", "=", conversationId)
        .limit(1)
        .executeTakeFirst();
      return row && postOf(row);
    },
    async change(seen, to) {
      const { id, ...changes } = toRow(to);
      const changed = await db
        .updateTable("posts")
        .set(changes)
        .where("id", "=", id)
        .where("state", "=", seen.state)
        .where("changed_at", "=", seen.changedAt)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async postAgain(place, at) {
      const rows = await db
        .updateTable("posts")
        .set({ state: "due", changed_at: at })
        .where("place_key", "=", placeKey(place))
        .where("purpose", "=", "approval")
        .where("state", "in", ["unclear", "undeliverable"])
        .returning("subject")
        .execute();
      return rows.map(({ subject }) => subject);
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
              eb.or([eb("drawn", "is", null), eb("drawn", "=", "")]),
              eb("purpose", "in", [
                "approval",
                "decision",
                "request",
                "revocation",
                "restoration",
                "drift",
                "expiry",
                "need",
              ]),
            ]),
          ]),
        )
        .execute();
      return rows.map(({ subject }) => subject);
    },
  };
}
