import { createHash, createHmac, hkdfSync } from "node:crypto";
import type { SecretKeys } from "../../domain/secret-link.ts";

export const fileFormat = "usher export";
export const fileVersion = 1;

/** The first line of an export. */
export type Header = {
  format: typeof fileFormat;
  version: typeof fileVersion;
  /** The version of Usher that wrote it. */
  usher: string;
  from: "embedded" | "postgres";
  madeAt: string;
  migrations: readonly string[];
  /** One for each of SECRET_KEY's, in its order. They are keys of 256 random bits: nothing leads back to them. */
  keys: readonly string[];
  /** How many rows of each table follow, in this order. */
  tables: Readonly<Record<string, number>>;
};

/** Columns as PostgreSQL writes them as text, so that every type is exact. */
export type Row = Readonly<Record<string, string | null>>;

const derived = (key: Buffer, use: string) => Buffer.from(hkdfSync("sha256", key, "", use, 32));

export const keyChecks = (keys: SecretKeys): string[] =>
  keys.map((key) => derived(key, "usher export check").toString("hex"));

const suffixOf = (check: string) => `,"check":"${check}"}`;
const suffixLength = suffixOf("0".repeat(16)).length;

/**
 * Runs over a file's lines, as they are written or read. Each line ends with a piece of the hash over all before it,
 * so that the first one that is not as it was written can be named.
 */
export function lineChain() {
  const hash = createHash("sha256");
  let lines = 0;
  const nextCheck = (body: string | Buffer) => hash.update(body).copy().digest("hex").slice(0, 16);
  const lastLine = (key: Buffer) => {
    const sha256 = hash.copy().digest("hex");
    // Whoever edits the file can count and hash anew, and cannot do this.
    const seal = createHmac("sha256", derived(key, "usher export seal")).update(sha256).digest("hex");
    return JSON.stringify({ rows: lines - 1, sha256, seal });
  };
  return {
    /** The object's text as a line of the file, with its end. */
    write(text: string): string {
      const body = text.slice(0, -1);
      const suffix = suffixOf(nextCheck(body));
      hash.update(`${suffix}\n`);
      lines++;
      return `${body}${suffix}\n`;
    },
    /** Whether the line is the one that was written after those before it. */
    fits(line: Buffer): boolean {
      const body = line.subarray(0, -suffixLength);
      const suffix = suffixOf(nextCheck(body));
      hash.update(`${suffix}\n`);
      lines++;
      return line.subarray(-suffixLength).equals(Buffer.from(suffix));
    },
    /** The end: how many rows, what the hash over everything before is, and that a holder of the key wrote it. */
    last: (keys: SecretKeys) => lastLine(keys[0]),
  };
}
