import { company } from "../company.ts";
import type { Entity } from "../state.ts";
import type { Call } from "./call.ts";
import { badRequest } from "./errors.ts";
import { everyRow } from "./query.ts";

/** Refuses identifier URIs that Entra refuses. Those that the application has already are not looked at again. */
export function checkIdentifierUris(call: Call, application: Entity, before: readonly string[]): void {
  const uris = (application.identifierUris as string[] | null) ?? [];
  if (new Set(uris).size !== uris.length)
    throw badRequest("Request contains a property with duplicate values.", "DuplicateValue");
  const appId = String(application.appId);
  const added = uris.filter((uri) => !before.includes(uri));
  for (const uri of added)
    if (!isAllowed(uri, appId))
      throw badRequest(
        `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${uri}'`,
        "HostNameNotOnVerifiedDomain",
      );
  // Nobody else may have this one, so that the tenant need not be searched for the usual case.
  const contended = added.filter((uri) => uri !== `api://${appId}`);
  if (contended.length > 0 && isTaken(call, contended, application.id))
    throw badRequest("Another object with the same value for property identifierUris already exists.");
}

function isAllowed(uri: string, appId: string): boolean {
  const parsed = URL.parse(uri);
  if (!parsed || /\s/.test(uri)) return false;
  const { protocol, host, hostname, pathname } = parsed;
  if (protocol === "https:") return hostname === company.domain || hostname.endsWith(`.${company.domain}`);
  if (protocol !== "api:") return false;
  if (pathname === "" || pathname === "/") return host === appId;
  return host === company.tenantId || pathname === `/${appId}`;
}

/** Deleted applications keep theirs until they are gone for good. */
function isTaken(call: Call, uris: readonly string[], id: string): boolean {
  for (const { value } of everyRow(call, "application"))
    if (value.id !== id && (value.identifierUris as string[]).some((uri) => uris.includes(uri))) return true;
  return false;
}
