import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A run holds some hundred megabytes at a time, and whatever else runs needs memory too. */
const enough = 4 * 1024 ** 3;
const inMemory = "/dev/shm";
const prefix = "usher-run-";
const day = 86_400_000;

/** PostgreSQL's programs are copied there, and many containers let nothing be run from it. */
function refuseUnfit(folder: string): void {
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize < enough || os.freemem() < 2 * enough) throw new Error("too little memory");
  const program = path.join(folder, "probe");
  fs.writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
  execFileSync(program);
}

/** What a run that was killed left there would stay in memory. */
function removeOld(): void {
  for (const name of fs.readdirSync(inMemory)) {
    const folder = path.join(inMemory, name);
    if (name.startsWith(prefix) && fs.statSync(folder).mtimeMs < Date.now() - day) remove(folder);
  }
}

/** A server that is about to end may still write there; then it is left to a later run. */
function remove(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // It is old some day.
  }
}

// Loaded before all tests. They open hundreds of databases, each a thousand small files that are gone a second later, and
// a disk makes them wait for that. Whoever names a folder with TMPDIR gets that, as do the workers of a run.
if (process.platform === "linux" && !process.env.TMPDIR) {
  let own: string | undefined;
  try {
    removeOld();
    own = fs.mkdtempSync(path.join(inMemory, prefix));
    // PostgreSQL runs as another user.
    fs.chmodSync(own, 0o711);
    refuseUnfit(own);
    process.env.TMPDIR = own;
    process.env.USHER_TEST_RUN = own;
    // Some hundred processes are started from the same sources. Coverage would be less exact with it.
    if (!process.env.NODE_V8_COVERAGE) process.env.NODE_COMPILE_CACHE ??= path.join(own, "compiled");
  } catch {
    // No such folder, or too little of it, or nothing may be run there: the usual one serves.
  }
  const made = own;
  if (made !== undefined) process.on("exit", () => remove(made));
}
