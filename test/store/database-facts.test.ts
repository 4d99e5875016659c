import assert from "node:assert/strict";
import { sql } from "kysely";
import { databaseFacts } from "../../src/store/database-facts.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

forEachCarrier((name, open) => {
  describe("what a database says of itself", () => {
    let carrier: TestCarrier<Schema>;
    before(async () => {
      carrier = await open<Schema>();
    });
    after(() => carrier.close());

    it("is its version, whether it keeps what was saved, and which migrations ran", async () => {
      const names = Object.keys(migrations);
      const empty = await databaseFacts(carrier);
      assert.deepEqual([empty.missing, empty.unknown], [names, []]);
      assert.ok(empty.number >= 180_000);
      assert.match(empty.version, /^18/);
      assert.equal(empty.isReadOnly, false);
      // The server of the tests runs without it.
      assert.equal(empty.fsync, name !== "PostgreSQL");

      await migrate(carrier.db, migrations);
      await sql`insert into kysely_migration (name, timestamp) values ('2030-01-01-later', '')`.execute(
        carrier.db,
      );
      const later = await databaseFacts(carrier);
      assert.deepEqual([later.missing, later.unknown], [[], ["2030-01-01-later"]]);
    });
  });
});
