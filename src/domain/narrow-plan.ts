import type { PermissionFact } from "./permission.ts";
import type { Plan } from "./plan.ts";
import { permissionKey, redirectKey } from "./plan-difference.ts";

/** What an approver leaves of a plan. Keys that the plan does not have change nothing: it can only become less. */
export type Narrowing = {
  /** Keys (`permissionKey`) of the permissions that stay. */
  permissions: readonly string[];
  /** Keys of those in whose place the smaller alternative comes. */
  smaller: readonly string[];
  /** Template ids of the directory roles that stay. */
  roles: readonly string[];
  /** Keys (`redirectKey`) of the redirect addresses that stay. */
  redirects: readonly string[];
  /** Months that the secret lives; longer than it was counts as it was. */
  months?: number;
};

/** What stands in the form before the approver changes anything: all of it. */
export function wholeOf(plan: Plan): Narrowing {
  return {
    permissions: plan.permissions.map(permissionKey),
    smaller: [],
    roles: (plan.directoryRoles ?? []).map(({ templateId }) => templateId),
    redirects: plan.redirects.map(redirectKey),
    ...(plan.credential.kind === "secret" && { months: plan.credential.months }),
  };
}

/** The name that could stand in a permission's place, where Usher knows a smaller one. */
export function smallerNameOf(
  permission: Plan["permissions"][number],
  facts: readonly PermissionFact[],
): { name: string; sentence: string } | undefined {
  const fact = facts.find((each) => permissionKey(each) === permissionKey(permission));
  const { name, sentence } = fact?.smaller ?? {};
  return name && sentence ? { name, sentence } : undefined;
}

/**
 * The plan with less: never with anything that was not in it, but for the smaller alternatives that Usher itself knows.
 * `owner` is left to the caller, since it follows from the rank.
 */
export function narrowPlan(plan: Plan, narrowing: Narrowing, facts: readonly PermissionFact[]): Plan {
  const keeps = (keys: readonly string[]) => (key: string) => keys.includes(key);
  const staysPermission = keeps(narrowing.permissions);
  const taken = keeps(narrowing.smaller);
  const permissions = plan.permissions
    .filter((permission) => staysPermission(permissionKey(permission)))
    .map((permission) => {
      const less = taken(permissionKey(permission)) ? smallerNameOf(permission, facts) : undefined;
      if (!less) return permission;
      const { allows: _allows, ...rest } = permission;
      return { ...rest, name: less.name };
    });
  const seen = new Set<string>();
  const once = permissions.filter((permission) => {
    const key = permissionKey(permission);
    return !seen.has(key) && seen.add(key);
  });
  const staysRole = keeps(narrowing.roles);
  const roles = (plan.directoryRoles ?? []).filter(({ templateId }) => staysRole(templateId));
  const staysRedirect = keeps(narrowing.redirects);
  const { credential, directoryRoles: _roles, missingApis, ...rest } = plan;
  const apis = (missingApis ?? []).filter(({ clientId }) => once.some(({ api }) => api === clientId));
  const months = credential.kind === "secret" ? lessMonths(credential.months, narrowing.months) : undefined;
  return {
    ...rest,
    next: credential.kind === "secret" ? rest.next.map(sayingMonths(credential.months, months)) : rest.next,
    permissions: once,
    redirects: plan.redirects.filter((redirect) => staysRedirect(redirectKey(redirect))),
    ...(roles.length > 0 && { directoryRoles: roles }),
    ...(apis.length > 0 && { missingApis: apis }),
    credential: credential.kind === "secret" && months !== undefined ? { ...credential, months } : credential,
  };
}

/** Next steps may say how long the secret lives, as it was filled in from the form. */
const sayingMonths =
  (from: number, to = from) =>
  (text: string) =>
    to === from
      ? text
      : text.replaceAll(new RegExp(`\\b${from} months?\\b`, "g"), `${to} ${to === 1 ? "month" : "months"}`);

function lessMonths(months: number, wanted: number | undefined): number {
  return wanted !== undefined && Number.isInteger(wanted) && wanted >= 1 && wanted < months ? wanted : months;
}
