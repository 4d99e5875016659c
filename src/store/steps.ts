import { type Kysely, sql } from "kysely";
import type { RequestId } from "../domain/ids.ts";
import type { StepName, StepState } from "../domain/provisioning.ts";
import { type Lease, LeaseLost, type Steps } from "../usecases/ports/steps.ts";
import type { Schema } from "./schema.ts";

/** The saga's rows, and who may write them. */
export function stepsTable(db: Kysely<Schema>): Steps {
  /** Locks the lease's row, so that nobody takes over between this and the end of the transaction. */
  async function check(lease: Lease): Promise<void> {
    const row = await db
      .selectFrom("leases")
      .select("number")
      .where("subject", "=", lease.subject)
      .forUpdate()
      .executeTakeFirst();
    if (row?.number !== lease.number) throw new LeaseLost(lease);
  }
  return {
    check,
    async claim(subject, now, until) {
      const row = await db
        .insertInto("leases")
        .values({ subject, until })
        .onConflict((conflict) =>
          conflict
            .column("subject")
            .doUpdateSet({ number: sql`leases.number + 1`, until })
            .where((eb) => eb.or([eb("leases.until", "is", null), eb("leases.until", "<=", now)])),
        )
        .returning("number")
        .executeTakeFirst();
      return row && { subject, number: row.number };
    },
    async takeOver(subject) {
      const { number } = await db
        .insertInto("leases")
        .values({ subject, until: null })
        .onConflict((conflict) =>
          conflict.column("subject").doUpdateSet({ number: sql`leases.number + 1`, until: null }),
        )
        .returning("number")
        .executeTakeFirstOrThrow();
      return { subject, number };
    },
    async renew(lease, until) {
      const renewed = await db
        .updateTable("leases")
        .set({ until })
        .where("subject", "=", lease.subject)
        .where("number", "=", lease.number)
        .returning("subject")
        .executeTakeFirst();
      if (!renewed) throw new LeaseLost(lease);
    },
    async release(lease) {
      await db
        .updateTable("leases")
        .set({ until: null })
        .where("subject", "=", lease.subject)
        .where("number", "=", lease.number)
        .execute();
    },
    async giveUp(lease) {
      await db
        .updateTable("leases")
        .set({ number: sql`leases.number + 1`, until: null })
        .where("subject", "=", lease.subject)
        .where("number", "=", lease.number)
        .execute();
    },
    async all(subject) {
      const rows = await db.selectFrom("steps").selectAll().where("request_id", "=", subject).execute();
      return rows.map((row) => ({
        step: row.step as StepName,
        state: row.state as StepState,
        intent: row.intent,
        outcome: row.outcome,
        attempts: row.attempts,
        firstAttemptAt: row.first_attempt_at,
        ...(row.next_attempt_at && { nextAttemptAt: row.next_attempt_at }),
        ...(row.done_at && { doneAt: row.done_at }),
        ...(row.note !== null && { note: row.note }),
      }));
    },
    async write(lease, row) {
      await check(lease);
      const columns = {
        state: row.state,
        intent: JSON.stringify(row.intent),
        outcome: JSON.stringify(row.outcome),
        attempts: row.attempts,
        first_attempt_at: row.firstAttemptAt,
        next_attempt_at: row.nextAttemptAt ?? null,
        done_at: row.doneAt ?? null,
        note: row.note ?? null,
      };
      await db
        .insertInto("steps")
        .values({ request_id: lease.subject, step: row.step, ...columns })
        .onConflict((conflict) => conflict.columns(["request_id", "step"]).doUpdateSet(columns))
        .execute();
    },
    async hasten(subject, step, now) {
      await db
        .updateTable("steps")
        .set({ next_attempt_at: now })
        .where("request_id", "=", subject)
        .where("step", "=", step)
        .where("state", "=", "waiting")
        .execute();
    },
    async due(now) {
      const rows = await db
        .selectFrom("requests")
        .leftJoin("leases", "leases.subject", "requests.id")
        .select("requests.id")
        .where("requests.state", "=", "approved")
        .where((eb) => eb.or([eb("leases.until", "is", null), eb("leases.until", "<=", now)]))
        .where(
          sql<boolean>`not exists (select from steps where steps.request_id = requests.id
            having min(next_attempt_at) > ${now})`,
        )
        .execute();
      return rows.map(({ id }) => id as RequestId);
    },
  };
}
