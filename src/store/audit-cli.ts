import { type AuditKeys, auditKeys } from "../domain/audit.ts";
import { type ChainBreak, type Checked, checkNext, nothingChecked } from "../domain/audit-check.ts";
import { CannotDo, databaseAskedFor, existing, opened, secretKeysAskedFor } from "./asked-for.ts";
import { auditTable } from "./audit.ts";
import type { Carrier } from "./carrier.ts";
import type { Schema } from "./schema.ts";

const usage = `How to use it:
  npm run audit -- verify                  checks every line of the audit, from the first to the newest
  npm run audit -- verify --head <hash>    also checks that the line with this hash is still there

It reads SECRET_KEY (with all the keys that the audit was ever written under, newest first), and DATABASE_URL or
DATA_DIR, as Usher does. The hash is one that the log said ("audit": {"n", "hash"}), or its first 12 characters or more.
It ends with 0 when the audit is whole, with 1 when it is not, with 2 when it could not be checked.
`;

const pageOf = 1_000;

const whenInUse =
  "To check the audit of an Usher that runs, stop it for that time; or stop it, copy the folder, start it again, and name the copy in DATA_DIR.";

/** Reads the audit a page at a time, so that its length does not matter, up to the end or to the first break. */
async function check(carrier: Carrier<Schema>, keys: AuditKeys, head: string | undefined): Promise<Checked> {
  const audit = auditTable(carrier.db, keys[0], () => {});
  let checked = nothingChecked(keys);
  for (;;) {
    const rows = await audit.read({ after: checked.n, limit: pageOf });
    for (const row of rows) checked = checkNext(keys, checked, row, head);
    if (checked.isDecided || rows.length < pageOf) return checked;
  }
}

const breakWords: Readonly<Record<ChainBreak["wrong"], string>> = {
  missing: "is missing",
  changed: "was changed after it was written: it does not fit its hash",
  "older-key":
    "was written under a key that had been replaced before: somebody who knows an old key wrote it",
  "no-key":
    "fits none of the keys in SECRET_KEY: either it was changed, or the key that it was written under is not listed",
};

/** What came of it, as a sentence, and the exit code. */
function verdict(
  { n, hash, broken, headAt }: Checked,
  head: string | undefined,
): { text: string; code: 0 | 1 } {
  if (broken) {
    const before = broken.n === 1 ? "" : " Those before it are whole.";
    return {
      text: `The audit is broken: line ${broken.n} ${breakWords[broken.wrong]}.${before} What follows it proves nothing.`,
      code: 1,
    };
  }
  const newest = n === 0 ? "It has no lines." : `Its newest line is number ${n}, with the hash ${hash}.`;
  if (head !== undefined && headAt === undefined)
    return {
      text: `The audit was cut: no line has the hash ${head}, so that line and what followed it are gone. ${newest}`,
      code: 1,
    };
  const tail =
    headAt === undefined
      ? "Whether lines were cut off after it shows only with --head and a hash from the log."
      : `The line with the hash that you gave is there, as number ${headAt}.`;
  return { text: `The audit is whole. ${newest} ${tail}`, code: 0 };
}

async function verify(head: string | undefined): Promise<0 | 1> {
  const keys = auditKeys(secretKeysAskedFor());
  const carrier = await opened(existing(databaseAskedFor()), whenInUse);
  try {
    const { text, code } = verdict(await check(carrier, keys, head), head);
    process.stdout.write(`${text}\n`);
    return code;
  } catch (error) {
    throw new CannotDo(
      `The audit cannot be read: ${(error as Error).message}. Is this Usher's database, of this version?`,
    );
  } finally {
    await carrier.close();
  }
}

/** The hash after `--head`, undefined without one; "wrong" for anything else. */
function headIn(words: readonly string[]): string | "wrong" | undefined {
  if (words.length === 0) return undefined;
  const [flag, hash = "", ...more] = words;
  const isHash = /^[0-9a-f]{12,64}$/.test(hash);
  return flag === "--head" && isHash && more.length === 0 ? hash : "wrong";
}

async function main([verb, ...rest]: readonly string[]): Promise<0 | 1 | 2> {
  const head = headIn(rest);
  if (verb !== "verify" || head === "wrong") {
    process.stderr.write(usage);
    return 2;
  }
  try {
    return await verify(head);
  } catch (error) {
    if (!(error instanceof CannotDo)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
