import type { Permission } from "./permission.ts";
import type { Plan } from "./plan.ts";

/** A permission that an app has in the tenant; `forAll` is false where one person consented for themselves. */
export type Granted = Pick<Permission, "api" | "apiName" | "kind" | "name"> & { forAll: boolean };

/** What is still missing of the plan's consent, and what there is beyond the plan, each in words. */
export type ConsentCheck = { missing: string[]; beyond: string[] };

/** Entra adds these to what an administrator consents to. They sign people in, and open no data of the tenant's. */
const addedByEntra = new Set(["openid", "profile", "email", "offline_access"]);
export const isAddedByEntra = ({ kind, name }: Pick<Permission, "kind" | "name">) =>
  kind === "delegated" && addedByEntra.has(name);

/** Holds what an app was granted in the tenant against its plan. Ids of APIs are compared without case. */
export function checkConsent({ permissions }: Plan, granted: readonly Granted[]): ConsentCheck {
  const planned = new Set(permissions.map(keyOf));
  const given = new Set(granted.filter(({ forAll }) => forAll).map(keyOf));
  const isBeyond = (each: Granted) => !planned.has(keyOf(each)) && !isAddedByEntra(each);
  return {
    missing: named(permissions.filter((permission) => !given.has(keyOf(permission)))),
    beyond: named(granted.filter(isBeyond)),
  };
}

type Named = Pick<Permission, "api" | "apiName" | "kind" | "name">;

const keyOf = ({ api, kind, name }: Named) => `${api.toLowerCase()} ${kind} ${name}`;

const named = (permissions: readonly Named[]) => [
  ...new Set(permissions.map(({ apiName, kind, name }) => `${name} (${kind}, ${apiName})`)),
];

/** For a sentence that still fits on a card. */
export function someOf(names: readonly string[], most = 8): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(", ")} and ${left} more` : names.join(", ");
}

/** Roles of one API that a token may have, and those of them that it must have. */
export type ExpectedRoles = { api: string; apiName: string; allowed: string[]; required: string[] };

const microsoftGraph = { api: "00000003-0000-0000-c000-000000000000", apiName: "Microsoft Graph" };

/**
 * What the tokens of an app made after this plan hold, API by API. Microsoft Graph always is among them: any app gets a
 * token for it, and without application permissions there must be none in it.
 */
export function expectedRoles({ permissions, consent }: Plan): ExpectedRoles[] {
  const roles = permissions.filter(({ kind }) => kind === "application");
  const apis = Map.groupBy(roles, ({ api }) => api.toLowerCase());
  return [...new Set([microsoftGraph.api, ...apis.keys()])].map((api) => {
    const of = apis.get(api) ?? [];
    const allowed = of.map(({ name }) => name);
    const apiName = of[0]?.apiName ?? microsoftGraph.apiName;
    return { api, apiName, allowed, required: consent === "admin" ? allowed : [] };
  });
}
