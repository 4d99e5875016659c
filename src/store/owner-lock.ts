import fs from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

// A DatabaseSync that nothing refers to is garbage-collected, and its lock is gone without a word.
const held = new Set<DatabaseSync>();

// https://www.sqlite.org/rescode.html#busy
const sqliteBusy = 5;

/**
 * Takes the kernel's lock on a folder, through SQLite because Node has no call for it. The kernel gives it back
 * when the process ends, however it ends. Two processes on one PGlite folder destroy each other's rows in silence.
 *
 * @returns what gives the lock back
 * @throws when the folder is in use, in words for whoever runs Usher
 */
export function lockFolder(folder: string): () => void {
  const file = path.join(folder, "owner.lock");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec("pragma journal_mode = delete; begin exclusive");
    fs.chmodSync(file, 0o600);
  } catch (cause) {
    lock?.close();
    if ((cause as { errcode?: number }).errcode === sqliteBusy)
      throw new Error(
        `The data folder ${folder} is in use by another process. Run one Usher on it, or set DATABASE_URL to share a PostgreSQL.`,
        { cause },
      );
    throw new Error(
      `The data folder ${folder} cannot be locked. It must be writable and on a local disk; otherwise set DATABASE_URL.`,
      { cause },
    );
  }
  const taken = lock;
  held.add(taken);
  return () => {
    if (held.delete(taken)) taken.close();
  };
}
