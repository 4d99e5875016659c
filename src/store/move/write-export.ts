import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { type Kysely, sql, type Transaction } from "kysely";
import type { SecretKeys } from "../../domain/secret-link.ts";
import { CannotDo } from "../asked-for.ts";
import type { Carrier } from "../carrier.ts";
import { fsyncFolder } from "../durable-files.ts";
import { migrations } from "../migrations.ts";
import type { Schema } from "../schema.ts";
import { fileFormat, fileVersion, type Header, keyChecks, lineChain } from "./file-lines.ts";
import { refuseOtherKey } from "./own-key.ts";
import { movedTables } from "./tables.ts";

const pageOf = 500;

export type Exported = { rows: number; tables: number };

/**
 * Writes everything into a new file, as it stands at one moment, whoever works on the database meanwhile. The file
 * bears its name only when it is whole and on the disk.
 *
 * @throws CannotDo when there is such a file, or when the database is not of this version
 */
export async function writeExport(
  carrier: Carrier<Schema>,
  keys: SecretKeys,
  file: string,
  now: Date,
): Promise<Exported> {
  if (existsSync(file))
    throw new CannotDo(`There is a file ${file}. Name another one; nothing is written over.`);
  await refuseOtherKey(carrier.db, keys);
  const unfinished = `${file}.unfinished`;
  const handle = openNew(unfinished);
  try {
    const exported = await atOneMoment(carrier.db, (db) =>
      writeLines(db, { keys, from: carrier.kind, now }, (text) => writeFileSync(handle, text)),
    );
    fsyncSync(handle);
    closeSync(handle);
    if (existsSync(file)) throw new CannotDo(`There is a file ${file} by now. Name another one.`);
    renameSync(unfinished, file);
    fsyncFolder(path.dirname(path.resolve(file)));
    return exported;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Two exports to one name meet here: the second finds the first one's file. */
function openNew(unfinished: string): number {
  try {
    return openSync(unfinished, "wx", 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CannotDo(
      code === "EEXIST"
        ? `There is a file ${unfinished}: another export writes it, or one was cut off. If none runs, delete it and begin anew.`
        : `The file cannot be written (${message}).`,
    );
  }
}

function atOneMoment<T>(db: Kysely<Schema>, work: (db: Transaction<Schema>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(transaction);
    // As every server would write them, whatever it was told otherwise.
    await sql`set local datestyle = 'ISO, YMD'`.execute(transaction);
    await sql`set local bytea_output = 'hex'`.execute(transaction);
    await sql`set local extra_float_digits = 1`.execute(transaction);
    await sql`set local intervalstyle = 'postgres'`.execute(transaction);
    return work(transaction);
  });
}

type Given = { keys: SecretKeys; from: Header["from"]; now: Date };

async function writeLines(
  db: Transaction<Schema>,
  { keys, from, now }: Given,
  write: (text: string) => void,
): Promise<Exported> {
  const header: Header = {
    format: fileFormat,
    version: fileVersion,
    usher: usherVersion(),
    from,
    madeAt: now.toISOString(),
    migrations: await migrationsOf(db),
    keys: keyChecks(keys),
    tables: await countRows(db),
  };
  const chain = lineChain();
  write(chain.write(JSON.stringify(header)));
  for (const table of movedTables)
    for await (const rows of pagesOf(db, table))
      write(rows.map((row) => chain.write(`{"table":"${table}","row":${row}}`)).join(""));
  write(`${chain.last(keys)}\n`);
  const rows = Object.values(header.tables).reduce((sum, count) => sum + count, 0);
  return { rows, tables: movedTables.length };
}

async function migrationsOf(db: Kysely<Schema>): Promise<string[]> {
  const here = Object.keys(migrations);
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name collate "C"`
    .execute(db)
    .catch(() => ({ rows: [] }));
  const there = rows.map(({ name }) => name);
  if (there.join() !== here.join())
    throw new CannotDo(
      there.length === 0
        ? "This is no database of Usher's: nothing was exported."
        : "The database is of another version of Usher: nothing was exported. Export it with the Usher that ran on it last, or start this one on it once, which brings its tables up to date.",
    );
  return there;
}

export async function countRows(
  db: Kysely<Schema>,
  tables: readonly string[] = movedTables,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      db,
    );
    counts[table] = Number(rows[0]?.count);
  }
  return counts;
}

export type Column = { name: string; type: string; isKey: boolean };

/** A table's columns as the database has them, without those that it computes. */
export async function columnsOf(db: Kysely<Schema>, table: string): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select attname as name, format_type(atttypid, atttypmod) as type, coalesce(attnum = any(indkey), false) as "isKey"
    from pg_attribute left join pg_index on indrelid = attrelid and indisprimary
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attname collate "C"`.execute(db);
  return rows;
}

/** Rows as JSON that PostgreSQL writes, in the order of their key, the same on every server. */
async function* pagesOf(db: Transaction<Schema>, table: string): AsyncGenerator<string[]> {
  const columns = await columnsOf(db, table);
  const of = (name: string) => sql.ref(`kept.${name}`);
  const texts = columns.map(({ name }) => sql`${of(name)}::text as ${sql.id(name)}`);
  const order = columns
    .filter(({ isKey }) => isKey)
    .map(({ name, type }) => (type === "text" ? sql`${of(name)} collate "C"` : of(name)));
  // A cursor: the rows are sorted once, and only a page of them is here at a time.
  await sql`declare exported no scroll cursor for select row_to_json(texts)::text as line from
    (select ${sql.join(texts)} from ${sql.table(table)} as kept order by ${sql.join(order)}) as texts`.execute(
    db,
  );
  for (;;) {
    const { rows } = await sql<{ line: string }>`fetch forward ${sql.lit(pageOf)} from exported`.execute(db);
    if (rows.length > 0) yield rows.map(({ line }) => line);
    if (rows.length < pageOf) break;
  }
  await sql`close exported`.execute(db);
}

function usherVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
