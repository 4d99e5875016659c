import type { Kysely } from "kysely";
import type { ConstructorOptions } from "pg-boss";
import { connectionTo, type DatabaseAddress } from "./connection.ts";
import { openEmbedded } from "./embedded.ts";
import { openPostgres } from "./postgres.ts";
import { tend } from "./tend.ts";

/** Where rows and jobs live: the embedded database or a PostgreSQL server, behind one set of queries. */
export type Carrier<Tables> = {
  kind: "embedded" | "postgres";
  db: Kysely<Tables>;
  /** How pg-boss reaches the same database. */
  bossOptions: ConstructorOptions;
  /** What a server does for its tables by itself. */
  tend(): Promise<void>;
  close(): Promise<void>;
};

export type CarrierChoice = {
  databaseUrl?: string | undefined;
  databaseClientId?: string | undefined;
  dataDir?: string | undefined;
  onConnectionLost?: ((error: Error) => void) | undefined;
  /** The embedded database takes nothing any more. */
  onBroken?: ((error: Error) => void) | undefined;
};

/**
 * Opens PostgreSQL when there is a URL for it, else the embedded database in the data folder.
 *
 * @throws in words for whoever runs Usher when it cannot be opened
 */
export async function openCarrier<Tables>(choice: CarrierChoice): Promise<Carrier<Tables>> {
  const { databaseUrl, databaseClientId } = choice;
  if (databaseUrl) {
    const address = { databaseUrl, databaseClientId };
    return postgresCarrier(await openPostgres<Tables>(address, choice), address);
  }
  if (!choice.dataDir) throw new Error("Neither DATABASE_URL nor DATA_DIR says where to store.");
  return embeddedCarrier(await openEmbedded<Tables>(choice.dataDir, choice));
}

/** An opened embedded database as a carrier. */
function embeddedCarrier<Tables>({
  db,
  jobsDb,
  close,
}: Awaited<ReturnType<typeof openEmbedded<Tables>>>): Carrier<Tables> {
  return {
    kind: "embedded",
    db,
    bossOptions: { backend: "pglite", db: jobsDb },
    tend: () => tend(db),
    close,
  };
}

/** pg-boss has a pool of its own on PostgreSQL, because it can listen only on a connection that it opened. */
function postgresCarrier<Tables>(
  { db, close }: Awaited<ReturnType<typeof openPostgres<Tables>>>,
  address: DatabaseAddress,
): Carrier<Tables> {
  return {
    kind: "postgres",
    db,
    bossOptions: { ...connectionTo(address), max: 4, application_name: "usher-jobs" },
    tend: async () => {},
    close,
  };
}
