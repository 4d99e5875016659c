import type { Granted } from "./consent-check.ts";
import type { Permission } from "./permission.ts";
import type { Audience, Plan } from "./plan.ts";
import { permissionKey, redirectKey } from "./plan-difference.ts";

export type FoundPermission = Pick<Permission, "api" | "apiName" | "name" | "kind">;
/** Ids of APIs are compared without case. */
export const keyOf = (permission: FoundPermission) =>
  permissionKey({ ...permission, api: permission.api.toLowerCase() });
export type Redirect = Plan["redirects"][number];

/** A directory role that the app itself holds. `scope` is what of the directory it is over; "/" is all of it. */
export type HeldRole = { templateId: string; name: string; scope: string };

/** How it signs people in and what its tokens hold, each as one word: "on" or "off", or Entra's own. */
export type TokenSettings = Readonly<
  Record<
    "idTokens" | "accessTokens" | "publicFlows" | "mappedClaims" | "groupClaims" | "tokenVersion",
    string
  >
>;

/**
 * What it offers to others: a role or a scope of its own (`to`: who can be given it, in Entra's words), a name that
 * tokens are asked for by, or a client that gets its scopes without anybody's consent.
 */
export type Exposed = { kind: "role" | "scope" | "identifier" | "client"; value: string; to?: string };
export const exposedKey = ({ kind, value, to }: Exposed) =>
  `${kind} ${kind === "client" || kind === "identifier" ? value.toLowerCase() : value}${to ? ` (${to})` : ""}`;

/** What stands in Entra for a registration, in words of ours. What Usher has no right to read is left out. */
export type Found =
  /** Somebody deleted it there; `deletedAt` is when, while Entra still keeps it. */
  | { state: "gone"; what: "application" | "principal"; deletedAt?: Date }
  | {
      state: "there";
      audience: string;
      redirects: Redirect[];
      settings: TokenSettings;
      exposed: Exposed[];
      declared: FoundPermission[];
      /** `forAll`: for the whole organisation, not only in the name of one person. */
      consents?: Granted[];
      roles?: HeldRole[];
      /** Beside Usher itself. `onPrincipal`: of its service principal, which takes credentials of its own. */
      owners: { id: string; name: string; onPrincipal?: true }[];
      isUshersOwn: boolean;
      /** The person who owns it in Usher's records. */
      ownerAccount?: OwnerAccount;
      /** `onPrincipal`: its service principal takes some of its own, which sign in just as well. */
      secrets: { keyId: string; name: string; onPrincipal?: true }[];
      /** `thumbprint`: SHA-1 in hex, empty where Entra does not say it. */
      certificates: { keyId: string; name: string; thumbprint: string; onPrincipal?: true }[];
      federated: { id: string; name: string; issuer: string; subject: string; audience: string }[];
      isEnabled: boolean;
    };

export type OwnerAccount = "enabled" | "disabled" | "deleted";

type Change = "added" | "removed";
/** One thing in Entra that is not as it was approved. Plain data: it is stored. */
export type Drift =
  | { what: "deleted"; which: "application" | "principal" }
  | { what: "role"; change: Change; role: HeldRole }
  | { what: "consent"; change: Change; permission: FoundPermission }
  | { what: "declared"; change: Change; permission: FoundPermission }
  | { what: "redirect"; change: Change; platform: Redirect["platform"]; uri: string }
  | { what: "setting"; setting: keyof TokenSettings; from: string; to: string }
  | { what: "exposed"; change: Change; exposed: Exposed }
  | { what: "owner"; change: Change; id: string; name: string; onPrincipal?: true }
  /** Usher itself owns it no more, so it can change nothing of it. */
  | { what: "usher" }
  | CredentialDrift<"secret">
  | CredentialDrift<"certificate">
  | CredentialDrift<"federated">
  | { what: "sign-in"; change: "disabled" | "enabled" }
  | { what: "audience"; from: Audience; to: string };

type CredentialDrift<What> = {
  what: What;
  change: Change;
  id: string;
  name: string;
  onPrincipal?: true;
};

/** Says who it is for the whole of its life: the same drift has the same key on every look. */
export function driftKey(drift: Drift): string {
  switch (drift.what) {
    case "deleted":
      return `deleted ${drift.which}`;
    case "role":
      return `role ${drift.change} ${roleKey(drift.role)}`;
    case "consent":
    case "declared":
      return `${drift.what} ${drift.change} ${keyOf(drift.permission)}`;
    case "redirect":
      return `redirect ${drift.change} ${redirectKey(drift)}`;
    case "setting":
      return `setting ${drift.setting} ${drift.to}`;
    case "exposed":
      return `exposed ${drift.change} ${exposedKey(drift.exposed)}`;
    case "owner":
      return `owner ${drift.change} ${drift.onPrincipal ? "principal " : ""}${drift.id}`;
    case "secret":
    case "certificate":
    case "federated":
      return `${drift.what} ${drift.change} ${drift.id}`;
    case "usher":
      return "usher";
    case "sign-in":
      return `sign-in ${drift.change}`;
    case "audience":
      return `audience ${drift.to}`;
    default:
      return drift satisfies never;
  }
}

const roleKey = ({ templateId, scope }: HeldRole) =>
  scope === "/" ? templateId.toLowerCase() : `${templateId.toLowerCase()} ${scope}`;
