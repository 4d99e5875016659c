import type { Permission } from "./permission.ts";
import { type Credential, canonical, type Plan } from "./plan.ts";

/** One thing that differs between two plans; the chat edge puts it into words. */
export type Difference =
  | { what: "permission"; change: "added" | "dropped"; permission: Permission }
  | { what: "redirect"; change: "added" | "dropped"; uri: string }
  | { what: "role"; change: "added" | "dropped"; name: string }
  | { what: "life"; from: number; to: number }
  | { what: "name"; from: string; to: string }
  | { what: "audience"; from: Plan["audience"]; to: Plan["audience"] }
  | { what: "owner"; to: "requester" | "nobody" }
  | { what: "credential"; from: Credential["kind"]; to: Credential["kind"] }
  /** Anything else that no sentence of its own is worth. */
  | { what: "other" };

export const permissionKey = ({ api, kind, name }: Pick<Permission, "api" | "kind" | "name">) =>
  `${api}/${kind}/${name}`;
export const redirectKey = ({ platform, uri }: Plan["redirects"][number]) => `${platform} ${uri}`;

/** What the second plan has that the first has not, and the other way around; what was dropped comes first. */
export function planDifference(from: Plan, to: Plan): Difference[] {
  const only = <T>(some: readonly T[], others: readonly T[], key: (each: T) => string) => {
    const keys = new Set(others.map(key));
    return some.filter((each) => !keys.has(key(each)));
  };
  const both = <T>(a: readonly T[], b: readonly T[], key: (each: T) => string) =>
    [
      ...only(a, b, key).map((each) => ({ change: "dropped" as const, each })),
      ...only(b, a, key).map((each) => ({ change: "added" as const, each })),
    ] as const;
  const months = ({ credential }: Plan) => (credential.kind === "secret" ? credential.months : undefined);
  const [fromMonths, toMonths] = [months(from), months(to)];
  const named: Difference[] = [
    ...both(from.permissions, to.permissions, permissionKey).map(
      ({ change, each }): Difference => ({ what: "permission", change, permission: each }),
    ),
    ...both(from.directoryRoles ?? [], to.directoryRoles ?? [], ({ templateId }) => templateId).map(
      ({ change, each }): Difference => ({ what: "role", change, name: each.name }),
    ),
    ...both(from.redirects, to.redirects, redirectKey).map(
      ({ change, each }): Difference => ({ what: "redirect", change, uri: each.uri }),
    ),
    ...(fromMonths !== undefined && toMonths !== undefined && fromMonths !== toMonths
      ? [{ what: "life" as const, from: fromMonths, to: toMonths }]
      : []),
    ...(from.credential.kind === to.credential.kind
      ? []
      : [{ what: "credential" as const, from: from.credential.kind, to: to.credential.kind }]),
    ...(from.displayName === to.displayName
      ? []
      : [{ what: "name" as const, from: from.displayName, to: to.displayName }]),
    ...(from.audience === to.audience
      ? []
      : [{ what: "audience" as const, from: from.audience, to: to.audience }]),
    ...(to.owner && from.owner !== to.owner ? [{ what: "owner" as const, to: to.owner }] : []),
  ];
  const hasMore = canonical(unnamed(from, to)) !== canonical(unnamed(to, from));
  return hasMore ? [...named, { what: "other" }] : named;
}

/** What none of the differences above speaks of. What the tenant said about a plan is not what is asked for. */
function unnamed(plan: Plan, beside: Plan): object {
  const {
    permissions: _permissions,
    redirects: _redirects,
    directoryRoles: _roles,
    displayName: _name,
    audience: _audience,
    owner: _owner,
    missingApis: _missingApis,
    isUnchecked: _isUnchecked,
    // Words for afterwards, made from the same answers.
    next: _next,
    credential,
    ...rest
  } = plan;
  if (credential.kind !== beside.credential.kind) return rest;
  return { ...rest, credential: credential.kind === "secret" ? { ...credential, months: 0 } : credential };
}
