import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Kind =
  | "application"
  | "servicePrincipal"
  | "appRoleAssignment"
  | "oauth2PermissionGrant"
  | "roleAssignment"
  | "federatedCredential"
  | "user"
  | "group";

/** What Graph would answer, without $select. */
export type Entity = { id: string; [name: string]: unknown };

/** An object with what the directory knows about it but does not answer. */
export type Row = {
  kind: Kind;
  value: Entity;
  /** Object ids of its owners; members, for a group. */
  links: string[];
  /** Milliseconds: before that, reads do not find it. */
  visibleFrom: number;
  deletedAt: number | undefined;
  sequence: number;
};

/** A secret is kept as a hash only: the value is answered once, as in Entra. */
export type SecretRow = { keyId: string; appId: string; hash: string; usableFrom: number; expiresAt: number };

/** Fields that objects can be found by; each has an index. */
export type Key =
  | "appId"
  | "uniqueName"
  | "displayName"
  | "principalId"
  | "resourceId"
  | "clientId"
  | "userPrincipalName"
  | "applicationId"
  | "createdByAppId";

const keys: Key[] = [
  "appId",
  "uniqueName",
  "displayName",
  "principalId",
  "resourceId",
  "clientId",
  "userPrincipalName",
  "applicationId",
  "createdByAppId",
];

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS object (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL,
    links TEXT NOT NULL, visible_from INTEGER NOT NULL, deleted_at INTEGER, UNIQUE (kind, id));
  CREATE INDEX IF NOT EXISTS object_deleted ON object (deleted_at) WHERE deleted_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS secret (key_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, hash TEXT NOT NULL,
    usable_from INTEGER NOT NULL, expires_at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS secret_app ON secret (app_id);
  CREATE TABLE IF NOT EXISTS seen (
    sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, links TEXT NOT NULL,
    visible_from INTEGER NOT NULL, deleted_at INTEGER, until INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS item (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  ${keys
    .map(
      (key) =>
        `CREATE INDEX IF NOT EXISTS object_${key} ON object (kind, json_extract(value, '$.${key}')) WHERE json_extract(value, '$.${key}') IS NOT NULL;`,
    )
    .join("\n")}
`;

export type State = ReturnType<typeof openState>;

/**
 * Opens the tenant's one file in `dataDir`. Every write is in SQLite's log before the answer leaves, so that a
 * killed process loses nothing that it answered.
 */
export function openState(dataDir: string) {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(join(dataDir, "tenant.sqlite"));
  database.exec(schema);
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const run = (sql: string, ...values: SQLInputValue[]) => prepare(sql).run(...values);
  const rows = (sql: string, ...values: SQLInputValue[]) =>
    prepare(sql)
      .all(...values)
      .map(rowOf);

  return {
    get: (kind: Kind, id: string): Row | undefined =>
      rows("SELECT * FROM object WHERE kind = ? AND id = ?", kind, id)[0],
    find: (kind: Kind, key: Key, value: string): Row[] =>
      rows(
        `SELECT * FROM object WHERE kind = ? AND json_extract(value, '$.${key}') = ? ORDER BY sequence`,
        kind,
        value,
      ),
    /** Objects after a sequence number, so that paging never counts from the start. */
    list: (kind: Kind, after: number, limit: number): Row[] =>
      rows(
        "SELECT * FROM object WHERE kind = ? AND sequence > ? ORDER BY sequence LIMIT ?",
        kind,
        after,
        limit,
      ),
    deleted: (): Row[] => rows("SELECT * FROM object WHERE deleted_at IS NOT NULL ORDER BY deleted_at"),
    insert(kind: Kind, value: Entity, links: readonly string[], visibleFrom: number): void {
      run(
        "INSERT INTO object (kind, id, value, links, visible_from) VALUES (?, ?, ?, ?, ?)",
        kind,
        value.id,
        JSON.stringify(value),
        JSON.stringify(links),
        visibleFrom,
      );
    },
    save(row: Row): void {
      run(
        "UPDATE object SET value = ?, links = ?, deleted_at = ? WHERE sequence = ?",
        JSON.stringify(row.value),
        JSON.stringify(row.links),
        row.deletedAt ?? null,
        row.sequence,
      );
    },
    remove: (row: Row): void => void run("DELETE FROM object WHERE sequence = ?", row.sequence),

    /** Reads show the object like this until then; what they show already, they go on showing for its time. */
    keepSeen(row: Row, now: number, until: number): void {
      run("DELETE FROM seen WHERE until <= ?", now);
      run(
        "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?)",
        row.sequence,
        row.kind,
        JSON.stringify(row.value),
        JSON.stringify(row.links),
        row.visibleFrom,
        row.deletedAt ?? null,
        until,
      );
    },
    allSeen: (now: number): Row[] => rows("SELECT * FROM seen WHERE until > ?", now),

    addSecret(secret: SecretRow): void {
      run(
        "INSERT INTO secret VALUES (?, ?, ?, ?, ?)",
        secret.keyId,
        secret.appId,
        secret.hash,
        secret.usableFrom,
        secret.expiresAt,
      );
    },
    secretsOf: (appId: string): SecretRow[] =>
      prepare("SELECT * FROM secret WHERE app_id = ?")
        .all(appId)
        .map((row) => ({
          keyId: String(row.key_id),
          appId: String(row.app_id),
          hash: String(row.hash),
          usableFrom: Number(row.usable_from),
          expiresAt: Number(row.expires_at),
        })),
    removeSecret: (keyId: string): void => void run("DELETE FROM secret WHERE key_id = ?", keyId),

    /** Named JSON beside the directory: keys, settings, sign-in sessions. */
    item(name: string): unknown {
      const found = prepare("SELECT value FROM item WHERE name = ?").get(name);
      return found ? JSON.parse(String(found.value)) : undefined;
    },
    setItem: (name: string, value: unknown): void =>
      void run("INSERT OR REPLACE INTO item VALUES (?, ?)", name, JSON.stringify(value)),
    removeItem: (name: string): void => void run("DELETE FROM item WHERE name = ?", name),

    /** All or nothing: a refusal in the middle of a request leaves no trace. */
    transaction<T>(work: () => T): T {
      database.exec("BEGIN IMMEDIATE");
      try {
        const outcome = work();
        database.exec("COMMIT");
        return outcome;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: (): void => database.close(),
  };
}

function rowOf(row: Record<string, unknown>): Row {
  return {
    kind: row.kind as Kind,
    value: JSON.parse(String(row.value)),
    links: JSON.parse(String(row.links)),
    visibleFrom: Number(row.visible_from),
    deletedAt: row.deleted_at === null ? undefined : Number(row.deleted_at),
    sequence: Number(row.sequence),
  };
}
