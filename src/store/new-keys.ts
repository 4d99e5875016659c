import { type Kysely, type Selectable, sql } from "kysely";
import type { RequestId, UserId } from "../domain/ids.ts";
import type { NewKey, WhyNewKey } from "../domain/new-key.ts";
import type { NewKeys } from "../usecases/ports/registrations.ts";
import type { Schema } from "./schema.ts";

const newKeyOf = (row: Selectable<Schema["new_keys"]>): NewKey => ({
  id: row.registration_id as RequestId,
  why: row.why as WhyNewKey,
  by: { userId: row.by_id as UserId, name: row.by_name },
  at: row.at,
  attempts: row.attempts,
  ...(row.next_attempt_at && { nextAttemptAt: row.next_attempt_at }),
  ...(row.note !== null && { note: row.note }),
});

const toColumns = ({ why, by, at, attempts, nextAttemptAt, note }: NewKey) => ({
  why,
  by_id: by.userId,
  by_name: by.name,
  at,
  attempts,
  next_attempt_at: nextAttemptAt ?? null,
  note: note ?? null,
});

/** New keys that are being made in the place of others: one for each registration at most. */
export function newKeysTable(db: Kysely<Schema>): NewKeys {
  return {
    async insert(newKey) {
      const inserted = await db
        .insertInto("new_keys")
        .values({ registration_id: newKey.id, ...toColumns(newKey) })
        .onConflict((conflict) => conflict.doNothing())
        .returning("registration_id")
        .executeTakeFirst();
      return inserted !== undefined;
    },
    async get(id) {
      const row = await db
        .selectFrom("new_keys")
        .selectAll()
        .where("registration_id", "=", id)
        .executeTakeFirst();
      return row && newKeyOf(row);
    },
    async update(newKey) {
      await db
        .updateTable("new_keys")
        .set(toColumns(newKey))
        .where("registration_id", "=", newKey.id)
        .execute();
    },
    async remove(id) {
      const removed = await db
        .deleteFrom("new_keys")
        .where("registration_id", "=", id)
        .returning("registration_id")
        .executeTakeFirst();
      return removed !== undefined;
    },
    async hasten(userId, now) {
      const rows = await db
        .updateTable("new_keys")
        .set({ next_attempt_at: now })
        .where((eb) =>
          eb.or([
            eb("by_id", "=", userId),
            eb(
              "registration_id",
              "in",
              eb
                .selectFrom("registrations")
                .select("id")
                .where((its) => its.or([its("owner_id", "=", userId), its("co_owner_id", "=", userId)])),
            ),
          ]),
        )
        .returning("registration_id")
        .execute();
      return rows.map(({ registration_id }) => registration_id as RequestId);
    },
    async due(now) {
      const rows = await db
        .selectFrom("new_keys")
        .leftJoin("leases", "leases.subject", "new_keys.registration_id")
        .select("registration_id")
        .where((eb) => eb.or([eb("leases.until", "is", null), eb("leases.until", "<=", now)]))
        .where(sql<boolean>`coalesce(next_attempt_at, ${now}) <= ${now}`)
        .execute();
      return rows.map(({ registration_id }) => registration_id as RequestId);
    },
  };
}
