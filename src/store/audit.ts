import { type Kysely, sql } from "kysely";
import { type AuditEvent, auditLine, chainHash, firstHash } from "../domain/audit.ts";
import type { Schema } from "./schema.ts";

/** Any number that nothing else here locks by. */
const auditLock = 0x75_73_68_65;

/**
 * Appends under one lock, chained to the event before. `newest` is told number and hash after the append, for the
 * log: a cut tail shows there.
 */
export function auditTable(db: Kysely<Schema>, key: Buffer, newest: (n: number, hash: string) => void) {
  return {
    async append(event: AuditEvent): Promise<void> {
      await sql`select pg_advisory_xact_lock(${auditLock})`.execute(db);
      const last = await db
        .selectFrom("audit")
        .select(["n", "hash"])
        .orderBy("n", "desc")
        .limit(1)
        .executeTakeFirst();
      const n = Number(last?.n ?? 0) + 1;
      const hash = chainHash(key, last?.hash ?? firstHash, auditLine(n, event));
      const { revision, detail, ...columns } = event;
      await db
        .insertInto("audit")
        .values({ n, ...columns, revision: revision ?? null, detail: JSON.stringify(detail ?? {}), hash })
        .execute();
      newest(n, hash);
    },
  };
}
