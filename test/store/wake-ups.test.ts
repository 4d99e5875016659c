import assert from "node:assert/strict";
import { once } from "node:events";
import { sql } from "kysely";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openWakeUps } from "../../src/store/wake-ups.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

const silent = () => {};
const log = { info: silent, warn: silent, error: silent };
let aheadMs = 0;
const clock = { now: () => new Date(Date.now() + aheadMs) };

forEachCarrier((name, open) => {
  describe("a wake-up", () => {
    let carrier: TestCarrier<Schema>;
    let wakeUps: Awaited<ReturnType<typeof openWakeUps>>;
    /** What whoever was woken saw, one after the other. */
    let seen: string[];
    const looks = new EventTarget();
    const untilSeen = async (look: string) => {
      while (!seen.includes(look)) await once(looks, "look");
    };
    beforeEach(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, migrations);
      wakeUps = await openWakeUps(carrier, log, clock);
      seen = [];
    });
    afterEach(async () => {
      await wakeUps.stop();
      await carrier.close();
    });

    const write = (db: typeof carrier.db, value: string) =>
      db
        .insertInto("settings")
        .values({ name: "example", value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    const begin = () =>
      wakeUps.start({
        async deliver(subject) {
          const row = await carrier.db.selectFrom("settings").selectAll().executeTakeFirst();
          seen.push(`${subject} ${row?.value}`);
          looks.dispatchEvent(new Event("look"));
        },
        provision: async () => undefined,
        clean: async () => undefined,
        "new-key": async () => undefined,
        restore: async () => undefined,
        revoke: async () => undefined,
        repair: async () => undefined,
        "entra-owner": async () => undefined,
      });
    const changeAndWake = (value: string, beforeItsEnd: () => Promise<void> = async () => {}) =>
      carrier.db.transaction().execute(async (transaction) => {
        await write(transaction, value);
        await wakeUps.within(transaction).wake("deliver", "REQ-000000");
        await beforeItsEnd();
      });

    it("of many that wait is one", async () => {
      for (const value of ["one", "two", "three"]) await changeAndWake(value);
      await begin();
      await untilSeen("REQ-000000 three");
      await wakeUps.within(carrier.db).wake("deliver", "REQ-111111");
      await untilSeen("REQ-111111 three");
      assert.deepEqual(seen, ["REQ-000000 three", "REQ-111111 three"]);
    });

    it("for many at once comes to each of them, and to whoever was woken already once", async () => {
      await changeAndWake("one");
      await wakeUps.within(carrier.db).wakeAll("deliver", ["REQ-111111", "REQ-000000", "REQ-222222"]);
      await wakeUps.within(carrier.db).wakeAll("deliver", []);
      await begin();
      await Promise.all(["REQ-000000", "REQ-111111", "REQ-222222"].map((id) => untilSeen(`${id} one`)));
      await wakeUps.within(carrier.db).wakeAll("deliver", ["REQ-333333"]);
      await untilSeen("REQ-333333 one");
      assert.equal(seen.length, 4, seen.join(", "));
    });

    it("for many at once stands in the way of nobody who does the same in another order", async () => {
      const other = await openWakeUps(await carrier.beside(), log, clock);
      for (let round = 0; round < 5; round++) {
        const subjects = Array.from({ length: 500 }, (_, n) => `REQ-${round}-${n}`);
        await Promise.all([
          wakeUps.within(carrier.db).wakeAll("deliver", subjects),
          other.within(carrier.db).wakeAll("deliver", subjects.toReversed()),
        ]);
      }
      await other.stop();
      const { rows } = await sql<{ jobs: number }>`
        select count(*)::int as jobs from pgboss.job where name = 'deliver' and state = 'created'`.execute(
        carrier.db,
      );
      assert.equal(rows[0]?.jobs, 2500);
    });

    it("for many at once is none for what is not committed yet", async () => {
      const inTransaction = carrier.db
        .transaction()
        .execute((transaction) => wakeUps.within(transaction).wakeAll("deliver", ["REQ-000000"]));
      await assert.rejects(inTransaction, /not committed/);
    });

    for (const [whose, ms] of [
      ["ahead of", 86_400_000],
      ["behind", -86_400_000],
    ] as const)
      it(`that is put off waits no longer and no shorter where a process's clock is ${whose} the database's`, async () => {
        aheadMs = ms;
        await wakeUps
          .within(carrier.db)
          .wake("deliver", "REQ-000000", new Date(clock.now().getTime() + 60_000))
          .finally(() => {
            aheadMs = 0;
          });
        const { rows } = await sql<{ waits: number }>`
          select round(extract(epoch from start_after - created_on)) as waits from pgboss.job where name = 'deliver'`.execute(
          carrier.db,
        );
        assert.deepEqual(
          rows.map(({ waits }) => Number(waits)),
          [60],
        );
      });

    it("that merges with one that waits comes after the change that it is for", async () => {
      await changeAndWake("before");
      // The one session of an embedded database ends its transaction before anybody else can look.
      if (name === "PostgreSQL") {
        await changeAndWake("after", async () => {
          await begin();
          // Who looks at what was woken for later has begun with whatever may be begun before.
          await wakeUps.within(carrier.db).wake("deliver", "REQ-111111");
          await untilSeen("REQ-111111 before");
        });
      } else {
        await changeAndWake("after");
        await begin();
      }
      await untilSeen("REQ-000000 after");
    });
  });
});
