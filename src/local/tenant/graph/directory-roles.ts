import { randomUUID } from "node:crypto";
import type { UnifiedRoleAssignment, UnifiedRoleDefinition } from "@microsoft/microsoft-graph-types";
import { roleTemplates } from "../role-templates.ts";
import type { Entity } from "../state.ts";
import { requireRole } from "./access.ts";
import {
  type Answer,
  type Call,
  contextUrl,
  noContent,
  param,
  type Route,
  target,
  text,
  visibleFrom,
} from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { exactly } from "./filter.ts";
import { entityAnswer, everyRow, listAnswer } from "./query.ts";

const readers = ["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All"];
const writer = "RoleManagement.ReadWrite.Directory";
const path = "/roleManagement/directory";

const definition = (role: { id: string; displayName: string }): Entity =>
  ({
    ...role,
    templateId: role.id,
    isBuiltIn: true,
    isEnabled: true,
    description: role.displayName,
    resourceScopes: ["/"],
  }) satisfies UnifiedRoleDefinition;

function definitionOf({ roleDefinitionId }: Entity): { roleDefinition?: Entity } {
  const role = roleTemplates.find(({ id }) => id === roleDefinitionId);
  return role ? { roleDefinition: definition(role) } : {};
}

function assign(call: Call): Answer {
  requireRole(call, writer);
  const body = call.body ?? {};
  const unknown = Object.keys(body).find(
    (name) => !["@odata.type", "principalId", "roleDefinitionId", "directoryScopeId"].includes(name),
  );
  if (unknown) throw badRequest(`Invalid property '${unknown}'.`);
  const principalId = text(body, "principalId");
  const roleDefinitionId = text(body, "roleDefinitionId");
  const directoryScopeId = text(body, "directoryScopeId");
  if (!principalId || !roleDefinitionId || !directoryScopeId)
    throw badRequest("principalId, roleDefinitionId and directoryScopeId are required.");
  if (!roleTemplates.some(({ id }) => id === roleDefinitionId)) throw notFound(roleDefinitionId);
  const kind = call.state.get("user", principalId) ? "user" : "servicePrincipal";
  const principal = target(call, kind, { by: "id", value: principalId });
  const isThere = call.state
    .find("roleAssignment", "principalId", principal.value.id)
    .some(
      ({ value }) =>
        value.roleDefinitionId === roleDefinitionId && value.directoryScopeId === directoryScopeId,
    );
  if (isThere)
    throw badRequest(
      "A conflicting object with one or more of the specified property values is present in the directory.",
    );
  const assignment = {
    id: randomUUID(),
    principalId: principal.value.id,
    roleDefinitionId,
    directoryScopeId,
  } satisfies UnifiedRoleAssignment;
  call.state.insert("roleAssignment", assignment, [], visibleFrom(call));
  return entityAnswer(call, "roleManagement/directory/roleAssignments", assignment, 201);
}

export const directoryRoleRoutes: Route[] = [
  {
    method: "GET",
    path: `${path}/roleDefinitions`,
    handle(call) {
      requireRole(call, ...readers);
      const context = contextUrl(call, "roleManagement/directory/roleDefinitions");
      return { status: 200, body: { "@odata.context": context, value: roleTemplates.map(definition) } };
    },
  },
  {
    method: "GET",
    path: `${path}/roleDefinitions/:role`,
    handle(call) {
      requireRole(call, ...readers);
      const { value: id } = param(call, "role");
      const role = roleTemplates.find((one) => one.id === id);
      if (!role) throw notFound(id);
      return entityAnswer(call, "roleManagement/directory/roleDefinitions", definition(role));
    },
  },
  {
    method: "GET",
    path: `${path}/roleAssignments`,
    handle(call) {
      requireRole(call, ...readers);
      const expand = call.query.get("$expand");
      if (expand !== null && expand !== "roleDefinition")
        throw badRequest("This expansion is not simulated.", "Request_UnsupportedQuery");
      const of = exactly(call, "principalId");
      return listAnswer(call, {
        context: "roleManagement/directory/roleAssignments",
        rows:
          of === undefined
            ? everyRow(call, "roleAssignment")
            : call.state.find("roleAssignment", "principalId", of),
        present: (row) => (expand === null ? row.value : { ...row.value, ...definitionOf(row.value) }),
      });
    },
  },
  { method: "POST", path: `${path}/roleAssignments`, handle: assign },
  {
    method: "GET",
    path: `${path}/roleAssignments/:assignment`,
    handle(call) {
      requireRole(call, ...readers);
      const row = target(call, "roleAssignment", param(call, "assignment"));
      return entityAnswer(call, "roleManagement/directory/roleAssignments", row.value);
    },
  },
  {
    method: "DELETE",
    path: `${path}/roleAssignments/:assignment`,
    handle(call) {
      requireRole(call, writer);
      call.state.remove(target(call, "roleAssignment", param(call, "assignment")));
      return noContent;
    },
  },
];
