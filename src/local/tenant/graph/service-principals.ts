import { randomUUID } from "node:crypto";
import { company } from "../company.ts";
import { type Resource, resources } from "../resources.ts";
import type { Entity, Row } from "../state.ts";
import {
  applicationReaders,
  applicationWriters,
  checkQuota,
  hasRole,
  requireManage,
  requireRole,
} from "./access.ts";
import {
  type Answer,
  type Call,
  isVisible,
  type Json,
  noContent,
  param,
  type Route,
  target,
  text,
  visibleFrom,
} from "./call.ts";
import { softDelete } from "./deleted-items.ts";
import { badRequest, denied, GraphError } from "./errors.ts";
import { candidates, entityAnswer, expandedOwners, listAnswer } from "./query.ts";

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
} satisfies Json;

/** The service principal of one of Microsoft's own APIs, with the permissions that it publishes. */
export function resourcePrincipal(resource: Resource, id: string, createdAt: Date): Entity {
  return {
    ...blank,
    id,
    appId: resource.appId,
    displayName: resource.name,
    appDisplayName: resource.name,
    appOwnerOrganizationId: microsoftTenant,
    createdDateTime: createdAt.toISOString(),
    servicePrincipalNames: [resource.appId, ...resource.names],
    signInAudience: "AzureADMultipleOrgs",
    appRoles: resource.roles.map((role) => ({
      allowedMemberTypes: ["Application"],
      description: role.displayName,
      displayName: role.displayName,
      id: role.id,
      isEnabled: true,
      origin: "Application",
      value: role.value,
    })),
    oauth2PermissionScopes: resource.scopes.map((scope) => ({
      adminConsentDescription: scope.displayName,
      adminConsentDisplayName: scope.displayName,
      id: scope.id,
      isEnabled: true,
      type: scope.consent === "user" ? "User" : "Admin",
      userConsentDescription: null,
      userConsentDisplayName: null,
      value: scope.value,
    })),
  };
}

/** The service principal of an application of the company. */
export function companyPrincipal(application: Entity, id: string, createdAt: Date): Entity {
  return {
    ...blank,
    id,
    appId: application.appId,
    displayName: application.displayName,
    appOwnerOrganizationId: company.tenantId,
    createdDateTime: createdAt.toISOString(),
    servicePrincipalNames: [application.appId],
  };
}

/** An application of the company keeps these; its service principal repeats them. */
export function presentPrincipal(call: Call, row: Row): Entity {
  const application = call.state.find("application", "appId", String(row.value.appId))[0]?.value;
  if (!application) return { ...row.value, ...expandedOwners(call, row) };
  const scopes = (application.api as Json).oauth2PermissionScopes;
  const uris = ["web", "spa", "publicClient"].flatMap(
    (name) => (application[name] as Json).redirectUris as string[],
  );
  return {
    ...row.value,
    ...expandedOwners(call, row),
    appDisplayName: application.displayName,
    signInAudience: application.signInAudience,
    appRoles: application.appRoles,
    oauth2PermissionScopes: scopes,
    replyUrls: uris,
    servicePrincipalNames: [row.value.appId, ...(application.identifierUris as string[])],
  };
}

const published = (appId: string) => resources.find((resource) => resource.appId === appId);

function create(call: Call, appId: string, body: Json): Answer {
  requireRole(call, ...applicationWriters);
  const application = call.state.find("application", "appId", appId).find((row) => isVisible(call, row));
  const resource = published(appId);
  if (!application && !resource)
    throw badRequest(
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
    );
  if (!application && !hasRole(call, "Application.ReadWrite.All"))
    throw denied(
      "When using this permission, the backing application of the service principal being created must in the local tenant",
    );
  if (application) requireManage(call, application);
  if (call.state.find("servicePrincipal", "appId", appId).length > 0)
    throw new GraphError(
      409,
      "Request_MultipleObjectsWithSameKeyValue",
      `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    );
  checkQuota(call);
  const id = randomUUID();
  const made = application
    ? companyPrincipal(application.value, id, call.now)
    : resourcePrincipal(resource!, id, call.now);
  const { appId: _given, ...properties } = body;
  checkChanges(properties);
  const owners = hasRole(call, "Application.ReadWrite.All") ? [] : [call.caller!.servicePrincipalId];
  call.state.insert("servicePrincipal", { ...made, ...properties }, owners, visibleFrom(call));
  const row = call.state.get("servicePrincipal", id)!;
  return entityAnswer(call, "servicePrincipals", presentPrincipal(call, row), 201);
}

const changeable = new Set([
  "accountEnabled",
  "appRoleAssignmentRequired",
  "alternativeNames",
  "customSecurityAttributes",
  "description",
  "displayName",
  "homepage",
  "loginUrl",
  "logoutUrl",
  "notes",
  "notificationEmailAddresses",
  "preferredSingleSignOnMode",
  "replyUrls",
  "samlSingleSignOnSettings",
  "servicePrincipalNames",
  "servicePrincipalType",
  "tags",
]);

function checkChanges(body: Json): void {
  for (const [name, value] of Object.entries(body)) {
    if (name === "@odata.type") continue;
    if (!changeable.has(name)) throw badRequest(`Invalid property '${name}'.`);
    const isFlag = name === "accountEnabled" || name === "appRoleAssignmentRequired";
    if (isFlag && typeof value !== "boolean")
      throw badRequest(`A value of the wrong type was found for property '${name}'.`);
    if (name === "tags" && !Array.isArray(value))
      throw badRequest(`A value of the wrong type was found for property '${name}'.`);
  }
}

function change(call: Call): Answer {
  requireRole(call, ...applicationWriters);
  const ref = param(call, "principal");
  const body = call.body ?? {};
  const isUpsert = call.headers.prefer?.includes("create-if-missing") ?? false;
  if (isUpsert && ref.by === "appId") {
    const isThere = call.state
      .find("servicePrincipal", "appId", ref.value)
      .some((row) => isVisible(call, row));
    if (!isThere) return create(call, ref.value, body);
    // Nothing to change is nothing to refuse: an upsert of a principal that exists answers 204 to everybody.
    if (Object.keys(body).every((name) => name === "appId")) return noContent;
  }
  const row = target(call, "servicePrincipal", ref);
  requireManage(call, row);
  const { appId, ...changes } = body;
  if (appId !== undefined && appId !== row.value.appId)
    throw badRequest("Property 'appId' is read-only and cannot be set.");
  checkChanges(changes);
  call.state.save({ ...row, value: { ...row.value, ...changes } });
  return noContent;
}

export const servicePrincipalRoutes: Route[] = [
  {
    method: "GET",
    path: "/servicePrincipals",
    handle(call) {
      requireRole(call, ...applicationReaders);
      return listAnswer(call, {
        context: "servicePrincipals",
        rows: candidates(call, "servicePrincipal"),
        present: (row) => presentPrincipal(call, row),
      });
    },
  },
  {
    method: "POST",
    path: "/servicePrincipals",
    handle(call) {
      const { appId, ...rest } = call.body ?? {};
      if (typeof appId !== "string")
        throw badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.");
      return create(call, appId, rest);
    },
  },
  {
    method: "GET",
    path: "/servicePrincipals/:principal",
    handle(call) {
      requireRole(call, ...applicationReaders);
      const row = target(call, "servicePrincipal", param(call, "principal"));
      return entityAnswer(call, "servicePrincipals", presentPrincipal(call, row));
    },
  },
  { method: "PATCH", path: "/servicePrincipals/:principal", handle: change },
  {
    method: "DELETE",
    path: "/servicePrincipals/:principal",
    handle(call) {
      requireRole(call, ...applicationWriters);
      const row = target(call, "servicePrincipal", param(call, "principal"));
      requireManage(call, row);
      softDelete(call, row);
      return noContent;
    },
  },
];

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
