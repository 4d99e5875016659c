import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { sql } from "kysely";
import type { SecretKeys } from "../../../src/domain/secret-link.ts";
import { type Carrier, openCarrier } from "../../../src/store/carrier.ts";
import { migrate } from "../../../src/store/migrate.ts";
import { migrations } from "../../../src/store/migrations.ts";
import { letGoOn } from "../../../src/store/move/hold-backup.ts";
import { importRows } from "../../../src/store/move/import-rows.ts";
import { countRows, writeExport } from "../../../src/store/move/write-export.ts";
import type { Schema } from "../../../src/store/schema.ts";
import { onDisk, type TestCarrier, temporaryFolder } from "../../support/carriers.ts";
import { fill, inBase64, move, run, start, whole } from "../../support/moving.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";

describe("npm run export and npm run import", () => {
  const folder = temporaryFolder();
  const file = (name: string) => `${folder}/${name}`;
  const keys: SecretKeys = [randomBytes(32)];
  const SECRET_KEY = inBase64(...keys);
  let database: TestDatabase;
  let source: TestCarrier<Schema>;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());
  before(async () => {
    source = await onDisk<Schema>();
    await fill(source);
  });
  after(async () => {
    await source.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const within = async <T>(
    environment: Record<string, string>,
    work: (carrier: Carrier<Schema>) => Promise<T>,
  ) => {
    const { DATABASE_URL: databaseUrl, DATA_DIR: dataDir } = environment;
    const carrier: Carrier<Schema> = await openCarrier({ databaseUrl, dataDir });
    try {
      return await work(carrier);
    } finally {
      await carrier.close();
    }
  };

  it("say what happened, what is still true, and what to do next", async () => {
    const here = { SECRET_KEY, DATA_DIR: file("data") };
    const there = { SECRET_KEY, DATABASE_URL: database.url };
    const none = await move(here, "export", file("moved"));
    assert.deepEqual([none.code, none.out], [1, ""]);
    assert.match(none.err, /There is no database in/);
    assert.equal(fs.existsSync(here.DATA_DIR), false);

    let stood: Record<string, string[]> = {};
    const running = await within(here, async (carrier) => {
      await fill(carrier);
      stood = await whole(carrier);
      return move(here, "export", file("moved"));
    });
    assert.match(running.err, /in use by another process.* Stop Usher, export, and start it again/);
    assert.equal(running.code, 1);

    const exported = await move(here, "export", file("moved"));
    assert.equal(exported.err, "");
    assert.match(
      exported.out,
      /^5 rows of \d+ tables were exported.*apart from SECRET_KEY.*do not start Usher here/s,
    );

    const wrong = await move({ ...there, SECRET_KEY: inBase64(randomBytes(32)) }, "import", file("moved"));
    assert.match(wrong.err, /SECRET_KEY is another than where the export was made/);
    assert.equal(wrong.code, 1);

    const imported = await move(there, "import", file("moved"));
    assert.equal(imported.err, "");
    assert.match(
      imported.out,
      /^5 rows were imported.*embedded database that it came from.*Do not start Usher there/s,
    );
    assert.deepEqual(await within(there, whole), stood);

    const again = await move(there, "import", file("moved"));
    assert.match(again.err, /not empty: it has rows in settings \(5\)\. Nothing was imported/);
    assert.equal(again.code, 1);
    assert.equal((await run(there, "move/move-cli.ts", "import")).code, 2);
  });

  it("leave nothing of an import that was killed half-way, and the next one goes through", async () => {
    const there = { SECRET_KEY, DATABASE_URL: database.url };
    const now = new Date();
    await within(there, async (carrier) => {
      const { db } = carrier;
      await migrate(db, migrations);
      const conversation = { kind: "personal", service_url: "", tenant_id: "", seen_at: now };
      await source.db
        .insertInto("conversations")
        .values({ id: "a", ...conversation })
        .execute();
      await writeExport(source, keys, file("killed"), now);
      // It stops at the second table, when the first is in.
      await sql`create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(60); return new; end'`.execute(
        db,
      );
      await sql`create trigger wait before insert on conversations for each row execute function wait()`.execute(
        db,
      );
      const child = start(there, "move/move-cli.ts", "import", file("killed"));
      const ended = new Promise((resolve) => child.on("close", resolve));
      const sleeping = async () =>
        (
          await sql<{ pid: number }>`select pid from pg_stat_activity where wait_event = 'PgSleep'`.execute(
            db,
          )
        ).rows;
      const deadline = Date.now() + 20_000;
      while ((await sleeping()).length === 0 && Date.now() < deadline)
        await new Promise((go) => setTimeout(go, 50));
      child.kill("SIGKILL");
      await ended;
      // The server notices when it looks for its client; here it is told.
      await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where wait_event = 'PgSleep'`.execute(
        db,
      );
      assert.equal(
        Object.values(await countRows(db)).reduce((sum, count) => sum + count),
        0,
      );
      await sql`drop trigger wait on conversations`.execute(db);
      assert.equal(await importRows(carrier, keys, file("killed")), 6);
    });
  });

  it("leave an older Usher's database as it is when they refuse it", async () => {
    const older = Object.fromEntries(Object.entries(migrations).slice(0, 2));
    await writeExport(source, keys, file("newer"), new Date());
    await within({ DATABASE_URL: database.url }, async (carrier) => {
      await migrate(carrier.db, older);
      await carrier.db.insertInto("settings").values({ name: "its own", value: "" }).execute();
      await assert.rejects(
        importRows(carrier, keys, file("newer")),
        /not empty: it has rows in settings \(1\)\. Nothing was imported/,
      );
      const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
        carrier.db,
      );
      assert.deepEqual(
        rows.map(({ name }) => name),
        Object.keys(older),
      );
    });
  });

  it("take an older file as a backup only, and hold what it left under way until they are told", async () => {
    const there = { SECRET_KEY, DATABASE_URL: database.url };
    await writeExport(source, keys, file("old"), new Date(Date.now() - 3_700_000));
    const refused = await move(there, "import", file("old"));
    assert.match(
      refused.err,
      /more than an hour ago\. Nothing was imported\. To move: .* export again.* To restore a backup: npm run import -- --backup file\./,
    );
    assert.deepEqual([refused.code, refused.out], [1, ""]);

    const restored = await move(there, "import", "--backup", file("old"));
    assert.equal(restored.err, "");
    assert.match(
      restored.out,
      /rows were imported.*open nothing any more.*nothing in Entra by itself.*--go-on/s,
    );
    const { out } = await run(there, "audit-cli.ts", "verify");
    assert.match(out, /The audit is whole/);

    const lifted = await move(there, "import", "--go-on");
    assert.match(lifted.out, /left under way goes on/);
    assert.equal(lifted.code, 0);
    const acts = await within(there, async (carrier) => {
      assert.equal(await letGoOn(carrier, keys, new Date()), undefined);
      return carrier.db.selectFrom("audit").select(["what", "outcome"]).orderBy("n").execute();
    });
    assert.deepEqual(acts, [
      { what: "backup.restored", outcome: "held" },
      { what: "backup.go-on", outcome: "lifted" },
    ]);
  });
});
