import { type Clock, fromKysely, type KyselyTransactionLike, PgBoss, type QueueOptions } from "pg-boss";
import type { Carrier } from "./carrier.ts";

export type QueueDefinition = {
  /** Jobs at once in this process. */
  concurrency: number;
  retryLimit: number;
  retryDelaySeconds?: number;
  retryDelayMaxSeconds?: number;
  /** The queue that gets a job whose retries are used up. */
  deadLetter?: string;
  /**
   * Cannot be changed once the queue exists. `exclusive` refuses a job while one with the same `singletonKey`
   * waits or runs, so a wake-up sent while the handler runs is lost: use it for sweeps. `stately` lets one wait
   * beside the one that runs.
   */
  policy?: "standard" | "short" | "singleton" | "stately" | "exclusive";
};

export type Queues<Name extends string> = Record<Name, QueueDefinition>;

export type SendOptions = {
  /** The job comes to be with the transaction's rows, or not at all. */
  trx?: KyselyTransactionLike;
  /** A UUID. A second job with it is not made. */
  id?: string;
  singletonKey?: string;
  startAfterSeconds?: number;
};

export type Job<Data> = {
  id: string;
  data: Data;
  /** 0 the first time. */
  retryCount: number;
  /** Aborted when Usher stops, or when another worker has taken the job over. */
  signal: AbortSignal;
};

export type Jobs<Name extends string> = {
  /** @returns the job's id, or undefined when the id or the queue's policy refused it */
  send(queue: Name, data: object, options?: SendOptions): Promise<string | undefined>;
  /** In one statement; leaves out those that the queue's policy refuses. */
  sendAll(queue: Name, jobs: { data: object; singletonKey: string }[]): Promise<void>;
  /** Hands over jobs one by one, at least once each. A handler that throws gets its job again, later. */
  work<Data>(queue: Name, handler: (job: Job<Data>) => Promise<void>): Promise<void>;
  /** Sends an empty job at the times of the cron expression, in UTC; replaces the queue's earlier schedule. */
  schedule(queue: Name, cron: string): Promise<void>;
  /** Takes no more jobs from now on, and waits until the running ones have ended, for so long at most. Sends go on. */
  rest(options: { timeoutMs: number }): Promise<void>;
  /** Rests, then stops. What still runs at the timeout is left for a retry. */
  stop(options: { timeoutMs: number }): Promise<void>;
};

export type JobsOptions<Name extends string> = {
  queues: Queues<Name>;
  log?: { error(details: object, message: string): void; warn(details: object, message: string): void };
  /** pg-boss's TestClock moves the time of its own SQL too; any other clock only its timers. For tests. */
  clock?: Clock;
};

// The least that pg-boss allows. Without it, the job of a killed process waits for fifteen minutes.
const heartbeatSeconds = 10;
// So often somebody looks whose heartbeat is missing, however many processes there are.
export const lookSeconds = 2;
// Up to twice as long with its jitter. Heartbeat, look, delay and poll together are the fifteen seconds in which
// another process takes up what a killed one was at.
const firstRetrySeconds = 1;
export const pollSeconds = 1;

/**
 * Starts pg-boss on the carrier and makes its tables (schema `pgboss`, under its advisory lock) and the queues.
 * Jobs only wake somebody up: the truth is in our rows, and each handler looks there.
 */
export async function openJobs<Name extends string>(
  carrier: Pick<Carrier<unknown>, "bossOptions">,
  { queues, log, clock }: JobsOptions<Name>,
): Promise<Jobs<Name>> {
  const boss = new PgBoss({
    ...carrier.bossOptions,
    ...(clock && { clock }),
    useListenNotify: true,
    superviseIntervalSeconds: lookSeconds,
    monitorIntervalSeconds: lookSeconds,
  });
  // An `error` event that nobody hears ends the process.
  let isStopped = false;
  let isResting = false;
  boss.on("error", (error) => {
    // Who was cut off by a stop tries to settle its job, which is another's by then.
    if (isStopped) return;
    // Some of them are copies, which are errors no more.
    const err = error instanceof Error ? error : Object.assign(new Error(), error);
    log?.error({ err }, "A job could not be fetched or settled");
  });
  boss.on("warning", (warning) => log?.warn({ warning }, "pg-boss warns"));
  try {
    await boss.start();
    await makeQueues(boss, queues);
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }

  /** pg-boss's own graceful stop looks only every half second whether all is done. */
  async function rest({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    isResting = true;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, timeoutMs);
    const done = Promise.all(Object.keys(queues).map((queue) => boss.offWork(queue, { wait: true })));
    await Promise.race([done, timeout.promise]);
    clearTimeout(timer);
  }

  return {
    send: async (queue, data, { trx, startAfterSeconds, ...rest } = {}) => {
      // Our transaction's session does not follow a test clock, so with one the time is said here; once that clock was
      // turned, such a job lies ahead there, so it is not announced and a poll finds it. Without a test clock the
      // database's time is better: two processes' clocks never agree.
      const start = clock ? new Date(clock.now() + (startAfterSeconds ?? 0) * 1000) : startAfterSeconds;
      const id = await boss.send(queue, data, {
        ...rest,
        ...(trx && { db: fromKysely(trx) }),
        ...(start !== undefined && { startAfter: start }),
      });
      return id ?? undefined;
    },
    sendAll: async (queue, jobs) => {
      if (jobs.length > 0) await boss.insert(queue, jobs);
    },
    work: (queue, handler) =>
      workOn(boss, queue, handler, { ...queues[queue], mayStart: () => !isResting, log }),
    schedule: (queue, cron) => boss.schedule(queue, cron, {}, { tz: "UTC" }),
    rest,
    stop: async ({ timeoutMs }) => {
      await rest({ timeoutMs });
      isStopped = true;
      // Fails what still runs, so that another process has it at the next retry, and aborts its signal.
      await boss.stop({ graceful: false });
    },
  };
}

async function makeQueues(boss: PgBoss, queues: Queues<string>): Promise<void> {
  // A dead-letter queue must be there before the queue that names it.
  const deadLetterFirst = Object.entries(queues).sort(
    ([, a], [, b]) => Number(a.deadLetter !== undefined) - Number(b.deadLetter !== undefined),
  );
  const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  for (const [name, { policy, ...definition }] of deadLetterFirst) {
    const options = queueOptions(definition);
    const there = known.get(name);
    if (there && isAlike(there, options)) continue;
    if (there) await boss.updateQueue(name, options);
    else await boss.createQueue(name, { ...options, ...(policy && { policy }) });
    // pg-boss has read the rows of the others at its start, and reads this one at the first use, on its own handle. In a
    // transaction on the embedded database that would wait for ever, so it is read now.
    await boss.findJobs(name, { id: "00000000-0000-4000-8000-000000000000" });
  }
}

const queueOptions = (definition: Omit<QueueDefinition, "policy">) =>
  ({
    retryLimit: definition.retryLimit,
    retryDelay: definition.retryDelaySeconds ?? firstRetrySeconds,
    retryDelayMax: definition.retryDelayMaxSeconds ?? 300,
    retryBackoff: true,
    heartbeatSeconds,
    deleteAfterSeconds: 86_400,
    notify: true,
    ...(definition.deadLetter !== undefined && { deadLetter: definition.deadLetter }),
  }) satisfies QueueOptions & { notify: boolean; deadLetter?: string };

/** Whether a queue that an earlier start made, perhaps of an earlier version, has all of today's options. */
function isAlike(queue: object, options: object): boolean {
  const values = new Map(Object.entries(queue));
  return Object.entries(options).every(([name, value]) => values.get(name) === value);
}

/**
 * Works on a queue with as many workers at once as it may have. Each worker of pg-boss asks for a job whenever one is
 * announced, and each second, so only one waits: whoever takes a job starts another, and who has ended goes when one
 * waits. With all of them there, one job was asked for sixteen times.
 */
function workOn<Data>(
  boss: PgBoss,
  queue: string,
  handler: (job: Job<Data>) => Promise<void>,
  {
    concurrency,
    mayStart,
    log,
  }: { concurrency: number; mayStart: () => boolean; log: JobsOptions<string>["log"] },
): Promise<void> {
  let workers = 0;
  let busy = 0;
  return startOne();

  async function startOne(): Promise<void> {
    let isLeaving = false;
    workers += 1;
    const worker = await boss.work<Data>(queue, workOptions, async ([job]) => {
      if (!job) return;
      busy += 1;
      try {
        const handled = handler(job);
        const isOneMissing = busy === workers && workers < concurrency && mayStart();
        await Promise.all([handled, isOneMissing && startOne()]);
      } catch (error) {
        log?.warn(
          { err: error, queue, job: job.id, retry: job.retryCount, data: job.data },
          "a job did not end",
        );
        // pg-boss would write the whole error into the job, with the values of a failed statement.
        throw new Error(error instanceof Error ? error.name : "unknown");
      } finally {
        busy -= 1;
        // A handler that was given up may end while its worker is at another job, and that one's end comes here too.
        if (workers - busy > 1 && !isLeaving) {
          isLeaving = true;
          workers -= 1;
          void boss.offWork(queue, { id: worker, wait: false });
        }
        // Otherwise the worker waits for a poll between two jobs, also when more are there.
        else boss.notifyWorker(worker);
      }
    });
  }
}

const workOptions = {
  batchSize: 1,
  pollingIntervalSeconds: 0.5,
  // A retry that becomes due sends no NOTIFY; polling finds it.
  notifyPollingIntervalSeconds: pollSeconds,
  heartbeatRefreshSeconds: 3,
};
