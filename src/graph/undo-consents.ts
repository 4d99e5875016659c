import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  AppRoleAssignment,
  OAuth2PermissionGrant,
  UnifiedRoleAssignment,
} from "@microsoft/microsoft-graph-types";
import { isAddedByEntra } from "../domain/consent-check.ts";
import type { Drift, FoundPermission } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-expected.ts";
import type { ServicePrincipalId } from "../domain/ids.ts";
import { gone } from "./gone.ts";
import { assignDirectoryRoles, grantApplicationPermissions, grantDelegatedPermissions } from "./grants.ts";
import { allPages } from "./pages.ts";
import type { ResourceLookup } from "./resources.ts";

/** `left`: Usher has no right to. */
export type Undone = "undone" | "left";
type Consenting = { consent: Client; resources: ResourceLookup };
type Consent = Extract<Drift, { what: "consent" }>;

/** Consents of one kind to one API: takes away what was added, and gives back what was taken away. */
export async function putBackConsents(
  means: Consenting,
  principal: ServicePrincipalId,
  drifts: readonly Consent[],
  expected: Expected,
): Promise<void> {
  const permissions = (change: Consent["change"]) =>
    drifts.filter((drift) => drift.change === change).map(({ permission }) => permission);
  const { api = "", kind } = drifts[0]?.permission ?? {};
  if (kind === "delegated") await writeScopes(means, principal, api, permissions("removed"), expected);
  else {
    await withdrawRoles(means, principal, api, permissions("added"));
    const { consent, resources } = means;
    await grantApplicationPermissions(consent, resources, principal, permissions("removed"));
  }
}

/** An API that is gone from the tenant was named by the id of its service principal. */
const resourceIdOf = async (resources: ResourceLookup, api: string) =>
  (await resources.see(api))?.servicePrincipalId ?? api;

async function withdrawRoles(
  { consent, resources }: Consenting,
  principal: ServicePrincipalId,
  api: string,
  permissions: readonly FoundPermission[],
): Promise<void> {
  if (permissions.length === 0) return;
  const resource = await resources.see(api);
  const resourceId = await resourceIdOf(resources, api);
  const roleIds = permissions.map(
    ({ name }) =>
      resource?.permissions.find((each) => each.kind === "application" && each.name === name)?.id ?? name,
  );
  const path = `/servicePrincipals/${principal}/appRoleAssignments`;
  const held = await allPages<AppRoleAssignment>(consent, path);
  for (const { id, ...each } of held)
    if (each.resourceId === resourceId && roleIds.includes(each.appRoleId ?? ""))
      await gone(() => consent.api(`${path}/${id}`).delete());
}

/**
 * One grant holds all scopes of an API, so each is written once, as it should be: reads lag behind writes, and what is
 * built on what was read would bring back what was just taken away.
 */
async function writeScopes(
  { consent, resources }: Consenting,
  principal: ServicePrincipalId,
  api: string,
  missing: readonly FoundPermission[],
  expected: Expected,
): Promise<void> {
  const resourceId = await resourceIdOf(resources, api);
  const wanted = expected.consents.filter(
    (each) => each.kind === "delegated" && each.api.toLowerCase() === api.toLowerCase(),
  );
  const names = wanted.map(({ name }) => name);
  const mayStay = (name: string) => names.includes(name) || isAddedByEntra({ kind: "delegated", name });
  const all = await allPages<OAuth2PermissionGrant>(
    consent,
    `/servicePrincipals/${principal}/oauth2PermissionGrants`,
  );
  const grants = all.filter((each) => each.resourceId === resourceId);
  const isForAll = ({ consentType }: OAuth2PermissionGrant) => consentType === "AllPrincipals";
  for (const each of grants) {
    const { id, scope } = each;
    const standing = scope?.split(" ").filter(Boolean) ?? [];
    const kept = standing.filter(mayStay);
    const isWhole = isForAll(each) && expected.isConsented;
    const left = isWhole ? [...new Set([...names, ...kept])] : kept;
    if (!isWhole && left.length === standing.length) continue;
    const grant = consent.api(`/oauth2PermissionGrants/${id}`);
    await gone(() =>
      left.length > 0
        ? grant.patch({ scope: left.join(" ") } satisfies OAuth2PermissionGrant)
        : grant.delete(),
    );
  }
  if (missing.length > 0 && !grants.some(isForAll))
    await grantDelegatedPermissions(consent, resources, principal, wanted);
}

/** Directory roles of the app itself. */
export async function putBackRoles(
  consent: Client,
  principal: ServicePrincipalId,
  drifts: readonly Extract<Drift, { what: "role" }>[],
): Promise<Undone> {
  const roles = (change: "added" | "removed") =>
    drifts.filter((drift) => drift.change === change).map(({ role }) => role);
  const added = new Set(roles("added").map(({ templateId }) => templateId));
  if (added.size > 0) {
    const path = "/roleManagement/directory/roleAssignments";
    const held = await allPages<UnifiedRoleAssignment>(
      consent,
      `${path}?$filter=principalId eq '${principal}'`,
    );
    for (const { id, roleDefinitionId } of held)
      if (added.has(roleDefinitionId ?? "")) await gone(() => consent.api(`${path}/${id}`).delete());
  }
  const { left } = await assignDirectoryRoles(consent, principal, roles("removed"));
  return left.length > 0 ? "left" : "undone";
}
