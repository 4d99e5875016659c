import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { type Clock, TestClock } from "pg-boss";
import type { Carrier } from "../../src/store/carrier.ts";
import { type Job, type Jobs, lookSeconds, openJobs, pollSeconds } from "../../src/store/jobs.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

type Wake = { request: string };
type Name = "provision" | "sweep" | "given-up";

const queues = {
  provision: { concurrency: 1, retryLimit: 1, deadLetter: "given-up" },
  sweep: { concurrency: 1, retryLimit: 0, policy: "exclusive" },
  "given-up": { concurrency: 1, retryLimit: 0 },
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
    const start = async (on: Pick<Carrier<unknown>, "bossOptions"> = carrier, with_: Clock = clock) => {
      const jobs = await openJobs<Name>(on, { queues, clock: with_ });
      opened.push(jobs);
      return jobs;
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
      assert.equal(rows.length, 3);
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
