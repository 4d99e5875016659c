import { sql, type Transaction } from "kysely";
import { type AuditEvent, auditKeys } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { SecretKeys } from "../../domain/secret-link.ts";
import type { Held } from "../../usecases/ports/hold.ts";
import { auditTable } from "../audit.ts";
import type { Carrier } from "../carrier.ts";
import { beginHold, holdTable } from "../hold.ts";
import type { Schema } from "../schema.ts";

/**
 * Makes of what was moved what a backup may be: people and Entra have gone on since it was made, and nobody knows how.
 * A link may have been opened, and its secret be in use: it opens nothing any more, and the secret stays. What is under
 * way waits for an admin. Each registration is compared with Entra as soon as Usher runs.
 */
export async function holdBackup(
  db: Transaction<Schema>,
  keys: SecretKeys,
  { since, madeAt }: { since: Date; madeAt: Date },
): Promise<void> {
  const cancelled = await db
    .updateTable("links")
    .set({ state: "cancelled", cipher: null, nonce: null, tag: null })
    .where("state", "=", "sealed")
    .returning("request_id")
    .execute();
  // Messages that promise those links are drawn again.
  const subjects = [...new Set(cancelled.map(({ request_id }) => request_id))];
  await sql`update posts set drawn = '' where state = 'posted' and purpose in ('link', 'request', 'rotation')
    and subject in (select json_array_elements_text(${JSON.stringify(subjects)}::json))`.execute(db);
  await db.updateTable("passes").set({ used_at: since }).where("used_at", "is", null).execute();
  await db.updateTable("registrations").set({ next_check_at: since }).execute();
  const revoking = await db
    .selectFrom("registrations")
    .select("id")
    .where("state", "=", "revoking")
    .execute();
  await beginHold(db, { since, madeAt, revoking: revoking.map(({ id }) => id as RequestId) });
  await append(db, keys, {
    at: since,
    what: "backup.restored",
    outcome: "held",
    detail: { madeAt: madeAt.toISOString(), linksCancelled: cancelled.length },
  });
}

/** By whoever has the database and its keys. Answers what was held; undefined where nothing is. */
export function letGoOn({ db }: Carrier<Schema>, keys: SecretKeys, at: Date): Promise<Held | undefined> {
  return db.transaction().execute(async (transaction) => {
    const hold = holdTable(transaction);
    const held = await hold.get();
    if (!held || !(await hold.lift(held))) return undefined;
    const detail = { madeAt: held.madeAt.toISOString() };
    await append(transaction, keys, { at, what: "backup.go-on", outcome: "lifted", detail });
    return held;
  });
}

const append = (
  db: Transaction<Schema>,
  keys: SecretKeys,
  event: Pick<AuditEvent, "at" | "what" | "outcome" | "detail">,
) =>
  auditTable(db, auditKeys(keys)[0], () => {}).append({
    ...event,
    who: "usher",
    surface: "system",
    subject: "settings",
  });
