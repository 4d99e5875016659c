import { type Kysely, type Selectable, sql } from "kysely";
import type { ApplicationObjectId, ClientId, RequestId, ServicePrincipalId, UserId } from "../domain/ids.ts";
import { checkEveryMs, type Registration } from "../domain/registration.ts";
import type { Registrations } from "../usecases/ports/registrations.ts";
import { pageOfIds } from "./registration-pages.ts";
import { insertWords, wordsText, writeWords } from "./registration-words.ts";
import type { Schema } from "./schema.ts";
import { present } from "./values.ts";

function registrationOf(row: Selectable<Schema["registrations"]>): Registration {
  const made = {
    id: row.id as RequestId,
    owner: { userId: row.owner_id as UserId, name: row.owner_name },
    ...(row.co_owner_id !== null && {
      coOwner: { userId: row.co_owner_id as UserId, name: present(row.co_owner_name) },
    }),
    plan: row.plan,
    clientId: row.client_id as ClientId,
    applicationObjectId: row.application_object_id as ApplicationObjectId,
    servicePrincipalId: row.service_principal_id as ServicePrincipalId,
    createdAt: row.created_at,
    ...(row.expires_at && { expiresAt: row.expires_at }),
    ...(row.gone_since && { goneSince: row.gone_since }),
    ...(row.restored_at && { restoredAt: row.restored_at }),
  };
  const state = row.state as Registration["state"];
  if (state === "active") return { ...made, state };
  const revokedBy = { userId: present(row.revoked_by_id) as UserId, name: present(row.revoked_by_name) };
  if (state === "revoking") return { ...made, state, revokedBy };
  const revoked = { ...made, revokedBy, revokedAt: present(row.revoked_at) };
  if (state !== "restoring") return { ...revoked, state };
  const restoredBy = { userId: present(row.restored_by_id) as UserId, name: present(row.restored_by_name) };
  return { ...revoked, state, restoredBy, restoredAt: present(row.restored_at) };
}

/** Not the database's lower(): that folds only ASCII on a server of locale C, and tells ü from u with two dots. */
const nameKey = (displayName: string) => displayName.normalize("NFC").toLowerCase();

export function registrationsTable(db: Kysely<Schema>): Registrations {
  const inState = async (state: Registration["state"]) => {
    // The planner takes the index of that state only where it reads which one it is.
    const rows = await db
      .selectFrom("registrations")
      .select("id")
      .where("state", "=", sql.lit(state))
      .execute();
    return rows.map(({ id }) => id as RequestId);
  };
  /** By an id of ours or of Entra's. */
  const identified = async (text: string) => {
    const id = text.trim();
    const rows = await db
      .selectFrom("registrations")
      .selectAll()
      .where((eb) =>
        eb.or([
          eb("id", "=", id.toUpperCase()),
          eb("client_id", "=", id.toLowerCase()),
          eb("application_object_id", "=", id.toLowerCase()),
          eb("service_principal_id", "=", id.toLowerCase()),
        ]),
      )
      .limit(20)
      .execute();
    return rows.map(registrationOf);
  };
  return {
    async insert(registration) {
      await db
        .insertInto("registrations")
        .values({
          id: registration.id,
          owner_id: registration.owner.userId,
          owner_name: registration.owner.name,
          co_owner_id: registration.coOwner?.userId ?? null,
          co_owner_name: registration.coOwner?.name ?? null,
          name_key: nameKey(registration.plan.displayName),
          words: wordsText(registration),
          plan: JSON.stringify(registration.plan),
          client_id: registration.clientId,
          application_object_id: registration.applicationObjectId,
          service_principal_id: registration.servicePrincipalId,
          state: registration.state,
          created_at: registration.createdAt,
          expires_at: registration.expiresAt ?? null,
          next_check_at: new Date(registration.createdAt.getTime() + checkEveryMs),
        })
        .execute();
      await insertWords(db, registration);
    },
    async get(id) {
      const row = await db.selectFrom("registrations").selectAll().where("id", "=", id).executeTakeFirst();
      return row && registrationOf(row);
    },
    async among(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom("registrations")
        .selectAll()
        .where("id", "in", [...ids])
        .execute();
      return rows.map(registrationOf);
    },
    async hold(id) {
      const row = await db
        .selectFrom("registrations")
        .selectAll()
        .where("id", "=", id)
        .forUpdate()
        .executeTakeFirst();
      return row && registrationOf(row);
    },
    async keyEndsAt(id, at) {
      await db
        .updateTable("registrations")
        .set({ expires_at: at ?? null })
        .where("id", "=", id)
        .execute();
      if (!at) return;
      // Whoever looks for what is due plans anew when people are told of the end.
      const planned = { due_at: new Date(0), data: JSON.stringify({ isNew: "true" }) };
      await db
        .insertInto("duties")
        .values({ registration_id: id, kind: "expiry", ...planned })
        .onConflict((conflict) =>
          conflict.columns(["registration_id", "kind"]).doUpdateSet({
            due_at: planned.due_at,
            data: sql`duties.data || ${planned.data}::jsonb`,
          }),
        )
        .execute();
    },
    async page(whose, limit, after, filter) {
      // An id means itself, also where somebody has chosen a name like it.
      const named = filter === undefined ? [] : await identified(filter);
      const { ids, next } = await pageOfIds(db, whose, limit, {
        ...(after !== undefined && { after }),
        ...(filter !== undefined && { filter }),
        ...(named.length > 0 && { named: named.map(({ id }) => id) }),
      });
      if (ids.length === 0) return next === undefined ? { rows: [] } : { rows: [], next };
      const found = await db.selectFrom("registrations").selectAll().where("id", "in", ids).execute();
      const byId = new Map(found.map((row) => [row.id, registrationOf(row)]));
      const rows = ids.flatMap((id) => byId.get(id) ?? []);
      return next === undefined ? { rows } : { rows, next };
    },
    async find(text) {
      const named = await identified(text);
      if (named.length > 0) return named;
      const rows = await db
        .selectFrom("registrations")
        .selectAll()
        .where("name_key", "=", nameKey(text.trim()))
        // What still runs is meant before what was revoked, however many of that name there have been.
        .orderBy(sql`state = 'active'`, "desc")
        .orderBy("created_at", "desc")
        .limit(20)
        .execute();
      return rows.map(registrationOf);
    },
    async activeFor(owner, system, limit) {
      const rows = await db
        .selectFrom("registrations")
        .selectAll()
        .where("owner_id", "=", owner)
        .where("state", "=", "active")
        .where(sql<boolean>`plan -> 'blueprint' ->> 'id' = ${system}`)
        .orderBy("created_at", "desc")
        .limit(limit)
        .execute();
      return rows.map(registrationOf);
    },
    async change(from, to) {
      const changed = await db
        .updateTable("registrations")
        .set({
          state: to.state,
          revoked_by_id: to.state === "active" ? null : to.revokedBy.userId,
          revoked_by_name: to.state === "active" ? null : to.revokedBy.name,
          revoked_at: "revokedAt" in to ? to.revokedAt : null,
          restored_by_id: to.state === "restoring" ? to.restoredBy.userId : null,
          restored_by_name: to.state === "restoring" ? to.restoredBy.name : null,
          restored_at: to.restoredAt ?? null,
        })
        .where("id", "=", from.id)
        .where("state", "=", from.state)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async ownersAre(id, { owner, coOwner }) {
      const { plan } = await db
        .updateTable("registrations")
        .set({
          owner_id: owner.userId,
          owner_name: owner.name,
          co_owner_id: coOwner?.userId ?? null,
          co_owner_name: coOwner?.name ?? null,
        })
        .where("id", "=", id)
        .returning("plan")
        .executeTakeFirstOrThrow();
      await writeWords(db, { id, owner, ...(coOwner && { coOwner }), plan });
    },
    async claimChecks(now, until, limit) {
      const due = db
        .selectFrom("registrations")
        .select("id")
        .where("state", "=", "active")
        .where("next_check_at", "<=", now)
        .orderBy("next_check_at")
        .limit(limit)
        .forUpdate()
        .skipLocked();
      const rows = await db
        .updateTable("registrations")
        .set({ next_check_at: until })
        .where("id", "in", due)
        // What another process has claimed between the two has its own time by now.
        .where("next_check_at", "<=", now)
        .returningAll()
        .execute();
      return rows.map(registrationOf).filter((each) => each.state === "active");
    },
    async lookedAt(id) {
      const row = await db
        .selectFrom("registrations")
        .select("looked_at")
        .where("id", "=", id)
        .executeTakeFirst();
      return row?.looked_at ?? undefined;
    },
    async markLooked(id, at) {
      await db.updateTable("registrations").set({ looked_at: at }).where("id", "=", id).execute();
    },
    async principalIs(id, principal) {
      await db
        .updateTable("registrations")
        .set({ service_principal_id: principal })
        .where("id", "=", id)
        .execute();
    },
    async checkAt(id, at) {
      await db.updateTable("registrations").set({ next_check_at: at }).where("id", "=", id).execute();
    },
    async markGone(id, since) {
      await db
        .updateTable("registrations")
        .set({ gone_since: since ?? null })
        .where("id", "=", id)
        .execute();
    },
    revoking: () => inState("revoking"),
    restoring: () => inState("restoring"),
  };
}
