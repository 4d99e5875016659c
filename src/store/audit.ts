import { type Kysely, type Selectable, sql } from "kysely";
import { type AuditEvent, auditLine, chainHash, firstHash, type Surface } from "../domain/audit.ts";
import type { Audit, AuditRow } from "../usecases/ports/store.ts";
import type { Schema } from "./schema.ts";

/** Any number that nothing else here locks by. */
const auditLock = 0x75_73_68_65;

/**
 * Appends under one lock, chained to the event before. `newest` is told the event, its number and hash after the append, for the
 * log: a cut tail shows there.
 */
export function auditTable(
  db: Kysely<Schema>,
  key: Buffer,
  newest: (event: AuditEvent, n: number, hash: string) => void,
): Audit {
  return {
    async append(event) {
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
      newest(event, n, hash);
    },
    async read({ after = 0, limit, subject }) {
      const rows = await db
        .selectFrom("audit")
        .selectAll()
        .where("n", ">", after)
        .$if(subject !== undefined, (query) => query.where("subject", "=", subject as string))
        .orderBy("n")
        .limit(limit)
        .execute();
      return rows.map(rowOf);
    },
    async newest() {
      const row = await db.selectFrom("audit").selectAll().orderBy("n", "desc").limit(1).executeTakeFirst();
      return row && rowOf(row);
    },
  };
}

const rowOf = ({ n, revision, surface, ...rest }: Selectable<Schema["audit"]>): AuditRow => ({
  ...rest,
  n: Number(n),
  surface: surface as Surface,
  ...(revision !== null && { revision }),
});
