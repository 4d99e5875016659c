import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { sql } from "kysely";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { type Carrier, openCarrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import { lineChain } from "../../src/store/move/file-lines.ts";
import { importRows } from "../../src/store/move/import-rows.ts";
import { checkExport } from "../../src/store/move/read-export.ts";
import { movedTables, tablesLeftOut } from "../../src/store/move/tables.ts";
import { countRows, writeExport } from "../../src/store/move/write-export.ts";
import type { Schema } from "../../src/store/schema.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { inMemory, onDisk, temporaryFolder } from "../support/carriers.ts";
import { linkMessage } from "../support/handed-over.ts";
import { type Journey, jonas, personalChat, startJourney } from "../support/journey.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

const script = (name: string) => new URL(`../../src/store/${name}`, import.meta.url).pathname;
const inBase64 = (...keys: readonly Buffer[]) => keys.map((key) => key.toString("base64")).join(",");

type Run = { code: number | null; out: string; err: string };

function start(environment: Record<string, string>, ...words: string[]): ChildProcess {
  const { PATH = "" } = process.env;
  const [name = "", ...rest] = words;
  return spawn(process.execPath, [script(name), ...rest], { env: { PATH, ...environment } });
}

/** Runs a command as `npm run` does. */
function run(environment: Record<string, string>, ...words: string[]): Promise<Run> {
  const child = start(environment, ...words);
  const run: Run = { code: null, out: "", err: "" };
  child.stdout?.on("data", (chunk) => (run.out += chunk));
  child.stderr?.on("data", (chunk) => (run.err += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...run, code })));
}
const move = (environment: Record<string, string>, verb: "export" | "import", file: string) =>
  run(environment, "move/move-cli.ts", verb, file);

/** Everything that is moved, as PostgreSQL says it. */
async function whole({ db }: Carrier<Schema>): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of movedTables) {
    const { rows } = await sql<{ text: string }>`select kept::text as text from ${sql.table(table)} as kept
      order by kept::text collate "C"`.execute(db);
    all[table] = rows.map(({ text }) => text);
  }
  return all;
}

/** The rows of an export, without what each line proves of those before it. */
const rowsIn = (file: string) =>
  fs
    .readFileSync(file, "utf8")
    .split("\n")
    .slice(1, -2)
    .map((line) => line.replace(/,"check":"[0-9a-f]{16}"\}$/, "}"));

describe("moving", () => {
  const folder = temporaryFolder();
  const file = (name: string) => `${folder}/${name}`;
  const now = new Date("2027-01-02T03:04:05.678Z");
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("moves every table that there is, or says why not", async () => {
    const carrier = await inMemory<Schema>();
    await migrate(carrier.db, migrations);
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
      journey = await startJourney();
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

  describe("a file", () => {
    const keys: SecretKeys = [randomBytes(32)];
    let lines: string[];
    before(async () => {
      const carrier = await inMemory<Schema>();
      await fill(carrier);
      await writeExport(carrier, keys, file("whole"), now);
      lines = fs.readFileSync(file("whole"), "utf8").split("\n");
      await carrier.close();
    });

    const refusal = async (text: string | Buffer, given: SecretKeys = keys) => {
      fs.writeFileSync(file("changed"), text);
      return checkExport(file("changed"), given).then(
        () => "taken",
        (error: Error) => error.message,
      );
    };
    const without = (at: number) => lines.toSpliced(at, 1).join("\n");

    it("is for its owner's eyes, has its name only when it is whole, and is never written over", async () => {
      assert.equal(fs.statSync(file("whole")).mode & 0o777, 0o600);
      assert.deepEqual(
        fs.readdirSync(folder).filter((name) => name.includes("unfinished")),
        [],
      );
      const carrier = await inMemory<Schema>();
      await migrate(carrier.db, migrations);
      await assert.rejects(writeExport(carrier, keys, file("whole"), now), /There is a file .* written over/);
      fs.writeFileSync(file("new.unfinished"), "");
      await assert.rejects(writeExport(carrier, keys, file("new"), now), /another export writes it/);
      assert.equal(fs.readFileSync(file("new.unfinished"), "utf8"), "");
      await carrier.close();
    });

    it("is refused by the line that is wrong", async () => {
      assert.equal(await refusal(lines.join("\n")), "taken");
      assert.match(
        await refusal(lines.join("\n").replace("Line three", "line three")),
        /^Line 4 does not follow/,
      );
      assert.match(await refusal(without(2)), /^Line 3 does not follow/);
      assert.match(await refusal(without(lines.length - 2)), /^The file was cut off: it ends after line 6/);
      assert.match(await refusal(lines.join("\n").slice(0, -1)), /in the middle of its last line/);
      assert.match(await refusal(lines.join("\n").slice(0, 900)), /cut off/);
      assert.match(await refusal(`${lines.join("\n")}\n`), /^Line 8 comes after the last one/);
      assert.match(
        await refusal(lines.join("\n").replace('"madeAt":"2027', '"madeAt":"2028')),
        /^Line 1 was changed/,
      );
      assert.match(
        await refusal(lines.join("\n").replace('{"rows":5', '{"rows":4')),
        /counts 4 rows, and 5 are/,
      );
      assert.match(await refusal(""), /empty/);
      assert.match(await refusal("what is this\n"), /Line 1 is not the beginning/);
      assert.match(
        await refusal('{"format":"usher export","version":2,"usher":"9.9.9"}\n'),
        /with Usher 9\.9\.9/,
      );
    });

    it("is refused with another SECRET_KEY, before anything is written", async () => {
      const other = randomBytes(32);
      assert.match(await refusal(lines.join("\n"), [other]), /SECRET_KEY is another/);
      assert.equal(await refusal(lines.join("\n"), [other, keys[0]]), "taken");
      assert.doesNotMatch(lines.join("\n"), new RegExp(keys[0].toString("hex")));
      assert.doesNotMatch(
        lines.join("\n"),
        new RegExp(keys[0].toString("base64").slice(0, 20).replace("+", "\\+")),
      );
    });

    it("is refused when somebody without the key has edited it and hashed it anew", async () => {
      const chain = lineChain();
      const edited = lines
        .slice(0, -2)
        .map((line) =>
          chain.write(`${line.replace(/,"check":"[0-9a-f]{16}"\}$/, "}").replace("Line two", "Mine")}`),
        );
      const text = [...edited, `${chain.last([randomBytes(32)])}\n`].join("");
      assert.match(await refusal(text), /^Line 7, the last one, does not fit .* does not have SECRET_KEY/);
      // What only hashes it anew by the right key is an export like any other.
      assert.equal(await refusal([...edited, `${chain.last(keys)}\n`].join("")), "taken");
    });

    it("is refused or equal after any of 200 random changes", async () => {
      const bytes = fs.readFileSync(file("whole"));
      const any = (below: number) => Math.floor(Math.random() * below);
      for (let round = 0; round < 200; round++) {
        const at = any(bytes.length);
        const changed = [
          () => Buffer.concat([bytes.subarray(0, at), Buffer.from([any(256)]), bytes.subarray(at + 1)]),
          () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + any(300))]),
          () => Buffer.concat([bytes.subarray(0, at), Buffer.from([any(256)]), bytes.subarray(at)]),
          () => bytes.subarray(0, at),
          () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(any(bytes.length))]),
        ][round % 5]!();
        if (!changed.equals(bytes)) assert.notEqual(await refusal(changed), "taken", `at ${at}`);
      }
    });

    it("keeps every kind of value as it was", async () => {
      const target = await inMemory<Schema>();
      const source = await inMemory<Schema>();
      for (const { db } of [source, target]) {
        await migrate(db, migrations);
        await sql`alter table settings add column bytes bytea, add column amount numeric, add column doc jsonb,
          add column moment timestamptz, add column real float8, add column counted bigint generated always as identity`.execute(
          db,
        );
      }
      await sql`insert into settings (name, value, bytes, amount, doc, moment, real) values
        ('a', ${'"\\ü\u{1f600}\n\t\u2028'}, '\\x00ff0a', 1.500, 'null', '2026-03-29 01:30:00.123456+02', 0.1),
        ('b', '', null, 9007199254740993.10, '{"n": 1.10, "big": 12345678901234567890}', 'infinity', 'NaN'),
        ('C', 'x', '', null, null, null, 1e-300)`.execute(source.db);
      await writeExport(source, keys, file("values"), now);
      assert.equal(await importRows(target, keys, file("values")), 3);
      assert.deepEqual(await whole(target), await whole(source));
      await sql`insert into settings (name, value) values ('next', '')`.execute(target.db);
      const { rows } = await sql`select counted from settings where name = 'next'`.execute(target.db);
      assert.deepEqual(rows, [{ counted: 4 }]);
      await source.close();
      await target.close();
    });
  });

  describe("npm run export and npm run import", () => {
    const keys: SecretKeys = [randomBytes(32)];
    const SECRET_KEY = inBase64(...keys);
    let database: TestDatabase;
    before(async () => {
      database = await freshDatabase();
    });
    after(() => database.drop());
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

      const running = await within(here, async (carrier) => {
        await fill(carrier);
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
      assert.deepEqual(await within(there, whole), await within(here, whole));

      const again = await move(there, "import", file("moved"));
      assert.match(again.err, /not empty: it has rows in settings \(5\)\. Nothing was imported/);
      assert.equal(again.code, 1);
      assert.equal((await run(there, "move/move-cli.ts", "import")).code, 2);
    });

    it("leave nothing of an import that was killed half-way, and the next one goes through", async () => {
      const { url, drop } = await freshDatabase();
      const there = { SECRET_KEY, DATABASE_URL: url };
      await within(there, async (carrier) => {
        const { db } = carrier;
        await migrate(db, migrations);
        const source = await inMemory<Schema>();
        await fill(source);
        const conversation = { kind: "personal", service_url: "", tenant_id: "", seen_at: now };
        await source.db
          .insertInto("conversations")
          .values({ id: "a", ...conversation })
          .execute();
        await writeExport(source, keys, file("killed"), now);
        await source.close();
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
      await drop();
    });
  });
});

/** Five rows of settings. */
async function fill({ db }: Carrier<Schema>): Promise<void> {
  await migrate(db, migrations);
  const value = ["Line one", "Line two", "Line three", "Line four", "Line five"];
  await db
    .insertInto("settings")
    .values(value.map((text, at) => ({ name: `setting ${at}`, value: text })))
    .execute();
}
