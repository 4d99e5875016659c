import type { Row } from "../state.ts";
import type { Call } from "./call.ts";
import { denied, GraphError } from "./errors.ts";

/** Any of these reads applications and service principals. */
export const applicationReaders = [
  "Application.Read.All",
  "Application.ReadWrite.OwnedBy",
  "Application.ReadWrite.All",
  "Directory.Read.All",
];
export const applicationWriters = ["Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"];

/** Throws 403 unless the caller has one of the roles; reads without a token are let through from loopback. */
export function requireRole(call: Call, ...anyOf: string[]): void {
  if (!call.caller && call.method === "GET") return;
  if (!anyOf.some((role) => call.caller?.roles.includes(role))) throw denied();
}

export const hasRole = (call: Call, role: string) => call.caller?.roles.includes(role) ?? false;

/** Application.ReadWrite.OwnedBy reaches only what the caller's own service principal owns. */
export function requireManage(call: Call, row: Row): void {
  if (hasRole(call, "Application.ReadWrite.All")) return;
  const isOwner = call.caller !== undefined && row.links.includes(call.caller.servicePrincipalId);
  if (!hasRole(call, "Application.ReadWrite.OwnedBy") || !isOwner) throw denied();
}

/** Objects count against the quota of the one who made them; deleted ones still do. */
export function checkQuota(call: Call): void {
  const { directoryQuota } = call.settings;
  if (directoryQuota === null || !call.caller) return;
  const { appId } = call.caller;
  const made = (["application", "servicePrincipal"] as const).flatMap((kind) =>
    call.state.find(kind, "createdByAppId", appId),
  );
  if (made.length >= directoryQuota)
    throw new GraphError(
      403,
      "Directory_QuotaExceeded",
      "The directory object quota limit for the Principal has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.",
    );
}
