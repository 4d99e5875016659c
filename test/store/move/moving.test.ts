import assert from "node:assert/strict";
import fs from "node:fs";
import { sql } from "kysely";
import { type Carrier, openCarrier } from "../../../src/store/carrier.ts";
import { importRows } from "../../../src/store/move/import-rows.ts";
import { movedTables, tablesLeftOut } from "../../../src/store/move/tables.ts";
import { writeExport } from "../../../src/store/move/write-export.ts";
import type { Schema } from "../../../src/store/schema.ts";
import { sweep } from "../../../src/usecases/lifecycle/sweep.ts";
import { onDisk, temporaryFolder, usherOnDisk } from "../../support/carriers.ts";
import { linkMessage } from "../../support/handed-over.ts";
import { type Journey, jonas, personalChat, startJourney } from "../../support/journey.ts";
import { inBase64, move, rowsIn, run, whole } from "../../support/moving.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";

describe("moving", () => {
  const folder = temporaryFolder();
  const file = (name: string) => `${folder}/${name}`;
  const now = new Date("2027-01-02T03:04:05.678Z");
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("moves every table that there is, or says why not", async () => {
    const carrier = await usherOnDisk();
    const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables
      where schemaname = current_schema()`.execute(carrier.db);
    const known = [...movedTables, ...Object.keys(tablesLeftOut)];
    assert.deepEqual(rows.map(({ name }) => name).toSorted(), known.toSorted());
    await carrier.close();
  });

  describe("from the embedded database to PostgreSQL and back", () => {
    let journey: Journey;
    let database: TestDatabase;
    let first: Carrier<Schema>;
    const others: Carrier<Schema>[] = [];
    before(async () => {
      journey = await startJourney({ carrier: usherOnDisk });
      first = { ...journey.carrier };
      database = await freshDatabase();
    });
    after(async () => {
      await journey.close();
      for (const each of [first, ...others]) await each.close().catch(() => {});
      await database.drop();
    });

    /** Moves Usher to another database, as by the two commands, and starts it there. */
    async function moveTo(carrier: Carrier<Schema>, name: string): Promise<void> {
      const { secretKeys } = journey.config;
      const from = await whole(journey.carrier);
      const exported = await writeExport(journey.carrier, secretKeys, file(name), now);
      assert.equal(await importRows(carrier, secretKeys, file(name)), exported.rows);
      assert.deepEqual(await whole(carrier), from);
      await writeExport(carrier, secretKeys, file(`${name} again`), now);
      assert.deepEqual(rowsIn(file(`${name} again`)), rowsIn(file(name)));
      others.push({ ...carrier });
      Object.assign(journey.carrier, carrier, { close: async () => {} });
      await journey.restart();
    }

    /** One that is half made, since Graph is down. */
    async function halfWay(who: typeof jonas): Promise<string> {
      const { id } = await journey.ask(who);
      await journey.approvalCard(id);
      const order = { method: "PATCH", path: "/servicePrincipals", kind: "503", times: 1000 };
      await journey.sim("POST", "/faults", order);
      await journey.approve(id);
      const steps = () => journey.world.store.tables.steps.all(id as never);
      await journey.until(
        async () => (await steps()).some(({ state }) => state === "waiting"),
        "a wait for Graph",
      );
      return id;
    }
    async function ends(id: string): Promise<void> {
      await journey.sim("DELETE", "/faults");
      journey.turnClock(120_000);
      await sweep(journey.world, journey.world.clock.now());
      await journey.until(
        async () => (await journey.request(id)).state === "provisioned",
        `the end of ${id}`,
      );
    }

    it("finishes what was half made, opens what was sealed, and the audit is whole", async () => {
      const sealed = await journey.provisioned();
      const half = await halfWay(jonas);
      await moveTo(await openCarrier<Schema>({ databaseUrl: database.url }), "there");
      await ends(half);
      assert.match(
        (await journey.openAs(sealed.link, { id: personalChat(jonas).person! })).body,
        /somebody else/i,
      );
      const page = await journey.openAs(sealed.link, {
        id: (await journey.request(sealed.id)).requester.userId,
      });
      assert.equal((await page.reveal()).status, 200);
      assert.equal((await journey.applications()).length, 2);
      const keys = { SECRET_KEY: inBase64(...journey.config.secretKeys), DATABASE_URL: database.url };
      const { code, out } = await run(keys, "audit-cli.ts", "verify");
      assert.match(out, /The audit is whole/);
      assert.equal(code, 0);

      // It runs, so the file is a backup, and nothing is brought in beside it.
      const backup = await move(keys, "export", file("backup"));
      assert.match(backup.out, /Usher runs on this database: the file is a backup/);
      const beside = await move(keys, "import", file("backup"));
      assert.match(beside.err, /An Usher runs on this database\. Nothing was imported/);
      assert.equal(beside.code, 1);

      // And back, from an Usher that runs: the picture is of one moment.
      const waiting = await linkMessage(journey, half, jonas);
      await moveTo(await onDisk<Schema>(), "back");
      assert.equal((await (await journey.openAs(waiting.link, jonas)).reveal()).status, 200);
      const another = await journey.ask();
      assert.equal((await journey.audited(another.id)).length > 0, true);
    });
  });
});
