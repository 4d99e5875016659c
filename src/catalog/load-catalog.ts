import { readdirSync } from "node:fs";
import path from "node:path";
import type { Blueprint } from "../domain/blueprint.ts";
import type { Catalog } from "../usecases/ports/world.ts";
import { shapeFindings } from "./blueprint-shape.ts";
import { blueprintFindings } from "./check-blueprint.ts";
import { readPolicy } from "./policy-file.ts";
import {
  CatalogBroken,
  readShared,
  type Shared,
  type SharedName,
  sharedIn,
  sharedNames,
  sharedPath,
} from "./shared-files.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export type LoadedCatalog = {
  catalog: Catalog;
  /** Why blueprints were left out. */
  problems: string[];
  /** Names in the policy that nothing is called; it counts all the same. */
  warnings: string[];
};

export type CatalogOptions = {
  /** Shared files that must be in the folder; left out, those that are there. */
  needed?: readonly SharedName[];
  /** A policy that is kept elsewhere. */
  policyFile?: string;
};

/**
 * Reads the folder of blueprints. A blueprint that is wrong is left out and named among the problems, so that the
 * bot starts with the good ones; without the shared files nothing can be judged, so it throws `CatalogBroken`. So it
 * does when one of `needed` is not in the folder.
 */
export function loadCatalog(
  folder: string,
  { needed = sharedIn(folder), policyFile }: CatalogOptions = {},
): LoadedCatalog {
  const shared = readShared(folder, needed);
  const problems: string[] = [];
  const files = new Map<string, string>();
  const blueprints: Blueprint[] = [];
  for (const name of blueprintFiles(folder)) {
    const read = readBlueprint(path.join(folder, name), shared);
    problems.push(...read.problems);
    const { blueprint } = read;
    if (!blueprint) continue;
    const other = files.get(blueprint.id);
    if (other === undefined) {
      files.set(blueprint.id, name);
      blueprints.push(blueprint);
    } else problems.push(read.say({ path: ["id"], reason: `${other} is called "${blueprint.id}" already` }));
  }
  // "Something else" goes last: people should see the ready ones first.
  const inOrder = blueprints.toSorted(
    (a, b) => Number(a.id === "custom") - Number(b.id === "custom") || a.title.localeCompare(b.title),
  );
  const { policy, warnings } = readPolicy(
    policyFile ?? sharedPath(folder, "policy.yaml", needed),
    shared,
    inOrder.map(({ id }) => id),
  );
  return { catalog: { ...shared, blueprints: inOrder, policy }, problems, warnings };
}

/** Names of the folder's YAML files, in order, without the shared and the hidden ones. */
export function blueprintFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name) && !sharedNames.some((shared) => shared === name))
      .toSorted();
  } catch (error) {
    throw new CatalogBroken([`the folder ${folder} cannot be read: ${(error as Error).message}`]);
  }
}

type ReadBlueprint = { blueprint?: Blueprint; problems: string[]; say: YamlFile["say"] };

/** One file, held against the schema and then against what the schema cannot say. */
export function readBlueprint(file: string, shared: Shared): ReadBlueprint {
  const { value, broken, say } = readYaml(file);
  if (broken.length > 0) return { problems: broken, say };
  const ofShape = shapeFindings(value);
  if (ofShape.length > 0) return { problems: ofShape.map(say), say };
  const blueprint = value as Blueprint;
  const problems = blueprintFindings(blueprint, shared).map(say);
  return problems.length > 0 ? { problems, say } : { blueprint, problems, say };
}
