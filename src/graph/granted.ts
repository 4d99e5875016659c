import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  AppRoleAssignment,
  OAuth2PermissionGrant,
  ServicePrincipal,
} from "@microsoft/microsoft-graph-types";
import type { Granted } from "../domain/consent-check.ts";
import type { ServicePrincipalId } from "../domain/ids.ts";
import type { Permission } from "../domain/permission.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { isNotFound, lacksRight } from "./failures.ts";
import { allPages } from "./pages.ts";
import { byApi, type ResourceLookup } from "./resources.ts";

/** An API as its grants name it: by the object id of its service principal. */
type Api = { api: string; apiName: string; roles: ReadonlyMap<string, string> };

/**
 * All that a service principal was granted, in the words of its APIs. What nobody can name any more goes by its id: it
 * counts as granted all the same.
 */
export async function grantedTo(
  client: Client,
  resources: ResourceLookup,
  principal: ServicePrincipalId,
  planned: readonly Permission[],
): Promise<Granted[]> {
  const path = `/servicePrincipals/${principal}`;
  const [assignments, grants] = await Promise.all([
    allPages<AppRoleAssignment>(client, `${path}/appRoleAssignments`),
    delegatedGrants(client, path),
  ]);
  return nameGrants(client, resources, planned, { assignments, grants });
}

/** What was read of a service principal's grants, in words. */
export async function nameGrants(
  client: Client,
  resources: ResourceLookup,
  planned: readonly Permission[],
  { assignments, grants }: { assignments: AppRoleAssignment[]; grants: OAuth2PermissionGrant[] },
): Promise<Granted[]> {
  const known = await plannedApis(resources, planned);
  const apiOf = async (id: string, roleId?: string): Promise<Api> => {
    const found = known.get(id);
    if (found && (roleId === undefined || found.roles.has(roleId))) return found;
    const read = await readApi(client, id);
    known.set(id, read);
    return read;
  };

  const granted: Granted[] = [];
  // One after another: most are of one API, which is then read once at most.
  for (const { resourceId, appRoleId } of assignments) {
    const { api, apiName, roles } = await apiOf(resourceId ?? "", appRoleId ?? "");
    const name = roles.get(appRoleId ?? "") ?? String(appRoleId);
    granted.push({ api, apiName, kind: "application", name, forAll: true });
  }
  for (const { resourceId, scope, consentType } of grants) {
    const { api, apiName } = await apiOf(resourceId ?? "");
    const forAll = consentType === "AllPrincipals";
    for (const name of new Set(scope?.split(" ").filter(Boolean)))
      granted.push({ api, apiName, kind: "delegated", name, forAll });
  }
  return granted;
}

/** Reading these needs more than all else that Usher reads: where it may not, a right that is given later counts. */
async function delegatedGrants(client: Client, path: string): Promise<OAuth2PermissionGrant[]> {
  try {
    return await allPages<OAuth2PermissionGrant>(client, `${path}/oauth2PermissionGrants`);
  } catch (error) {
    if (!lacksRight(error)) throw error;
    throw new DirectoryFailure(
      "Usher may not read what an administrator has granted, so it cannot go on. An administrator must give its provisioning identity the application permission Directory.Read.All or DelegatedPermissionGrant.Read.All; then Usher goes on by itself.",
      { kind: "retry", cause: error },
    );
  }
}

async function plannedApis(
  resources: ResourceLookup,
  planned: readonly Permission[],
): Promise<Map<string, Api>> {
  const found = await Promise.all(
    byApi(planned).map(async ([api, [permission]]): Promise<[string, Api][]> => {
      const resource = await resources.see(api);
      if (!resource) return [];
      const roles = resource.permissions
        .filter(({ kind }) => kind === "application")
        .map(({ id, name }): [string, string] => [id, name]);
      const apiName = permission?.apiName ?? resource.name;
      return [[resource.servicePrincipalId, { api, apiName, roles: new Map(roles) }]];
    }),
  );
  return new Map(found.flat());
}

/** An API that no plan names, or a role that it did not have when it was looked at last. */
async function readApi(client: Client, id: string): Promise<Api> {
  try {
    const found: ServicePrincipal = await client
      .api(`/servicePrincipals/${id}`)
      .select("appId,displayName,appRoles")
      .get();
    const roles = (found.appRoles ?? []).map((role): [string, string] => [
      role.id ?? "",
      role.value || (role.displayName ?? role.id ?? ""),
    ]);
    const api = found.appId?.toLowerCase() ?? id;
    return { api, apiName: found.displayName ?? api, roles: new Map(roles) };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { api: id, apiName: id, roles: new Map() };
  }
}
