import { randomUUID } from "node:crypto";
import type { Entity } from "../state.ts";
import {
  applicationReaders,
  applicationWriters,
  checkQuota,
  hasRole,
  requireManage,
  requireRole,
} from "./access.ts";
import { merged, newApplication, presentApplication } from "./application-entity.ts";
import { checkRules, checkShape } from "./application-rules.ts";
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
import { badRequest, denied } from "./errors.ts";
import { checkRemovals, withExposed } from "./exposed-permissions.ts";
import { checkIdentifierUris } from "./identifier-uris.ts";
import { keyCredentials } from "./key-credentials.ts";
import { linkedId, requireOwner } from "./owners.ts";
import { candidates, entityAnswer, listAnswer } from "./query.ts";

function create(call: Call, given: Json): Answer {
  requireRole(call, ...applicationWriters);
  checkShape(given);
  if (Array.isArray(given.passwordCredentials) && given.passwordCredentials.length > 0)
    throw badRequest("New password credentials must be generated with service actions.");
  const { "owners@odata.bind": bound, "@odata.type": _type, ...properties } = given;
  const owners = boundOwners(call, bound);
  const uniqueName = text(properties, "uniqueName");
  if (uniqueName !== undefined && call.state.find("application", "uniqueName", uniqueName).length > 0)
    throw badRequest("Another object with the same value for property uniqueName already exists.");
  checkQuota(call);

  const value = withExposed(
    newApplication(
      { ...properties, keyCredentials: keyCredentials(call, given.keyCredentials, []) },
      { id: randomUUID(), appId: randomUUID(), createdByAppId: call.caller?.appId ?? null },
      call.now,
    ),
  );
  checkRules(value);
  checkIdentifierUris(call, value, []);
  call.state.insert("application", value, owners, visibleFrom(call));
  return entityAnswer(call, "applications", { ...value, passwordCredentials: [] }, 201);
}

/** With OwnedBy alone the creator owns what it makes; otherwise it could never touch it again. */
function boundOwners(call: Call, bound: unknown): string[] {
  const links = (bound as string[] | undefined) ?? [];
  const ids = links.map(linkedId);
  const others = ids.filter((id) => id !== call.caller?.servicePrincipalId);
  if (others.length > 0 && !hasRole(call, "Application.ReadWrite.All") && !call.settings.ownedByMayBindOwners)
    throw denied();
  if (ids.length > 20) throw badRequest("A maximum of 20 references can be bound in one request.");
  for (const id of ids) requireOwner(call, id);
  const creator = hasRole(call, "Application.ReadWrite.All") ? [] : [call.caller!.servicePrincipalId];
  return [...new Set([...creator, ...ids])];
}

function change(call: Call): Answer {
  requireRole(call, ...applicationWriters);
  const ref = param(call, "application");
  const body = call.body ?? {};
  const isUpsert = call.headers.prefer?.includes("create-if-missing") ?? false;
  if (isUpsert && ref.by === "uniqueName") {
    const isThere = call.state
      .find("application", "uniqueName", ref.value)
      .some((row) => isVisible(call, row));
    if (!isThere) return create(call, { ...body, uniqueName: ref.value });
  }
  const row = target(call, "application", ref);
  requireManage(call, row);
  checkShape(body);
  if (body["owners@odata.bind"] !== undefined) throw badRequest("Invalid property 'owners@odata.bind'.");
  if (Array.isArray(body.passwordCredentials) && body.passwordCredentials.length > 0)
    throw badRequest("New password credentials must be generated with service actions.");
  const named = body.uniqueName;
  if (named !== undefined && row.value.uniqueName !== null && named !== row.value.uniqueName)
    throw badRequest("Property 'uniqueName' cannot be changed once it is set.");

  const value = withExposed(merged(row.value, body) as Entity);
  if (body.keyCredentials !== undefined)
    value.keyCredentials = keyCredentials(call, body.keyCredentials, row.value.keyCredentials as Json[]);
  if (body.passwordCredentials !== undefined)
    for (const { keyId } of row.value.passwordCredentials as Json[]) call.state.removeSecret(String(keyId));
  checkRules(value);
  checkRemovals(row.value, value);
  checkIdentifierUris(call, value, row.value.identifierUris as string[]);
  call.state.save({ ...row, value });
  return noContent;
}

export const applicationRoutes: Route[] = [
  {
    method: "GET",
    path: "/applications",
    handle(call) {
      requireRole(call, ...applicationReaders);
      return listAnswer(call, {
        context: "applications",
        rows: candidates(call, "application"),
        present: (row) => presentApplication(call, row),
      });
    },
  },
  { method: "POST", path: "/applications", handle: (call) => create(call, call.body ?? {}) },
  {
    method: "GET",
    path: "/applications/:application",
    handle(call) {
      requireRole(call, ...applicationReaders);
      const row = target(call, "application", param(call, "application"));
      return entityAnswer(call, "applications", presentApplication(call, row));
    },
  },
  { method: "PATCH", path: "/applications/:application", handle: change },
  {
    method: "DELETE",
    path: "/applications/:application",
    handle(call) {
      requireRole(call, ...applicationWriters);
      const row = target(call, "application", param(call, "application"));
      requireManage(call, row);
      softDelete(call, row);
      return noContent;
    },
  },
];
