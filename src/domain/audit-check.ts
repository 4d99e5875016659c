import { type AuditEvent, type AuditKeys, auditLine, chainHash, firstHash } from "./audit.ts";

/** A line of the audit as it stands in the table. */
export type ChainRow = AuditEvent & { n: number; hash: string };

export type ChainBreak = {
  /** The first number that is not as it was written. */
  n: number;
  /**
   * `missing`: there is no such line. `changed`: it does not fit its hash. `older-key`: its key had been replaced before
   * it was written. `no-key`: it fits none of the keys, so it was changed or one of them is not given.
   */
  wrong: "missing" | "changed" | "older-key" | "no-key";
};

/** How far a chain has been checked. */
export type Checked = {
  /** Number and hash of the last line that was looked at. */
  n: number;
  hash: string;
  /** How many of the keys still count: those that are not older than the newest that has been used. */
  counting: number;
  /** Number of the line that bears the hash which was looked for. */
  headAt?: number;
  broken?: ChainBreak;
  /** Nothing that follows changes what is known. */
  isDecided: boolean;
};

export const nothingChecked = (keys: AuditKeys): Checked => ({
  n: 0,
  hash: firstHash,
  counting: keys.length,
  isDecided: false,
});

/**
 * Goes on with the next line. `head` is a hash that was written down elsewhere, or its first characters: where the chain
 * does not hold it, its tail was cut. Stops at the first break; one more line shows of which kind that is.
 */
export function checkNext(keys: AuditKeys, before: Checked, row: ChainRow, head?: string): Checked {
  if (before.isDecided) return before;
  if (before.broken) return { ...before, broken: judged(keys, before, before.broken, row), isDecided: true };
  const broken = (wrong: ChainBreak["wrong"], n = row.n, isDecided = true): Checked => ({
    ...before,
    n: row.n,
    hash: row.hash,
    broken: { n, wrong },
    isDecided,
  });
  if (row.n !== before.n + 1) return broken("missing", before.n + 1);
  const fitting = keys.findIndex((key) => fits(key, before.hash, row));
  if (fitting === -1) return broken(row.n === 1 ? "no-key" : "changed", row.n, false);
  if (fitting >= before.counting) return broken("older-key");
  const isHead = head !== undefined && row.hash.startsWith(head);
  return {
    n: row.n,
    hash: row.hash,
    counting: fitting + 1,
    isDecided: false,
    ...(isHead ? { headAt: row.n } : before.headAt !== undefined && { headAt: before.headAt }),
  };
}

const fits = (key: Buffer, previous: string, row: ChainRow) =>
  chainHash(key, previous, auditLine(row.n, row)) === row.hash;

/** Where the next line follows from the hash that stands there, that hash is right and the line's words are not. */
function judged(keys: AuditKeys, { hash, n }: Checked, broken: ChainBreak, next: ChainRow): ChainBreak {
  const follows = next.n === n + 1 && keys.some((key) => fits(key, hash, next));
  return { n: broken.n, wrong: follows ? "changed" : "no-key" };
}
