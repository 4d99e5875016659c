import { type Kysely, type Selectable, sql } from "kysely";
import type { RequestId, UserId } from "../domain/ids.ts";
import { type OwnershipOffer, openOfferStates } from "../domain/ownership.ts";
import type { EntraOwner, EntraOwners, OwnershipOffers } from "../usecases/ports/ownership.ts";
import type { Schema } from "./schema.ts";

const actorOf = (id: string | null, name: string | null) =>
  id === null ? undefined : { userId: id as UserId, name: name ?? "" };

function offerOf(row: Selectable<Schema["ownership_offers"]>): OwnershipOffer {
  const from = actorOf(row.from_id, row.from_name);
  const endedBy = actorOf(row.ended_by_id, row.ended_by_name);
  return {
    id: row.id,
    registrationId: row.registration_id as RequestId,
    kind: row.kind as OwnershipOffer["kind"],
    to: { userId: row.to_id as UserId, name: row.to_name },
    ...(from && { from }),
    by: actorOf(row.by_id, row.by_name) ?? "usher",
    at: row.at,
    state: row.state as OwnershipOffer["state"],
    changedAt: row.changed_at,
    ...(endedBy && { endedBy }),
    ...(row.reason !== null && { reason: row.reason }),
  };
}

/** What people were offered to own. */
export function ownershipTable(db: Kysely<Schema>): OwnershipOffers {
  return {
    async insert({ id, registrationId, kind, to, from, by, at, state, changedAt, endedBy, reason }) {
      const inserted = await db
        .insertInto("ownership_offers")
        .values({
          id,
          registration_id: registrationId,
          kind,
          to_id: to.userId,
          to_name: to.name,
          from_id: from?.userId ?? null,
          from_name: from?.name ?? null,
          by_id: by === "usher" ? null : by.userId,
          by_name: by === "usher" ? null : by.name,
          at,
          state,
          changed_at: changedAt,
          ended_by_id: endedBy?.userId ?? null,
          ended_by_name: endedBy?.name ?? null,
          reason: reason ?? null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning("id")
        .executeTakeFirst();
      return inserted !== undefined;
    },
    async get(id) {
      const row = await db.selectFrom("ownership_offers").selectAll().where("id", "=", id).executeTakeFirst();
      return row && offerOf(row);
    },
    async open(registrationId) {
      const row = await db
        .selectFrom("ownership_offers")
        .selectAll()
        .where("registration_id", "=", registrationId)
        .where("state", "in", [...openOfferStates])
        .executeTakeFirst();
      return row && offerOf(row);
    },
    async of(registrationId) {
      const rows = await db
        .selectFrom("ownership_offers")
        .selectAll()
        .where("registration_id", "=", registrationId)
        .orderBy("at")
        .orderBy("id")
        .execute();
      return rows.map(offerOf);
    },
    async change(seen, { state, changedAt, endedBy, reason }) {
      const changed = await db
        .updateTable("ownership_offers")
        .set({
          state,
          changed_at: changedAt,
          ended_by_id: endedBy?.userId ?? null,
          ended_by_name: endedBy?.name ?? null,
          reason: reason ?? null,
        })
        .where("id", "=", seen.id)
        .where("state", "=", seen.state)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async waiting(limit) {
      const rows = await db
        .selectFrom("ownership_offers")
        .selectAll()
        .where("state", "=", sql.lit("accepted"))
        .orderBy("changed_at")
        .limit(limit)
        .execute();
      return rows.map(offerOf);
    },
  };
}

const entraOwnerOf = (row: Selectable<Schema["entra_owners"]>): EntraOwner => ({
  registrationId: row.registration_id as RequestId,
  named: { userId: row.named_id as UserId, name: row.named_name },
  state: row.state as EntraOwner["state"],
  attempts: row.attempts,
  ...(row.next_attempt_at && { nextAttemptAt: row.next_attempt_at }),
  ...(row.note !== null && { note: row.note }),
  ...(row.others.length > 0 && { others: row.others }),
});

/** Whom Entra still names. */
export function entraOwnersTable(db: Kysely<Schema>): EntraOwners {
  return {
    async get(registrationId) {
      const row = await db
        .selectFrom("entra_owners")
        .selectAll()
        .where("registration_id", "=", registrationId)
        .executeTakeFirst();
      return row && entraOwnerOf(row);
    },
    async set({ registrationId, named, others = [], state, attempts, nextAttemptAt, note }) {
      const columns = {
        named_id: named.userId as string,
        named_name: named.name,
        others: JSON.stringify(others),
        state,
        attempts,
        next_attempt_at: nextAttemptAt ?? null,
        note: note ?? null,
      };
      await db
        .insertInto("entra_owners")
        .values({ registration_id: registrationId, ...columns })
        .onConflict((conflict) => conflict.column("registration_id").doUpdateSet(columns))
        .execute();
    },
    async remove(registrationId) {
      await db.deleteFrom("entra_owners").where("registration_id", "=", registrationId).execute();
    },
    async due(now) {
      const rows = await db
        .selectFrom("entra_owners")
        .select("registration_id")
        .where("state", "=", sql.lit("changing"))
        .where(sql<boolean>`coalesce(next_attempt_at, ${now}) <= ${now}`)
        .execute();
      return rows.map(({ registration_id }) => registration_id as RequestId);
    },
  };
}
