import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { Catalog, Log } from "../usecases/ports/world.ts";
import { type LoadedCatalog, loadCatalog } from "./load-catalog.ts";
import { CatalogBroken, sharedIn } from "./shared-files.ts";

export type WatchedCatalog = {
  /** One object for good; its parts are always those of the newest good reading. */
  catalog: Catalog;
  /** What is wrong in the folder now. */
  problems(): string[];
  /** Reads the folder now. Never throws. */
  reload(): void;
  close(): void;
};

export type WatchOptions = {
  /** A policy that is kept elsewhere; it is watched too. */
  policyFile?: string;
  everyMs?: number;
  /** Called after each later reading that went well. */
  onRead?: () => void;
};

/**
 * Reads the folder, and reads it anew when its files change. Throws `CatalogBroken` at the start only; later a shared
 * file that is wrong or gone leaves the catalogue as it was, and a blueprint that is wrong is left out.
 */
export function watchCatalog(
  folder: string,
  log: Log,
  { policyFile, everyMs = 2000, onRead = () => {} }: WatchOptions = {},
): WatchedCatalog {
  const elsewhere = policyFile === undefined ? {} : { policyFile };
  const look = () => signatureOf(folder, policyFile);
  let seen = look();
  // Without a shared file of its own the folder would be judged by Usher's: nobody means that by a file that is lost.
  let needed = sharedIn(folder);
  let loaded: LoadedCatalog = loadCatalog(folder, { ...elsewhere, needed });
  let problems = tell(loaded);

  function reload(): void {
    // Looked at before it is read: what changes meanwhile is read again.
    seen = look();
    try {
      const nowNeeded = [...new Set([...needed, ...sharedIn(folder)])];
      loaded = loadCatalog(folder, { ...elsewhere, needed: nowNeeded });
      needed = nowNeeded;
      problems = tell(loaded);
      log.info({ blueprints: loaded.catalog.blueprints.length }, "the catalogue was read anew");
      onRead();
    } catch (error) {
      problems = error instanceof CatalogBroken ? error.problems : [(error as Error).message];
      for (const problem of problems) log.error({ problem }, "the catalogue stays as it was");
    }
  }

  /** Answers all that is wrong and leaves the rest as it is. */
  function tell({ problems: leftOut, warnings }: LoadedCatalog): string[] {
    for (const problem of leftOut) log.error({ problem }, "a blueprint was left out");
    for (const problem of warnings) log.error({ problem }, "policy names what there is not");
    return [...leftOut, ...warnings];
  }

  // Polled, since the system's own notices of changes do not come from network shares and mounted folders.
  // Only what two polls in a row saw is read: a file that still grows may be well and mean something else.
  let polled = seen;
  const timer = setInterval(() => {
    const now = look();
    if (now !== seen && now === polled) reload();
    polled = now;
  }, everyMs);
  timer.unref();

  return {
    catalog: {
      get blueprints() {
        return loaded.catalog.blueprints;
      },
      get apis() {
        return loaded.catalog.apis;
      },
      get permissionFacts() {
        return loaded.catalog.permissionFacts;
      },
      get roleFacts() {
        return loaded.catalog.roleFacts;
      },
      get policy() {
        return loaded.catalog.policy;
      },
    },
    problems: () => problems,
    reload,
    close: () => clearInterval(timer),
  };
}

/** Names, sizes and times of the folder's YAML files and of the policy; what cannot be looked at counts as gone. */
function signatureOf(folder: string, policyFile: string | undefined): string {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  } catch {
    // The policy may still be there.
  }
  const files = names.toSorted().map((name) => path.join(folder, name));
  return [...files, ...(policyFile === undefined ? [] : [policyFile])].map(looksOf).join("\n");
}

function looksOf(file: string): string {
  try {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    return `${file} ${stats?.size} ${stats?.mtimeNs} ${stats?.ino}`;
  } catch {
    return file;
  }
}
