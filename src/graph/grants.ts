import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  AppRoleAssignment,
  OAuth2PermissionGrant,
  UnifiedRoleAssignment,
} from "@microsoft/microsoft-graph-types";
import type { ServicePrincipalId } from "../domain/ids.ts";
import type { Permission } from "../domain/permission.ts";
import type { DirectoryRole } from "../domain/plan.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import { graphError, isAlreadyThere, isNotFound, lacksRight } from "./failures.ts";
import { allPages } from "./pages.ts";
import { byApi, idOf, type Resource, type ResourceLookup } from "./resources.ts";

/** Consent to what the app does by itself; each is a role assignment at the API. */
export async function grantApplicationPermissions(
  client: Client,
  resources: ResourceLookup,
  principal: ServicePrincipalId,
  permissions: readonly Permission[],
): Promise<void> {
  await Promise.all(
    permissions.map(async (permission) => {
      await atResource(resources, permission.api, [permission], async (resource) => {
        const assignment: AppRoleAssignment = {
          principalId: principal,
          resourceId: resource.servicePrincipalId,
          appRoleId: idOf(resource, permission) ?? "",
        };
        try {
          await client
            .api(`/servicePrincipals/${resource.servicePrincipalId}/appRoleAssignedTo`)
            .post(assignment);
        } catch (error) {
          if (!isAlreadyThere(error)) throw error;
        }
      });
    }),
  );
}

/** Consent for everybody to what the app does in the name of a person. */
export async function grantDelegatedPermissions(
  client: Client,
  resources: ResourceLookup,
  principal: ServicePrincipalId,
  permissions: readonly Permission[],
): Promise<void> {
  for (const [api, scopes] of byApi(permissions)) {
    const names = scopes.map(({ name }) => name);
    await atResource(resources, api, scopes, ({ servicePrincipalId }) =>
      grantScopes(client, principal, servicePrincipalId, names),
    );
  }
}

/**
 * Where the API is not found any more, it is looked up afresh, and where its service principal is another by now the call
 * is repeated once. Otherwise it is the app that is not seen.
 */
async function atResource(
  resources: ResourceLookup,
  api: string,
  permissions: readonly Permission[],
  act: (resource: Resource) => Promise<void>,
): Promise<void> {
  const resource = await resources.find(api, permissions);
  try {
    await act(resource);
  } catch (error) {
    // Some answer 400 with the text of a 404.
    if (!isNotFound(error) && graphError(error)?.statusCode !== 400) throw error;
    resources.forget(api, resource);
    const fresh = await resources.find(api, permissions);
    if (fresh.servicePrincipalId === resource.servicePrincipalId) throw error;
    await act(fresh);
  }
}

/** One grant per client and resource holds all scopes, so one that is there is widened by what is missing. */
async function grantScopes(
  client: Client,
  principal: ServicePrincipalId,
  resourceId: string,
  scopes: string[],
): Promise<void> {
  const wanted: OAuth2PermissionGrant = {
    clientId: principal,
    consentType: "AllPrincipals",
    resourceId,
    scope: scopes.join(" "),
  };
  try {
    await client.api("/oauth2PermissionGrants").post(wanted);
    return;
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const filter = `clientId eq '${principal}' and resourceId eq '${resourceId}' and consentType eq 'AllPrincipals'`;
  const found: { value?: OAuth2PermissionGrant[] } = await client
    .api("/oauth2PermissionGrants")
    .filter(filter)
    .get();
  const grant = found.value?.[0];
  if (!grant?.id) {
    throw new DirectoryFailure(
      "Entra does not show the consent yet that it says is there. That can take minutes.",
      { kind: "retry", isLag: true },
    );
  }
  const standing = new Set(grant.scope?.split(" ").filter(Boolean));
  const missing = scopes.filter((scope) => !standing.has(scope));
  if (missing.length === 0) return;
  const widened: OAuth2PermissionGrant = { scope: [...standing, ...missing].join(" ") };
  await client.api(`/oauth2PermissionGrants/${grant.id}`).patch(widened);
}

/**
 * Takes away every consent and directory role of the app. What Usher has no right to take away is left: it gives
 * nobody anything once the service principal is gone.
 */
export async function removeGrants(client: Client, principal: ServicePrincipalId): Promise<void> {
  const path = `/servicePrincipals/${principal}`;
  const roleAssignments = "/roleManagement/directory/roleAssignments";
  const removeAll = async (list: string, pathOf: (id: string) => string) => {
    try {
      const found = await allPages<{ id: string }>(client, list);
      // One after another: two writes on one object at once are a conflict at Entra.
      for (const { id } of found) await removeOne(client, pathOf(id));
    } catch (error) {
      if (!lacksRight(error)) throw error;
    }
  };
  await removeAll(
    `${roleAssignments}?$filter=principalId eq '${principal}'`,
    (id) => `${roleAssignments}/${id}`,
  );
  await removeAll(`${path}/oauth2PermissionGrants`, (id) => `/oauth2PermissionGrants/${id}`);
  await removeAll(`${path}/appRoleAssignments`, (id) => `${path}/appRoleAssignments/${id}`);
}

async function removeOne(client: Client, path: string): Promise<void> {
  try {
    await client.api(path).delete();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Gives the app directory roles over the whole tenant; answers the names of those that Usher has no right to give. */
export async function assignDirectoryRoles(
  client: Client,
  principal: ServicePrincipalId,
  roles: readonly DirectoryRole[],
): Promise<{ left: string[] }> {
  const left: string[] = [];
  // One after another: two writes on one object at once are a conflict at Entra.
  for (const { name, templateId } of roles) {
    const assignment: UnifiedRoleAssignment = {
      principalId: principal,
      roleDefinitionId: templateId,
      directoryScopeId: "/",
    };
    try {
      await client.api("/roleManagement/directory/roleAssignments").post(assignment);
    } catch (error) {
      if (lacksRight(error)) left.push(name);
      else if (!isAlreadyThere(error)) throw error;
    }
  }
  return { left };
}
