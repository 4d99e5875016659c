import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { ApiCatalog } from "../domain/blueprint.ts";
import { nearest } from "../domain/nearest.ts";
import type { PermissionFact, RoleFact } from "../domain/permission.ts";
import type { Catalog } from "../usecases/ports/world.ts";
import { ownCatalog } from "./blueprint-shape.ts";
import { type Finding, readYaml, type YamlFile } from "./yaml-file.ts";

/** Files of the catalogue that are no blueprints: what all blueprints are judged by. */
export const sharedNames = ["apis.yaml", "permissions.yaml", "roles.yaml", "policy.yaml"] as const;
/** What blueprints, and policy itself, are judged by. */
export type Shared = Omit<Catalog, "blueprints" | "policy">;

/** Nothing of the catalogue can be judged: a shared file is wrong, or the folder cannot be read. */
export class CatalogBroken extends Error {
  override readonly name = "CatalogBroken";
  readonly problems: string[];
  constructor(problems: string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

const rank = z.enum(["low", "medium", "high", "tier0"]);
const sentence = z.string().min(1);
const smaller = z
  .object({ name: z.string().min(1).optional(), sentence })
  .strict()
  .optional();
/** In lower case: ids that people type are, and the two must compare. */
const guid = (what: string) => z.string().toLowerCase().uuid(`${what} is a GUID`);

const apisSchema = z.record(
  z
    .object({
      clientId: guid("an API's clientId"),
      name: z.string().min(1),
      note: z.string().min(1).optional(),
    })
    .strict(),
);
const permissionsSchema = z.array(
  z
    .object({
      api: z.string().default("graph"),
      name: z.string().min(1),
      kind: z.enum(["delegated", "application"]),
      rank,
      sentence,
      smaller,
    })
    .strict(),
);
const rolesSchema = z.array(
  z
    .object({ name: z.string().min(1), templateId: guid("a role's templateId"), rank, sentence, smaller })
    .strict(),
);

export type SharedName = (typeof sharedNames)[number];

export const sharedIn = (folder: string): SharedName[] =>
  sharedNames.filter((name) => existsSync(path.join(folder, name)));

/** Where a shared file is read from. */
export const sharedPath = (folder: string, name: SharedName, needed: readonly SharedName[]) =>
  path.join(needed.includes(name) ? folder : ownCatalog, name);

/** Reads the shared files but policy.yaml, which is judged by these and by the blueprints; one that the folder need not have is taken from Usher's own catalogue instead. */
export function readShared(folder: string, needed: readonly SharedName[] = sharedIn(folder)): Shared {
  const [apisPath, permissionsPath, rolesPath] = sharedNames.map((name) =>
    sharedPath(folder, name, needed),
  ) as [string, string, string, string];
  const apisFile = readChecked(apisPath, apisSchema);
  const permissionsFile = readChecked(permissionsPath, permissionsSchema);
  const rolesFile = readChecked(rolesPath, rolesSchema);

  const apis = (apisFile.value ?? {}) as ApiCatalog;
  // Usher's own list describes permissions of APIs that a folder with its own apis.yaml need not know.
  const isOfOthers = path.dirname(apisPath) !== path.dirname(permissionsPath);
  const permissions = (permissionsFile.value ?? []).filter(
    ({ api }) => !isOfOthers || Object.hasOwn(apis, api),
  );
  const problems = [
    ...apisFile.problems,
    ...permissionsFile.problems,
    ...rolesFile.problems,
    ...(apisFile.value ? apiFindings(apis).map(apisFile.say) : []),
    ...(apisFile.value ? permissionFindings(permissions, apis).map(permissionsFile.say) : []),
    ...roleFindings(rolesFile.value ?? []).map(rolesFile.say),
  ];
  if (problems.length > 0) throw new CatalogBroken(problems);
  const permissionFacts = permissions.map((fact) => ({
    ...fact,
    api: apis[fact.api]!.clientId,
  })) as PermissionFact[];
  return { apis, permissionFacts, roleFacts: rolesFile.value as RoleFact[] };
}

type Checked<T> = { value: T | undefined; problems: string[]; say: YamlFile["say"] };

function readChecked<T extends z.ZodTypeAny>(file: string, schema: T): Checked<z.infer<T>> {
  const { value, broken, say } = readYaml(file);
  if (broken.length > 0) return { value: undefined, problems: broken, say };
  const read = schema.safeParse(value);
  if (read.success) return { value: read.data, problems: [], say };
  return { value: undefined, problems: read.error.issues.flatMap(findingsOf).map(say), say };
}

function findingsOf(issue: z.ZodIssue): Finding[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, reason: issue.message }];
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    reason: `there is no key "${key}"`,
    isKey: true,
  }));
}

function apiFindings(apis: ApiCatalog): Finding[] {
  const entries = Object.entries(apis);
  return entries.flatMap(([alias, { clientId }], at) => {
    const first = entries.findIndex(([, other]) => other.clientId.toLowerCase() === clientId.toLowerCase());
    return first === at
      ? []
      : [{ path: [alias, "clientId"], reason: `"${entries[first]![0]}" has this clientId already` }];
  });
}

function permissionFindings(facts: z.infer<typeof permissionsSchema>, apis: ApiCatalog): Finding[] {
  const keyOf = ({ api, kind }: (typeof facts)[number], name: string) => `${api} ${kind} ${name}`;
  const keys = new Set(facts.map((fact) => keyOf(fact, fact.name)));
  const seen = new Set<string>();
  return facts.flatMap((fact, at): Finding[] => {
    const key = keyOf(fact, fact.name);
    const isRepeated = seen.has(key);
    seen.add(key);
    const less = fact.smaller?.name;
    return [
      Object.hasOwn(apis, fact.api) ? [] : { path: [at, "api"], reason: unknownApi(fact.api, apis) },
      isRepeated ? { path: [at, "name"], reason: `${fact.name} (${fact.kind}) is described twice` } : [],
      less !== undefined && (less === fact.name || !keys.has(keyOf(fact, less)))
        ? {
            path: [at, "smaller", "name"],
            reason: `there is no other ${fact.kind} permission "${less}" of this API in the file`,
          }
        : [],
    ].flat();
  });
}

function roleFindings(facts: z.infer<typeof rolesSchema>): Finding[] {
  return facts.flatMap(({ name, templateId, smaller: less }, at): Finding[] => {
    const isFirst = (same: (fact: (typeof facts)[number]) => boolean) => facts.findIndex(same) === at;
    return [
      isFirst((fact) => fact.name === name)
        ? []
        : { path: [at, "name"], reason: `${name} is described twice` },
      isFirst((fact) => fact.templateId === templateId)
        ? []
        : { path: [at, "templateId"], reason: "another role has this templateId already" },
      less?.name !== undefined && (less.name === name || !facts.some((fact) => fact.name === less.name))
        ? { path: [at, "smaller", "name"], reason: `there is no other role "${less.name}" in the file` }
        : [],
    ].flat();
  });
}

export function unknownApi(alias: string, apis: ApiCatalog): string {
  const meant = nearest(alias, Object.keys(apis));
  return `apis.yaml does not know the API "${alias}".${meant ? ` Did you mean ${meant}?` : ""}`;
}
