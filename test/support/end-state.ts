import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type {
  Application,
  AppRole,
  AppRoleAssignment,
  DirectoryObject,
  FederatedIdentityCredential,
  OAuth2PermissionGrant,
  PermissionScope,
  ServicePrincipal,
  UnifiedRoleAssignment,
} from "@microsoft/microsoft-graph-types";
import { company } from "../../src/local/tenant/company.ts";
import type { Journey } from "./journey.ts";

/** What stands in Entra for one registration, all of it, in words: what is not named is as a bare application has it. */
export type EndState = {
  name: string;
  audience: string;
  web: string[];
  spa: string[];
  public: string[];
  idTokens: boolean;
  accessTokens: boolean;
  tokenVersion: number | null;
  groupClaims: string | null;
  /** `API kind name`, sorted: what the application declares. */
  declared: string[];
  /** The same, as granted for the whole organisation. */
  granted: string[];
  roles: string[];
  /** `value "name" → members`. */
  appRoles: string[];
  /** `value "name" → who may consent`. */
  scopes: string[];
  identifierUris: string[];
  /** `label, 12 months` of each secret; the label without Usher's marker. */
  secrets: string[];
  /** Thumbprints: SHA-1 in hex. */
  certificates: string[];
  /** `issuer subject audience`. */
  federated: string[];
  /** Names, sorted. */
  owners: string[];
};

/** The provisioning identity, which owns what it made. */
export const usher = company.clients.provisioning.name;

export const bare: EndState = {
  name: "",
  audience: "AzureADMyOrg",
  web: [],
  spa: [],
  public: [],
  idTokens: false,
  accessTokens: false,
  tokenVersion: null,
  groupClaims: null,
  declared: [],
  granted: [],
  roles: [],
  appRoles: [],
  scopes: [],
  identifierUris: [],
  secrets: [],
  certificates: [],
  federated: [],
  owners: [usher],
};

/** As Microsoft publishes them: two other APIs bear the name of the Partner Center. What is not here is read by its id. */
const apiNames: Readonly<Record<string, string>> = {
  "00000003-0000-0000-c000-000000000000": "Microsoft Graph",
  "00000002-0000-0ff1-ce00-000000000000": "Office 365 Exchange Online",
  "00000003-0000-0ff1-ce00-000000000000": "Office 365 SharePoint Online",
  "c5393580-f805-4401-95e8-94b7a6ef2fc2": "Office 365 Management APIs",
  "797f4846-ba00-4fd7-ba43-dac1f8f63013": "Azure Service Management",
  "cfa8b339-82a2-471a-a3c9-0fc0be7a4093": "Azure Key Vault",
  "e406a681-f3d4-42a8-90b6-c2b029497af1": "Azure Storage",
  "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd": "Microsoft Partner Center",
};

/** Everything that `EndState` speaks of; whatever else stands on an application must be as on a bare one. */
const spokenOf = [
  "id",
  "appId",
  "createdDateTime",
  "createdByAppId",
  "uniqueName",
  "tags",
  "displayName",
  "signInAudience",
  "web",
  "spa",
  "publicClient",
  "api",
  "groupMembershipClaims",
  "requiredResourceAccess",
  "appRoles",
  "identifierUris",
  "passwordCredentials",
  "keyCredentials",
];

/** Reads the whole end state of a request's registration from the simulated tenant. */
export async function endStateOf(
  journey: Journey,
  requestId: string,
): Promise<{ state: EndState; clientId: string; keyIds: string[] }> {
  const list = async <T>(path: string) => (await journey.graph(path)).body.value as T[];
  const all = await list<Application>("/applications?$top=999");
  const [application, ...more] = all.filter(({ tags }) => tags?.includes(`usher-request:${requestId}`));
  assert.ok(application && more.length === 0, `${more.length + 1} applications for ${requestId}`);
  const principals = await list<ServicePrincipal>("/servicePrincipals?$top=999");
  const principal = principals.find(({ appId }) => appId === application.appId);
  assert.ok(principal?.accountEnabled, "the service principal is there and enabled");
  checkTheRest(application, all);

  const nameOf = (resource: ServicePrincipal | undefined, id: string | undefined, kind: string) => {
    const of: (AppRole | PermissionScope)[] =
      (kind === "application" ? resource?.appRoles : resource?.oauth2PermissionScopes) ?? [];
    const { appId = "" } = resource ?? {};
    return `${apiNames[appId ?? ""] ?? appId} ${kind} ${of.find((each) => each.id === id)?.value}`;
  };
  const scopeName = (resource: ServicePrincipal | undefined, name: string) => {
    const scope = resource?.oauth2PermissionScopes?.find(({ value }) => value === name);
    return nameOf(resource, scope?.id, "delegated");
  };
  const byAppId = (appId: string | null | undefined) => principals.find((each) => each.appId === appId);
  const byId = (id: string | null | undefined) => principals.find((each) => each.id === id);
  const assignments = await list<AppRoleAssignment>(`/servicePrincipals/${principal.id}/appRoleAssignments`);
  const grants = await list<OAuth2PermissionGrant>(
    `/oauth2PermissionGrants?$filter=clientId eq '${principal.id}'`,
  );
  const roleNames = new Map(
    (await list<{ id: string; displayName: string }>("/roleManagement/directory/roleDefinitions")).map(
      (role) => [role.id, role.displayName],
    ),
  );
  const roles = await list<UnifiedRoleAssignment>("/roleManagement/directory/roleAssignments?$top=999");
  const federated = await list<FederatedIdentityCredential>(
    `/applications/${application.id}/federatedIdentityCredentials`,
  );
  const owners = await list<DirectoryObject & { displayName: string }>(
    `/applications/${application.id}/owners`,
  );
  const { body: withKeys } = await journey.graph(`/applications/${application.id}?$select=keyCredentials`);
  const { keyCredentials } = withKeys as Application;
  assert.ok(grants.every(({ consentType }) => consentType === "AllPrincipals"));
  assert.ok(roles.every(({ directoryScopeId }) => directoryScopeId === "/"));
  const state: EndState = {
    name: application.displayName ?? "",
    audience: application.signInAudience ?? "",
    web: application.web?.redirectUris ?? [],
    spa: application.spa?.redirectUris ?? [],
    public: application.publicClient?.redirectUris ?? [],
    idTokens: application.web?.implicitGrantSettings?.enableIdTokenIssuance ?? false,
    accessTokens: application.web?.implicitGrantSettings?.enableAccessTokenIssuance ?? false,
    tokenVersion: application.api?.requestedAccessTokenVersion ?? null,
    groupClaims: application.groupMembershipClaims ?? null,
    declared: (application.requiredResourceAccess ?? [])
      .flatMap(({ resourceAppId, resourceAccess }) =>
        (resourceAccess ?? []).map(({ id, type }) =>
          nameOf(byAppId(resourceAppId), id, type === "Role" ? "application" : "delegated"),
        ),
      )
      .toSorted(),
    granted: [
      ...assignments.map(({ resourceId, appRoleId }) => nameOf(byId(resourceId), appRoleId, "application")),
      ...grants.flatMap(({ resourceId, scope }) =>
        (scope ?? "").split(" ").map((name) => scopeName(byId(resourceId), name)),
      ),
    ].toSorted(),
    roles: roles
      .filter(({ principalId }) => principalId === principal.id)
      .map(({ roleDefinitionId }) => roleNames.get(roleDefinitionId ?? "") ?? "")
      .toSorted(),
    appRoles: (application.appRoles ?? []).map(
      ({ value, displayName, allowedMemberTypes }) =>
        `${value} "${displayName}" → ${allowedMemberTypes?.join("+")}`,
    ),
    scopes: (application.api?.oauth2PermissionScopes ?? []).map(
      ({ value, adminConsentDisplayName, type }) =>
        `${value} "${adminConsentDisplayName}" → ${type === "User" ? "users" : "admins"}`,
    ),
    identifierUris: (application.identifierUris ?? []).map((uri) =>
      uri.replace(application.appId ?? "", "<client id>"),
    ),
    secrets: (application.passwordCredentials ?? []).map(({ displayName, startDateTime, endDateTime }) => {
      const days =
        (new Date(endDateTime ?? 0).getTime() - new Date(startDateTime ?? 0).getTime()) / 86_400_000;
      const months = Math.round(days / 30.44);
      return `${displayName?.replace(/ \[\w+\]$/, "")}, ${months} month${months === 1 ? "" : "s"}`;
    }),
    certificates: (keyCredentials ?? []).map(({ key }) =>
      new X509Certificate(Buffer.from(key ?? "", "base64")).fingerprint.replaceAll(":", ""),
    ),
    federated: federated.map(({ issuer, subject, audiences }) => `${issuer} ${subject} ${audiences?.join()}`),
    owners: owners.map(({ displayName }) => displayName).toSorted(),
  };
  return {
    state,
    clientId: application.appId ?? "",
    keyIds: (application.passwordCredentials ?? []).map(({ keyId }) => keyId ?? ""),
  };
}

/** Nothing extra: every property that the end state does not speak of is as on an application nobody touched. */
function checkTheRest(application: Application, all: readonly Application[]): void {
  const untouched = all.find(({ tags }) => (tags ?? []).length === 0);
  assert.ok(untouched, "the company has an application of its own");
  const rest = (of: Application) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !spokenOf.includes(name)));
  assert.deepEqual(rest(application), rest(untouched));
  const isEnabled = (each: { isEnabled?: boolean | null }) => each.isEnabled === true;
  assert.ok(application.appRoles?.every(isEnabled));
  assert.ok(application.api?.oauth2PermissionScopes?.every(isEnabled));
  const { homePageUrl, logoutUrl } = application.web ?? {};
  assert.deepEqual([homePageUrl, logoutUrl], [null, null]);
  const {
    oauth2PermissionScopes: _scopes,
    requestedAccessTokenVersion: _version,
    ...api
  } = application.api ?? {};
  assert.deepEqual(api, {
    acceptMappedClaims: null,
    knownClientApplications: [],
    preAuthorizedApplications: [],
  });
}
