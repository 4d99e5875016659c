import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import type { z } from "zod";
import type { ApiCatalog, Blueprint, Question } from "../domain/blueprint.ts";
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
  const permissionFacts = readChecked(path.join(folder, "permissions.yaml"), permissionsSchema).map(
    (fact) => {
      const api = apis[fact.api];
      if (!api) throw new Error(`permissions.yaml: apis.yaml does not know the API "${fact.api}"`);
      return { ...fact, api: api.clientId };
    },
  );
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
  const { app } = blueprint;
  const conditions = [
    ...blueprint.ask,
    ...blueprint.grant,
    ...blueprint.handover,
    ...blueprint.next,
    ...blueprint.refuse,
    ...app.redirects,
    ...(typeof app.audience === "string" ? [] : app.audience),
    ...[app.idTokens, app.accessTokens].map((when) => (typeof when === "boolean" ? {} : { when })),
  ];
  const known = new Set([...keys, "appAudience"]);
  const unknown = conditions.flatMap(({ when }) => Object.keys(when ?? {})).find((key) => !known.has(key));
  if (unknown) return `when: there is no question "${unknown}"`;
  const { ask, ...templates } = blueprint;
  const holes = [...JSON.stringify(templates).matchAll(/\{\{(.*?)\}\}/g)].map(([, hole = ""]) => hole);
  const hole = holes.find((each) => !known.has(each));
  if (hole !== undefined) return `{{${hole}}}: there is no question "${hole}"`;
  const wrong = ask.find((question) => offersMoreThanItsOptions(question));
  return wrong && `ask: "${wrong.key}" has a default that is none of its options`;
}

function offersMoreThanItsOptions(question: Question): boolean {
  if (question.type !== "one" && question.type !== "many") return false;
  const always = question.type === "many" ? (question.always ?? []) : [];
  return [question.default ?? [], always].flat().some((each) => !Object.hasOwn(question.options, each));
}
