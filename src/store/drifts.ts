import type { Kysely, Selectable } from "kysely";
import type { Finding } from "../domain/finding.ts";
import type { RequestId, UserId } from "../domain/ids.ts";
import type { Drifts } from "../usecases/ports/registrations.ts";
import type { Schema } from "./schema.ts";
import { present } from "./values.ts";

function findingOf(row: Selectable<Schema["drifts"]>): Finding {
  const seen = {
    key: row.key,
    drift: row.drift,
    firstSeen: row.first_seen,
    ...(row.confirmed_at && { confirmedAt: row.confirmed_at }),
    ...(row.note !== null && { note: row.note }),
  };
  const state = row.state as Finding["state"];
  if (state === "open") return { ...seen, state };
  const at = present(row.at);
  if (state === "gone") return { ...seen, state, at };
  return { ...seen, state, at, by: { userId: present(row.by_id) as UserId, name: present(row.by_name) } };
}

/** What the sweep has found, one row for each difference: a difference that comes back takes its old row. */
export function driftsTable(db: Kysely<Schema>): Drifts {
  const of = async (id: RequestId) => {
    const rows = await db
      .selectFrom("drifts")
      .selectAll()
      .where("registration_id", "=", id)
      .orderBy("first_seen")
      .orderBy("key")
      .execute();
    return rows.map(findingOf);
  };
  return {
    of,
    async among(ids) {
      const rows = await db
        .selectFrom("drifts")
        .selectAll()
        .where("registration_id", "in", [...ids])
        .execute();
      const groups = Map.groupBy(rows, ({ registration_id }) => registration_id as RequestId);
      return [...groups].map(([id, of]) => [id, of.map(findingOf)]);
    },
    async hold(id) {
      await db.selectFrom("registrations").select("id").where("id", "=", id).forUpdate().execute();
      return of(id);
    },
    async save(id, findings) {
      for (const finding of findings) {
        const columns = {
          drift: JSON.stringify(finding.drift),
          state: finding.state,
          first_seen: finding.firstSeen,
          confirmed_at: finding.confirmedAt ?? null,
          note: finding.note ?? null,
          by_id: "by" in finding ? finding.by.userId : null,
          by_name: "by" in finding ? finding.by.name : null,
          at: "at" in finding ? finding.at : null,
        };
        await db
          .insertInto("drifts")
          .values({ registration_id: id, key: finding.key, ...columns })
          .onConflict((conflict) => conflict.columns(["registration_id", "key"]).doUpdateSet(columns))
          .execute();
      }
    },
    async repairing() {
      const rows = await db
        .selectFrom("drifts")
        .select("registration_id")
        .distinct()
        .where("state", "=", "repairing")
        .execute();
      return rows.map(({ registration_id }) => registration_id as RequestId);
    },
  };
}
