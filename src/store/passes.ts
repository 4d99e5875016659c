import { type Kysely, type Selectable, sql } from "kysely";
import type { UserId } from "../domain/ids.ts";
import type { TokenHash } from "../domain/secret-link.ts";
import type { Pass, Passes } from "../usecases/ports/store.ts";
import type { Schema } from "./schema.ts";

export const passOf = (row: Selectable<Schema["passes"]>) =>
  ({
    ...row.what,
    kind: row.kind,
    tokenHash: row.token_hash as TokenHash,
    userId: row.user_id as UserId,
    madeAt: row.made_at,
    expiresAt: row.expires_at,
    ...(row.used_at && { usedAt: row.used_at }),
  }) as Pass;

/** One-time links that are no secret's. Only the hash of a token is known here. */
export function passesTable(db: Kysely<Schema>): Passes {
  return {
    async insert({ tokenHash, userId, madeAt, expiresAt, usedAt, kind, ...what }) {
      await db
        .insertInto("passes")
        .values({
          token_hash: tokenHash,
          kind,
          user_id: userId,
          what: JSON.stringify(what),
          made_at: madeAt,
          expires_at: expiresAt,
          used_at: usedAt ?? null,
        })
        .execute();
    },
    async find(hash) {
      const row = await db.selectFrom("passes").selectAll().where("token_hash", "=", hash).executeTakeFirst();
      return row && passOf(row);
    },
    async use(hash, now) {
      const used = await db
        .updateTable("passes")
        .set({ used_at: now })
        .where("token_hash", "=", hash)
        .where("used_at", "is", null)
        .where("expires_at", ">", now)
        .returning("token_hash")
        .executeTakeFirst();
      return used !== undefined;
    },
    async useAllFor(draftId, now) {
      await db
        .updateTable("passes")
        .set({ used_at: now })
        .where("kind", "=", "certificate")
        .where(sql`what ->> 'draftId'`, "=", draftId)
        .where("used_at", "is", null)
        .execute();
    },
    async deleteExpiredBefore(moment) {
      await db.deleteFrom("passes").where("expires_at", "<", moment).execute();
    },
  };
}
