import { randomUUID } from "node:crypto";
import { resources } from "../resources.ts";
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
  visibleFrom,
} from "./call.ts";
import { softDelete } from "./deleted-items.ts";
import { badRequest, denied, nameInUse, noApplication } from "./errors.ts";
import { keyCredentials } from "./key-credentials.ts";
import { companyPrincipal, presentPrincipal, resourcePrincipal } from "./principal-entity.ts";
import { candidates, entityAnswer, everyRow, listAnswer, typed } from "./query.ts";

const published = (appId: string) => resources.find((resource) => resource.appId === appId);

function create(call: Call, appId: string, body: Json): Answer {
  requireRole(call, ...applicationWriters);
  const [known] = call.state.find("application", "appId", appId);
  const application = known && isVisible(call, known) ? known : undefined;
  const resource = published(appId);
  // Misleading, and documented: an identity that may touch only its own is told so too of its own that has not replicated yet.
  if (!application && (known || resource) && !hasRole(call, "Application.ReadWrite.All"))
    throw denied(
      "When using this permission, the backing application of the service principal being created must in the local tenant",
    );
  if (!application && !resource) throw noApplication(appId);
  if (application) requireManage(call, application);
  // One that was deleted keeps its name to nobody: the portal makes another beside it.
  if (call.state.find("servicePrincipal", "appId", appId).some(({ deletedAt }) => deletedAt === undefined))
    throw nameInUse(appId);
  checkQuota(call);
  const id = randomUUID();
  const made = application ? companyPrincipal(application.value, id) : resourcePrincipal(resource!, id);
  const { appId: _given, ...properties } = body;
  checkChanges(properties);
  const owners = hasRole(call, "Application.ReadWrite.All") ? [] : [call.caller!.servicePrincipalId];
  const entity = { ...made, ...properties, createdByAppId: call.caller?.appId ?? null };
  call.state.insert("servicePrincipal", entity, owners, visibleFrom(call));
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
  "keyCredentials",
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
  const keys = changes.keyCredentials;
  const kept = (row.value.keyCredentials as Json[] | undefined) ?? [];
  const value = { ...row.value, ...changes, keyCredentials: keys ? keyCredentials(call, keys, kept) : kept };
  call.state.save({ ...row, value });
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
  {
    method: "GET",
    path: "/servicePrincipals/:principal/ownedObjects",
    handle(call) {
      requireRole(call, ...applicationReaders);
      const { id } = target(call, "servicePrincipal", param(call, "principal")).value;
      const all = [...everyRow(call, "application"), ...everyRow(call, "servicePrincipal")];
      const rows = all.filter(({ links }) => links.includes(id));
      return listAnswer(call, { context: "directoryObjects", rows, present: typed });
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
