import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import type { Schema } from "../../src/store/schema.ts";
import { writeQuota } from "../../src/store/write-quota.ts";
import { noon } from "../support/builders.ts";
import { forEachStore } from "./each-store.ts";

const limit = { limit: 300, seconds: 150 };
const windowMs = limit.seconds * 1000;
let identities = 0;

forEachStore("the quota of writes", ({ db, besideDb }) => {
  /** Processes that write for one identity, with one clock between them that waiting turns. */
  function writers(count: number) {
    const identity = `identity ${++identities}`;
    let ms = noon.getTime();
    const clock = { now: () => new Date(ms) };
    const pause = async (forMs: number) => {
      ms += forMs;
    };
    const open = (of: Kysely<Schema>) => writeQuota(of, { identity, clock, limit, pause });
    return {
      all: Array.from({ length: count }, (_, n) => open(n % 2 ? besideDb() : db())),
      turnClock: (forMs: number) => {
        ms += forMs;
      },
      at: () => ms,
    };
  }

  it("is never exceeded by two processes in any window, and used to nine tenths at least", async () => {
    const { all, turnClock, at } = writers(2);
    const written: number[] = [];
    const end = at() + 5 * windowMs;
    while (at() < end) {
      const waits = await Promise.all(
        all.map(async (quota) => {
          const waitMs = await quota.pass(1);
          if (waitMs === 0) written.push(at());
          return waitMs;
        }),
      );
      turnClock(Math.max(20, Math.min(...waits)));
    }
    const most = Math.max(
      ...written.map((from) => written.filter((x) => x >= from && x < from + windowMs).length),
    );
    assert.ok(most <= limit.limit, `${most} writes in one window`);
    assert.ok(written.length >= 0.9 * 5 * limit.limit, `${written.length} writes in all`);
  });

  it("is not exceeded by many that ask at the same moment", async () => {
    const { all } = writers(8);
    const asked = Array.from({ length: 400 }, (_, n) => all[n % all.length]!.pass(1));
    const went = (await Promise.all(asked)).filter((waitMs) => waitMs === 0);
    assert.ok(went.length <= limit.limit && went.length >= 0.9 * limit.limit, String(went.length));
  });

  it("counts each write of a call that carries several", async () => {
    const { all } = writers(1);
    const went: number[] = [];
    for (let n = 0; n < 30; n++) went.push(await all[0]!.pass(20));
    assert.equal(went.filter((waitMs) => waitMs === 0).length, limit.limit / 20);
  });

  it("says when to come back, and lets writes go from that moment on", async () => {
    const { all, turnClock } = writers(1);
    const [quota] = all;
    await Promise.all(Array.from({ length: limit.limit }, () => quota!.pass(1)));
    const waitMs = await quota!.pass(1);
    assert.ok(waitMs > 140_000 && waitMs < 165_000, String(waitMs));
    turnClock(waitMs - 6_000);
    assert.ok((await quota!.pass(1)) > 0);
    turnClock(6_000);
    assert.equal(await quota!.pass(1), 0);
  });

  it("waits by itself for what opens within seconds", async () => {
    const { all, at } = writers(1);
    const before = at();
    await all[0]!.close(3_000);
    assert.equal(await all[0]!.pass(1), 0);
    assert.equal(at() - before, 3_000);
  });

  it("is closed for every process when Graph asks to be left alone", async () => {
    const { all, turnClock } = writers(2);
    const [one, other] = all;
    assert.equal(await one!.pass(1), 0);
    await one!.close(60_000);
    // A shorter wish does not open it.
    await other!.close(1_000);
    turnClock(1_000);
    assert.equal(await one!.pass(1), 59_000);
    assert.equal(await other!.pass(1), 59_000);
    turnClock(59_000);
    assert.equal(await one!.pass(1), 0);
    assert.equal(await other!.pass(1), 0);
  });

  it("keeps identities apart", async () => {
    const [one] = writers(1).all;
    const [other] = writers(1).all;
    await one!.close(60_000);
    assert.equal(await other!.pass(1), 0);
  });
});
