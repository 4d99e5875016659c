import type { Kysely, Selectable } from "kysely";
import type { ConversationId, RequestId, UserId } from "../domain/ids.ts";
import type { Fingerprint } from "../domain/plan.ts";
import type { Actor, In, Request, RequestState } from "../domain/request.ts";
import type { Requests } from "../usecases/ports.ts";
import type { Schema } from "./schema.ts";

type Row = Selectable<Schema["requests"]>;

/** What a request holds in each state, as columns. */
function stateColumns(request: Request) {
  const none = {
    decided_by_id: null,
    decided_by_name: null,
    decided_at: null,
    denial: null,
    withdrawn_at: null,
    failure: null,
  };
  if (request.state === "pending") return { ...none, state: request.state };
  if (request.state === "withdrawn")
    return { ...none, state: request.state, withdrawn_at: request.withdrawnAt };
  return {
    ...none,
    state: request.state,
    decided_by_id: request.decidedBy.userId,
    decided_by_name: request.decidedBy.name,
    decided_at: request.decidedAt,
    ...(request.state === "denied" && { denial: request.denial }),
    ...(request.state === "failed" && { failure: request.failure }),
  };
}

function requestOf(row: Row): Request {
  const asked = {
    id: row.id as RequestId,
    revision: row.revision,
    requester: { userId: row.requester_id as UserId, name: row.requester_name },
    reason: row.reason,
    plan: row.plan,
    fingerprint: row.fingerprint as Fingerprint,
    submittedAt: row.submitted_at,
  };
  const state = row.state as RequestState;
  if (state === "pending") return { ...asked, state };
  if (state === "withdrawn") return { ...asked, state, withdrawnAt: present(row.withdrawn_at) };
  const decidedBy: Actor = {
    userId: present(row.decided_by_id) as UserId,
    name: present(row.decided_by_name),
  };
  const decided = { ...asked, decidedBy, decidedAt: present(row.decided_at) };
  switch (state) {
    case "denied":
      return { ...decided, state, denial: present(row.denial) };
    case "failed":
      return { ...decided, state, failure: present(row.failure) };
    case "approved":
    case "provisioned":
      return { ...decided, state };
    default:
      return state satisfies never;
  }
}

/** A column that the state promises; a row without it was altered by hand. */
export function present<T>(value: T | null): T {
  if (value === null) throw new Error("a row lacks what its state promises");
  return value;
}

export function requestsTable(db: Kysely<Schema>): Requests {
  const select = () => db.selectFrom("requests").selectAll();
  return {
    async insert(request, draft, origin) {
      const inserted = await db
        .insertInto("requests")
        .values({
          id: request.id,
          draft_id: draft,
          origin,
          revision: request.revision,
          requester_id: request.requester.userId,
          requester_name: request.requester.name,
          reason: request.reason,
          plan: JSON.stringify(request.plan),
          fingerprint: request.fingerprint,
          submitted_at: request.submittedAt,
          ...stateColumns(request),
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
      const row = await select().where("draft_id", "=", draft).executeTakeFirst();
      return row && requestOf(row);
    },
    async origin(id) {
      const row = await db.selectFrom("requests").select("origin").where("id", "=", id).executeTakeFirst();
      return row?.origin as ConversationId | undefined;
    },
    async change(from, to) {
      const changed = await db
        .updateTable("requests")
        .set({ ...stateColumns(to), revision: to.revision })
        .where("id", "=", from.id)
        .where("state", "=", from.state)
        .where("revision", "=", from.revision)
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
    async newestOf(requester, limit) {
      const rows = await select()
        .where("requester_id", "=", requester)
        .orderBy("submitted_at", "desc")
        .limit(limit)
        .execute();
      return rows.map(requestOf);
    },
  };
}
