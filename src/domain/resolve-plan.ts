import type { Answers, ApiCatalog, Blueprint } from "./blueprint.ts";
import { certificateOf } from "./certificate.ts";
import { answerTo, chosen, fill, holding, holds, wholeAnswer } from "./conditions.ts";
import type { Permission, PermissionKind, RoleFact } from "./permission.ts";
import type {
  AppRole,
  Audience,
  Credential,
  DirectoryRole,
  ExposedScope,
  HandoverValue,
  Plan,
} from "./plan.ts";
import { checkRedirectUri, type FilledUri, fillRedirectUri } from "./redirect-uri.ts";
import { readAppRoleLine, readPermissionLine, readScopeLine } from "./typed-entries.ts";

/** What a plan is resolved against, beside the blueprint and the answers. */
export type PlanCatalog = { apis: ApiCatalog; roleFacts: readonly RoleFact[] };

/**
 * Why these answers lead to no plan: the blueprint refuses them together, or an entry is wrong. `key` is the question
 * that must be answered otherwise, where it is one.
 */
export type PlanRefusal = { refused: "combination" | "entry"; sentence: string; key?: string };

/** Of a list of typed lines; more would not fit beside the field. */
const mostErrors = 5;

/** Thrown inside and answered as a value: what a requester typed cannot be read, or makes a wrong address. */
class WrongEntry extends Error {
  readonly key: string | undefined;
  constructor(key: string | undefined, sentence: string) {
    super(sentence);
    this.key = key;
  }
}

/**
 * The plan that checked answers lead to, or the sentence that turns them away. Needs answers that `readAnswers`
 * accepted. Pure: the same answers always give the same plan.
 */
export function resolvePlan(
  blueprint: Blueprint,
  answers: Answers,
  catalog: PlanCatalog,
): Plan | PlanRefusal {
  const audience = chosen<Audience>(blueprint.app.audience, answers);
  if (!audience) throw new Error(`blueprint ${blueprint.id} decides no audience for these answers`);
  const known: Answers = { ...answers, appAudience: audience };
  const [refusal] = holding(blueprint.refuse, known);
  if (refusal) return { refused: "combination", sentence: refusal.say };
  try {
    return planOf(blueprint, known, audience, catalog);
  } catch (error) {
    if (!(error instanceof WrongEntry)) throw error;
    const { key, message: sentence } = error;
    return { refused: "entry", sentence, ...(key && { key }) };
  }
}

function planOf(blueprint: Blueprint, known: Answers, audience: Audience, catalog: PlanCatalog): Plan {
  const { app } = blueprint;
  const flag = (value: typeof app.idTokens) =>
    typeof value === "object" ? holds(value, known) : value === true;
  // Personal accounts work with version 2 tokens only.
  const tokenVersion =
    audience === "AzureADandPersonalMicrosoftAccount" ? 2 : chosen<1 | 2>(app.tokenVersion, known);
  const groupClaims = chosen(app.groupClaims, known);
  const directoryRoles = rolesOf(blueprint, known, catalog.roleFacts);
  const azureRoles = holding(blueprint.azureRoles, known).map(({ role, scope }) => ({
    role: fill(role, known),
    scope: fill(scope, known),
  }));
  const appRoles = appRolesOf(blueprint, known);
  const scopes = scopesOf(blueprint, known);
  return {
    blueprint: { id: blueprint.id, title: blueprint.title },
    displayName: fill(app.name, known).trim(),
    audience,
    redirects: redirectsOf(blueprint, known),
    idTokens: flag(app.idTokens),
    accessTokens: flag(app.accessTokens),
    ...(tokenVersion && { tokenVersion }),
    ...(groupClaims && groupClaims !== "none" && { groupClaims }),
    permissions: permissionsOf(blueprint, known, catalog.apis),
    consent: chosen<Plan["consent"]>(blueprint.consent, known) ?? "none",
    ...(directoryRoles.length > 0 && { directoryRoles }),
    ...(azureRoles.length > 0 && { azureRoles }),
    ...(appRoles.length > 0 && { appRoles }),
    ...(scopes && { expose: { scopes } }),
    credential: credentialOf(blueprint, known),
    handover: holding(blueprint.handover, known).map(({ label, value, where }) => ({
      label,
      value: fill(value, known) as HandoverValue,
      ...(where && { where }),
    })),
    next: holding(blueprint.next, known).map(({ text }) => fill(text, known)),
  };
}

/** The first of those that say the same. */
function once<T>(entries: readonly T[], keyOf: (entry: T) => string): T[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const key = keyOf(entry);
    return !seen.has(key) && seen.add(key);
  });
}

const listOf = (key: string, answers: Answers): string[] => {
  const answer = answerTo(key, answers);
  return Array.isArray(answer) ? answer : [];
};

/** What a requester typed into a question, one entry a line, as the engine reads it. */
function typedEntries<T extends object>(
  key: string,
  answers: Answers,
  read: (line: string) => T | { error: string },
): T[] {
  const entries = listOf(key, answers).map(read);
  const errors = entries.flatMap((entry) => ("error" in entry ? [String(entry.error)] : []));
  if (errors.length > 0) throw new WrongEntry(key, errors.slice(0, mostErrors).join(" "));
  return entries as T[];
}

function redirectsOf(blueprint: Blueprint, answers: Answers): Plan["redirects"] {
  const redirects = holding(blueprint.app.redirects, answers).flatMap(({ platform, uri }) => {
    const key = wholeAnswer(uri);
    const answer = answerTo(key ?? "", answers);
    // A list of addresses that was left empty asks for none.
    if (fill(uri, answers) === "") return [];
    const filled: FilledUri[] = Array.isArray(answer)
      ? answer.map(checkRedirectUri)
      : [fillRedirectUri(uri, answers)];
    return filled.map((each) => {
      if ("error" in each) throw new WrongEntry(each.key ?? key, each.error);
      return { platform, uri: each.uri };
    });
  });
  return once(redirects, ({ platform, uri }) => `${platform} ${uri}`);
}

function permissionsOf(blueprint: Blueprint, answers: Answers, apis: ApiCatalog): Permission[] {
  const permissions = holding(blueprint.grant, answers).flatMap((grant): Permission[] => {
    if ("typed" in grant) {
      const question = blueprint.ask.find(({ key }) => key === grant.typed);
      const kind = question?.type === "permissions" ? question.kind : "application";
      return typedEntries(grant.typed, answers, (line) => readPermissionLine(line, kind, apis));
    }
    const { api, delegated = [], application = [], beyondMinimum } = grant;
    const known = Object.hasOwn(apis, api) ? apis[api] : undefined;
    if (!known)
      throw new Error(`blueprint ${blueprint.id} names the API "${api}", which the catalogue does not know`);
    const named = (names: string[], kind: PermissionKind) =>
      names.map((name) => ({
        api: known.clientId,
        apiName: known.name,
        name,
        kind,
        ...(beyondMinimum && { beyondMinimum }),
      }));
    return [...named(delegated, "delegated"), ...named(application, "application")];
  });
  return once(permissions, ({ api, kind, name }) => `${api} ${kind} ${name.toLowerCase()}`);
}

function rolesOf(blueprint: Blueprint, answers: Answers, facts: readonly RoleFact[]): DirectoryRole[] {
  const roles = holding(blueprint.roles, answers).flatMap(
    (entry): { role: string; beyondMinimum?: true }[] =>
      "typed" in entry ? listOf(entry.typed, answers).map((role) => ({ role })) : [entry],
  );
  return once(
    roles.map(({ role, beyondMinimum }): DirectoryRole => {
      const fact = facts.find(({ name }) => name === role);
      if (!fact)
        throw new Error(
          `blueprint ${blueprint.id} names the role "${role}", which the catalogue does not know`,
        );
      return { name: role, templateId: fact.templateId, ...(beyondMinimum && { beyondMinimum }) };
    }),
    ({ templateId }) => templateId,
  );
}

function appRolesOf(blueprint: Blueprint, answers: Answers): AppRole[] {
  const roles = holding(blueprint.appRoles, answers).flatMap((entry): AppRole[] => {
    if ("typed" in entry) return typedEntries(entry.typed, answers, readAppRoleLine);
    const { value, name, description, members } = entry;
    return [{ value, name, description, members }];
  });
  return once(roles, ({ value }) => value);
}

/** Without any scope there is still the identifier URI. */
function scopesOf({ expose }: Blueprint, answers: Answers): ExposedScope[] | undefined {
  if (!expose || !holds(expose.when, answers)) return undefined;
  const scopes = holding(expose.scopes, answers).flatMap((entry): ExposedScope[] => {
    if ("typed" in entry) return typedEntries(entry.typed, answers, readScopeLine);
    const { value, name, description, who } = entry;
    return [{ value, name, description, who }];
  });
  return once(scopes, ({ value }) => value);
}

const longestSecretMonths = 24;

/** Secrets last 1 to 24 months, whatever a blueprint says; what is no number counts as the shortest. */
function secretMonths(asked: string): number {
  return Math.min(Math.max(Math.trunc(Number(asked)) || 1, 1), longestSecretMonths);
}

function credentialOf(blueprint: Blueprint, answers: Answers): Credential {
  const [entry] = holding(blueprint.credentials, answers);
  if (!entry) return { kind: "none" };
  switch (entry.kind) {
    case "secret": {
      const months = secretMonths(fill(String(entry.months), answers));
      return { kind: "secret", label: fill(entry.label, answers).trim(), months };
    }
    case "certificate": {
      const read = certificateOf(fill(entry.pem, answers));
      if ("error" in read) throw new WrongEntry(wholeAnswer(entry.pem), read.error);
      const { der, thumbprint, expiresAt } = read;
      const label = fill(entry.label, answers).trim();
      return { kind: "certificate", label, der, thumbprint, expiresAt: expiresAt.toISOString() };
    }
    case "federated": {
      const { name, issuer, subject, audience } = entry;
      return {
        kind: "federated",
        name: fill(name, answers).trim(),
        issuer: fill(issuer, answers),
        subject: fill(subject, answers),
        audience,
      };
    }
    default:
      return entry satisfies never;
  }
}
