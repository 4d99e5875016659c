import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createLog } from "../../src/log.ts";
import { type Carrier, openCarrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openWakeUps } from "../../src/store/wake-ups.ts";
import { freshDatabase, givenServer, type TestDatabase } from "./postgres.ts";

// biome-ignore lint/suspicious/noExplicitAny: each suite knows its own tables
export type TestCarrier<Tables = any> = Carrier<Tables> & {
  /** The same database as another process has it: its own connections on PostgreSQL, the one session if embedded. */
  beside(): Promise<Carrier<Tables>>;
};

/**
 * Runs a suite on the embedded database and on PostgreSQL. `open` gives a fresh, empty database; its `close` also
 * removes it.
 */
export function forEachCarrier(
  suite: (name: string, open: <Tables>() => Promise<TestCarrier<Tables>>) => void,
): void {
  const carriers = { "the embedded database": onDisk, PostgreSQL: onPostgres };
  for (const [name, open] of Object.entries(carriers)) describe(`on ${name}`, () => suite(name, open));
}

/**
 * Runs a suite on the embedded database and on PostgreSQL. `open` gives a fresh database with Usher's tables, as it is
 * after its first start, and no rows; its `close` also removes it.
 */
export function forEachUsherDatabase(
  suite: (name: string, open: () => Promise<TestCarrier<Schema>>) => void,
): void {
  const databases = { "the embedded database": usherOnDisk, PostgreSQL: usherOnPostgres };
  for (const [name, open] of Object.entries(databases)) describe(`on ${name}`, () => suite(name, open));
}

/** An empty embedded database in a folder of its own. */
export const onDisk = <Tables>() => copyOf<Tables>(emptyFolder());
/** The same with Usher's tables. */
export const usherOnDisk = () => copyOf<Schema>(usherFolder());

async function copyOf<Tables>(template: Promise<string>): Promise<TestCarrier<Tables>> {
  const folder = temporaryFolder();
  fs.cpSync(await template, folder, { recursive: true });
  const carrier = await openCarrier<Tables>({ dataDir: folder });
  return single(carrier, () => fs.rmSync(folder, { recursive: true, force: true }));
}

// Each first one takes seconds; the others are copies of it, those of Usher's tables too.
const emptyFolder = once(() => oneOfTheRun("empty-folder", (folder) => fill(folder, async () => {})));
const usherFolder = once(() =>
  oneOfTheRun("usher-folder", async (folder) => {
    fs.cpSync(await emptyFolder(), folder, { recursive: true });
    await fill(folder, prepare);
  }),
);
const usherDatabase = once(async () => {
  const made = await freshDatabase();
  const carrier = await openCarrier<Schema>({ databaseUrl: made.url });
  await prepare(carrier);
  await carrier.close();
  return made;
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A folder that the first of the processes of a test run makes, where they have a folder in common. */
async function oneOfTheRun(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const run = process.env.USHER_TEST_RUN;
  if (run === undefined) {
    const folder = temporaryFolder();
    process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
    await make(folder);
    return folder;
  }
  const made = path.join(run, name);
  if (isFirst(`${made}.begun`)) {
    await make(`${made}.unfinished`);
    fs.renameSync(`${made}.unfinished`, made);
  }
  while (!fs.existsSync(made)) await wait(50);
  return made;
}

function isFirst(mark: string): boolean {
  try {
    fs.mkdirSync(mark);
    return true;
  } catch {
    return false;
  }
}

async function fill(folder: string, with_: (carrier: Carrier<Schema>) => Promise<void>): Promise<void> {
  const carrier = await openCarrier<Schema>({ dataDir: folder });
  await with_(carrier);
  await carrier.close();
}

/** Usher's tables and those of its jobs. */
async function prepare(carrier: Carrier<Schema>): Promise<void> {
  await migrate(carrier.db, migrations);
  await (await openWakeUps(carrier, createLog("silent"), { now: () => new Date() })).stop(0);
}

/** An empty database on PostgreSQL. */
export const onPostgres = async <Tables>() => postgresOn<Tables>(await freshDatabase());
/** The same with Usher's tables. */
export async function usherOnPostgres(): Promise<TestCarrier<Schema>> {
  // Nobody would remove what the others are copied from.
  if (givenServer) {
    const carrier = await onPostgres<Schema>();
    await prepare(carrier);
    return carrier;
  }
  return postgresOn<Schema>(await freshDatabase(await usherDatabase()));
}

/** Where a promise does not depend on the database: PostgreSQL, or the embedded one with USHER_TEST_DATABASE=embedded. */
export const usualDatabase = process.env.USHER_TEST_DATABASE === "embedded" ? usherOnDisk : usherOnPostgres;

async function postgresOn<Tables>({ url, drop }: TestDatabase): Promise<TestCarrier<Tables>> {
  const carrier = await openCarrier<Tables>({ databaseUrl: url });
  const others: Carrier<Tables>[] = [];
  return {
    ...carrier,
    beside: async () => {
      const other = await openCarrier<Tables>({ databaseUrl: url });
      others.push(other);
      return other;
    },
    close: async () => {
      for (const each of [carrier, ...others]) await each.close();
      await drop();
    },
  };
}

function single<Tables>(carrier: Carrier<Tables>, remove: () => void): TestCarrier<Tables> {
  return {
    ...carrier,
    beside: async () => carrier,
    close: async () => {
      await carrier.close();
      remove();
    },
  };
}

/** A new folder of the system's temporary folder. */
export function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), "usher-test-"));
}
