import type { ApiCatalog } from "./blueprint.ts";
import { parseClientId } from "./ids.ts";
import type { PermissionKind } from "./permission.ts";
import type { AppRole, ExposedScope } from "./plan.ts";

const collapsed = (text: string) => text.toLowerCase().replaceAll(/[\s_-]+/g, "");

/** A typed line of permissions, `Name` or `API: Name`, or the sentence that says what is wrong with it. */
export function readPermissionLine(
  line: string,
  kind: PermissionKind,
  apis: ApiCatalog,
): { api: string; apiName: string; name: string; kind: PermissionKind } | { error: string } {
  // As people paste it from a list, from the portal, or as a scope.
  const clean = line
    .trim()
    .replace(/^[-*•–]\s+/, "")
    .replace(/^https:\/\/graph\.microsoft\.com\//i, "")
    .replace(/\s*\((?:application|delegated)\)$/i, "");
  const at = clean.lastIndexOf(":");
  const named = at < 0 ? "graph" : clean.slice(0, at).trim();
  const name = clean.slice(at + 1).trim();
  if (!/^[\w.-]{1,120}$/.test(name)) {
    return { error: `"${line}" is no permission's name. Write one name a line, such as User.Read.All.` };
  }
  const guid = parseClientId(named);
  const entries = Object.entries(apis);
  const byId = entries.find(([alias, { clientId }]) => alias === named || clientId === guid)?.[1];
  const byName = entries.map(([, api]) => api).filter((api) => collapsed(api.name) === collapsed(named));
  if (!byId && byName.length > 1) {
    const ids = byName.map(({ clientId, note }) => `${clientId}${note ? ` (${note})` : ""}`);
    return { error: `Several APIs are called "${named}". Write the client ID instead: ${ids.join("; ")}.` };
  }
  const api = byId ?? byName[0] ?? (guid && { clientId: guid, name: guid });
  if (api) return { api: api.clientId, apiName: api.name, name, kind };
  const known = [...new Set(Object.values(apis).map((api) => api.name))].join(", ");
  return { error: `Usher knows no API "${named}". Write its client ID, or one of: ${known}.` };
}

/** `Value`, or `Value: description` with a space after the colon: a value may hold colons, as `session:scope:ANALYST`. */
function readValueLine(line: string): { value: string; description: string } | { error: string } {
  const [, value = "", description = ""] = /^(\S+?)(?::\s+(.*))?$/.exec(line.trim()) ?? [];
  if (!/^[\w.:-]{1,120}$/.test(value)) {
    return {
      error: `"${line}" does not begin with a value of letters, digits and . : - _ (then a colon, a space and what it is for).`,
    };
  }
  return { value, description: description.trim() || value };
}

export function readAppRoleLine(line: string): AppRole | { error: string } {
  const read = readValueLine(line);
  return "error" in read
    ? read
    : {
        value: read.value,
        name: read.value,
        description: read.description,
        members: ["User", "Application"],
      };
}

export function readScopeLine(line: string): ExposedScope | { error: string } {
  const read = readValueLine(line);
  return "error" in read
    ? read
    : { value: read.value, name: read.value, description: read.description, who: "users" };
}
