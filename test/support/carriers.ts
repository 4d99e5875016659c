import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { type Carrier, embeddedCarrier, openCarrier } from "../../src/store/carrier.ts";
import { openEmbeddedInMemory } from "../../src/store/embedded.ts";
import { freshDatabase } from "./postgres.ts";

// biome-ignore lint/suspicious/noExplicitAny: each suite knows its own tables
export type TestCarrier<Tables = any> = Carrier<Tables> & {
  /** The same database as another process has it: its own connections on PostgreSQL, the one session if embedded. */
  beside(): Promise<Carrier<Tables>>;
};

/**
 * Runs a suite on each carrier: embedded in memory, embedded on disk, PostgreSQL. `open` gives a fresh, empty
 * database; its `close` also removes it.
 */
export function forEachCarrier(
  suite: (name: string, open: <Tables>() => Promise<TestCarrier<Tables>>) => void,
): void {
  const carriers = { "embedded in memory": inMemory, "embedded on disk": onDisk, PostgreSQL: onPostgres };
  for (const [name, open] of Object.entries(carriers)) describe(`on ${name}`, () => suite(name, open));
}

let template: Promise<Blob> | undefined;

/** An empty embedded database in memory. Only the first of a run is made from nothing, which takes seconds. */
export async function inMemory<Tables>(): Promise<TestCarrier<Tables>> {
  template ??= PGlite.create().then(async (made) => {
    const dump = await made.dumpDataDir("none");
    await made.close();
    return dump;
  });
  return single(embeddedCarrier(await openEmbeddedInMemory<Tables>(await template)), () => {});
}

let templateFolder: Promise<string> | undefined;

/** An empty embedded database in a folder of its own. */
export async function onDisk<Tables>(): Promise<TestCarrier<Tables>> {
  templateFolder ??= makeTemplateFolder();
  const folder = temporaryFolder();
  fs.cpSync(await templateFolder, folder, { recursive: true });
  const carrier = await openCarrier<Tables>({ dataDir: folder });
  return single(carrier, () => fs.rmSync(folder, { recursive: true, force: true }));
}

async function makeTemplateFolder(): Promise<string> {
  const folder = temporaryFolder();
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  await (await openCarrier({ dataDir: folder })).close();
  return folder;
}

export async function onPostgres<Tables>(): Promise<TestCarrier<Tables>> {
  const { url, drop } = await freshDatabase();
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
