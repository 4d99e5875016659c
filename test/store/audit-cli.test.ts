import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { type Kysely, sql } from "kysely";
import type { AuditEvent } from "../../src/domain/audit.ts";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { createLog } from "../../src/log.ts";
import { type Carrier, openCarrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import type { Jobs } from "../../src/usecases/ports/store.ts";
import { ada, afterNoon } from "../support/builders.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { freshDatabase } from "../support/postgres.ts";

const script = new URL("../../src/store/audit-cli.ts", import.meta.url).pathname;
const [older, newer, other] = [1, 2, 3].map(() => randomBytes(32)) as [Buffer, Buffer, Buffer];
const inBase64 = (...keys: Buffer[]) => keys.map((key) => key.toString("base64")).join(",");

type Run = { code: number | null; out: string; err: string };

/** Runs the script as `npm run audit --` does. */
function audit(environment: Record<string, string>, ...words: string[]): Promise<Run> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [script, ...words], { env: { PATH, ...environment } });
  const run: Run = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => (run.out += chunk));
  child.stderr.on("data", (chunk) => (run.err += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...run, code })));
}

const event = (n: number): AuditEvent => ({
  at: new Date(afterNoon(n).getTime() + 123),
  who: ada.userId,
  what: "request.submitted",
  surface: "card",
  subject: "REQ-7K3M9Q",
  outcome: `ü “${n}”`,
  detail: { zz: 1.5, a: [{ b: null, aa: "é" }], at: afterNoon(n) },
  ...(n % 2 && { revision: n }),
});

async function append(db: Kysely<Schema>, keys: SecretKeys, events: readonly AuditEvent[]): Promise<void> {
  const store = openStore(db, () => ({}) as Jobs, keys, createLog("silent"));
  for (const each of events) await store.inTransaction((tables) => tables.audit.append(each));
}

/** As somebody may who owns the database: past the trigger that makes it append-only. */
async function tamper(db: Kysely<Schema>, statement: string): Promise<void> {
  await sql`alter table audit disable trigger audit_append_only`.execute(db);
  await sql.raw(statement).execute(db);
  await sql`alter table audit enable trigger audit_append_only`.execute(db);
}

type Place = { environment: Record<string, string>; remove(): Promise<void> };
const places: Record<string, () => Promise<Place>> = {
  "the embedded database": async () => {
    const folder = temporaryFolder();
    const remove = async () => fs.rmSync(folder, { recursive: true, force: true });
    return { environment: { DATA_DIR: folder }, remove };
  },
  PostgreSQL: async () => {
    const { url, drop } = await freshDatabase();
    return { environment: { DATABASE_URL: url }, remove: drop };
  },
};

for (const [name, make] of Object.entries(places))
  describe(`npm run audit -- verify, on ${name}`, () => {
    let place: Place;
    let hashes: string[] = [];
    const keys = { SECRET_KEY: inBase64(newer, older) };
    const verify = (given: Record<string, string> = keys, ...words: string[]) =>
      audit({ ...place.environment, ...given }, "verify", ...words);
    /** Nobody else has the database open when the script runs: the embedded one takes one process only. */
    async function within(work: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
      const { DATABASE_URL: databaseUrl, DATA_DIR: dataDir } = place.environment;
      const carrier: Carrier<Schema> = await openCarrier({ databaseUrl, dataDir });
      try {
        await work(carrier.db);
      } finally {
        await carrier.close();
      }
    }

    before(async () => {
      place = await make();
      await within(async (db) => {
        await migrate(db, migrations);
        await append(db, [older], [1, 2, 3].map(event));
        await append(db, [newer, older], [4, 5, 6].map(event));
        hashes = (await db.selectFrom("audit").select("hash").orderBy("n").execute()).map(({ hash }) => hash);
      });
    });
    after(() => place.remove());

    it("finds it whole, across a rotation of the key", async () => {
      const { code, out, err } = await verify();
      assert.equal(err, "");
      assert.match(
        out,
        new RegExp(`^The audit is whole. Its newest line is number 6, with the hash ${hashes[5]}.`),
      );
      assert.equal(code, 0);
    });

    async function restored(): Promise<void> {
      await within(async (db) => {
        await tamper(db, "delete from audit");
        await tamper(db, "insert into audit select * from kept");
        await sql`drop table kept`.execute(db);
      });
    }
    const namesLine2 = async (change: string) => {
      await within(async (db) => {
        await tamper(db, "create table kept as select * from audit");
        await tamper(db, `update audit set ${change} where n = 2`);
      });
      const { code, out } = await verify();
      assert.match(out, /broken: line 2 was changed after it was written.*Those before it are whole/, change);
      assert.equal(code, 1);
      await restored();
    };

    it("names a line whose outcome was changed", () => namesLine2("outcome = 'approved'"));

    // The rest does not depend on where the rows are, and each process takes seconds to open the embedded ones.
    if (name !== "PostgreSQL") return;

    it("finds the line of a head that was in the log", async () => {
      const { code, out } = await verify(keys, "--head", hashes[2]!);
      assert.match(out, /is there, as number 3/);
      assert.equal(code, 0);
    });

    it("needs the keys of all its lines", async () => {
      const { code, out } = await verify({ SECRET_KEY: inBase64(newer) });
      assert.match(out, /broken: line 1 fits none of the keys/);
      assert.equal(code, 1);
    });

    it("needs a key, and says so", async () => {
      for (const given of [{}, { SECRET_KEY: "short" }]) {
        const { code, out, err } = await verify(given);
        assert.match(err, /^SECRET_KEY is (missing|not)/);
        assert.deepEqual([code, out], [2, ""]);
      }
    });

    it("says how it is used when it is used otherwise", async () => {
      for (const words of [
        ["--head"],
        ["--head", "nonsense"],
        ["--tail", hashes[1]!],
        ["--head", hashes[1]!, "x"],
      ]) {
        const { code, err } = await verify(keys, ...words);
        assert.match(err, /How to use it/);
        assert.equal(code, 2);
      }
    });

    it("names a line that was written under the older key after the newer one", async () => {
      await within((db) => append(db, [older], [event(7)]));
      const { code, out } = await verify();
      assert.match(out, /broken: line 7 was written under a key that had been replaced/);
      assert.equal(code, 1);
      await within((db) => tamper(db, "delete from audit where n = 7"));
    });

    it("names a line that was changed, however little", async () => {
      for (const change of [
        "at = at + interval '1 millisecond'",
        "revision = 0",
        `detail = detail || '{"more": 1}'`,
      ])
        await namesLine2(change);
      assert.equal((await verify()).code, 0);
    });

    it("shows a cut tail by the head only", async () => {
      await within((db) => tamper(db, "delete from audit where n = 6"));
      assert.equal((await verify()).code, 0);
      const { code, out } = await verify(keys, "--head", hashes[5]!);
      assert.match(out, /was cut: no line has the hash .* Its newest line is number 5/);
      assert.equal(code, 1);
    });

    it("names a line that was deleted", async () => {
      await within((db) => tamper(db, "delete from audit where n = 3"));
      const { code, out } = await verify();
      assert.match(out, /broken: line 3 is missing/);
      assert.equal(code, 1);
    });
  });

describe("npm run audit -- verify, on what it cannot read", () => {
  const keys = { SECRET_KEY: inBase64(other) };

  it("says that there is no database, and makes none", async () => {
    const folder = temporaryFolder();
    const { code, err } = await audit({ ...keys, DATA_DIR: `${folder}/none` }, "verify");
    assert.match(err, /There is no database in .*none/);
    assert.equal(code, 2);
    assert.equal(fs.existsSync(`${folder}/none`), false);
    fs.rmSync(folder, { recursive: true });
  });

  it("says that another process has the folder, and what to do", async () => {
    const folder = temporaryFolder();
    const carrier = await openCarrier({ dataDir: folder });
    const { code, err } = await audit({ ...keys, DATA_DIR: folder }, "verify");
    assert.match(err, /is in use by another process.* stop it for that time/);
    assert.equal(code, 2);
    await carrier.close();
    const empty = await audit({ ...keys, DATA_DIR: folder }, "verify");
    assert.match(empty.err, /cannot be read.*Is this Usher's database/);
    assert.equal(empty.code, 2);
    fs.rmSync(folder, { recursive: true });
  });

  it("says that PostgreSQL does not answer, without its password", async () => {
    const url = "postgres://usher:topsecret@127.0.0.1:1/usher";
    const { code, out, err } = await audit({ ...keys, DATABASE_URL: url }, "verify");
    assert.match(err, /PostgreSQL cannot be reached/);
    assert.equal(code, 2);
    assert.doesNotMatch(out + err, /topsecret/);
  });
});
