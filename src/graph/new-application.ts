import { createHash } from "node:crypto";
import type {
  ApiApplication,
  Application,
  AppRole,
  PermissionScope,
  RequiredResourceAccess,
} from "@microsoft/microsoft-graph-types";
import type { Permission } from "../domain/permission.ts";
import type { ExposedScope, Plan, AppRole as PlannedRole, Platform } from "../domain/plan.ts";
import type { NewApplication } from "../usecases/ports/entra.ts";
import { byApi, idOf, type ResourceLookup } from "./resources.ts";

export const usherTag = "Usher";
export const requestTagStart = "usher-request:";
/** Says for which request it was made. */
export const requestTag = (requestId: NewApplication["requestId"]) => `${requestTagStart}${requestId}`;

/** What is sent to Graph for a plan. The same application gives the same, whenever it is asked. */
export async function newApplicationBody(
  resources: ResourceLookup,
  { uniqueName, requestId, plan }: NewApplication,
): Promise<Application> {
  const uris = (platform: Platform) =>
    plan.redirects.filter((redirect) => redirect.platform === platform).map(({ uri }) => uri);
  const { appRoles, scopes } = exposedBodies(uniqueName, plan);
  const api = apiOf(plan, scopes);
  return {
    displayName: plan.displayName,
    uniqueName,
    // Documents disagree on the default, so it is always sent.
    signInAudience: plan.audience,
    tags: [usherTag, requestTag(requestId)],
    requiredResourceAccess: await requiredAccess(resources, plan.permissions),
    web: {
      redirectUris: uris("web"),
      implicitGrantSettings: {
        enableIdTokenIssuance: plan.idTokens,
        enableAccessTokenIssuance: plan.accessTokens,
      },
    },
    spa: { redirectUris: uris("spa") },
    publicClient: { redirectUris: uris("public") },
    ...(plan.groupClaims && { groupMembershipClaims: plan.groupClaims }),
    ...(plan.appRoles && { appRoles }),
    ...(api && { api }),
  };
}

export function requiredAccess(
  resources: ResourceLookup,
  all: readonly Permission[],
): Promise<RequiredResourceAccess[]> {
  return Promise.all(
    byApi(all).map(async ([api, permissions]) => {
      const resource = await resources.find(api, permissions);
      return {
        resourceAppId: api,
        resourceAccess: permissions.map((permission) => ({
          id: idOf(resource, permission) ?? "",
          type: permission.kind === "application" ? "Role" : "Scope",
        })),
      };
    }),
  );
}

/** The roles and scopes of the app's own. Their ids follow from its unique name, so that they are the same again. */
export const exposedBodies = (uniqueName: string, { appRoles = [], expose }: Plan) => ({
  appRoles: appRoles.map((role) => roleOf(uniqueName, role)),
  scopes: (expose?.scopes ?? []).map((scope) => scopeOf(uniqueName, scope)),
});

function apiOf(plan: Plan, scopes: PermissionScope[]): ApiApplication | undefined {
  // Personal accounts work with version 2 tokens only.
  const version = plan.audience === "AzureADandPersonalMicrosoftAccount" ? 2 : plan.tokenVersion;
  if (!version && !plan.expose) return undefined;
  return {
    ...(version && { requestedAccessTokenVersion: version }),
    ...(plan.expose && { oauth2PermissionScopes: scopes }),
  };
}

function roleOf(uniqueName: string, { value, name, description, members }: PlannedRole): AppRole {
  return {
    id: steadyGuid(uniqueName, value),
    value,
    displayName: name,
    description,
    allowedMemberTypes: members,
    isEnabled: true,
  };
}

function scopeOf(uniqueName: string, { value, name, description, who }: ExposedScope): PermissionScope {
  return {
    id: steadyGuid(uniqueName, value),
    value,
    type: who === "users" ? "User" : "Admin",
    adminConsentDisplayName: name,
    adminConsentDescription: description,
    ...(who === "users" && { userConsentDisplayName: name, userConsentDescription: description }),
    isEnabled: true,
  };
}

/**
 * The same GUID for the same value of the same application, as a name-based (version 5) one is made. A role and a
 * scope of one value share it, as they do at Microsoft's own APIs.
 */
function steadyGuid(uniqueName: string, value: string): string {
  const bytes = createHash("sha1").update(`${uniqueName}/${value}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
