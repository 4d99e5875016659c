import type { Ref, Route } from "./call.ts";
import { badRequest } from "./errors.ts";

type Segment = { name: string; key: Ref | undefined };

// OData lets actions be called with or without their namespace; type casts keep it.
const actions = new Set([
  "addpassword",
  "removepassword",
  "checkmembergroups",
  "getmembergroups",
  "checkmemberobjects",
  "getmemberobjects",
  "getbyids",
  "restore",
]);

/** Finds the route for a path like `/applications(uniqueName='x')/owners/$ref`, with what its parameters name. */
export function matchRoute(routes: readonly Route[], method: string, path: string) {
  const segments = segmentsOf(path);
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchParams(route.path.split("/").filter(Boolean), segments);
    if (params) return { route, params };
  }
  return undefined;
}

/** `applications(appId='x')` is two steps: the collection, and the object in it. */
function segmentsOf(path: string): Segment[] {
  return path
    .split("/")
    .filter(Boolean)
    .flatMap((raw): Segment[] => {
      const part = decode(raw);
      const keyed = /^([\w.]+)\((\w+)='((?:[^']|'')*)'\)$/.exec(part);
      if (keyed) {
        const [, name = "", by = "", value = ""] = keyed;
        return [
          { name, key: undefined },
          { name: part, key: { by: by as Ref["by"], value: value.replaceAll("''", "'") } },
        ];
      }
      const bare = part.replace(/^microsoft\.graph\./i, "");
      return [{ name: actions.has(bare.toLowerCase()) ? bare : part, key: undefined }];
    });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest("The path is not well formed.");
  }
}

function matchParams(pattern: string[], segments: Segment[]): Record<string, Ref> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, Ref> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index]!;
    if (expected.startsWith(":"))
      params[expected.slice(1)] = segment.key ?? { by: "id", value: segment.name };
    else if (segment.key || segment.name.toLowerCase() !== expected.toLowerCase()) return undefined;
  }
  return params;
}
