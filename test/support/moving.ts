import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { sql } from "kysely";
import type { Carrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import { movedTables } from "../../src/store/move/tables.ts";
import type { Schema } from "../../src/store/schema.ts";

const script = (name: string) => new URL(`../../src/store/${name}`, import.meta.url).pathname;
export const inBase64 = (...keys: readonly Buffer[]) => keys.map((key) => key.toString("base64")).join(",");

type Run = { code: number | null; out: string; err: string };

export function start(environment: Record<string, string>, ...words: string[]): ChildProcess {
  const { PATH = "" } = process.env;
  const [name = "", ...rest] = words;
  return spawn(process.execPath, [script(name), ...rest], { env: { PATH, ...environment } });
}

/** Runs a command as `npm run` does. */
export function run(environment: Record<string, string>, ...words: string[]): Promise<Run> {
  const child = start(environment, ...words);
  const run: Run = { code: null, out: "", err: "" };
  child.stdout?.on("data", (chunk) => (run.out += chunk));
  child.stderr?.on("data", (chunk) => (run.err += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...run, code })));
}
/** `npm run export` or `npm run import`, with what stands behind `--`. */
export const move = (environment: Record<string, string>, ...words: ["export" | "import", ...string[]]) =>
  run(environment, "move/move-cli.ts", ...words);

/** Everything that is moved, as PostgreSQL says it. */
export async function whole({ db }: Carrier<Schema>): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of movedTables) {
    const { rows } = await sql<{ text: string }>`select kept::text as text from ${sql.table(table)} as kept
      order by kept::text collate "C"`.execute(db);
    all[table] = rows.map(({ text }) => text);
  }
  return all;
}

/** The rows of an export, without what each line proves of those before it. */
export const rowsIn = (file: string) =>
  fs
    .readFileSync(file, "utf8")
    .split("\n")
    .slice(1, -2)
    .map((line) => line.replace(/,"check":"[0-9a-f]{16}"\}$/, "}"));

/** Five rows of settings. */
export async function fill({ db }: Carrier<Schema>): Promise<void> {
  await migrate(db, migrations);
  const value = ["Line one", "Line two", "Line three", "Line four", "Line five"];
  await db
    .insertInto("settings")
    .values(value.map((text, at) => ({ name: `setting ${at}`, value: text })))
    .execute();
}
