import { type Kysely, type Selectable, sql } from "kysely";
import type { ActivityId, ConversationId, UserId } from "../domain/ids.ts";
import type { Place } from "../usecases/ports/chat.ts";
import type { Post, Posts } from "../usecases/ports/conversations.ts";
import type { Schema } from "./schema.ts";

const placeKey = (place: Place) => {
  const where =
    place.kind === "personal" ? `personal ${place.userId}` : `conversation ${place.conversationId}`;
  const whose = place.kind === "conversation" && place.for ? `${where} for ${place.for}` : where;
  return place.copy ? `${whose} ${place.copy}` : whose;
};

/** What stands as it was posted until something comes to pass; a link's message is not drawn before that. */
const saidOnce: Post["purpose"][] = ["note", "link", "link-reminder", "failure"];

const distinct = (rows: { subject: string }[]) => [...new Set(rows.map(({ subject }) => subject))];

/** The statement by which what this person could not be told alone is due again. */
export function toldAgain(db: Kysely<Schema>, userId: UserId, at: Date) {
  const key = placeKey({ kind: "personal", userId });
  return db
    .updateTable("posts")
    .set({ state: "due", fell_to: null, changed_at: at })
    .where((eb) => eb.or([eb("place_key", "=", key), eb("place_key", "like", `${key} %`)]))
    .where("fell_to", "is not", null)
    .where("state", "=", "undeliverable")
    .returning(["id", "subject"]);
}

/**
 * The statement by which cards in a conversation that refused to have them redrawn are redrawn after all. Of a row that
 * two parts of one statement change, only one change would come to pass, so what `told` takes is left to it.
 */
export const redrawnAgain = (
  db: Kysely<Schema>,
  conversation: ConversationId,
  at: Date,
  isBesideTold: boolean,
) =>
  db
    .updateTable("posts")
    .set({ state: "posted", changed_at: at })
    .where("conversation_id", "=", conversation)
    .where("activity_id", "is not", null)
    .where("state", "=", "undeliverable")
    .where("drawn", "=", "")
    .$if(isBesideTold, (query) => query.where("id", "not in", sql<string>`(select id from told)`))
    .returning("subject");

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
    fell_to: post.fellTo ?? null,
    instead_of: post.insteadOf ?? null,
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
    ...(row.fell_to !== null && { fellTo: row.fell_to as NonNullable<Post["fellTo"]> }),
    ...(row.instead_of !== null && { insteadOf: row.instead_of }),
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
        .orderBy("n")
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
        .set({ state: "due", fell_to: null, changed_at: at })
        .where("place_key", "=", placeKey(place))
        .where((eb) =>
          eb.or([
            eb.and([eb("purpose", "=", "approval"), eb("state", "in", ["unclear", "undeliverable"])]),
            eb.and([eb("fell_to", "=", "nobody"), eb("state", "=", "undeliverable")]),
          ]),
        )
        .returning("subject")
        .execute();
      return distinct(rows);
    },
    async fell(id, to) {
      await db
        .updateTable("posts")
        .set({ fell_to: to })
        .where("id", "=", id)
        .where("state", "=", "undeliverable")
        .execute();
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
              eb.or([
                eb.and([eb("drawn", "=", ""), eb("purpose", "!=", "note")]),
                eb.and([eb("drawn", "is", null), eb("purpose", "not in", saidOnce)]),
              ]),
            ]),
          ]),
        )
        .execute();
      return rows.map(({ subject }) => subject);
    },
  };
}
