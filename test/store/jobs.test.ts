import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Clock, TestClock } from "pg-boss";
import type { Carrier } from "../../src/store/carrier.ts";
import {
  type Job,
  type Jobs,
  lookSeconds,
  openJobs,
  pollSeconds,
  type Queues,
} from "../../src/store/jobs.ts";
import { forEachCarrier, onDisk, type TestCarrier } from "../support/carriers.ts";

type Wake = { request: string };
type Name = "provision" | "sweep" | "given-up" | "crowded";

const queues = {
  provision: { concurrency: 1, retryLimit: 1, deadLetter: "given-up" },
  sweep: { concurrency: 1, retryLimit: 0, policy: "exclusive" },
  "given-up": { concurrency: 1, retryLimit: 0 },
  crowded: { concurrency: 3, retryLimit: 0 },
} as const;

/** Collects what a queue hands over; `next` waits for one more. */
function inbox() {
  const arrived: Job<Wake>[] = [];
  let wake = Promise.withResolvers<void>();
  return {
    arrived,
    handler: async (job: Job<Wake>) => {
      arrived.push(job);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    until: async (count: number) => {
      while (arrived.length < count) await wake.promise;
      return arrived.map((job) => job.data.request);
    },
  };
}

forEachCarrier((_name, open) => {
  describe("jobs", () => {
    let carrier: TestCarrier;
    let clock: TestClock;
    const opened: Jobs<Name>[] = [];
    const start = async (
      on: Pick<Carrier<unknown>, "bossOptions"> = carrier,
      with_: Clock = clock,
      of: Queues<Name> = queues,
    ) => {
      const jobs = await openJobs<Name>(on, { queues: of, clock: with_ });
      opened.push(jobs);
      return jobs;
    };
    /** Works on the crowded queue; each job waits to be ended. */
    const crowd = async (jobs: Jobs<Name>) => {
      const { handler, arrived, until } = inbox();
      const ends: (() => void)[] = [];
      let [atWork, most] = [0, 0];
      await jobs.work<Wake>("crowded", async (job) => {
        most = Math.max(most, ++atWork);
        const { promise, resolve } = Promise.withResolvers<void>();
        ends.push(resolve);
        await handler(job);
        await promise;
        atWork -= 1;
      });
      return { arrived, until, ends, most: () => most };
    };
    /** Turns the clock until it has happened. */
    const turnUntil = async (happened: () => boolean) => {
      for (let second = 0; second < 400 && !happened(); second++) await clock.tick(1000);
      assert.ok(happened(), "it has not happened in 400 seconds of the clock");
    };

    // The clock stands still unless a test turns it: what arrives then was brought by NOTIFY, not by polling.
    beforeEach(async () => {
      carrier = await open();
      clock = new TestClock();
    });
    afterEach(async () => {
      for (const jobs of opened.splice(0)) await jobs.stop({ timeoutMs: 0 });
      await carrier.close();
    });

    it("arrive with the transaction that sent them, and never without it", async () => {
      const jobs = await start();
      const { handler, until } = inbox();
      await jobs.work("provision", handler);
      const rolledBack = carrier.db.transaction().execute(async (trx) => {
        await jobs.send("provision", { request: "rolled back" }, { trx });
        throw new Error("no");
      });
      await assert.rejects(rolledBack, /^Error: no$/);
      await carrier.db
        .transaction()
        .execute((trx) => jobs.send("provision", { request: "committed" }, { trx }));
      assert.deepEqual(await until(1), ["committed"]);
      await jobs.send("provision", { request: "last" });
      assert.deepEqual(await until(2), ["committed", "last"]);
    });

    it("follow each other without waiting for a poll", async () => {
      const jobs = await start();
      const { handler, until } = inbox();
      const names = ["one", "two", "three", "four", "five"];
      await carrier.db.transaction().execute(async (trx) => {
        for (const request of names) await jobs.send("provision", { request }, { trx });
      });
      await jobs.work("provision", handler);
      assert.deepEqual(await until(5), names);
    });

    it("are at work so many at once as their queue says, again and again, and the next follows where one ends", async () => {
      const jobs = await start();
      const { arrived, until, ends, most } = await crowd(jobs);
      for (let burst = 0; burst < 4; burst++) {
        const before = arrived.length;
        await carrier.db.transaction().execute(async (trx) => {
          for (let n = 0; n < 5; n++) await jobs.send("crowded", { request: `${burst}.${n}` }, { trx });
        });
        await until(before + 3);
        ends[before + 1]?.();
        await until(before + 4);
        for (let n = 0; n < 4; n++) ends[before + n]?.();
        await until(before + 5);
        ends[before + 4]?.();
      }
      for (let n = 0; n < 5; n++) await jobs.send("crowded", { request: `last.${n}` });
      await until(23);
      // Whoever else waited would ask in each of these seconds.
      for (let second = 0; second < 3; second++) await clock.tick(1_000);
      assert.equal(arrived.length, 23);
      assert.equal(most(), 3);
    });

    it("are at work no more at once after one of them was given up and its handler ended late", async () => {
      const jobs = await start();
      for (const request of ["given up", "second", "third"]) await jobs.send("crowded", { request });
      await sql`update pgboss.job set expire_seconds = 5 where data->>'request' = 'given up'`.execute(
        carrier.db,
      );
      const { arrived, until, ends, most } = await crowd(jobs);
      await until(3);
      await clock.tick(5_000);
      const givenUp = arrived.findIndex(({ data }) => data.request === "given up");
      assert.ok(arrived[givenUp]?.signal.aborted);
      await jobs.send("crowded", { request: "after it" });
      await until(4);
      // Its worker comes back twice: with the job that it took next, and with the one that was given up.
      for (const at of [0, 1, 2, 3].filter((at) => at !== givenUp).concat(givenUp)) {
        ends[at]?.();
        await clock.tick(1_000);
      }
      for (let n = 0; n < 8; n++) await jobs.send("crowded", { request: `${n}` });
      await until(7);
      await clock.tick(1_000);
      assert.equal(arrived.length, 7);
      assert.equal(most(), 4);
    });

    it("are sent once under one id", async () => {
      const jobs = await start();
      const id = randomUUID();
      assert.equal(await jobs.send("provision", { request: "a" }, { id }), id);
      assert.equal(await jobs.send("provision", { request: "a" }, { id }), undefined);
    });

    it("wait for their time", async () => {
      const jobs = await start();
      const { handler, arrived, until } = inbox();
      await jobs.work("provision", handler);
      const later = clock.now() + 60_000;
      await jobs.send("provision", { request: "later" }, { startAfterSeconds: 60 });
      await jobs.send("provision", { request: "soon" }, { startAfterSeconds: 30 });
      await jobs.send("provision", { request: "now" });
      assert.deepEqual(await until(1), ["now"]);
      await turnUntil(() => arrived.length === 2);
      assert.deepEqual(await until(2), ["now", "soon"]);
      assert.ok(clock.now() < later);
      await turnUntil(() => arrived.length === 3);
      assert.ok(clock.now() >= later);
    });

    it("come again when the handler throws, and go to the dead letters when their retries are used up", async () => {
      const jobs = await start();
      const tries: number[] = [];
      const { handler, arrived } = inbox();
      await jobs.work<Wake>("provision", async (job) => {
        tries.push(job.retryCount);
        throw new Error("Graph is away");
      });
      await jobs.work("given-up", handler);
      await jobs.send("provision", { request: "REQ-1" });
      await turnUntil(() => arrived.length === 1);
      assert.deepEqual(tries, [0, 1]);
      assert.deepEqual(arrived[0]?.data, { request: "REQ-1" });
    });

    it("of a worker that is stopped are aborted and taken up by another", async () => {
      const [first, second] = [await start(), await start(await carrier.beside())];
      const taken = Promise.withResolvers<AbortSignal>();
      await first.work("provision", (job) => {
        taken.resolve(job.signal);
        return new Promise(() => {});
      });
      await first.send("provision", { request: "REQ-1" });
      const signal = await taken.promise;
      await first.stop({ timeoutMs: 0 });
      assert.ok(signal.aborted);
      const { handler, arrived } = inbox();
      await second.work("provision", handler);
      await turnUntil(() => arrived.length === 1);
      assert.equal(arrived[0]?.retryCount, 1);
    });

    it("of a process that hangs or died are taken up by another after its heartbeats stopped", async () => {
      // Its clock never moves, so it sends no heartbeat: to the others it is dead.
      const dead = await start(carrier, new TestClock(clock.now()));
      const taken = Promise.withResolvers<void>();
      await dead.work("provision", () => {
        taken.resolve();
        return new Promise(() => {});
      });
      await dead.send("provision", { request: "REQ-1" });
      await taken.promise;
      const alive = await start(await carrier.beside());
      const { handler, arrived } = inbox();
      await alive.work("provision", handler);
      await turnUntil(() => arrived.length === 1);
      assert.deepEqual(arrived[0]?.data, { request: "REQ-1" });
    });

    it("are taken up within fifteen seconds by design, unless they had failed before", async () => {
      await start();
      const { rows } = await sql<{ name: string; beat: number; retry: number }>`
        select name, heartbeat_seconds as beat, retry_delay as retry from pgboss.queue
        where name in (${sql.join(Object.keys(queues))})`.execute(carrier.db);
      assert.equal(rows.length, 4);
      // The jitter of the first retry doubles it at most.
      for (const { name, beat, retry } of rows)
        assert.ok(beat + lookSeconds + 2 * retry + pollSeconds <= 15, `${name}: ${beat} and ${retry}`);
    });

    it("that still run may end before a stop that leaves them the time", async () => {
      const jobs = await start();
      const [taken, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let ended = false;
      await jobs.work("provision", async () => {
        taken.resolve();
        await mayEnd.promise;
        ended = true;
      });
      await jobs.send("provision", { request: "REQ-1" });
      await taken.promise;
      const stopped = jobs.stop({ timeoutMs: 30_000 });
      mayEnd.resolve();
      await stopped;
      assert.ok(ended);
    });

    it("are taken by nobody once it rests, also where more could be at work", async () => {
      const jobs = await start();
      const { handler, arrived } = inbox();
      const resting = Promise.withResolvers<void>();
      await jobs.work<Wake>("crowded", async (job) => {
        void jobs.rest({ timeoutMs: 30_000 }).then(resting.resolve);
        await handler(job);
      });
      await jobs.send("crowded", { request: "before" });
      await resting.promise;
      await jobs.send("crowded", { request: "after" });
      await clock.tick(5_000);
      assert.deepEqual(
        arrived.map(({ data }) => data.request),
        ["before"],
      );
    });

    it("have a queue as today's version wants it, which the next start finds so and does not write", async () => {
      const row = async () => {
        const { rows } = await sql<{
          retries: number;
          updated: string;
        }>`select retry_limit as retries, updated_on::text as updated from pgboss.queue where name = 'provision'`.execute(
          carrier.db,
        );
        return rows[0];
      };
      const restart = async (of: Queues<Name>) => {
        for (const jobs of opened.splice(0)) await jobs.stop({ timeoutMs: 0 });
        await clock.tick(1_000);
        return start(carrier, clock, of);
      };
      await start();
      const earlier = await row();
      const today = { ...queues, provision: { ...queues.provision, retryLimit: 3 } };
      await restart(today);
      const changed = await row();
      assert.equal(changed?.retries, 3);
      assert.notEqual(changed?.updated, earlier?.updated);
      const jobs = await restart(today);
      assert.deepEqual(await row(), changed);
      await carrier.db
        .transaction()
        .execute((trx) => jobs.send("provision", { request: "at once" }, { trx }));
      const { handler, until } = inbox();
      await jobs.work("provision", handler);
      assert.deepEqual(await until(1), ["at once"]);
    });

    it("of a schedule arrive each time", async () => {
      const jobs = await start();
      const { handler, arrived } = inbox();
      await jobs.work("sweep", handler);
      await jobs.schedule("sweep", "* * * * *");
      await turnUntil(() => arrived.length === 2);
    });

    it("get their tables and queues once when two processes start at once", async () => {
      // With the time of this machine: pg-boss makes the tables of its test clock under no lock.
      const beside = await carrier.beside();
      const both = [carrier, beside].map((on) => openJobs<Name>(on, { queues }));
      const [one, two] = (await Promise.all(both)) as [Jobs<Name>, Jobs<Name>];
      opened.push(one, two);
      const { handler, until } = inbox();
      await two.work("provision", handler);
      await one.send("provision", { request: "across" });
      assert.deepEqual(await until(1), ["across"]);
    });
  });
});

describe("jobs of a queue at which many may work", () => {
  it("are asked for by one worker at a time, each second and when one is there", async () => {
    const carrier = await onDisk();
    const clock = new TestClock();
    const { db } = carrier.bossOptions;
    assert.ok(db, "the embedded database hands over its own");
    let asked = 0;
    const executeSql: typeof db.executeSql = (text, values) => {
      if (text.includes("SKIP LOCKED") && text.includes("name = 'crowded'")) asked += 1;
      return db.executeSql(text, values);
    };
    const bossOptions = { ...carrier.bossOptions, db: { ...db, executeSql } };
    const jobs = await openJobs<Name>({ bossOptions }, { queues, clock });
    const { handler, until } = inbox();
    await jobs.work("crowded", handler);
    for (let n = 1; n <= 10; n++) {
      await jobs.send("crowded", { request: `${n}` });
      await until(n);
    }
    // Whoever takes one starts the next, who asks at once; and the first of all asked in vain.
    assert.ok(asked <= 21, `asked ${asked} times for 10 jobs`);
    await clock.tick(1_000);
    asked = 0;
    for (let second = 0; second < 10; second++) await clock.tick(1_000);
    assert.ok(asked <= 10, `asked ${asked} times in 10 seconds without a job`);
    await jobs.stop({ timeoutMs: 0 });
    await carrier.close();
  });
});
