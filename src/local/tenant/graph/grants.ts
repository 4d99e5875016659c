import { randomBytes } from "node:crypto";
import type { AppRoleAssignment, OAuth2PermissionGrant } from "@microsoft/microsoft-graph-types";
import type { Row } from "../state.ts";
import { requireRole } from "./access.ts";
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
import { badRequest, GraphError, notFound } from "./errors.ts";
import { presentPrincipal } from "./principal-entity.ts";
import { entityAnswer, everyRow, listAnswer } from "./query.ts";

const roleReaders = ["Application.Read.All", "Directory.Read.All", "AppRoleAssignment.ReadWrite.All"];
const roleWriters = ["AppRoleAssignment.ReadWrite.All"];
// Application.Read.All is not enough for these, though it is for the roles.
const scopeReaders = [
  "DelegatedPermissionGrant.Read.All",
  "DelegatedPermissionGrant.ReadWrite.All",
  "Directory.Read.All",
];
const scopeWriters = ["DelegatedPermissionGrant.ReadWrite.All"];

/** The default access of an API without roles. */
const noRole = "00000000-0000-0000-0000-000000000000";

const newId = () => randomBytes(32).toString("base64url");

/** Grants of a deleted principal are kept for its restoration, but nobody sees them meanwhile. */
const isLive = (call: Call, id: unknown) => {
  const row = call.state.get("servicePrincipal", String(id)) ?? call.state.get("user", String(id));
  return row !== undefined && isVisible(call, row);
};

function required(body: Json, ...names: string[]): string[] {
  return names.map((name) => {
    const value = text(body, name);
    if (!value) throw badRequest(`A value is required for property '${name}'.`);
    return value;
  });
}

function knownOnly(body: Json, ...names: string[]): void {
  const unknown = Object.keys(body).find((name) => !names.includes(name) && name !== "@odata.type");
  if (unknown) throw badRequest(`Invalid property '${unknown}'.`);
}

function assignRole(call: Call): Answer {
  requireRole(call, ...roleWriters);
  const body = call.body ?? {};
  knownOnly(body, "principalId", "resourceId", "appRoleId");
  const [principalId = "", resourceId = "", appRoleId = ""] = required(
    body,
    "principalId",
    "resourceId",
    "appRoleId",
  );
  const path = target(call, "servicePrincipal", param(call, "principal"));
  const resource = target(call, "servicePrincipal", { by: "id", value: resourceId });
  if (path.value.id !== resourceId && path.value.id !== principalId)
    throw badRequest("Not a valid reference update.");
  const principal = call.state.get("servicePrincipal", principalId) ?? call.state.get("user", principalId);
  if (!principal) throw notFound(principalId);
  // Of one that has not replicated yet, Graph speaks in these words.
  if (!isVisible(call, principal)) throw badRequest("Not a valid reference update.");
  const roles = presentPrincipal(call, resource).appRoles as Json[];
  // A role that is switched off keeps its assignments, but takes no new ones.
  if (appRoleId !== noRole && !roles.some(({ id, isEnabled }) => id === appRoleId && isEnabled))
    throw badRequest(
      `Permission being assigned was not found on application '${String(resource.value.appId)}'.`,
    );
  const isThere = call.state
    .find("appRoleAssignment", "principalId", principalId)
    .some(({ value }) => value.resourceId === resourceId && value.appRoleId === appRoleId);
  if (isThere) throw badRequest("Permission being assigned already exists on the object");

  const assignment = {
    id: newId(),
    deletedDateTime: null,
    appRoleId,
    createdDateTime: call.now.toISOString(),
    principalDisplayName: text(principal.value, "displayName") ?? null,
    principalId,
    principalType: principal.kind === "user" ? "User" : "ServicePrincipal",
    resourceDisplayName: text(resource.value, "displayName") ?? null,
    resourceId,
  } satisfies AppRoleAssignment;
  call.state.insert("appRoleAssignment", assignment, [], visibleFrom(call));
  return entityAnswer(call, "appRoleAssignments", assignment, 201);
}

const assignments = (name: string, key: "principalId" | "resourceId"): Route[] => [
  {
    method: "GET",
    path: `/servicePrincipals/:principal/${name}`,
    handle(call) {
      requireRole(call, ...roleReaders);
      const { value } = target(call, "servicePrincipal", param(call, "principal"));
      const rows = call.state
        .find("appRoleAssignment", key, value.id)
        .filter((row) => isLive(call, row.value.principalId) && isLive(call, row.value.resourceId));
      return listAnswer(call, { context: "appRoleAssignments", rows, present: (row) => row.value });
    },
  },
  { method: "POST", path: `/servicePrincipals/:principal/${name}`, handle: assignRole },
  {
    method: "GET",
    path: `/servicePrincipals/:principal/${name}/:assignment`,
    handle(call) {
      requireRole(call, ...roleReaders);
      return entityAnswer(call, "appRoleAssignments", assignmentOf(call, key).value);
    },
  },
  {
    method: "DELETE",
    path: `/servicePrincipals/:principal/${name}/:assignment`,
    handle(call) {
      requireRole(call, ...roleWriters);
      call.state.remove(assignmentOf(call, key));
      return noContent;
    },
  },
];

function assignmentOf(call: Call, key: "principalId" | "resourceId"): Row {
  const principal = target(call, "servicePrincipal", param(call, "principal"));
  const id = param(call, "assignment").value;
  const row = call.state
    .find("appRoleAssignment", key, principal.value.id)
    .find(({ value }) => value.id === id);
  if (!row || !isVisible(call, row)) throw notFound(id);
  return row;
}

function grantScope(call: Call): Answer {
  requireRole(call, ...scopeWriters);
  const body = call.body ?? {};
  knownOnly(body, "clientId", "consentType", "principalId", "resourceId", "scope", "startTime", "expiryTime");
  const [clientId = "", consentType = "", resourceId = ""] = required(
    body,
    "clientId",
    "consentType",
    "resourceId",
  );
  if (typeof body.scope !== "string") throw badRequest("A value is required for property 'scope'.");
  const principalId = text(body, "principalId") ?? null;
  if (consentType !== "AllPrincipals" && consentType !== "Principal")
    throw badRequest(
      "Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'.",
    );
  if ((consentType === "Principal") !== (principalId !== null))
    throw badRequest(
      "Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.",
    );
  for (const id of [clientId, resourceId]) {
    // Graph answers this text with 400 here, where other calls answer it with 404.
    if (!isLive(call, id)) throw badRequest(notFound(id).message);
  }
  if (principalId !== null) target(call, "user", { by: "id", value: principalId });
  const isThere = call.state
    .find("oauth2PermissionGrant", "clientId", clientId)
    .some(({ value }) => value.resourceId === resourceId && value.principalId === principalId);
  if (isThere)
    throw new GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.");
  const grant = {
    id: newId(),
    clientId,
    consentType,
    principalId,
    resourceId,
    scope: body.scope,
  } satisfies OAuth2PermissionGrant;
  call.state.insert("oauth2PermissionGrant", grant, [], visibleFrom(call));
  return entityAnswer(call, "oauth2PermissionGrants", grant, 201);
}

function grantOf(call: Call): Row {
  const id = param(call, "grant").value;
  // Ids of grants are case-sensitive, unlike those of directory objects.
  const row = call.state.get("oauth2PermissionGrant", id);
  if (!row || !isVisible(call, row) || !isLive(call, row.value.clientId)) throw notFound(id);
  return row;
}

const scopeGrantRoutes: Route[] = [
  {
    method: "GET",
    path: "/oauth2PermissionGrants",
    handle(call) {
      requireRole(call, ...scopeReaders);
      return grantList(call, everyRow(call, "oauth2PermissionGrant"));
    },
  },
  {
    method: "GET",
    path: "/servicePrincipals/:principal/oauth2PermissionGrants",
    handle(call) {
      requireRole(call, ...scopeReaders);
      const { value } = target(call, "servicePrincipal", param(call, "principal"));
      return grantList(call, call.state.find("oauth2PermissionGrant", "clientId", value.id));
    },
  },
  { method: "POST", path: "/oauth2PermissionGrants", handle: grantScope },
  {
    method: "GET",
    path: "/oauth2PermissionGrants/:grant",
    handle(call) {
      requireRole(call, ...scopeReaders);
      return entityAnswer(call, "oauth2PermissionGrants", grantOf(call).value);
    },
  },
  {
    method: "PATCH",
    path: "/oauth2PermissionGrants/:grant",
    handle(call) {
      requireRole(call, ...scopeWriters);
      const row = grantOf(call);
      const body = call.body ?? {};
      knownOnly(body, "scope");
      if (typeof body.scope !== "string") throw badRequest("A value is required for property 'scope'.");
      call.state.save({ ...row, value: { ...row.value, scope: body.scope } });
      return noContent;
    },
  },
  {
    method: "DELETE",
    path: "/oauth2PermissionGrants/:grant",
    handle(call) {
      requireRole(call, ...scopeWriters);
      call.state.remove(grantOf(call));
      return noContent;
    },
  },
];

function grantList(call: Call, rows: Iterable<Row>): Answer {
  const live = (function* () {
    for (const row of rows) if (isLive(call, row.value.clientId)) yield row;
  })();
  return listAnswer(call, { context: "oauth2PermissionGrants", rows: live, present: (row) => row.value });
}

export const grantRoutes: Route[] = [
  ...assignments("appRoleAssignedTo", "resourceId"),
  ...assignments("appRoleAssignments", "principalId"),
  ...scopeGrantRoutes,
];
