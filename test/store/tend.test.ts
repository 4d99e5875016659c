import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import { onDisk, type TestCarrier } from "../support/carriers.ts";

describe("the embedded database", () => {
  let carrier: TestCarrier;
  before(async () => {
    carrier = await onDisk();
    for (const name of ["busy", "quiet"]) {
      await sql`create table ${sql.table(name)} (id int primary key, said text)`.execute(carrier.db);
      await sql`insert into ${sql.table(name)} select n, repeat('x', 500) from generate_series(1, 1000) n`.execute(
        carrier.db,
      );
    }
    await counted(carrier.db);
    await carrier.tend();
  });
  after(() => carrier.close());

  it("uses the room of rows that were written anew, and grows no further", async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      await sql`update busy set said = reverse(said)`.execute(carrier.db);
      await counted(carrier.db);
      await carrier.tend();
      sizes.push(await sizeOf(carrier.db, "busy"));
    }
    assert.equal(sizes.at(-1), sizes[1]);
  });

  it("leaves a table alone of which little has changed", async () => {
    await sql`update quiet set said = '' where id < 100`.execute(carrier.db);
    await counted(carrier.db);
    await carrier.tend();
    const { rows } = await sql<{ dead: string }>`
      select n_dead_tup as dead from pg_stat_user_tables where relname = 'quiet'`.execute(carrier.db);
    assert.equal(Number(rows[0]?.dead), 99);
  });
});

/** PostgreSQL counts what changed once a second, or when it is told to. */
const counted = (db: Kysely<unknown>) => sql`select pg_stat_force_next_flush()`.execute(db);

async function sizeOf(db: Kysely<unknown>, table: string): Promise<number> {
  const { rows } = await sql<{ size: string }>`select pg_relation_size(${table}) as size`.execute(db);
  return Number(rows[0]?.size);
}
