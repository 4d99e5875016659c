import { createHash } from "node:crypto";
import type { Permission } from "./permission.ts";

declare const brand: unique symbol;
/** SHA-256 over the plan: what was approved is what is made. */
export type Fingerprint = string & { readonly [brand]: "Fingerprint" };

/** Values of Graph's `signInAudience` that Usher offers. */
export type Audience = "AzureADMyOrg" | "AzureADMultipleOrgs" | "AzureADandPersonalMicrosoftAccount";
export type Platform = "web" | "spa" | "public";

/** What the requester is given under the vendor's own labels. A literal stands behind `=`. */
export type HandoverValue = "clientId" | "tenantId" | "secret" | `=${string}`;
export type HandoverEntry = { label: string; value: HandoverValue; where?: string };

/** All that will be made in the tenant, decided before anybody is asked to approve it. Plain data: it is stored, shown and hashed. */
export type Plan = {
  blueprint: { id: string; title: string };
  displayName: string;
  audience: Audience;
  redirects: { platform: Platform; uri: string }[];
  idTokens: boolean;
  accessTokens: boolean;
  permissions: Permission[];
  consent: "admin" | "optional" | "none";
  credential: { kind: "secret"; label: string; months: number };
  handover: HandoverEntry[];
  next: string[];
};

/** JSON with sorted keys, so that the same plain data always reads the same (a database may reorder keys). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** The same answers to the same blueprint give the same fingerprint, on every machine and carrier. */
export function fingerprintOf(plan: Plan): Fingerprint {
  return createHash("sha256").update(canonical(plan)).digest("hex") as Fingerprint;
}
