import { type Kysely, sql } from "kysely";
import type { ConversationId, RequestId } from "../domain/ids.ts";
import { type In, openStates } from "../domain/request.ts";
import type { Requests } from "../usecases/ports/requests.ts";
import { storableJson } from "./drafts.ts";
import { requestColumns, requestOf } from "./request-rows.ts";
import type { Schema } from "./schema.ts";

/** Any number that nothing else here locks by; a person's id makes the second part. */
const personLock = 0x61_73_6b;

export function requestsTable(db: Kysely<Schema>): Requests {
  const select = () => db.selectFrom("requests").selectAll();
  const columns = (id: RequestId) =>
    db
      .selectFrom("requests")
      .select(["origin", "answers", "known_deciders"])
      .where("id", "=", id)
      .executeTakeFirst();
  return {
    async insert(request, { draft, origin, answers }) {
      const inserted = await db
        .insertInto("requests")
        .values({
          id: request.id,
          draft_id: draft,
          origin,
          requester_id: request.requester.userId,
          requester_name: request.requester.name,
          submitted_at: request.submittedAt,
          version: request.version,
          answers: storableJson(answers),
          ...requestColumns(request),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning("id")
        .executeTakeFirst();
      return inserted !== undefined;
    },
    async get(id) {
      const row = await select().where("id", "=", id).executeTakeFirst();
      return row && requestOf(row);
    },
    async ofDraft(draft) {
      const row = await select()
        .where((its) => its.or([its("draft_id", "=", draft), its("revised_draft_id", "=", draft)]))
        .executeTakeFirst();
      return row && requestOf(row);
    },
    origin: async (id) => (await columns(id))?.origin as ConversationId | undefined,
    answers: async (id) => (await columns(id))?.answers,
    async change(from, to, of) {
      const changed = await db
        .updateTable("requests")
        .set({
          ...requestColumns(to),
          version: from.version + 1,
          ...(of && { revised_draft_id: of.draft, answers: storableJson(of.answers) }),
        })
        .where("id", "=", from.id)
        .where("version", "=", from.version)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async pending(limit) {
      const rows = await select()
        .where("state", "=", "pending")
        .orderBy("submitted_at")
        .limit(limit)
        .execute();
      return rows.map((row) => requestOf(row) as In<"pending">);
    },
    async failed(limit) {
      const rows = await select()
        .where("state", "=", "failed")
        .orderBy("submitted_at")
        .limit(limit)
        .execute();
      return rows.map((row) => requestOf(row) as In<"failed">);
    },
    async waiting(limit) {
      const rows = await select()
        .where("state", "in", ["approved", "cleaning"])
        .where((its) =>
          its.exists(
            its
              .selectFrom("steps")
              .select("steps.step")
              .whereRef("steps.request_id", "=", "requests.id")
              .where("steps.state", "in", ["waiting", "intended", "undoing"])
              .where("steps.note", "is not", null),
          ),
        )
        .orderBy("submitted_at")
        .limit(limit)
        .execute();
      return rows.map((row) => requestOf(row) as In<"approved" | "cleaning">);
    },
    async newestOf(requester, limit) {
      const rows = await select()
        .where("requester_id", "=", requester)
        .orderBy("submitted_at", "desc")
        .limit(limit)
        .execute();
      return rows.map(requestOf);
    },
    async countOpen(requester) {
      await sql`select pg_advisory_xact_lock(${personLock}, hashtext(${requester}))`.execute(db);
      const { count } = await db
        .selectFrom("requests")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("requester_id", "=", requester)
        .where("state", "in", [...openStates])
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async openFor(requester, system) {
      const rows = await select()
        .where("requester_id", "=", requester)
        .where("system", "=", system)
        .where("state", "in", [...openStates, "approved"])
        .orderBy("submitted_at", "desc")
        .execute();
      return rows.map((row) => requestOf(row) as In<"pending" | "returned" | "offered" | "approved">);
    },
    async due(now, limit) {
      const rows = await db
        .selectFrom("requests")
        .select("id")
        .where("due_at", "<=", now)
        .orderBy("due_at")
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id as RequestId);
    },
    async cleaning() {
      const rows = await db.selectFrom("requests").select("id").where("state", "=", "cleaning").execute();
      return rows.map(({ id }) => id as RequestId);
    },
    async rememberDeciders(id, known) {
      await db
        .updateTable("requests")
        .set({ known_deciders: JSON.stringify(known) })
        .where("id", "=", id)
        .execute();
    },
    async knownDeciders(id) {
      const known = (await columns(id))?.known_deciders;
      return known ? { ...known, at: new Date(known.at) } : undefined;
    },
  };
}
