import { type Kysely, sql, type Transaction } from "kysely";
import type { SecretKeys } from "../../domain/secret-link.ts";
import { CannotDo } from "../asked-for.ts";
import type { Carrier } from "../carrier.ts";
import { migrate } from "../migrate.ts";
import { migrations } from "../migrations.ts";
import type { Schema } from "../schema.ts";
import type { Header, Row } from "./file-lines.ts";
import { holdBackup } from "./hold-backup.ts";
import { readExport } from "./read-export.ts";
import { movedTables } from "./tables.ts";
import { columnsOf, countRows } from "./write-export.ts";

const mostRows = 500;
const mostCharacters = 4_000_000;

/**
 * Brings everything in a file into an empty database, or nothing of it. `restoredAt`: the file may be old, so what it
 * left under way is held from then on; otherwise everything is as it was.
 *
 * @throws CannotDo when something stands in it, or when the file is not whole
 */
export async function importRows(
  carrier: Carrier<Schema>,
  keys: SecretKeys,
  file: string,
  { restoredAt }: { restoredAt?: Date } = {},
): Promise<number> {
  // Of an older Usher, perhaps, which was only stopped: its tables stay as they are.
  await refuseWhenFull(carrier.db);
  await migrate(carrier.db, migrations);
  return carrier.db.transaction().execute(async (db) => {
    // An Usher that starts here meanwhile waits, and then finds all of it.
    await sql`lock table ${sql.join(movedTables.map((name) => sql.table(name)))} in access exclusive mode`.execute(
      db,
    );
    await refuseWhenFull(db);
    let header: Header | undefined;
    const insert = batches(db);
    for await (const { table, row } of readExport(file, keys, (first) => {
      header = first;
    }))
      await insert.add(table, row);
    await insert.flush();
    await setSequences(db);
    const rows = compareCounts(await countRows(db), header as Header);
    const madeAt = new Date((header as Header).madeAt);
    if (restoredAt) await holdBackup(db, keys, { since: restoredAt, madeAt });
    return rows;
  });
}

async function refuseWhenFull(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name
    from json_array_elements_text(${JSON.stringify(movedTables)}::json) as name
    where to_regclass(quote_ident(name)) is not null`.execute(db);
  const counts = await countRows(
    db,
    rows.map(({ name }) => name),
  );
  const full = Object.entries(counts).filter(([, count]) => count > 0);
  if (full.length === 0) return;
  const named = full.map(([table, count]) => `${table} (${count})`).join(", ");
  throw new CannotDo(
    `The database is not empty: it has rows in ${named}. Nothing was imported. Name an empty one in DATABASE_URL or DATA_DIR.`,
  );
}

function batches(db: Transaction<Schema>) {
  let table = "";
  let rows: Row[] = [];
  let characters = 0;
  async function flush() {
    if (rows.length > 0) await insertAll(db, table, rows);
    rows = [];
    characters = 0;
  }
  return {
    flush,
    async add(to: string, row: Row) {
      if (to !== table || rows.length >= mostRows || characters >= mostCharacters) await flush();
      table = to;
      rows.push(row);
      for (const text of Object.values(row)) characters += text?.length ?? 0;
    },
  };
}

/** PostgreSQL reads the texts that it wrote, so each value is what it was. */
async function insertAll(db: Transaction<Schema>, table: string, rows: readonly Row[]): Promise<void> {
  const columns = await columnsOf(db, table);
  const here = columns.map(({ name }) => name).toSorted();
  const there = Object.keys(rows[0] as Row).toSorted();
  if (here.join() !== there.join())
    throw new CannotDo(`The table ${table} has other columns here than in the export. Nothing was imported.`);
  const values = columns.map(({ name, type }) => sql`(given ->> ${sql.lit(name)})::${sql.raw(type)}`);
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map(({ name }) => sql.id(name)))})
    overriding system value
    select ${sql.join(values)} from json_array_elements(${JSON.stringify(rows)}::json) as given`.execute(db);
}

/** What counts up goes on after what came. */
async function setSequences(db: Transaction<Schema>): Promise<void> {
  for (const table of movedTables)
    for (const { name } of await columnsOf(db, table)) {
      const { rows } = await sql<{ sequence: string | null }>`
        select pg_get_serial_sequence(${table}, ${name}) as sequence`.execute(db);
      const sequence = rows[0]?.sequence;
      if (sequence)
        await sql`select setval(${sequence}, coalesce(max(${sql.ref(name)}), 0) + 1, false)
          from ${sql.table(table)}`.execute(db);
    }
}

function compareCounts(here: Readonly<Record<string, number>>, { tables }: Header): number {
  const differs = movedTables.find((table) => here[table] !== (tables[table] ?? 0));
  if (differs)
    throw new CannotDo(
      `The first line counts ${tables[differs] ?? 0} rows of ${differs}, and ${here[differs]} came. Nothing was imported.`,
    );
  return Object.values(here).reduce((sum, count) => sum + count, 0);
}
