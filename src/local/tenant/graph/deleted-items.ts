import type { Row, State } from "../state.ts";
import { applicationReaders, applicationWriters, requireManage, requireRole } from "./access.ts";
import { presentApplication } from "./application-entity.ts";
import { type Call, contextUrl, noContent, param, type Route } from "./call.ts";
import { nameInUse, noApplication, notFound } from "./errors.ts";
import { typed } from "./query.ts";

const keptDays = 30;

/**
 * Puts an application or service principal among the deleted items, where it stays for 30 days with its secrets and
 * consents. The service principal of a deleted application goes with it.
 */
export function softDelete(call: Call, row: Row): void {
  mark(call, row, call.now);
  if (row.kind === "application")
    for (const principal of principalsOf(call.state, row))
      if (principal.deletedAt === undefined) mark(call, principal, call.now);
}

const principalsOf = (state: State, application: Row) =>
  state.find("servicePrincipal", "appId", String(application.value.appId));

function mark(call: Call, row: Row, deletedAt: Date | undefined): void {
  call.state.save({
    ...row,
    value: { ...row.value, deletedDateTime: deletedAt?.toISOString() ?? null },
    deletedAt: deletedAt?.getTime(),
  });
}

/** Removes for good: with all that hangs on the object. */
function purge(state: State, row: Row): void {
  const { id } = row.value;
  if (row.kind === "application") {
    const appId = String(row.value.appId);
    for (const { keyId } of state.secretsOf(appId)) state.removeSecret(keyId);
    for (const credential of state.find("federatedCredential", "applicationId", id)) state.remove(credential);
    for (const principal of principalsOf(state, row)) purge(state, principal);
  } else {
    const grants = [
      ...state.find("appRoleAssignment", "principalId", id),
      ...state.find("appRoleAssignment", "resourceId", id),
      ...state.find("oauth2PermissionGrant", "clientId", id),
      ...state.find("oauth2PermissionGrant", "resourceId", id),
      ...state.find("roleAssignment", "principalId", id),
    ];
    for (const grant of grants) state.remove(grant);
  }
  state.remove(row);
}

/** Forgets what was deleted more than 30 days ago. */
export function purgeExpired(state: State, now: Date): void {
  const limit = now.getTime() - keptDays * 86_400_000;
  for (const row of state.deleted()) {
    if ((row.deletedAt ?? 0) > limit) break;
    if (state.get(row.kind, row.value.id)) purge(state, row);
  }
}

function deletedItem(call: Call): Row {
  const { value: id } = param(call, "item");
  const row = call.state.get("application", id) ?? call.state.get("servicePrincipal", id);
  if (row?.deletedAt === undefined) throw notFound(id);
  return row;
}

const present = (call: Call, row: Row) =>
  row.kind === "application" ? { ...typed(row), ...presentApplication(call, row) } : typed(row);

/** Its application must be there, and no other one stand in its place. */
function requireRestorable(call: Call, principal: Row): void {
  const appId = String(principal.value.appId);
  const isAlive = ({ deletedAt }: Row) => deletedAt === undefined;
  if (!call.state.find("application", "appId", appId).some(isAlive)) throw noApplication(appId);
  if (call.state.find("servicePrincipal", "appId", appId).some(isAlive)) throw nameInUse(appId);
}

const listOf = (kind: "application" | "servicePrincipal"): Route => ({
  method: "GET",
  path: `/directory/deletedItems/microsoft.graph.${kind}`,
  handle(call) {
    requireRole(call, ...applicationReaders);
    const value = call.state
      .deleted()
      .filter((row) => row.kind === kind)
      .map((row) => present(call, row));
    return { status: 200, body: { "@odata.context": contextUrl(call, `${kind}s`), value } };
  },
});

export const deletedItemRoutes: Route[] = [
  listOf("application"),
  listOf("servicePrincipal"),
  {
    method: "GET",
    path: "/directory/deletedItems/:item",
    handle(call) {
      requireRole(call, ...applicationReaders);
      const row = deletedItem(call);
      return {
        status: 200,
        body: { "@odata.context": contextUrl(call, "directoryObjects/$entity"), ...present(call, row) },
      };
    },
  },
  {
    method: "POST",
    path: "/directory/deletedItems/:item/restore",
    handle(call) {
      requireRole(call, ...applicationWriters);
      const row = deletedItem(call);
      requireManage(call, row);
      if (row.kind === "servicePrincipal") requireRestorable(call, row);
      const isTogether = row.kind === "application" && call.settings.restoresPrincipalToo;
      const together = isTogether ? principalsOf(call.state, row) : [];
      for (const principal of together)
        if (principal.deletedAt === row.deletedAt) mark(call, principal, undefined);
      mark(call, row, undefined);
      const restored = call.state.get(row.kind, row.value.id)!;
      return {
        status: 200,
        body: { "@odata.context": contextUrl(call, "directoryObjects/$entity"), ...present(call, restored) },
      };
    },
  },
  {
    method: "DELETE",
    path: "/directory/deletedItems/:item",
    handle(call) {
      requireRole(call, ...applicationWriters);
      const row = deletedItem(call);
      requireManage(call, row);
      purge(call.state, row);
      return noContent;
    },
  },
];
