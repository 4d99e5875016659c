import { nearest } from "./nearest.ts";
import type { Permission } from "./permission.ts";
import type { MissingApi, Plan } from "./plan.ts";
import type { PublishedApi, TenantFacts } from "./tenant-facts.ts";

/** Looking for what was meant takes long among hundreds of names. */
const mostHints = 10;

/** A permission that the tenant's API does not publish so. */
export type WrongPermission = { permission: Permission; sentence: string };

/**
 * Holds a plan against what the tenant's own service principals publish. Answers the plan with the tenant's sentence
 * for each permission and the APIs that are missing, and what is wrong. What could not be asked is left as it is.
 */
export function checkPermissions(plan: Plan, facts: TenantFacts): { plan: Plan; wrong: WrongPermission[] } {
  const { apis } = facts;
  const wrong: WrongPermission[] = [];
  const missing = new Map<string, MissingApi>();
  const permissions = plan.permissions.map((permission): Permission => {
    const api = apis.get(permission.api);
    if (api === undefined) return permission;
    if (api === null) {
      // Named by a client id that nobody knows: there is nothing to make.
      if (permission.apiName === permission.api) {
        const sentence = `This tenant has no API with the client ID ${permission.api}.`;
        wrong.push({ permission, sentence });
      } else {
        const createdBy = facts.mayCreateServicePrincipals ? "usher" : "administrator";
        missing.set(permission.api, { clientId: permission.api, name: permission.apiName, createdBy });
      }
      return permission;
    }
    // Anybody may call an API of their own "Microsoft Graph": one that the catalogue does not know shows its client id.
    const named =
      permission.apiName === permission.api
        ? { ...permission, apiName: `${api.name.slice(0, 80).toWellFormed()} (${api.clientId})` }
        : permission;
    const published = api.permissions.find(({ name, kind }) => name === named.name && kind === named.kind);
    if (published?.isEnabled) return { ...named, ...(published.allows && { allows: published.allows }) };
    wrong.push({
      permission: named,
      sentence: sentenceOf(named, api, published !== undefined, wrong.length < mostHints),
    });
    return named;
  });
  const missingApis = [...missing.values()];
  return {
    plan: {
      ...plan,
      permissions,
      ...(missingApis.length > 0 && { missingApis }),
      ...(facts.isUnchecked && { isUnchecked: true }),
    },
    wrong,
  };
}

const aKind = (kind: Permission["kind"]) => (kind === "application" ? "an application" : "a delegated");

function sentenceOf(
  { name, kind, apiName }: Permission,
  api: PublishedApi,
  isDisabled: boolean,
  isHinted: boolean,
): string {
  if (isDisabled) return `${apiName} has switched off its ${kind} permission ${name} in this tenant.`;
  const other = api.permissions.find((each) => each.name === name && each.isEnabled);
  if (other)
    return `${apiName} has ${name} only as ${aKind(other.kind)} permission, not as ${aKind(kind)} one.`;
  const sentence = `${apiName} has no ${kind} permission "${name}".`;
  if (!isHinted) return sentence;
  const names = (of: typeof kind) => api.permissions.flatMap((each) => (each.kind === of ? each.name : []));
  const own = nearest(name, names(kind));
  const others = kind === "delegated" ? ("application" as const) : ("delegated" as const);
  const elsewhere = own === undefined ? nearest(name, names(others)) : undefined;
  const hint = own
    ? ` Did you mean ${own}?`
    : elsewhere
      ? ` Did you mean the ${others} permission ${elsewhere}?`
      : "";
  return `${sentence}${hint}`;
}
