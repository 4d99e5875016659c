import fs from "node:fs";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { DefaultConnectionProvider, DefaultQueryExecutor, Kysely, PGliteDialect } from "kysely";
import { type Db, fromPglite } from "pg-boss";
import { DurableNodeFS, fsyncFolder, fsyncTree } from "./durable-files.ts";
import { lockFolder } from "./owner-lock.ts";
import { type Turn, turns } from "./turn.ts";
import { embeddedParsers } from "./values.ts";

export type Embedded<Tables> = {
  db: Kysely<Tables>;
  /** The same session, as pg-boss wants it. */
  jobsDb: Db;
  close(): Promise<void>;
};

// A folder of one major version does not open with another, so the version is in its name.
const major = 18;
const dataFolder = `pg${major}`;

/** Where the database lies in a data folder. */
export const dataFolderIn = (folder: string) => path.join(folder, dataFolder);

/**
 * Opens the embedded PostgreSQL in a folder on a local disk, making it when there is none. What was committed
 * survives SIGKILL and power cuts.
 *
 * @param onBroken hears that it takes nothing any more (its disk is full, or read-only): it has to be opened anew
 * @throws when another process has the folder, or when it holds the database of another major version
 */
export async function openEmbedded<Tables>(
  folder: string,
  { onBroken }: { onBroken?: ((error: Error) => void) | undefined } = {},
): Promise<Embedded<Tables>> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(folder);
  try {
    const data = dataFolderIn(folder);
    if (!fs.existsSync(data)) await makeDataFolder(folder, data);
    const session = await openSession<Tables>(await openDurably(data), onBroken);
    return {
      ...session,
      close: async () => {
        await session.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function openDurably(data: string): Promise<PGlite> {
  // -F is fsync=off.
  const startParams = PGlite.defaultStartParams.filter((param) => param !== "-F");
  startParams.push("-c", "shared_buffers=16MB", "-c", "wal_sync_method=fsync");
  return PGlite.create({ parsers: embeddedParsers, fs: new DurableNodeFS(data), startParams });
}

/** Builds the first tree aside and renames it: a crash half-way leaves nothing that looks like a database. */
async function makeDataFolder(folder: string, data: string): Promise<void> {
  const other = fs.readdirSync(folder).find((name) => /^pg\d+$/.test(name));
  if (other)
    throw new Error(
      `The data folder ${folder} holds a database of PostgreSQL ${other.slice(2)} and this Usher needs ${major}. Export it with the Usher that made it, then import it here.`,
    );
  const unfinished = `${data}.init`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { mode: 0o700 });
  await (await openDurably(unfinished)).close();
  fsyncTree(unfinished);
  fs.renameSync(unfinished, data);
  fsyncFolder(folder);
}

async function openSession<Tables>(
  pglite: PGlite,
  onBroken?: (error: Error) => void,
): Promise<Embedded<Tables>> {
  const turn = turns();
  const isBroken = stopAtPanic(pglite, onBroken);
  return {
    db: await kyselyByTurns(pglite, turn),
    jobsDb: jobsByTurns(pglite, turn),
    close: () => turn(async () => (pglite.closed || isBroken() ? undefined : pglite.close())),
  };
}

/**
 * A server that panics (its log cannot be written) ends, and recovers when it starts. PGlite goes on instead, and the next
 * thing that it is asked computes for ever and blocks the process. So nothing is asked of it any more.
 */
function stopAtPanic(pglite: PGlite, onBroken: ((error: Error) => void) | undefined): () => boolean {
  let broken: Error | undefined;
  const guarded =
    <Args extends unknown[], T>(exec: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (broken) throw broken;
      try {
        return await exec.apply(pglite, args);
      } catch (error) {
        if ((error as { severity?: unknown }).severity === "PANIC") {
          broken = new Error(
            "The embedded database cannot write to its folder, so it has stopped. What was committed is there when it is opened anew.",
            { cause: error },
          );
          onBroken?.(broken);
        }
        throw error;
      }
    };
  // All that PGlite is asked goes through these two.
  Object.assign(pglite, {
    execProtocol: guarded(pglite.execProtocol),
    execProtocolStream: guarded(pglite.execProtocolStream),
  });
  return () => broken !== undefined;
}

/**
 * Kysely whose every use of the connection is a turn. The turn must be taken here, around the whole transaction:
 * Kysely's own lock for single connections lets a query on the root handle wait for ever, and PGlite is not asked.
 */
async function kyselyByTurns<Tables>(pglite: PGlite, turn: Turn): Promise<Kysely<Tables>> {
  const dialect = new PGliteDialect({ pglite });
  const driver = dialect.createDriver();
  await driver.init();
  const connections = new DefaultConnectionProvider(driver);
  const executor = new DefaultQueryExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), {
    provideConnection: (consumer, abort) => turn(() => connections.provideConnection(consumer, abort)),
  });
  return new Kysely({ config: { dialect }, dialect, driver, executor });
}

/**
 * What pg-boss does with the session, a turn at a time. Its adapter rolls a failed statement block back in a second
 * query; in between, a transaction of ours would start inside the failed one, and Kysely would never return from it.
 */
function jobsByTurns(pglite: PGlite, turn: Turn): Db {
  const adapter = fromPglite(pglite);
  const { listen, setSessionStatements } = adapter;
  return {
    executeSql: (text, values) => turn(() => adapter.executeSql(text, values)),
    ...(setSessionStatements && {
      setSessionStatements: (statements: string[]) => turn(() => setSessionStatements(statements)),
    }),
    ...(listen && {
      listen: async (channel: string, onNotification: (payload: string) => void, onReconnect: () => void) => {
        const listening = await turn(() => listen(channel, onNotification, onReconnect));
        return { close: () => turn(() => listening.close()) };
      },
    }),
  };
}
