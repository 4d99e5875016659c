import { sql } from "kysely";
import { CannotDo, databaseAskedFor, existing, opened, secretKeysAskedFor } from "../asked-for.ts";
import type { Carrier } from "../carrier.ts";
import type { Schema } from "../schema.ts";
import { letGoOn } from "./hold-backup.ts";
import { importRows } from "./import-rows.ts";
import { checkExport } from "./read-export.ts";
import { writeExport } from "./write-export.ts";

const usage = `How to use it:
  npm run export -- file     writes everything in Usher's database into a new file
  npm run import -- file     brings all of it into an empty database, to move: the other side was stopped just now
  npm run import -- --backup file
                             restores a backup into an empty database: links open nothing any more, secrets stay, and
                             what Usher would do in Entra by itself is held until an admin lets it go on
  npm run import -- --go-on  lets it go on, as an admin does by saying go on

They read SECRET_KEY, and DATABASE_URL or DATA_DIR, as Usher does. Secrets in the file are sealed as they are in the
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

/** What was stopped just now is moved at once; whatever is older may not know what people did since. */
const mostAgeMs = 3_600_000;

function refuseWhenOld(madeAt: string, now: Date): void {
  if (now.getTime() - Date.parse(madeAt) <= mostAgeMs) return;
  throw new CannotDo(
    `The file was made on ${madeAt}, more than an hour ago. Nothing was imported. To move: stop Usher on the other side, export again, and import that. To restore a backup: npm run import -- --backup file.`,
  );
}

async function importFrom(file: string, isBackup: boolean): Promise<void> {
  const keys = secretKeysAskedFor();
  // All of the file, before anything is opened or made.
  const { usher, from, madeAt } = await checkExport(file, keys);
  const now = new Date();
  if (!isBackup) refuseWhenOld(madeAt, now);
  const choice = databaseAskedFor();
  const whenInUse = "Stop Usher there, and name a folder without a database.";
  const carrier = await opened(choice, whenInUse);
  try {
    if (await isInUse(carrier))
      throw new CannotDo(
        "An Usher runs on this database. Nothing was imported. Stop every process of it, and try again.",
      );
    const rows = await importRows(carrier, keys, file, isBackup ? { restoredAt: now } : {});
    const came = `${counted(rows)} were imported, as they stood on ${madeAt} in Usher ${usher}.`;
    if (isBackup)
      return say(
        `${came} Links that were sent open nothing any more; the secrets behind them stay as they are.`,
        "Start Usher here with the same SECRET_KEY. It does nothing in Entra by itself yet, and compares each registration.",
        "Look at what it holds: npm run doctor, or go on, said to Usher by an admin, who lets it go on there. Or: npm run import -- --go-on.",
        "No other Usher may run on a database of the same tenant.",
      );
    const side = from === "embedded" ? "The embedded database" : "The PostgreSQL";
    say(
      `${came} Links that were sent open as before.`,
      "Start Usher here with the same SECRET_KEY: it goes on with what was under way within a minute.",
      `${side} that it came from is as it was. Do not start Usher there again: both would act in the same tenant. Delete it once all is well here.`,
    );
  } finally {
    await carrier.close();
  }
}

/** Beside an Usher that runs on PostgreSQL, too. */
async function goOn(): Promise<void> {
  const keys = secretKeysAskedFor();
  const carrier = await opened(existing(databaseAskedFor()), "An admin says go on to Usher in Teams.");
  try {
    const held = await letGoOn(carrier, keys, new Date());
    if (!held) throw new CannotDo("Nothing is held here. Nothing was changed.");
    say(
      `What the backup of ${held.madeAt.toISOString()} left under way goes on, within a minute of an Usher that runs here.`,
    );
  } finally {
    await carrier.close();
  }
}

/** What was asked for; undefined where it is nothing of this. */
function asked(words: readonly string[]): (() => Promise<void>) | undefined {
  const [verb, ...rest] = words;
  const isBackup = rest[0] === "--backup";
  if (verb === "import" && rest.join() === "--go-on") return goOn;
  const [file, ...more] = verb === "import" && isBackup ? rest.slice(1) : rest;
  if (!file || file.startsWith("-") || more.length > 0) return undefined;
  if (verb === "export") return () => exportTo(file);
  return verb === "import" ? () => importFrom(file, isBackup) : undefined;
}

async function main(words: readonly string[]): Promise<0 | 1 | 2> {
  const act = asked(words);
  if (!act) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    await act();
    return 0;
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = error instanceof CannotDo ? "" : "Nothing was done: ";
    process.stderr.write(`${reason}${message}${cause instanceof Error ? ` (${cause.message})` : ""}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
