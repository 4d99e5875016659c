import type { Kind, Row } from "../state.ts";
import { applicationReaders, applicationWriters, hasRole, requireManage, requireRole } from "./access.ts";
import { type Call, isVisible, noContent, param, type Route, target } from "./call.ts";
import { badRequest, denied, notFound } from "./errors.ts";
import { listAnswer, ownersOf, typed } from "./query.ts";

export function ownerRoutes(collection: string, kind: Kind): Route[] {
  return [
    {
      method: "GET",
      path: `/${collection}/:object/owners`,
      handle(call) {
        requireRole(call, ...applicationReaders);
        const row = target(call, kind, param(call, "object"));
        return listAnswer(call, { context: "directoryObjects", rows: ownersOf(call, row), present: typed });
      },
    },
    {
      method: "POST",
      path: `/${collection}/:object/owners/$ref`,
      handle(call) {
        const row = target(call, kind, param(call, "object"));
        requireAllOf(call);
        const id = linkedId(call.body?.["@odata.id"]);
        requireOwner(call, id);
        if (row.links.includes(id))
          throw badRequest(
            "One or more added object references already exist for the following modified properties: 'owners'.",
          );
        if (row.links.length >= 100) throw badRequest("The number of owners exceeds the maximum of 100.");
        call.state.save({ ...row, links: [...row.links, id] });
        return noContent;
      },
    },
    {
      method: "DELETE",
      path: `/${collection}/:object/owners/:owner/$ref`,
      handle(call) {
        requireRole(call, ...applicationWriters);
        const row = target(call, kind, param(call, "object"));
        requireManage(call, row);
        const id = param(call, "owner").value.toLowerCase();
        if (!row.links.includes(id)) throw notFound(id);
        call.state.save({ ...row, links: row.links.filter((link) => link !== id) });
        return noContent;
      },
    },
  ];
}

/** Adding an owner later needs two permissions, both wider than OwnedBy. */
function requireAllOf(call: Call): void {
  if (!hasRole(call, "Application.ReadWrite.All") || !hasRole(call, "Directory.Read.All")) throw denied();
}

/** The object id at the end of an `@odata.id`. */
export function linkedId(link: unknown): string {
  const id = /\/([0-9a-f-]{36})'?\)?$/i.exec(String(link))?.[1];
  if (!id) throw badRequest(`Invalid URL format specified in the reference '${String(link)}'.`);
  return id.toLowerCase();
}

/** The user or service principal that is to be an owner; 404 when there is none. */
export function requireOwner(call: Call, id: string): Row {
  const found = call.state.get("user", id) ?? call.state.get("servicePrincipal", id);
  if (!found || !isVisible(call, found)) throw notFound(id);
  return found;
}
