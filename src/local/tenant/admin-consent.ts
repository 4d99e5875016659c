import { company } from "./company.ts";
import type { Json } from "./graph/call.ts";
import { dispatch } from "./graph/dispatch.ts";
import { GraphError } from "./graph/errors.ts";
import { consentPage, endPage } from "./signin-page.ts";
import type { Tenant } from "./tenant.ts";

/** The portal acts with the administrator's rights. */
const administrator = {
  appId: "00000000-0000-0000-0000-000000000000",
  servicePrincipalId: company.people.admin,
  roles: [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
  ],
};

type Access = { resourceAppId: string; resourceAccess: { id: string; type: string }[] };

/**
 * `/adminconsent?client_id=…`: what an administrator sees there and, once they accept, what is granted: all that the
 * application declares, as Entra does. Answers a page.
 */
export function adminConsent(
  tenant: Tenant,
  clientId: string,
  isAccepted: boolean,
): { status: number; body: string } {
  const ask = (method: string, url: string, body?: Json): Json => {
    const headers = { prefer: "create-if-missing" };
    return (dispatch(tenant, { method, url, headers, body, caller: administrator }).body ?? {}) as Json;
  };
  try {
    const application = ask("GET", `/applications(appId='${clientId}')`);
    const declared = (application.requiredResourceAccess as Access[]).map(
      ({ resourceAppId, resourceAccess }) => {
        const api = ask("GET", `/servicePrincipals(appId='${resourceAppId}')`);
        const published = [...(api.appRoles as Json[]), ...(api.oauth2PermissionScopes as Json[])];
        return resourceAccess.map(({ id, type }) => ({
          api,
          id,
          type,
          name: String(published.find((permission) => permission.id === id)?.value ?? id),
        }));
      },
    );
    const permissions = declared.flat();
    const name = String(application.displayName);
    if (!isAccepted) {
      const lines = permissions.map(
        ({ api, name: permission, type }) =>
          `${permission} (${type === "Role" ? "by itself" : "for people"}, ${api.displayName})`,
      );
      return { status: 200, body: consentPage(name, lines) };
    }
    const path = `/servicePrincipals(appId='${clientId}')`;
    ask("PATCH", path, {});
    const principal = String(ask("GET", path).id);
    for (const { api, id, type, name: scope } of permissions) {
      const resourceId = String(api.id);
      if (type === "Role")
        unlessThere(() =>
          ask("POST", `/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
            principalId: principal,
            resourceId,
            appRoleId: id,
          }),
        );
      else addScope(ask, principal, resourceId, scope);
    }
    return { status: 200, body: endPage("Granted", `${name} now has what it asked for.`) };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return { status: 400, body: endPage("Not granted", error.message) };
  }
}

type Ask = (method: string, url: string, body?: Json) => Json;

function addScope(ask: Ask, clientId: string, resourceId: string, scope: string): void {
  const grants = ask("GET", `/servicePrincipals/${clientId}/oauth2PermissionGrants`).value as Json[];
  const grant = grants.find((each) => each.resourceId === resourceId && each.consentType === "AllPrincipals");
  if (!grant)
    return void ask("POST", "/oauth2PermissionGrants", {
      clientId,
      resourceId,
      consentType: "AllPrincipals",
      scope,
    });
  const scopes = new Set([...String(grant.scope).split(" "), scope]);
  ask("PATCH", `/oauth2PermissionGrants/${grant.id}`, { scope: [...scopes].join(" ").trim() });
}

/** What is there already, or what the administrator cannot give, stays as it is. */
function unlessThere(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof GraphError) || !/already exists/.test(error.message)) throw error;
  }
}
