import { createHash } from "node:crypto";
import type { Permission } from "./permission.ts";

declare const brand: unique symbol;
/** SHA-256 over the plan: what was approved is what is made. */
export type Fingerprint = string & { readonly [brand]: "Fingerprint" };

/** Values of Graph's `signInAudience` that Usher offers. */
export type Audience = "AzureADMyOrg" | "AzureADMultipleOrgs" | "AzureADandPersonalMicrosoftAccount";
export type Platform = "web" | "spa" | "public";
/** Values of Graph's `groupMembershipClaims`, but for its "None". */
export type GroupClaims = "SecurityGroup" | "DirectoryRole" | "ApplicationGroup" | "All";

/** What the requester is given under the vendor's own labels. A text stands behind `=`. */
export type HandoverValue =
  | "clientId"
  | "tenantId"
  | "secret"
  | "thumbprint"
  | "identifierUri"
  | `=${string}`;
export type HandoverEntry = { label: string; value: HandoverValue; where?: string };

/** How the app proves itself. There is one at most; only a secret is ever handed over. */
export type Credential =
  | { kind: "secret"; label: string; months: number }
  /** The requester keeps the private key. `der` is the certificate in base64, `thumbprint` its SHA-1 in hex, `expiresAt` in ISO. */
  | { kind: "certificate"; label: string; der: string; thumbprint: string; expiresAt: string }
  | { kind: "federated"; name: string; issuer: string; subject: string; audience: string }
  | { kind: "none" };

/** A directory role for the app itself, by its template, which is the same in every tenant. */
export type DirectoryRole = { name: string; templateId: string; beyondMinimum?: true };
/** Usher has no say over Azure: somebody gives it by hand. */
export type AzureRole = { role: string; scope: string };
export type AppRole = {
  value: string;
  name: string;
  description: string;
  members: ("User" | "Application")[];
};
export type ExposedScope = { value: string; name: string; description: string; who: "users" | "admins" };

/** An API that is asked for and has no service principal in the tenant yet. */
export type MissingApi = { clientId: string; name: string; createdBy: "usher" | "administrator" };

/**
 * All that will be made in the tenant, decided before anybody is asked to approve it. Plain data: it is stored, shown
 * and hashed. What is optional is left out rather than empty, so that plans of older versions keep their fingerprint.
 */
export type Plan = {
  blueprint: { id: string; title: string };
  displayName: string;
  audience: Audience;
  redirects: { platform: Platform; uri: string }[];
  idTokens: boolean;
  accessTokens: boolean;
  tokenVersion?: 1 | 2;
  groupClaims?: GroupClaims;
  permissions: Permission[];
  consent: "admin" | "optional" | "none";
  directoryRoles?: DirectoryRole[];
  azureRoles?: AzureRole[];
  appRoles?: AppRole[];
  /** Scopes under the identifier URI `api://<client id>`. */
  expose?: { scopes: ExposedScope[] };
  missingApis?: MissingApi[];
  /** Who owns it in Entra beside Usher. Plans of older versions do not say: there the ranks of today decide. */
  owner?: "requester" | "nobody";
  /** The tenant could not be asked when it was reviewed: names, missing APIs and its policy show when it is made. */
  isUnchecked?: true;
  credential: Credential;
  handover: HandoverEntry[];
  next: string[];
};

/** What a review showed: the plan and why it is wanted. It is submitted only as it was shown. */
export function markOf(plan: Plan, reason: string): string {
  return createHash("sha256").update(canonical({ plan, reason })).digest("base64url").slice(0, 22);
}

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
