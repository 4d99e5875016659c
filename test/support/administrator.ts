import { company } from "../../src/local/tenant/company.ts";
import type { Journey } from "./journey.ts";

type Json = Record<string, unknown>;
type Published = { id: string; value: string };

/**
 * Somebody who acts in Entra past Usher, with the rights of one of the company's identities that Usher does not use in
 * the test.
 */
export async function anAdministrator({
  tenant,
  sim,
  graph,
}: {
  tenant: Pick<Journey["tenant"], "graphUrl" | "authorityUrl">;
  sim: Journey["sim"];
  graph: (path: string) => Promise<{ body: Json }>;
}) {
  const { consent } = company.clients;
  await sim("PUT", `/identities/${consent.clientId}`, {
    roles: [...consent.roles, "Application.ReadWrite.All"],
  });
  const answer = await fetch(`${tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: consent.clientId,
      client_secret: consent.secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  async function send(method: string, path: string, body?: object): Promise<Json> {
    const response = await fetch(`${tenant.graphUrl}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}`);
    return response.status === 204 ? {} : ((await response.json()) as Json);
  }
  const principalOf = async (appId: string) => (await graph(`/servicePrincipals(appId='${appId}')`)).body;
  const graphAppId = "00000003-0000-0000-c000-000000000000";

  return {
    send,
    /** Application permissions on Microsoft Graph, or on another API. */
    async grantRoles(clientId: string, names: readonly string[], api = graphAppId) {
      const [principal, resource] = [await principalOf(clientId), await principalOf(api)];
      for (const name of names) {
        const role = (resource.appRoles as Published[]).find(({ value }) => value === name);
        await send("POST", `/servicePrincipals/${resource.id}/appRoleAssignedTo`, {
          principalId: principal.id,
          resourceId: resource.id,
          appRoleId: role?.id,
        });
      }
    },
    /** Delegated permissions on Microsoft Graph, for everybody or for one person. */
    async grantScopes(clientId: string, names: readonly string[], person?: string) {
      const [principal, resource] = [await principalOf(clientId), await principalOf(graphAppId)];
      await send("POST", "/oauth2PermissionGrants", {
        clientId: principal.id,
        resourceId: resource.id,
        consentType: person ? "Principal" : "AllPrincipals",
        ...(person && { principalId: person }),
        scope: names.join(" "),
      });
    },
  };
}
