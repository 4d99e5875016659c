import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import { onPostgres, type TestCarrier } from "../support/carriers.ts";

type Tables = { things: { id: number; name: string } };

describe("what is asked of PostgreSQL often", () => {
  let carrier: TestCarrier<Tables>;
  before(async () => {
    carrier = await onPostgres<Tables>();
    await sql`create table things (id int primary key, name text not null)`.execute(carrier.db);
  });
  after(() => carrier.close());

  /** All of it in one session, which is the one whose statements are kept. */
  const inSession = <T>(work: (db: Kysely<Tables>) => Promise<T>) => carrier.db.connection().execute(work);
  const kept = async (db: Kysely<Tables>, like: string) =>
    (
      await sql<{
        statement: string;
        uses: number;
      }>`select statement, (generic_plans + custom_plans)::int as uses
        from pg_prepared_statements where statement like ${like}`.execute(db)
    ).rows;
  const nameOf = (db: Kysely<Tables>, id: number) =>
    db.selectFrom("things").select("name").where("id", "=", id).executeTakeFirst();
  const allOf = (db: Kysely<Tables>, id: number) =>
    db.selectFrom("things").selectAll().where("id", "=", id).executeTakeFirst();

  it("keeps its plan from the fifth time on, and answers the same", () =>
    inSession(async (db) => {
      await db.insertInto("things").values({ id: 1, name: "one" }).execute();
      for (let n = 0; n < 4; n++) await nameOf(db, 1);
      assert.deepEqual(await kept(db, "select %name%things%"), []);
      for (let n = 0; n < 4; n++) assert.deepEqual(await nameOf(db, 1), { name: "one" });
      assert.equal(await nameOf(db, 2), undefined);
      assert.deepEqual(
        (await kept(db, "select %name%things%")).map(({ uses }) => uses),
        [5],
      );
    }));

  it("goes on while a newer version adds a column, also where all columns are asked for", () =>
    inSession(async (db) => {
      const once = () => db.selectFrom("things").selectAll().distinct().where("id", "=", 1).execute();
      for (let n = 0; n < 10; n++) {
        await nameOf(db, 1);
        await allOf(db, 1);
        await once();
      }
      await sql`alter table things add column colour text not null default 'red'`.execute(carrier.db);
      assert.deepEqual(await nameOf(db, 1), { name: "one" });
      const whole = { id: 1, name: "one", colour: "red" };
      assert.deepEqual([await allOf(db, 1), ...(await once())], [whole, whole]);
    }));

  it("says what is wrong with it each time, in each session", async () => {
    const refused = (db: Kysely<Tables>) =>
      assert.rejects(db.insertInto("things").values({ id: 1, name: "again" }).execute(), /duplicate key/);
    await inSession(async (db) => {
      for (let n = 0; n < 8; n++) await refused(db);
    });
    const inOne = async (db: Kysely<Tables>) => {
      for (let n = 0; n < 3; n++) await refused(db);
      return (await kept(db, "insert %things%")).length;
    };
    const counts = await Promise.all([1, 2, 3].map(() => inSession(inOne)));
    assert.ok(
      counts.every((count) => count > 0),
      `${counts}`,
    );
  });

  it("does not fill a session, however many texts there are", () =>
    inSession(async (db) => {
      for (let length = 1; length <= 300; length++)
        for (let n = 0; n < 5; n++)
          await sql`select name from things where id in (${sql.join(Array.from({ length }, (_, id) => id))})`.execute(
            db,
          );
      const { length } = await kept(db, "%where id in%");
      assert.ok(length > 200 && length <= 256, `${length}`);
    }));
});
