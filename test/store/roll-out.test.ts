import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { isMigrated, migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import { aDraftId, aPendingRequest, chat } from "../support/builders.ts";
import { onDisk, onPostgres, type TestCarrier } from "../support/carriers.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";

const names = Object.keys(migrations).toSorted();
const upTo = (name: string) =>
  Object.fromEntries(Object.entries(migrations).filter(([each]) => each <= name));
/** The last one from before two versions ever ran beside each other. */
const lastAlone = "2026-11-23-lifecycle";

type Column = { type: string; isNeeded: boolean };
type Tables = Map<string, Column>;

/** Every column as `table.column`, and the rules that rows are held to as `table (rule)`. */
async function standing(db: Kysely<Schema>): Promise<{ columns: Tables; rules: Map<string, string> }> {
  const { rows } = await sql<{ place: string; type: string; isNeeded: boolean }>`
    select table_name || '.' || column_name as place, udt_name as type,
      (is_nullable = 'NO' and column_default is null) as "isNeeded"
    from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%'`.execute(
    db,
  );
  const { rows: rules } = await sql<{ rule: string; of: string }>`
    select conrelid::regclass || ' (' || pg_get_constraintdef(oid) || ')' as rule, conrelid::regclass::text as of
    from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
    union select indexdef, tablename from pg_indexes
    where schemaname = 'public' and indexdef like 'CREATE UNIQUE%'`.execute(db);
  return {
    columns: new Map(rows.map(({ place, ...column }) => [place, column])),
    rules: new Map(rules.map(({ rule, of }) => [rule, of])),
  };
}

/** What a version that knows only what stood before could not live with. */
function harm(before: Awaited<ReturnType<typeof standing>>, after: typeof before): string[] {
  const tables = new Set([...before.columns.keys()].map((place) => place.split(".")[0]));
  return [
    ...[...before.columns].flatMap(([place, { type, isNeeded }]) => {
      const now = after.columns.get(place);
      if (!now) return `${place} is gone`;
      if (now.type !== type) return `${place} was ${type} and is ${now.type}`;
      return now.isNeeded && !isNeeded ? `${place} is needed now` : [];
    }),
    ...[...after.columns].flatMap(([place, { isNeeded }]) =>
      isNeeded && !before.columns.has(place) && tables.has(place.split(".")[0])
        ? `${place} is new in a table that an older version writes, and has no default`
        : [],
    ),
    ...[...after.rules].flatMap(([rule, of]) =>
      !before.rules.has(rule) && tables.has(of) ? `a new rule for rows of an older version: ${rule}` : [],
    ),
  ];
}

describe("a new version beside an old one", () => {
  let carrier: TestCarrier<Schema>;
  beforeEach(async () => {
    carrier = await onDisk<Schema>();
  });
  afterEach(() => carrier.close());

  it("only adds to the tables that the old one reads and writes", async () => {
    await migrate(carrier.db, upTo(lastAlone));
    for (const name of names.filter((each) => each > lastAlone)) {
      const before = await standing(carrier.db);
      await migrate(carrier.db, upTo(name));
      assert.deepEqual(harm(before, await standing(carrier.db)), [], `the migration ${name}`);
    }
  });

  for (const [what, change, said] of [
    ["renames a column", "alter table posts rename column drawn to shown", /posts.drawn is gone/],
    ["drops a table", "drop table activities", /activities.mark is gone/],
    [
      "changes a type",
      "alter table posts alter column drawn type varchar(9)",
      /drawn was text and is varchar/,
    ],
    [
      "needs what an old one does not write",
      "alter table posts add column by text not null",
      /posts.by is new/,
    ],
    ["needs what could be left out", "alter table drafts alter column reason set not null", /needed now/],
    ["holds rows to a rule", "alter table posts add check (purpose <> 'note')", /a new rule .*note/],
    ["lets two rows stand no more", "create unique index one on posts (subject)", /a new rule .*one/],
  ] as const)
    it(`is refused here when it ${what}`, async () => {
      await migrate(carrier.db, migrations);
      const before = await standing(carrier.db);
      await sql.raw(change).execute(carrier.db);
      assert.match(harm(before, await standing(carrier.db)).join("\n"), said);
    });

  it("leaves the old one to start and work on, which leaves what it does not know as it is", async () => {
    const older = upTo(names.at(-2) ?? "");
    await migrate(carrier.db, migrations);
    const before = await standing(carrier.db);
    assert.deepEqual(await migrate(carrier.db, older), []);
    assert.equal(await isMigrated(carrier.db, older), true);
    assert.deepEqual(await standing(carrier.db), before);
    const silent = () => {};
    const log = { info: silent, warn: silent, error: silent };
    const { tables } = openStore(carrier.db, wakesNobody, [randomBytes(32)], log);
    const request = aPendingRequest();
    await tables.requests.insert(request, { draft: aDraftId(), origin: chat, answers: {} });
    assert.deepEqual(await tables.requests.get(request.id), request);
    // The new one finds nothing to do afterwards.
    assert.deepEqual(await migrate(carrier.db, migrations), []);
  });
});

describe("two processes that start at once on an empty PostgreSQL", () => {
  it("run each migration once, and both go on", async () => {
    const carrier = await onPostgres<Schema>();
    try {
      const handles = [carrier, await carrier.beside(), await carrier.beside()];
      const ran = await Promise.all(handles.map(({ db }) => migrate(db, migrations)));
      assert.deepEqual(ran.flat().toSorted(), names);
      for (const { db } of handles) assert.equal(await isMigrated(db, migrations), true);
    } finally {
      await carrier.close();
    }
  });

  it("do so too when one of them is of the version before", async () => {
    const carrier = await onPostgres<Schema>();
    try {
      const newer = await carrier.beside();
      const ran = await Promise.all([
        migrate(carrier.db, upTo(names.at(-2) ?? "")),
        migrate(newer.db, migrations),
      ]);
      assert.deepEqual(ran.flat().toSorted(), names);
      assert.equal(await isMigrated(newer.db, migrations), true);
    } finally {
      await carrier.close();
    }
  });
});
