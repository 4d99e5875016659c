import { type Kysely, type Selectable, sql } from "kysely";
import type { ApplicationObjectId, ClientId, RequestId, ServicePrincipalId, UserId } from "../domain/ids.ts";
import { checkEveryMs, type Registration } from "../domain/registration.ts";
import type { Registrations } from "../usecases/ports/registrations.ts";
import type { Schema } from "./schema.ts";
import { present } from "./values.ts";

function registrationOf(row: Selectable<Schema["registrations"]>): Registration {
  const made = {
    id: row.id as RequestId,
    owner: { userId: row.owner_id as UserId, name: row.owner_name },
    plan: row.plan,
    clientId: row.client_id as ClientId,
    applicationObjectId: row.application_object_id as ApplicationObjectId,
    servicePrincipalId: row.service_principal_id as ServicePrincipalId,
    createdAt: row.created_at,
    ...(row.expires_at && { expiresAt: row.expires_at }),
    ...(row.gone_since && { goneSince: row.gone_since }),
  };
  const state = row.state as Registration["state"];
  if (state === "active") return { ...made, state };
  const revokedBy = { userId: present(row.revoked_by_id) as UserId, name: present(row.revoked_by_name) };
  if (state === "revoking") return { ...made, state, revokedBy };
  return { ...made, state, revokedBy, revokedAt: present(row.revoked_at) };
}

/** Not the database's lower(): that folds only ASCII on a server of locale C, and tells ü from u with two dots. */
const nameKey = (displayName: string) => displayName.normalize("NFC").toLowerCase();

/** The place in a list after which a page begins: time and id, since times may be equal. */
const cursorOf = ({ createdAt, id }: Registration) => `${createdAt.toISOString()}~${id}`;

function readCursor(after: string | undefined): { createdAt: Date; id: string } | undefined {
  const [time = "", id] = after?.split("~") ?? [];
  const createdAt = new Date(time);
  return id && !Number.isNaN(createdAt.getTime()) ? { createdAt, id } : undefined;
}

export function registrationsTable(db: Kysely<Schema>): Registrations {
  return {
    async insert(registration) {
      await db
        .insertInto("registrations")
        .values({
          id: registration.id,
          owner_id: registration.owner.userId,
          owner_name: registration.owner.name,
          name_key: nameKey(registration.plan.displayName),
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
    },
    async get(id) {
      const row = await db.selectFrom("registrations").selectAll().where("id", "=", id).executeTakeFirst();
      return row && registrationOf(row);
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
    },
    async page(owner, limit, after) {
      const cursor = readCursor(after);
      let query = db.selectFrom("registrations").selectAll();
      if (owner !== "all") query = query.where("owner_id", "=", owner);
      if (cursor) query = query.where(sql<boolean>`(created_at, id) < (${cursor.createdAt}, ${cursor.id})`);
      const rows = await query
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      const shown = rows.slice(0, limit).map(registrationOf);
      const last = shown.at(-1);
      return rows.length > limit && last ? { rows: shown, next: cursorOf(last) } : { rows: shown };
    },
    async find(text) {
      const name = text.trim();
      const rows = await db
        .selectFrom("registrations")
        .selectAll()
        .where((eb) =>
          eb.or([
            eb("id", "=", name.toUpperCase()),
            eb("client_id", "=", name.toLowerCase()),
            eb("name_key", "=", nameKey(name)),
          ]),
        )
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
          revoked_at: to.state === "revoked" ? to.revokedAt : null,
        })
        .where("id", "=", from.id)
        .where("state", "=", from.state)
        .returning("id")
        .executeTakeFirst();
      return changed !== undefined;
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
    async revoking() {
      const rows = await db
        .selectFrom("registrations")
        .select("id")
        .where("state", "=", "revoking")
        .execute();
      return rows.map(({ id }) => id as RequestId);
    },
  };
}
