import { type Permission, type PermissionFact, type Rank, rankPermissions } from "./permission.ts";
import type { DirectoryRole } from "./plan.ts";
import type { Policy } from "./policy.ts";

/** Something that is about to be given to an object in the tenant. */
export type Giving = {
  /** Object id of the application or service principal; left out while it is not made yet. */
  to?: string;
  permissions?: readonly Permission[];
  roles?: readonly DirectoryRole[];
};

/** What holds at this moment, whatever was approved. */
export type Bounds = {
  /** Object ids of the applications and service principals of Usher's own identities. */
  own: ReadonlySet<string>;
  isForbidden(permission: Permission): boolean;
  /** Whether the role is one that Usher's catalogue describes. */
  isKnownRole(templateId: string): boolean;
};

/** Why this is never given, as a sentence for people; undefined when it may be. */
export function whyNever({ to, permissions = [], roles = [] }: Giving, bounds: Bounds): string | undefined {
  if (to && bounds.own.has(to))
    return "This would change Usher's own identity in Entra, which Usher never does. Tell a security administrator: the stored request may have been altered.";
  const forbidden = permissions.find((permission) => bounds.isForbidden(permission));
  if (forbidden)
    return `Policy forbids the ${forbidden.kind} permission "${forbidden.name}" of ${forbidden.apiName} by now. It was not granted. Ask again without it.`;
  const unknown = roles.find(({ templateId }) => !bounds.isKnownRole(templateId));
  if (unknown)
    return `Usher's catalogue does not list the directory role "${unknown.name}" by now. It was not given. An administrator must add it to the catalogue; then ask again.`;
  return undefined;
}

const order: readonly Rank[] = ["low", "medium", "high", "tier0"];

/**
 * Whether a rule of policy forbids this permission to everybody. Rules that also name a system, an audience or a role
 * are about whole plans, and are judged when one is asked for and decided upon.
 */
export function isForbiddenToAll(
  { forbid }: Policy,
  permission: Permission,
  facts: readonly PermissionFact[],
): boolean {
  const [{ rank } = { rank: "tier0" as Rank }] = rankPermissions([permission], facts);
  return forbid.some((rule) => {
    const isOfPlans = [rule.system, rule.audience, rule.role].some((part) => part !== undefined);
    const isOfPermissions = [rule.permission, rule.api, rule.kind, rule.rank].some(
      (part) => part !== undefined,
    );
    return (
      isOfPermissions &&
      !isOfPlans &&
      (rule.permission === undefined || rule.permission === permission.name) &&
      (rule.api === undefined || rule.api === permission.api) &&
      (rule.kind === undefined || rule.kind === permission.kind) &&
      (rule.rank === undefined || order.indexOf(rank) >= order.indexOf(rule.rank))
    );
  });
}
