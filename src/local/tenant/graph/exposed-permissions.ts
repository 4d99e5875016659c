import type { AppRole, PermissionScope } from "@microsoft/microsoft-graph-types";
import type { Entity } from "../state.ts";
import type { Json } from "./call.ts";
import { badRequest } from "./errors.ts";

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const valuePattern = /^(?!\.)[0-9A-Za-z!#$%&'()*+,\-./:;=?@[\]^_`{}~]{1,120}$/;

const roleNames = [
  "id",
  "allowedMemberTypes",
  "description",
  "displayName",
  "isEnabled",
  "origin",
  "value",
] satisfies (keyof AppRole)[];

const scopeNames = [
  "id",
  "adminConsentDescription",
  "adminConsentDisplayName",
  "isEnabled",
  "origin",
  "type",
  "userConsentDescription",
  "userConsentDisplayName",
  "value",
] satisfies (keyof PermissionScope)[];

const invalid = (property: string, why: string) =>
  badRequest(`Invalid value specified for property '${property}' of resource 'Application'. ${why}`);

/** The application with what it publishes checked and completed: app roles and delegated permissions of its own. */
export function withExposed(application: Entity): Entity {
  const api = (application.api as Json | null) ?? {};
  const appRoles = listOf(application.appRoles).map(checkedRole);
  const oauth2PermissionScopes = listOf(api.oauth2PermissionScopes).map(checkedScope);
  requireUnique(appRoles);
  requireUnique(oauth2PermissionScopes);
  checkShared(appRoles, oauth2PermissionScopes);
  return { ...application, appRoles, api: { ...api, oauth2PermissionScopes } };
}

const listOf = (value: unknown) => (value as Json[] | null | undefined) ?? [];

function checkNames(property: string, entry: unknown, names: readonly string[]): Json {
  if (typeof entry !== "object" || entry === null) throw invalid(property, "An object was expected.");
  const unknown = Object.keys(entry).find((name) => !names.includes(name) && !name.includes("@odata."));
  if (unknown) throw badRequest(`Invalid property '${unknown}'.`);
  return entry as Json;
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

function checkedRole(entry: unknown): AppRole {
  const given = checkNames("appRoles", entry, roleNames);
  const { id, value = null, displayName, description, allowedMemberTypes, isEnabled = true } = given;
  if (typeof id !== "string" || !guid.test(id)) throw invalid("appRoles", "id must be a GUID.");
  if (value !== null && !(typeof value === "string" && valuePattern.test(value)))
    throw invalid("appRoles", `The value '${String(value)}' is not allowed.`);
  if (!isText(displayName) || !isText(description))
    throw invalid("appRoles", "displayName and description are required.");
  const kinds = ["User", "Application"];
  if (!Array.isArray(allowedMemberTypes) || allowedMemberTypes.length === 0)
    throw invalid("appRoles", "allowedMemberTypes is required.");
  if (!allowedMemberTypes.every((kind) => kinds.includes(kind)))
    throw invalid("appRoles", "allowedMemberTypes may have User and Application.");
  if (typeof isEnabled !== "boolean") throw invalid("appRoles", "isEnabled is true or false.");
  return { id, value, displayName, description, allowedMemberTypes, isEnabled, origin: "Application" };
}

function checkedScope(entry: unknown): PermissionScope {
  const property = "api.oauth2PermissionScopes";
  const given = checkNames(property, entry, scopeNames);
  const { id, value, type, adminConsentDisplayName, adminConsentDescription, isEnabled = true } = given;
  if (typeof id !== "string" || !guid.test(id)) throw invalid(property, "id must be a GUID.");
  if (typeof value !== "string" || !valuePattern.test(value))
    throw invalid(property, `The value '${String(value)}' is not allowed.`);
  if (type !== "User" && type !== "Admin") throw invalid(property, "type is User or Admin.");
  if (!isText(adminConsentDisplayName) || !isText(adminConsentDescription))
    throw invalid(property, "adminConsentDisplayName and adminConsentDescription are required.");
  if (typeof isEnabled !== "boolean") throw invalid(property, "isEnabled is true or false.");
  const { userConsentDisplayName = null, userConsentDescription = null } = given as PermissionScope;
  return {
    id,
    value,
    type,
    adminConsentDisplayName,
    adminConsentDescription,
    userConsentDisplayName,
    userConsentDescription,
    isEnabled,
  };
}

const duplicate = () => badRequest("Request contains a property with duplicate values.", "DuplicateValue");

function requireUnique(entries: readonly (AppRole | PermissionScope)[]): void {
  const ids = entries.map(({ id }) => id?.toLowerCase());
  const values = entries.flatMap(({ value }) => value ?? []);
  if (new Set(ids).size !== ids.length || new Set(values).size !== values.length) throw duplicate();
}

/**
 * Roles and scopes share one namespace: the same value is refused unless both are one permission, with the same id
 * and the same words.
 */
function checkShared(roles: readonly AppRole[], scopes: readonly PermissionScope[]): void {
  for (const role of roles)
    for (const scope of scopes) {
      const isSameId = role.id?.toLowerCase() === scope.id?.toLowerCase();
      if (!isSameId && role.value === scope.value) throw duplicate();
      const isOne =
        role.value === scope.value &&
        role.displayName === scope.adminConsentDisplayName &&
        role.description === scope.adminConsentDescription &&
        role.isEnabled === scope.isEnabled;
      if (isSameId && !isOne)
        throw badRequest(
          `The following values must match for the 'oauth2Permissions' and 'appRoles' properties with identifier '${role.id}': (description, adminConsentDescription),(displayName, adminConsentDisplayName),(isEnabled, isEnabled),(origin, origin),(value, value).`,
        );
    }
}

/** A role or scope must be switched off by one write before another may leave it out. */
export function checkRemovals(before: Entity, after: Entity): void {
  const all = (application: Entity) => [
    ...listOf(application.appRoles),
    ...listOf((application.api as Json | null)?.oauth2PermissionScopes),
  ];
  const kept = new Set(all(after).map(({ id }) => id));
  if (all(before).some(({ id, isEnabled }) => isEnabled && !kept.has(id)))
    throw badRequest(
      "Permission (scope or role) cannot be deleted or updated unless disabled first.",
      "CannotDeleteOrUpdateEnabledEntitlement",
    );
}
