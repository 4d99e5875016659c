import { type Kysely, sql } from "kysely";
import { parseRequestId, type RequestId } from "../domain/ids.ts";
import type { Jobs } from "../usecases/ports/store.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import type { Carrier } from "./carrier.ts";
import { openJobs } from "./jobs.ts";
import type { Schema } from "./schema.ts";

/** What is done when somebody is woken. Those that go on by turns may answer when to look again. */
export type Handlers = {
  deliver(subject: string): Promise<void>;
  provision(id: RequestId): Promise<Date | undefined>;
  clean(id: RequestId): Promise<Date | undefined>;
  "new-key"(id: RequestId): Promise<Date | undefined>;
  revoke(id: RequestId): Promise<Date | undefined>;
  restore(id: RequestId): Promise<Date | undefined>;
  repair(id: RequestId): Promise<Date | undefined>;
  "entra-owner"(id: RequestId): Promise<Date | undefined>;
  /** Each minute, in one of all processes; left out, none is begun here. */
  sweep?(): Promise<void>;
};

/** A job is retried for about two hours; after that the sweep wakes again what the rows still hold. */
const retryLimit = 30;
const everyMinute = "* * * * *";

const queues = {
  // One may wait for each subject beside those that run: many changes in a row are drawn once.
  deliver: { concurrency: 4, retryLimit, policy: "short" },
  // Each may wait for minutes until Entra takes a new secret; none of that is work.
  provision: { concurrency: 16, retryLimit, policy: "short" },
  clean: { concurrency: 2, retryLimit, policy: "short" },
  "new-key": { concurrency: 8, retryLimit, policy: "short" },
  revoke: { concurrency: 2, retryLimit, policy: "short" },
  restore: { concurrency: 2, retryLimit, policy: "short" },
  repair: { concurrency: 1, retryLimit, policy: "short" },
  "entra-owner": { concurrency: 1, retryLimit, policy: "short" },
  sweep: { concurrency: 1, retryLimit: 0, policy: "exclusive" },
} as const;

/**
 * Keeps the job that waits already from being begun before the end of the transaction: it would look at rows in which
 * the change does not stand yet, and nobody would look again. pg-boss skips what is locked. Answers false when it has
 * just been begun.
 */
async function holdQueued(db: Kysely<Schema>, queue: string, singletonKey: string): Promise<boolean> {
  const { rows } =
    await sql`select id from pgboss.job where name = ${queue} and singleton_key = ${singletonKey}
    and state = 'created' for update`.execute(db);
  return rows.length > 0;
}

/**
 * The wake-ups over pg-boss: rows are the truth, jobs only say where to look. `clock` is by which the moments are meant
 * that are given; the database waits for as long by its own.
 */
export async function openWakeUps(carrier: Carrier<Schema>, log: Log, clock: Clock) {
  const jobs = await openJobs(carrier as unknown as Carrier<never>, { queues, log });
  const putOff = (subject: string, until: Date) => ({
    // Merged with what is due at the same time only: one that is put off must not swallow one that is due now.
    singletonKey: `${subject} ${until.toISOString()}`,
    startAfterSeconds: Math.max(0, until.getTime() - clock.now().getTime()) / 1000,
  });
  return {
    /** Wake-ups that come to be with the handle's transaction, or not at all. */
    within: (db: Kysely<Schema>): Jobs => ({
      async wake(queue, subject, after) {
        const options = after ? putOff(subject, after) : { singletonKey: subject };
        if (!db.isTransaction) {
          await jobs.send(queue, { subject }, options);
          return;
        }
        while (!(await jobs.send(queue, { subject }, { ...options, trx: db }))) {
          if (await holdQueued(db, queue, options.singletonKey)) return;
        }
      },
      async wakeAll(queue, subjects) {
        if (db.isTransaction) throw new Error("What is not committed yet is woken one by one");
        await jobs.sendAll(
          queue,
          // In one order, or two who do so at once would each wait for what the other has written.
          subjects.toSorted().map((subject) => ({ data: { subject }, singletonKey: subject })),
        );
      },
    }),
    async start(handlers: Handlers): Promise<void> {
      await jobs.work<{ subject: string }>("deliver", ({ data }) => handlers.deliver(data.subject));
      for (const queue of [
        "provision",
        "clean",
        "new-key",
        "revoke",
        "restore",
        "repair",
        "entra-owner",
      ] as const)
        await jobs.work<{ subject: string }>(queue, async ({ data }) => {
          const id = parseRequestId(data.subject);
          const again = id && (await handlers[queue](id));
          if (again) await jobs.send(queue, { subject: data.subject }, putOff(data.subject, again));
        });
      const { sweep } = handlers;
      if (!sweep) return;
      await jobs.work("sweep", () => sweep());
      await jobs.schedule("sweep", everyMinute);
    },
    /** Nobody is woken here any more; whoever was may end, for so long at most. Others can still be woken. */
    rest: (timeoutMs: number) => jobs.rest({ timeoutMs }),
    /** Who is still at work here is woken elsewhere. */
    stop: (timeoutMs = 8_000) => jobs.stop({ timeoutMs }),
  };
}
