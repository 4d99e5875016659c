import type { Kysely } from "kysely";
import { type AuditEvent, auditKeys } from "../domain/audit.ts";
import type { SecretKeys } from "../domain/secret-link.ts";
import type { Jobs, Store, Tables } from "../usecases/ports/store.ts";
import type { Log } from "../usecases/ports/world.ts";
import { activitiesTable } from "./activities.ts";
import { auditTable } from "./audit.ts";
import { conversationsTable } from "./conversations.ts";
import { draftsTable } from "./drafts.ts";
import { driftsTable } from "./drifts.ts";
import { dutiesTable } from "./duties.ts";
import { keysTable, linksTable } from "./handover.ts";
import { holdTable } from "./hold.ts";
import { linkAttemptsTable } from "./link-attempts.ts";
import { newKeysTable } from "./new-keys.ts";
import { entraOwnersTable, ownershipTable } from "./ownership.ts";
import { passesTable } from "./passes.ts";
import { postsTable } from "./posts.ts";
import { registrationsTable } from "./registrations.ts";
import { requestsTable } from "./requests.ts";
import type { Schema } from "./schema.ts";
import { stepsTable } from "./steps.ts";
import { tokensTable } from "./tokens.ts";

type Newest = (event: AuditEvent, n: number, hash: string) => void;

/** All tables over one database; `jobs` gives the wake-ups that commit with the given handle. */
export function openStore(
  db: Kysely<Schema>,
  jobs: (db: Kysely<Schema>) => Jobs,
  secretKeys: SecretKeys,
  log: Log,
): Store {
  const [key] = auditKeys(secretKeys);
  // One line for each act. Its detail stays in the trail: it may hold what people typed.
  const newest: Newest = ({ what, outcome, who, surface, subject }, n, hash) =>
    log.info({ requestId: subject, act: what, outcome, who, surface, audit: { n, hash } }, "audit");
  const tablesOf = (handle: Kysely<Schema>, appended = newest): Tables => ({
    drafts: draftsTable(handle),
    requests: requestsTable(handle),
    steps: stepsTable(handle),
    keys: keysTable(handle),
    newKeys: newKeysTable(handle),
    links: linksTable(handle),
    registrations: registrationsTable(handle),
    drifts: driftsTable(handle),
    duties: dutiesTable(handle),
    ownership: ownershipTable(handle),
    entraOwners: entraOwnersTable(handle),
    posts: postsTable(handle),
    conversations: conversationsTable(handle),
    passes: passesTable(handle),
    tokens: tokensTable(handle),
    attempts: linkAttemptsTable(handle),
    activities: activitiesTable(handle),
    hold: holdTable(handle),
    audit: auditTable(handle, key, appended),
    jobs: jobs(handle),
  });
  return {
    tables: tablesOf(db),
    async inTransaction(work) {
      for (let times = 1; ; times++) {
        const heads: Parameters<Newest>[] = [];
        try {
          const done = await db
            .transaction()
            .execute((transaction) => work(tablesOf(transaction, (...head) => void heads.push(head))));
          // Only now: a head of a transaction that was undone would later look like a cut tail.
          for (const head of heads) newest(...head);
          return done;
        } catch (error) {
          if (times === mostTimes || !isUndoneForAnother(error)) throw error;
        }
      }
    },
  };
}

const mostTimes = 3;

/**
 * Two transactions waited for each other (deadlock_detected), or for what the other one changed (serialization_failure):
 * the server has undone this one whole, and it goes through once the other one has ended.
 */
const isUndoneForAnother = (error: unknown) =>
  ["40P01", "40001"].includes(String((error as { code?: unknown } | undefined)?.code));

/**
 * What a process that is alone on its database may do at its start: whoever held leases or was sending is dead.
 * The embedded carrier guarantees that it is alone; on PostgreSQL leases run out by themselves.
 */
export async function takeOverAlone(db: Kysely<Schema>): Promise<void> {
  await db.updateTable("leases").set({ until: null }).execute();
  await db.updateTable("posts").set({ state: "due" }).where("state", "=", "sending").execute();
}
