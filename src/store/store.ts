import type { Kysely } from "kysely";
import { auditKey } from "../domain/audit.ts";
import type { SecretKeys } from "../domain/secret-link.ts";
import type { Jobs, Log, Store, Tables } from "../usecases/ports.ts";
import { auditTable } from "./audit.ts";
import { conversationsTable } from "./conversations.ts";
import { draftsTable } from "./drafts.ts";
import { keysTable, linksTable } from "./handover.ts";
import { postsTable } from "./posts.ts";
import { registrationsTable } from "./registrations.ts";
import { requestsTable } from "./requests.ts";
import type { Schema } from "./schema.ts";
import { stepsTable } from "./steps.ts";

/** All tables over one database; `jobs` gives the wake-ups that commit with the given handle. */
export function openStore(
  db: Kysely<Schema>,
  jobs: (db: Kysely<Schema>) => Jobs,
  secretKeys: SecretKeys,
  log: Log,
): Store {
  const key = auditKey(secretKeys);
  const newest = (n: number, hash: string) => log.info({ audit: { n, hash } }, "audit");
  const tablesOf = (handle: Kysely<Schema>): Tables => ({
    drafts: draftsTable(handle),
    requests: requestsTable(handle),
    steps: stepsTable(handle),
    keys: keysTable(handle),
    links: linksTable(handle),
    registrations: registrationsTable(handle),
    posts: postsTable(handle),
    conversations: conversationsTable(handle),
    audit: auditTable(handle, key, newest),
    jobs: jobs(handle),
  });
  return {
    tables: tablesOf(db),
    inTransaction: (work) => db.transaction().execute((transaction) => work(tablesOf(transaction))),
  };
}

/**
 * What a process that is alone on its database may do at its start: whoever held leases or was sending is dead.
 * The embedded carrier guarantees that it is alone; on PostgreSQL leases run out by themselves.
 */
export async function takeOverAlone(db: Kysely<Schema>): Promise<void> {
  await db.updateTable("leases").set({ until: null }).execute();
  await db.updateTable("posts").set({ state: "due" }).where("state", "=", "sending").execute();
}
