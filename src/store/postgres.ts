import { Kysely, PostgresDialect } from "kysely";
import { type ClientBase, Pool } from "pg";
import { connectionTo, type DatabaseAddress } from "./connection.ts";
import { preparingClient } from "./prepared.ts";
import { postgresParsers } from "./values.ts";

export type Postgres<Tables> = { db: Kysely<Tables>; close(): Promise<void> };

export type PostgresOptions = {
  /** Hears of connections that broke while nobody used them. */
  onConnectionLost?: ((error: Error) => void) | undefined;
  maxConnections?: number | undefined;
};

// One round trip per new connection. A process that hangs in a transaction must not hold its locks for ever.
const sessionSettings =
  "select set_config('TimeZone', 'UTC', false), set_config('idle_in_transaction_session_timeout', '60s', false)";

/**
 * Opens a PostgreSQL server.
 *
 * @throws when it cannot be reached; the message never contains the URL, because that can hold the password
 */
export async function openPostgres<Tables>(
  address: DatabaseAddress,
  { onConnectionLost, maxConnections = 10 }: PostgresOptions = {},
): Promise<Postgres<Tables>> {
  const pool = new Pool({
    ...connectionTo(address),
    application_name: "usher",
    max: maxConnections,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: postgresParsers,
    Client: preparingClient(),
    // pg-pool waits for the promise before it hands the connection out; its types do not say so yet.
    onConnect: prepareSession as (client: ClientBase) => void,
  });
  // Without a listener, a server that restarts would end the process. The pool replaces the connection by itself.
  pool.on("error", (error) => onConnectionLost?.(error));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    (await pool.connect()).release();
  } catch (cause) {
    await pool.end();
    throw new Error("PostgreSQL cannot be reached with DATABASE_URL.", { cause });
  }
  return { db, close: () => db.destroy() };
}

async function prepareSession(client: ClientBase): Promise<void> {
  // The pool listens to those that rest only. One that breaks while it is used would end the process; whoever used it
  // hears of it by the query that fails.
  client.on("error", () => {});
  await client.query(sessionSettings);
}
