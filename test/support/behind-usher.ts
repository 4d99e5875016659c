import { company } from "../../src/local/tenant/company.ts";
import { graphApi } from "./builders.ts";

type Json = Record<string, unknown>;
const rights = [
  "Application.ReadWrite.All",
  "Directory.Read.All",
  "RoleManagement.ReadWrite.Directory",
  "User.ReadWrite.All",
];
type Published = { id: string; value: string };

/** Somebody in the company who changes things in Entra by hand, past Usher, as an administrator can. */
export async function behindUsher({ graphUrl, authorityUrl }: { graphUrl: string; authorityUrl: string }) {
  const { bot } = company.clients;
  await fetch(`${graphUrl}/_sim/identities/${bot.clientId}`, {
    method: "PUT",
    body: JSON.stringify({ roles: [...bot.roles, ...rights] }),
  });
  const answer = await fetch(`${authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: bot.clientId,
      client_secret: bot.secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  async function send(method: string, path: string, body?: object): Promise<Json & { value: Json[] }> {
    const response = await fetch(`${graphUrl}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return text ? JSON.parse(text) : { value: [] };
  }
  const graph = () => send("GET", `/servicePrincipals(appId='${graphApi}')`);
  const roleId = async (name: string) =>
    ((await graph()).appRoles as Published[]).find(({ value }) => value === name)?.id;

  return {
    send,
    change: (application: string, fields: object) => send("PATCH", `/applications/${application}`, fields),
    async addSecret(
      id: string,
      of: "applications" | "servicePrincipals" = "applications",
      displayName = "added by hand",
    ): Promise<string> {
      const passwordCredential = { displayName };
      const made = await send("POST", `/${of}/${id}/addPassword`, { passwordCredential });
      return String(made.keyId);
    },
    removeSecret: (application: string, keyId: string) =>
      send("POST", `/applications/${application}/removePassword`, { keyId }),
    addOwner: (id: string, owner: string, of: "applications" | "servicePrincipals" = "applications") =>
      send("POST", `/${of}/${id}/owners/$ref`, {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${owner}`,
      }),
    giveRole: (principal: string, roleDefinitionId: string) =>
      send("POST", "/roleManagement/directory/roleAssignments", {
        principalId: principal,
        roleDefinitionId,
        directoryScopeId: "/",
      }),
    async grantRole(principal: string, name: string) {
      const { id: resourceId } = await graph();
      const appRoleId = await roleId(name);
      await send("POST", `/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
        principalId: principal,
        resourceId,
        appRoleId,
      });
    },
    async takeRole(principal: string, name: string) {
      const { value } = await send("GET", `/servicePrincipals/${principal}/appRoleAssignments`);
      const wanted = await roleId(name);
      const held = value.find(({ appRoleId }) => appRoleId === wanted);
      await send("DELETE", `/servicePrincipals/${principal}/appRoleAssignments/${held?.id}`);
    },
    /** The scopes on Microsoft Graph that everybody consents to: exactly these. */
    async setScopes(principal: string, names: readonly string[]) {
      const { value } = await send("GET", `/servicePrincipals/${principal}/oauth2PermissionGrants`);
      const grant = value.find(({ consentType }) => consentType === "AllPrincipals");
      const scope = names.join(" ");
      if (grant) await send("PATCH", `/oauth2PermissionGrants/${grant.id}`, { scope });
      else {
        const { id: resourceId } = await graph();
        const made = { clientId: principal, resourceId, consentType: "AllPrincipals", scope };
        await send("POST", "/oauth2PermissionGrants", made);
      }
    },
    setEnabled: (principal: string, accountEnabled: boolean) =>
      send("PATCH", `/servicePrincipals/${principal}`, { accountEnabled }),
  };
}

export type BehindUsher = Awaited<ReturnType<typeof behindUsher>>;
