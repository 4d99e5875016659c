import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A run holds some hundred megabytes at a time, and whatever else runs needs memory too. */
const enough = 4 * 1024 ** 3;
const inMemory = "/dev/shm";

/** PostgreSQL's programs are copied there, and many containers let nothing be run from it. */
function isFit(folder: string): boolean {
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize < enough || os.freemem() < 2 * enough) return false;
  const own = fs.mkdtempSync(path.join(folder, "usher-probe-"));
  try {
    const program = path.join(own, "probe");
    fs.writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
    execFileSync(program);
    return true;
  } finally {
    fs.rmSync(own, { recursive: true });
  }
}

// Loaded before all tests. They open hundreds of databases, each a thousand small files that are gone a second later, and
// a disk makes them wait for that. Whoever names a folder with TMPDIR gets that.
if (process.platform === "linux" && !process.env.TMPDIR) {
  try {
    if (isFit(inMemory)) process.env.TMPDIR = inMemory;
  } catch {
    // No such folder, or nothing may be written or run there: the usual one serves.
  }
}
