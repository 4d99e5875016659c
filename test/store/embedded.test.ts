import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { mock } from "node:test";
import { type Kysely, sql } from "kysely";
import { type Embedded, openEmbedded } from "../../src/store/embedded.ts";
import { temporaryFolder } from "../support/carriers.ts";

type Tables = { note: { text: string } };

describe("the embedded database on disk", () => {
  let folder: string;
  let open: Embedded<Tables> | undefined;
  const children: ChildProcess[] = [];
  const use = async () => {
    open = await openEmbedded<Tables>(folder);
    return open.db;
  };

  before(async () => {
    folder = temporaryFolder();
    await makeNotes(await use());
  });
  beforeEach(async () => {
    await open?.close();
    open = undefined;
  });
  after(async () => {
    await open?.close();
    for (const child of children) child.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Another process that opens the folder and runs a statement; it prints what came of it and stays. */
  async function otherProcess(statement: string): Promise<{ child: ChildProcess; said: string }> {
    const script = `
      import { sql } from "kysely";
      const { openEmbedded } = await import(${JSON.stringify(import.meta.resolve("../../src/store/embedded.ts"))});
      try {
        const { db } = await openEmbedded(${JSON.stringify(folder)});
        await sql.raw(${JSON.stringify(statement)}).execute(db);
        console.log("done");
      } catch (error) { console.log(error.message); }
      setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const [said] = await once(createInterface({ input: child.stdout! }), "line");
    return { child, said };
  }

  it("brings each commit to the disk", async () => {
    const db = await use();
    const { rows } = await sql<{ fsync: string }>`show fsync`.execute(db);
    assert.deepEqual(rows, [{ fsync: "on" }]);
    const fsyncs = mock.method(fs, "fsyncSync");
    try {
      for (let commits = 1; commits <= 3; commits++) {
        const before = fsyncs.mock.callCount();
        await db.insertInto("note").values({ text: "kept" }).execute();
        assert.ok(fsyncs.mock.callCount() > before, `commit ${commits} was not brought to the disk`);
      }
    } finally {
      fsyncs.mock.restore();
    }
  });

  it("keeps what was committed when its process is killed, and is free again", async () => {
    const { child, said } = await otherProcess("insert into note values ('from the killed one')");
    assert.equal(said, "done");
    child.kill("SIGKILL");
    await once(child, "exit");
    const notes = await (await use()).selectFrom("note").selectAll().execute();
    assert.ok(notes.some(({ text }) => text === "from the killed one"));
  });

  it("refuses a second process, and tells which folder and what else to do", async () => {
    await use();
    const { said } = await otherProcess("select 1");
    assert.match(said, /in use by another process/);
    assert.ok(said.includes(folder));
    assert.match(said, /DATABASE_URL/);
  });

  it("refuses a second opening in the same process, and opens again after close", async () => {
    await use();
    await assert.rejects(openEmbedded(folder), /in use/);
    await open?.close();
    await use();
  });

  it("shows its files to nobody else", async function () {
    if (process.platform === "win32") return this.skip();
    await use();
    const modes = ["pg18", "owner.lock"].map((name) => fs.statSync(path.join(folder, name)).mode & 0o077);
    assert.deepEqual(modes, [0, 0]);
  });

  it("begins anew when the first start was killed half-way", async () => {
    const fresh = temporaryFolder();
    fs.mkdirSync(path.join(fresh, "pg18.init"));
    fs.writeFileSync(path.join(fresh, "pg18.init", "PG_VERSION"), "half");
    const embedded = await openEmbedded(fresh);
    await embedded.close();
    assert.deepEqual(fs.readdirSync(fresh).sort(), ["owner.lock", "pg18"]);
    fs.rmSync(fresh, { recursive: true });
  });

  it("refuses the folder of another major version instead of beginning an empty one", async () => {
    const old = temporaryFolder();
    fs.mkdirSync(path.join(old, "pg17"));
    await assert.rejects(openEmbedded(old), /PostgreSQL 17/);
    fs.rmSync(old, { recursive: true });
  });
});

describe("the one session of the embedded database", () => {
  const folder = temporaryFolder();
  let embedded: Embedded<Tables>;
  before(async () => {
    embedded = await openEmbedded<Tables>(folder);
    await makeNotes(embedded.db);
  });
  after(async () => {
    await embedded.close();
    fs.rmSync(folder, { recursive: true });
  });

  const count = (db: Kysely<Tables>) => db.selectFrom("note").selectAll().execute();
  const refused = /root handle inside a transaction/;

  it("refuses a query on the root handle inside a transaction, which would wait for ever", async () => {
    await assert.rejects(
      embedded.db.transaction().execute(() => count(embedded.db)),
      refused,
    );
  });

  it("refuses it also through a handle with another schema, and in a nested call", async () => {
    const elsewhere = async () => {
      await Promise.resolve();
      return count(embedded.db.withSchema("public"));
    };
    await assert.rejects(embedded.db.transaction().execute(elsewhere), refused);
  });

  it("refuses a transaction inside a transaction on the root handle", async () => {
    const inner = () => embedded.db.transaction().execute((trx) => count(trx));
    await assert.rejects(embedded.db.transaction().execute(inner), refused);
  });

  it("refuses what pg-boss does on its own handle inside a transaction", async () => {
    await assert.rejects(
      embedded.db.transaction().execute(() => embedded.jobsDb.executeSql("select 1")),
      refused,
    );
  });

  it("rolls back a transaction in which it refused", async () => {
    await assert.rejects(
      embedded.db.transaction().execute(async (trx) => {
        await trx.insertInto("note").values({ text: "rolled back" }).execute();
        await count(embedded.db);
      }),
      refused,
    );
    assert.deepEqual(await count(embedded.db), []);
  });

  it("lets work that a transaction left behind query after it", async () => {
    const ended = Promise.withResolvers<void>();
    let later: Promise<unknown> | undefined;
    await embedded.db.transaction().execute(async (trx) => {
      later = ended.promise.then(() => count(embedded.db));
      await count(trx);
    });
    ended.resolve();
    assert.deepEqual(await later, []);
  });

  it("gives two transactions at once their turns", async () => {
    const order: string[] = [];
    const work = (name: string) =>
      embedded.db.transaction().execute(async (trx) => {
        order.push(`${name} begins`);
        await count(trx);
        order.push(`${name} ends`);
      });
    await Promise.all([work("one"), work("two")]);
    assert.deepEqual(order, ["one begins", "one ends", "two begins", "two ends"]);
  });

  it("leaves no failed transaction behind for who is next", async () => {
    const failing = embedded.jobsDb.executeSql("begin; select 1/0; commit");
    const next = embedded.db.transaction().execute((trx) => count(trx));
    await assert.rejects(failing, /division by zero/);
    assert.deepEqual(await next, []);
  });
});

async function makeNotes(db: Kysely<Tables>): Promise<void> {
  await db.schema.createTable("note").addColumn("text", "text").execute();
}
