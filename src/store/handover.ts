import { type Kysely, type Selectable, sql } from "kysely";
import type { ApplicationObjectId, RequestId, UserId } from "../domain/ids.ts";
import type { SecretLink, TokenHash } from "../domain/secret-link.ts";
import type { KeyRow, Keys, Links } from "../usecases/ports/registrations.ts";
import type { Schema } from "./schema.ts";
import { present } from "./values.ts";

/** Keys in Entra by their markers. */
export function keysTable(db: Kysely<Schema>): Keys {
  const toRow = (key: KeyRow) => ({
    marker: key.marker,
    request_id: key.requestId,
    application_object_id: key.applicationObjectId,
    state: key.state,
    key_id: key.keyId ?? null,
    expires_at: key.expiresAt,
    changed_at: key.changedAt,
  });
  const keyOf = (row: Selectable<Schema["keys"]>): KeyRow => ({
    marker: row.marker,
    requestId: row.request_id as RequestId,
    applicationObjectId: row.application_object_id as ApplicationObjectId,
    state: row.state as KeyRow["state"],
    expiresAt: row.expires_at,
    changedAt: row.changed_at,
    ...(row.key_id !== null && { keyId: row.key_id }),
  });
  return {
    async insert(key) {
      await db.insertInto("keys").values(toRow(key)).execute();
    },
    async update(key) {
      const { marker, ...changes } = toRow(key);
      await db.updateTable("keys").set(changes).where("marker", "=", marker).execute();
    },
    async change(seen, to) {
      const { marker, ...changes } = toRow(to);
      const changed = await db
        .updateTable("keys")
        .set(changes)
        .where("marker", "=", marker)
        .where("state", "=", seen.state)
        .returning("marker")
        .executeTakeFirst();
      return changed !== undefined;
    },
    async of(requestId) {
      const rows = await db.selectFrom("keys").selectAll().where("request_id", "=", requestId).execute();
      return rows.map(keyOf);
    },
    async abandoned() {
      const rows = await db.selectFrom("keys").selectAll().where("state", "=", "abandoned").execute();
      return rows.map(keyOf);
    },
  };
}

export function linkOf(row: Selectable<Schema["links"]>): SecretLink {
  const link = {
    tokenHash: row.token_hash as TokenHash,
    requestId: row.request_id as RequestId,
    requester: row.requester_id as UserId,
    ...(row.opened_by && { openedBy: row.opened_by }),
    ...(row.opener_name !== null && { openerName: row.opener_name }),
    keyId: row.key_id,
    madeAt: row.made_at,
    expiresAt: row.expires_at,
    ...(row.reminded_at && { remindedAt: row.reminded_at }),
  };
  const state = row.state as SecretLink["state"];
  if (state === "revealed") {
    const { opening } = row;
    return { ...link, state, revealedAt: present(row.revealed_at), ...(opening && { opening }) };
  }
  if (state !== "sealed") return { ...link, state };
  const sealed = { cipher: present(row.cipher), nonce: present(row.nonce), tag: present(row.tag) };
  return { ...link, state, sealed, ...(row.delivered_at && { deliveredAt: row.delivered_at }) };
}

/** One-time links. The database knows the hash of the token only; the ciphertext goes as soon as it opens nothing. */
export function linksTable(db: Kysely<Schema>): Links {
  const emptied = { cipher: null, nonce: null, tag: null };
  return {
    async insert(link) {
      await db
        .insertInto("links")
        .values({
          token_hash: link.tokenHash,
          request_id: link.requestId,
          requester_id: link.requester,
          key_id: link.keyId,
          state: link.state,
          ...link.sealed,
          expires_at: link.expiresAt,
          made_at: link.madeAt,
          opened_by: link.openedBy ? JSON.stringify(link.openedBy) : null,
          opener_name: link.openerName ?? null,
        })
        .execute();
    },
    async markDelivered(hash, at) {
      await db.updateTable("links").set({ delivered_at: at }).where("token_hash", "=", hash).execute();
    },
    async find(hash) {
      const row = await db.selectFrom("links").selectAll().where("token_hash", "=", hash).executeTakeFirst();
      return row && linkOf(row);
    },
    async newestOf(requestId) {
      const row = await db
        .selectFrom("links")
        .selectAll()
        .where("request_id", "=", requestId)
        .orderBy("made_at", "desc")
        // One that was cancelled in the same moment is not the newest any more.
        .orderBy(sql`state = 'sealed'`, "desc")
        .limit(1)
        .executeTakeFirst();
      return row && linkOf(row);
    },
    async claim(hash, now, opening) {
      const held = await db
        .selectFrom("links")
        .select(["cipher", "nonce", "tag"])
        .where("token_hash", "=", hash)
        .forUpdate()
        .executeTakeFirst();
      const claimed = await db
        .updateTable("links")
        .set({
          state: "revealed",
          revealed_at: now,
          opening: opening ? JSON.stringify(opening) : null,
          ...emptied,
        })
        .where("token_hash", "=", hash)
        .where("state", "=", "sealed")
        .where("delivered_at", "is not", null)
        .where("expires_at", ">", now)
        .returning("token_hash")
        .executeTakeFirst();
      if (!claimed || !held) return undefined;
      return { cipher: present(held.cipher), nonce: present(held.nonce), tag: present(held.tag) };
    },
    async holdTold(hash) {
      const row = await db
        .selectFrom("links")
        .select("told")
        .where("token_hash", "=", hash)
        .forUpdate()
        .executeTakeFirst();
      return row?.told ?? [];
    },
    async saveTold(hash, told) {
      await db
        .updateTable("links")
        .set({ told: JSON.stringify(told) })
        .where("token_hash", "=", hash)
        .execute();
    },
    async unreminded(now) {
      const rows = await db
        .selectFrom("links")
        .selectAll()
        .where("state", "=", "sealed")
        .where("delivered_at", "is not", null)
        .where("reminded_at", "is", null)
        .where("expires_at", ">", now)
        .orderBy("expires_at")
        .execute();
      return rows.map(linkOf);
    },
    async remind(hash, now) {
      const reminded = await db
        .updateTable("links")
        .set({ reminded_at: now })
        .where("token_hash", "=", hash)
        .where("state", "=", "sealed")
        .where("delivered_at", "is not", null)
        .where("reminded_at", "is", null)
        .where("expires_at", ">", now)
        .returning("token_hash")
        .executeTakeFirst();
      return reminded !== undefined;
    },
    async cancel(which) {
      const cancelling = db
        .updateTable("links")
        .set({ state: "cancelled", ...emptied })
        .where("state", "=", "sealed");
      await ("tokenHash" in which
        ? cancelling.where("token_hash", "=", which.tokenHash)
        : cancelling.where("request_id", "=", which.requestId)
      ).execute();
    },
    async of(requestId) {
      const rows = await db
        .selectFrom("links")
        .selectAll()
        .where("request_id", "=", requestId)
        .orderBy("made_at")
        .execute();
      return rows.map(linkOf);
    },
    async overdue(now) {
      const rows = await db
        .selectFrom("links")
        .selectAll()
        .where("state", "=", "sealed")
        .where("expires_at", "<=", now)
        .execute();
      return rows.map(linkOf);
    },
    async expire(hash, now) {
      const expired = await db
        .updateTable("links")
        .set({ state: "expired", ...emptied })
        .where("token_hash", "=", hash)
        .where("state", "=", "sealed")
        .where("expires_at", "<=", now)
        .returning("token_hash")
        .executeTakeFirst();
      return expired !== undefined;
    },
  };
}
