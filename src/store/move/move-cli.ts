import { sql } from "kysely";
import { CannotDo, databaseAskedFor, existing, opened, secretKeysAskedFor } from "../asked-for.ts";
import type { Carrier } from "../carrier.ts";
import type { Schema } from "../schema.ts";
import { importRows } from "./import-rows.ts";
import { checkExport } from "./read-export.ts";
import { writeExport } from "./write-export.ts";

const usage = `How to use it:
  npm run export -- file     writes everything in Usher's database into a new file
  npm run import -- file     brings all of it into an empty database

Both read SECRET_KEY, and DATABASE_URL or DATA_DIR, as Usher does. Secrets in the file are sealed as they are in the
database, and open with the same SECRET_KEY only. Ends with 0 when it is done, with 1 when nothing was done, with 2
when it is used otherwise.
`;

const say = (...sentences: string[]) => void process.stdout.write(`${sentences.join("\n")}\n`);
const counted = (rows: number) => `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;

/** Whether an Usher works on it: its jobs have connections of their own. The embedded one is held by one process only. */
async function isInUse({ kind, db }: Carrier<Schema>): Promise<boolean> {
  if (kind === "embedded") return false;
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'usher-jobs' limit 1`.execute(db);
  return rows.length > 0;
}

async function exportTo(file: string): Promise<void> {
  const keys = secretKeysAskedFor();
  const whenInUse = "Stop Usher, export, and start it again, unless it moves.";
  const carrier = await opened(existing(databaseAskedFor()), whenInUse);
  try {
    const isRunning = await isInUse(carrier);
    const { rows, tables } = await writeExport(carrier, keys, file, new Date());
    say(
      `${counted(rows)} of ${tables} tables were exported to ${file}, as they stood at one moment. Nothing was changed here.`,
      "It holds the audit, names and sealed secrets. Keep it as you keep the database, and apart from SECRET_KEY.",
      isRunning
        ? "Usher runs on this database: the file is a backup. To move, stop every process of it and export again: what they do from now on is not in the file."
        : "To move: import it on the other side with the same SECRET_KEY, and do not start Usher here again. As a backup: start Usher here as before.",
    );
  } finally {
    await carrier.close();
  }
}

async function importFrom(file: string): Promise<void> {
  const keys = secretKeysAskedFor();
  // All of the file, before anything is opened or made.
  const { usher, from, madeAt } = await checkExport(file, keys);
  const choice = databaseAskedFor();
  const whenInUse = "Stop Usher there, and name a folder without a database.";
  const carrier = await opened(choice, whenInUse);
  try {
    if (await isInUse(carrier))
      throw new CannotDo(
        "An Usher runs on this database. Nothing was imported. Stop every process of it, and try again.",
      );
    const rows = await importRows(carrier, keys, file);
    const side = from === "embedded" ? "The embedded database" : "The PostgreSQL";
    say(
      `${counted(rows)} were imported, as they stood on ${madeAt} in Usher ${usher}. Links that were sent open as before.`,
      "Start Usher here with the same SECRET_KEY: it goes on with what was under way within a minute.",
      `${side} that it came from is as it was. Do not start Usher there again: both would act in the same tenant. Delete it once all is well here.`,
    );
  } finally {
    await carrier.close();
  }
}

async function main(words: readonly string[]): Promise<0 | 1 | 2> {
  const [verb, file, ...more] = words;
  if ((verb !== "export" && verb !== "import") || !file || file.startsWith("-") || more.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    await (verb === "export" ? exportTo(file) : importFrom(file));
    return 0;
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = error instanceof CannotDo ? "" : "Nothing was done: ";
    process.stderr.write(`${reason}${message}${cause instanceof Error ? ` (${cause.message})` : ""}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
