import fs from "node:fs";
import path from "node:path";
import { NodeFS } from "@electric-sql/pglite/nodefs";

// What Emscripten's NODEFS looks like from a preRun hook. It is PGlite's internal; a test counts the calls.
type WithNodeFs = { NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } } };

/** PGlite's file system on disk with a real fsync: its own has none (electric-sql/pglite#1107). */
export class DurableNodeFS extends NodeFS {
  override async init(...[pglite, options]: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const prepared = await super.init(pglite, options);
    const addFsync = (module: unknown) => {
      (module as WithNodeFs).NODEFS.stream_ops.fsync = (stream) => {
        fs.fsyncSync(stream.nfd);
        return 0;
      };
    };
    prepared.emscriptenOpts.preRun = [...(prepared.emscriptenOpts.preRun ?? []), addFsync];
    return prepared;
  }
}

/** Brings a folder, everything in it and its name to the disk. */
export function fsyncTree(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) fsyncTree(name);
    else if (entry.isFile()) fsyncPath(name, "r+");
  }
  fsyncFolder(folder);
}

/** Brings the names in a folder to the disk, as after a rename. */
export function fsyncFolder(folder: string): void {
  // Windows has no fsync of a folder; NTFS journals names by itself.
  if (process.platform !== "win32") fsyncPath(folder, "r");
}

function fsyncPath(name: string, flags: string): void {
  const handle = fs.openSync(name, flags);
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
