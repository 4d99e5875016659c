import type { AppRole, PermissionScope, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import { company } from "../company.ts";
import type { Resource } from "../resources.ts";
import type { Entity, Row } from "../state.ts";
import { type Call, type Json, text } from "./call.ts";
import { expandedOwners } from "./query.ts";

const microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

const blank = {
  deletedDateTime: null,
  accountEnabled: true,
  alternativeNames: [],
  applicationTemplateId: null,
  appRoleAssignmentRequired: false,
  description: null,
  disabledByMicrosoftStatus: null,
  homepage: null,
  loginUrl: null,
  logoutUrl: null,
  notes: null,
  notificationEmailAddresses: [],
  preferredSingleSignOnMode: null,
  replyUrls: [],
  samlSingleSignOnSettings: null,
  servicePrincipalType: "Application",
  tags: [],
  tokenEncryptionKeyId: null,
  addIns: [],
  appRoles: [],
  keyCredentials: [],
  oauth2PermissionScopes: [],
  passwordCredentials: [],
} satisfies ServicePrincipal;

/** The service principal of one of Microsoft's own APIs, with the permissions that it publishes. */
export function resourcePrincipal(resource: Resource, id: string): Entity {
  return {
    ...blank,
    id,
    appId: resource.appId,
    displayName: resource.name,
    appDisplayName: resource.name,
    appOwnerOrganizationId: microsoftTenant,
    servicePrincipalNames: [resource.appId, ...resource.names],
    signInAudience: "AzureADMultipleOrgs",
    appRoles: resource.roles.map(
      (role): AppRole => ({
        allowedMemberTypes: ["Application"],
        description: role.description ?? role.displayName,
        displayName: role.displayName,
        id: role.id,
        isEnabled: true,
        origin: "Application",
        value: role.value,
      }),
    ),
    oauth2PermissionScopes: resource.scopes.map(
      (scope): PermissionScope => ({
        adminConsentDescription: scope.description ?? scope.displayName,
        adminConsentDisplayName: scope.displayName,
        id: scope.id,
        isEnabled: true,
        type: scope.consent === "user" ? "User" : "Admin",
        userConsentDescription: null,
        userConsentDisplayName: null,
        value: scope.value,
      }),
    ),
  } satisfies ServicePrincipal;
}

/** The service principal of an application of the company. */
export function companyPrincipal(application: Entity, id: string): Entity {
  return {
    ...blank,
    id,
    appId: String(application.appId),
    displayName: String(application.displayName),
    appOwnerOrganizationId: company.tenantId,
    servicePrincipalNames: [String(application.appId)],
  } satisfies ServicePrincipal;
}

function presentCredentials(
  call: Call,
  { value }: Row,
): Pick<Entity, "keyCredentials" | "passwordCredentials"> {
  const asked = call.query.get("$select")?.includes("keyCredentials") ?? false;
  const list = (name: string) => (value[name] as Json[] | undefined) ?? [];
  return {
    keyCredentials: list("keyCredentials").map((key) => (asked ? key : { ...key, key: null })),
    passwordCredentials: list("passwordCredentials")
      .filter((secret) => Number(secret.visibleFrom) <= call.now.getTime())
      .map(({ visibleFrom: _hidden, ...secret }) => secret),
  };
}

/** An application of the company keeps these; its service principal repeats them. */
export function presentPrincipal(call: Call, row: Row): Entity {
  const application = call.state.find("application", "appId", String(row.value.appId))[0]?.value;
  const own = { ...row.value, ...expandedOwners(call, row), ...presentCredentials(call, row) };
  if (!application) return own;
  const scopes = (application.api as Json).oauth2PermissionScopes;
  const uris = ["web", "spa", "publicClient"].flatMap(
    (name) => (application[name] as Json).redirectUris as string[],
  );
  return {
    ...own,
    appDisplayName: application.displayName,
    signInAudience: application.signInAudience,
    appRoles: application.appRoles,
    oauth2PermissionScopes: scopes,
    replyUrls: uris,
    servicePrincipalNames: [row.value.appId, ...(application.identifierUris as string[])],
  };
}

/** Names of the application permissions that a principal has been granted on a resource. */
export function grantedRoles(
  call: Pick<Call, "state" | "now">,
  principalId: string,
  resource: Entity,
): string[] {
  const roles = resource.appRoles as Json[];
  return call.state
    .find("appRoleAssignment", "principalId", principalId)
    .filter((row) => row.visibleFrom <= call.now.getTime() && row.value.resourceId === resource.id)
    .flatMap((row) =>
      roles.filter(({ id }) => id === row.value.appRoleId).map((role) => text(role, "value") ?? ""),
    );
}
