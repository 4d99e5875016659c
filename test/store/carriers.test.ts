import assert from "node:assert/strict";
import { type Generated, sql } from "kysely";
import { openCarrier } from "../../src/store/carrier.ts";
import { isMigrated, type Migrations, migrate } from "../../src/store/migrate.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";
import { freshDatabase } from "../support/postgres.ts";

type Tables = { request: { id: Generated<number>; state: string; decided_by: string | null } };

const migrations: Migrations = {
  "0001 requests": {
    up: (db) =>
      db.schema
        .createTable("request")
        .addColumn("id", "serial", (column) => column.primaryKey())
        .addColumn("state", "text", (column) => column.notNull())
        .execute(),
  },
  "0002 who decided": {
    up: (db) => db.schema.alterTable("request").addColumn("decided_by", "text").execute(),
  },
};

forEachCarrier((_name, open) => {
  describe("a carrier", () => {
    let carrier: TestCarrier<Tables>;
    before(async () => {
      carrier = await open<Tables>();
    });
    after(() => carrier.close());

    it("is migrated once when two processes start at once", async () => {
      const other = await carrier.beside();
      const ran = await Promise.all([migrate(carrier.db, migrations), migrate(other.db, migrations)]);
      assert.deepEqual(ran.flat(), ["0001 requests", "0002 who decided"]);
    });

    it("is asked only what has run, where all has", async () => {
      let asked = 0;
      const counted = carrier.db.withPlugin({
        transformQuery: ({ node }) => {
          asked += 1;
          return node;
        },
        transformResult: async ({ result }) => result,
      });
      assert.deepEqual(await migrate(counted, migrations), []);
      assert.equal(asked, 2);
    });

    it("is left as it is by an older version that starts once more during a roll-out", async () => {
      const { "0001 requests": oldest = { up: async () => {} } } = migrations;
      const older = { "0001 requests": oldest };
      assert.deepEqual(await migrate(carrier.db, older), []);
      assert.deepEqual(
        [await isMigrated(carrier.db, older), await isMigrated(carrier.db, migrations)],
        [true, true],
      );
      assert.equal(await isMigrated(carrier.db, { ...migrations, "0003": oldest }), false);
    });

    it("keeps nothing of a migration that fails, and names it", async () => {
      const broken: Migrations = {
        ...migrations,
        "0003 a table": { up: (db) => db.schema.createTable("half").addColumn("id", "integer").execute() },
        "0004 broken": { up: (db) => db.schema.dropTable("nowhere").execute() },
      };
      await assert.rejects(migrate(carrier.db, broken), (error: Error) => {
        assert.match(error.message, /0004 broken/);
        assert.match((error.cause as Error).message, /nowhere/);
        return true;
      });
      const tables = await carrier.db.introspection.getTables();
      assert.ok(!tables.some(({ name }) => name === "half"));
      assert.deepEqual(await migrate(carrier.db, migrations), []);
    });

    it("lets one of twenty deciders at once win", async () => {
      const other = await carrier.beside();
      const { id } = await carrier.db
        .insertInto("request")
        .values({ state: "pending" })
        .returning("id")
        .executeTakeFirstOrThrow();
      const decide = (approver: number) =>
        (approver % 2 ? carrier : other).db.transaction().execute((trx) =>
          trx
            .updateTable("request")
            .set({ state: "approved", decided_by: `approver ${approver}` })
            .where("id", "=", id)
            .where("state", "=", "pending")
            .returning("decided_by")
            .executeTakeFirst(),
        );
      const decisions = await Promise.all(Array.from({ length: 20 }, (_, approver) => decide(approver)));
      const winners = decisions.filter((decision) => decision !== undefined);
      const { decided_by } = await carrier.db.selectFrom("request").selectAll().executeTakeFirstOrThrow();
      assert.deepEqual(winners, [{ decided_by }]);
    });

    it("reads values the same way as the others", async () => {
      const { rows } = await sql`select
        5::int8 as count, 9007199254740993::int8 as large, 1.50::numeric as amount, true as yes,
        '2026-03-04'::date as day, '2026-03-04 05:06:07'::timestamp as wall,
        '2026-03-04 05:06:07.123+02'::timestamptz as moment, '\\x00ff'::bytea as bytes,
        '{"a": [1]}'::jsonb as document, array['x', 'y'] as words, array[1, 2]::int4[] as numbers,
        gen_random_uuid() is not null as made, null::text as nothing`.execute(carrier.db);
      assert.deepEqual(rows, [
        {
          count: 5,
          large: 9007199254740993n,
          amount: "1.50",
          yes: true,
          day: "2026-03-04",
          wall: new Date("2026-03-04T05:06:07Z"),
          moment: new Date("2026-03-04T03:06:07.123Z"),
          bytes: Buffer.from([0, 255]),
          document: { a: [1] },
          words: ["x", "y"],
          numbers: [1, 2],
          made: true,
          nothing: null,
        },
      ]);
    });

    it("gives back what was stored", async () => {
      const moment = new Date("2026-03-29T01:30:00.123Z");
      const { rows } =
        await sql`select ${moment}::timestamptz as moment, ${Buffer.from([0, 255])}::bytea as bytes,
        ${JSON.stringify(["a"])}::jsonb as list, ${["x", "y"]}::text[] as words`.execute(carrier.db);
      assert.deepEqual(rows, [{ moment, bytes: Buffer.from([0, 255]), list: ["a"], words: ["x", "y"] }]);
    });

    it("thinks in UTC", async () => {
      const { rows } = await sql`show timezone`.execute(carrier.db);
      assert.deepEqual(rows, [{ TimeZone: "UTC" }]);
    });
  });
});

describe("opening a carrier", () => {
  it("says that PostgreSQL cannot be reached without showing the password", async () => {
    const opening = openCarrier({ databaseUrl: "postgres://usher:topsecret@127.0.0.1:1/usher" });
    await assert.rejects(opening, (error: Error) => {
      assert.match(error.message, /DATABASE_URL/);
      assert.ok(!JSON.stringify([error.message, error.stack, String(error.cause)]).includes("topsecret"));
      return true;
    });
  });

  it("refuses when nothing says where", async () => {
    await assert.rejects(openCarrier({}), /DATABASE_URL nor DATA_DIR/);
  });
});

describe("a PostgreSQL carrier", () => {
  it("goes on after the server ended its idle connections", async () => {
    const { url, drop } = await freshDatabase();
    const lost: Error[] = [];
    const heard = Promise.withResolvers<void>();
    const onConnectionLost = (error: Error) => {
      lost.push(error);
      heard.resolve();
    };
    const carrier = await openCarrier({ databaseUrl: url, onConnectionLost });
    const killer = await openCarrier({ databaseUrl: url });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(killer.db);
    await heard.promise;
    const { rows } = await sql`select 1 as one`.execute(carrier.db);
    assert.deepEqual(rows, [{ one: 1 }]);
    assert.equal(lost.length, 1);
    await carrier.close();
    await killer.close();
    await drop();
  });
});
