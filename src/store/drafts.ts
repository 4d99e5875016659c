import type { Insertable, Kysely } from "kysely";
import type { RawAnswers } from "../domain/answers.ts";
import type { ConversationId, DraftId, RequestId, UserId } from "../domain/ids.ts";
import type { Draft, Drafts } from "../usecases/ports/requests.ts";
import type { Schema } from "./schema.ts";

/**
 * Whatever was typed, as JSON that PostgreSQL takes: without U+0000 and halves of surrogate pairs, which it refuses in
 * jsonb. `JSON.stringify` escapes exactly these.
 */
export const storableJson = (typed: RawAnswers) =>
  JSON.stringify(typed).replaceAll(/\\(u0000|ud[89a-f]..|.)/g, (escaped, what: string) =>
    what.length > 1 ? "" : escaped,
  );

/** Forms that are being filled in. */
export function draftsTable(db: Kysely<Schema>): Drafts {
  const toRow = (draft: Draft): Insertable<Schema["drafts"]> => ({
    id: draft.id,
    version: draft.version,
    requester_id: draft.requester.userId,
    requester_name: draft.requester.name,
    conversation_id: draft.conversationId,
    blueprint_id: draft.blueprintId ?? null,
    answers: draft.answers ? storableJson(draft.answers) : null,
    reason: draft.reason?.replaceAll(/\0|\p{Cs}/gu, "") ?? null,
    plan: draft.plan ? JSON.stringify(draft.plan) : null,
    changes_request: draft.changes?.requestId ?? null,
    changes_revision: draft.changes?.revision ?? null,
    started_at: draft.startedAt,
  });
  return {
    async insert(draft) {
      await db
        .insertInto("drafts")
        .values(toRow(draft))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    async get(id) {
      const row = await db.selectFrom("drafts").selectAll().where("id", "=", id).executeTakeFirst();
      if (!row) return undefined;
      return {
        id: row.id as DraftId,
        version: row.version,
        requester: { userId: row.requester_id as UserId, name: row.requester_name },
        conversationId: row.conversation_id as ConversationId,
        startedAt: row.started_at,
        ...(row.blueprint_id !== null && { blueprintId: row.blueprint_id }),
        ...(row.answers && { answers: row.answers }),
        ...(row.reason !== null && { reason: row.reason }),
        ...(row.plan && { plan: row.plan }),
        ...(row.changes_request !== null &&
          row.changes_revision !== null && {
            changes: { requestId: row.changes_request as RequestId, revision: row.changes_revision },
          }),
      };
    },
    async update(draft) {
      const { id, ...changes } = toRow(draft);
      const changed = await db
        .updateTable("drafts")
        .set({ ...changes, version: draft.version + 1 })
        .where("id", "=", id)
        .where("version", "=", draft.version)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async deleteStartedBefore(moment) {
      await db.deleteFrom("drafts").where("started_at", "<", moment).execute();
    },
  };
}
