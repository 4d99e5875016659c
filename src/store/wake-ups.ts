import type { Kysely } from "kysely";
import { parseRequestId, type RequestId } from "../domain/ids.ts";
import type { Jobs, Log } from "../usecases/ports.ts";
import type { Carrier } from "./carrier.ts";
import { openJobs } from "./jobs.ts";
import type { Schema } from "./schema.ts";

/** What is done when somebody is woken. `provision` may answer when to look again. */
export type Handlers = {
  deliver(subject: string): Promise<void>;
  provision(id: RequestId): Promise<Date | undefined>;
  revoke(id: RequestId): Promise<void>;
  sweep(): Promise<void>;
};

/** A job is retried for about two hours; after that the sweep wakes again what the rows still hold. */
const retryLimit = 30;
const everyMinute = "* * * * *";

const queues = {
  // One may wait for each subject beside those that run: many changes in a row are drawn once.
  deliver: { concurrency: 4, retryLimit, policy: "short" },
  provision: { concurrency: 4, retryLimit, policy: "short" },
  revoke: { concurrency: 2, retryLimit, policy: "short" },
  sweep: { concurrency: 1, retryLimit: 0, policy: "exclusive" },
} as const;

/** The wake-ups over pg-boss: rows are the truth, jobs only say where to look. */
export async function openWakeUps(carrier: Carrier<Schema>, log: Log) {
  const jobs = await openJobs(carrier as unknown as Carrier<never>, { queues, log });
  return {
    /** Wake-ups that come to be with the handle's transaction, or not at all. */
    within: (db: Kysely<Schema>): Jobs => ({
      async wake(queue, subject, after) {
        await jobs.send(
          queue,
          { subject },
          {
            ...(db.isTransaction && { trx: db }),
            // Merged with what is due at the same time only: one that is put off must not swallow one that is due now.
            singletonKey: after ? `${subject} ${after.toISOString()}` : subject,
            ...(after && { startAfter: after }),
          },
        );
      },
    }),
    async start(handlers: Handlers): Promise<void> {
      await jobs.work<{ subject: string }>("deliver", ({ data }) => handlers.deliver(data.subject));
      await jobs.work<{ subject: string }>("provision", async ({ data }) => {
        const id = parseRequestId(data.subject);
        const again = id && (await handlers.provision(id));
        if (again)
          await jobs.send(
            "provision",
            { subject: data.subject },
            { startAfter: again, singletonKey: `${data.subject} ${again.toISOString()}` },
          );
      });
      await jobs.work<{ subject: string }>("revoke", async ({ data }) => {
        const id = parseRequestId(data.subject);
        if (id) await handlers.revoke(id);
      });
      await jobs.work("sweep", () => handlers.sweep());
      await jobs.schedule("sweep", everyMinute);
    },
    stop: () => jobs.stop({ timeoutMs: 8_000 }),
  };
}
