import { cpSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { readPolicy } from "../../src/catalog/policy-file.ts";
import type { PolicyFile } from "../../src/catalog/policy-shape.ts";
import { readShared, type Shared } from "../../src/catalog/shared-files.ts";
import type { Policy } from "../../src/domain/policy.ts";
import { temporaryFolder } from "./carriers.ts";
import type { Journey } from "./journey.ts";

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const ours = path.resolve(import.meta.dirname, "../../catalog");

/**
 * Usher's catalogue with another policy, in a folder of its own that goes when the process ends: for
 * `startJourney({ config: { catalogDir } })`. What is not said is as in Usher's own policy.
 */
export function catalogWithPolicy(changes: PolicyFile): string {
  const folder = temporaryFolder();
  folders.push(folder);
  cpSync(ours, folder, { recursive: true });
  writePolicy(folder, changes);
  return folder;
}

/** Another policy while Usher runs on a folder of `catalogWithPolicy`: it counts when this returns. */
export function changePolicy(journey: Journey, changes: PolicyFile): void {
  const { catalogDir } = journey.config;
  if (path.resolve(catalogDir) === ours)
    throw new Error("begin the journey with a folder of catalogWithPolicy");
  writePolicy(catalogDir, changes);
  // Throws where it is wrong; Usher itself would go on with the policy before.
  policyIn(catalogDir);
  journey.readCatalog();
}

/** A policy for rules without a journey; what is not said is as in Usher's own. */
export function aPolicy(changes: PolicyFile = {}): Policy {
  if (rulesFolder === undefined) {
    rulesFolder = temporaryFolder();
    folders.push(rulesFolder);
  }
  writePolicy(rulesFolder, changes);
  return policyIn(rulesFolder);
}
let rulesFolder: string | undefined;
let shared: Shared | undefined;

const writePolicy = (folder: string, changes: PolicyFile) =>
  writeFileSync(path.join(folder, "policy.yaml"), stringify(changes));
function policyIn(folder: string): Policy {
  shared ??= readShared(ours);
  return readPolicy(path.join(folder, "policy.yaml"), shared, []).policy;
}
