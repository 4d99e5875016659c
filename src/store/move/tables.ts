/** What an export holds, in the order in which it is written: what others refer to comes first. */
export const movedTables = [
  "settings",
  "conversations",
  "drafts",
  "requests",
  "steps",
  "keys",
  "links",
  "link_attempts",
  "passes",
  "registrations",
  "registration_words",
  "ownership_offers",
  "entra_owners",
  "new_keys",
  "duties",
  "drifts",
  "posts",
  "write_quotas",
  "chat_paces",
  "activities",
  "audit",
] as const;

/** What it leaves out, and why. A table is in one of the two lists; a test looks. */
export const tablesLeftOut: Readonly<Record<string, string>> = {
  leases: "who works at what at this moment: on the other side nobody does",
  kysely_migration: "the first line of the file names the migrations, and both sides must have the same",
  kysely_migration_lock: "belongs to whoever migrates",
};
// The jobs (schema pgboss) stay too: they only say where to look, and the first sweep looks everywhere.
