import { type Kysely, type Selectable, sql } from "kysely";
import type { RequestId } from "../domain/ids.ts";
import type { Duties, Duty, DutyKind } from "../usecases/ports/duties.ts";
import type { Schema } from "./schema.ts";

/** When something is due for which registration. */
export function dutiesTable(db: Kysely<Schema>): Duties {
  const dutyOf = (row: Selectable<Schema["duties"]>): Duty => ({
    id: row.registration_id as RequestId,
    kind: row.kind as DutyKind,
    dueAt: row.due_at,
    data: row.data,
  });
  const columnsOf = ({ dueAt, data }: Duty) => ({ due_at: dueAt, data: JSON.stringify(data) });
  return {
    async of(id) {
      const rows = await db.selectFrom("duties").selectAll().where("registration_id", "=", id).execute();
      return rows.map(dutyOf);
    },
    async set(duty) {
      const { id, kind } = duty;
      await db
        .insertInto("duties")
        .values({ registration_id: id, kind, ...columnsOf(duty) })
        .onConflict((conflict) => conflict.columns(["registration_id", "kind"]).doUpdateSet(columnsOf(duty)))
        .execute();
    },
    async move(seen, to) {
      const isSeen = { registration_id: seen.id, kind: seen.kind, due_at: seen.dueAt };
      if (!to) {
        const [gone] = await db
          .deleteFrom("duties")
          .where((eb) => eb.and(isSeen))
          .returning("kind")
          .execute();
        return gone !== undefined;
      }
      const [moved] = await db
        .updateTable("duties")
        .set(columnsOf(to))
        .where((eb) => eb.and(isSeen))
        .returning("kind")
        .execute();
      return moved !== undefined;
    },
    async remove(id, kind) {
      await db.deleteFrom("duties").where("registration_id", "=", id).where("kind", "=", kind).execute();
    },
    async due(now, limit, which) {
      const rows = await db
        .selectFrom("duties")
        .selectAll()
        // As the two indexes have it: the planner takes them only where it reads the kind.
        .where("kind", which === "owners" ? "=" : "<>", sql.lit("owners"))
        .where("due_at", "<=", now)
        .orderBy("due_at")
        .limit(limit)
        .execute();
      return rows.map(dutyOf);
    },
  };
}
