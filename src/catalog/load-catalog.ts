import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import type { z } from "zod";
import type { ApiCatalog, Blueprint } from "../domain/blueprint.ts";
import type { Catalog } from "../usecases/ports.ts";
import { apisSchema, blueprintSchema, permissionsSchema } from "./blueprint-schema.ts";

/** Files of the catalogue that are no blueprints. */
const shared = new Set(["apis.yaml", "permissions.yaml"]);

export type LoadedCatalog = { catalog: Catalog; problems: string[] };

/**
 * Reads the folder of blueprints. A blueprint that is wrong is left out and named among the problems, so that the
 * bot starts with the good ones; without the two shared files nothing can be judged, so they throw.
 */
export function loadCatalog(folder: string): LoadedCatalog {
  const apis: ApiCatalog = readChecked(path.join(folder, "apis.yaml"), apisSchema);
  const permissionFacts = readChecked(path.join(folder, "permissions.yaml"), permissionsSchema);
  const blueprints: Blueprint[] = [];
  const problems: string[] = [];
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name) && !shared.has(name));
  for (const name of files.toSorted()) {
    try {
      const blueprint = readChecked(path.join(folder, name), blueprintSchema) as unknown as Blueprint;
      const problem = problemOf(blueprint, apis, blueprints);
      if (problem) problems.push(`${name}: ${problem}`);
      else blueprints.push(blueprint);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  // "Something else" goes last: people should see the ready ones first.
  const inOrder = blueprints.toSorted(
    (a, b) => Number(a.id === "custom") - Number(b.id === "custom") || a.title.localeCompare(b.title),
  );
  return { catalog: { blueprints: inOrder, apis, permissionFacts }, problems };
}

function readChecked<T extends z.ZodTypeAny>(file: string, schema: T): z.infer<T> {
  const name = path.basename(file);
  const document = parseDocument(readFileSync(file, "utf8"), { prettyErrors: true });
  const broken = document.errors[0];
  if (broken) throw new Error(`${name}: ${broken.message}`);
  const read = schema.safeParse(document.toJS());
  if (read.success) return read.data;
  const reasons = read.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new Error(`${name}: ${reasons.join("; ")}`);
}

/** What the shape alone does not show. */
function problemOf(blueprint: Blueprint, apis: ApiCatalog, others: readonly Blueprint[]): string | undefined {
  if (others.some(({ id }) => id === blueprint.id))
    return `id: another blueprint is called "${blueprint.id}" already`;
  const keys = blueprint.ask.map((question) => question.key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice) return `ask: two questions have the key "${twice}"`;
  const api = blueprint.grant.find((grant) => !Object.hasOwn(apis, grant.api))?.api;
  if (api) return `grant: apis.yaml does not know the API "${api}"`;
  const conditions = [
    ...blueprint.ask,
    ...blueprint.grant,
    ...blueprint.handover,
    ...blueprint.next,
    ...blueprint.refuse,
    ...blueprint.app.redirects,
    ...(typeof blueprint.app.audience === "string" ? [] : blueprint.app.audience),
  ];
  const known = new Set([...keys, "appAudience"]);
  const unknown = conditions.flatMap(({ when }) => Object.keys(when ?? {})).find((key) => !known.has(key));
  return unknown && `when: there is no question "${unknown}"`;
}
