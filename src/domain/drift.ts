import type { Granted } from "./consent-check.ts";
import type { Permission } from "./permission.ts";
import type { Audience, Plan } from "./plan.ts";
import { permissionKey, redirectKey } from "./plan-difference.ts";

export type FoundPermission = Pick<Permission, "api" | "apiName" | "name" | "kind">;
/** Ids of APIs are compared without case. */
export const keyOf = (permission: FoundPermission) =>
  permissionKey({ ...permission, api: permission.api.toLowerCase() });
export type Redirect = Plan["redirects"][number];

/** What stands in Entra for a registration, in words of ours. What Usher has no right to read is left out. */
export type Found =
  /** Somebody deleted it there; `restorableFrom` is when, while Entra still keeps it. */
  | { state: "gone"; what: "application" | "principal"; deletedAt?: Date }
  | {
      state: "there";
      audience: string;
      redirects: Redirect[];
      declared: FoundPermission[];
      /** `forAll`: for the whole organisation, not only in the name of one person. */
      consents?: Granted[];
      /** Beside Usher itself. */
      owners: { id: string; name: string }[];
      isUshersOwn: boolean;
      /** `onPrincipal`: its service principal takes some of its own, which sign in just as well. */
      secrets: { keyId: string; name: string; onPrincipal?: true }[];
      /** `thumbprint`: SHA-1 in hex, empty where Entra does not say it. */
      certificates: { keyId: string; name: string; thumbprint: string; onPrincipal?: true }[];
      federated: { id: string; name: string; issuer: string; subject: string; audience: string }[];
      isEnabled: boolean;
    };

type Change = "added" | "removed";
/** One thing in Entra that is not as it was approved. Plain data: it is stored. */
export type Drift =
  | { what: "deleted"; which: "application" | "principal" }
  | { what: "consent" | "declared"; change: Change; permission: FoundPermission }
  | { what: "redirect"; change: Change; platform: Redirect["platform"]; uri: string }
  | { what: "owner"; change: Change; id: string; name: string }
  /** Usher itself owns it no more, so it can change nothing of it. */
  | { what: "usher" }
  | {
      what: "secret" | "certificate" | "federated";
      change: Change;
      id: string;
      name: string;
      onPrincipal?: true;
    }
  | { what: "sign-in"; change: "disabled" | "enabled" }
  | { what: "audience"; from: Audience; to: string };

/** `wider`: it can do more than was approved. `gone`: there is nothing left to compare. */
export type Reach = "wider" | "narrower" | "gone";

/** Says who it is for the whole of its life: the same drift has the same key on every look. */
export function driftKey(drift: Drift): string {
  switch (drift.what) {
    case "deleted":
      return `deleted ${drift.which}`;
    case "consent":
    case "declared":
      return `${drift.what} ${drift.change} ${keyOf(drift.permission)}`;
    case "redirect":
      return `redirect ${drift.change} ${redirectKey(drift)}`;
    case "owner":
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

const audiences: readonly string[] = [
  "AzureADMyOrg",
  "AzureADMultipleOrgs",
  "AzureADandPersonalMicrosoftAccount",
] satisfies Audience[];

export function reachOf(drift: Drift): Reach {
  switch (drift.what) {
    case "deleted":
      return "gone";
    case "usher":
      return "narrower";
    case "sign-in":
      return drift.change === "enabled" ? "wider" : "narrower";
    case "audience": {
      // One that nobody here knows, such as personal accounts alone, lets others in than were approved.
      const to = audiences.indexOf(drift.to);
      return to >= 0 && to < audiences.indexOf(drift.from) ? "narrower" : "wider";
    }
    default:
      return drift.change === "added" ? "wider" : "narrower";
  }
}

/** What Usher brings back by itself. A secret is never made in the place of one that is gone: nobody could be given it. */
export function isRepairable(drift: Drift): boolean {
  if (reachOf(drift) === "gone" || drift.what === "usher") return false;
  return !(drift.what === "secret" && drift.change === "removed");
}

export const isAcceptable = (drift: Drift): boolean =>
  reachOf(drift) === "narrower" && drift.what !== "usher";

/** What it is proved by, and who can change that, reaches further than what it may do with it. */
const order: readonly Drift["what"][] = [
  "deleted",
  "secret",
  "certificate",
  "federated",
  "owner",
  "consent",
  "redirect",
  "audience",
  "sign-in",
  "declared",
  "usher",
];
const reaches: readonly Reach[] = ["gone", "wider", "narrower"];

export const byDanger = <T extends Drift>(drifts: readonly T[]): T[] =>
  drifts.toSorted(
    (a, b) =>
      reaches.indexOf(reachOf(a)) - reaches.indexOf(reachOf(b)) ||
      order.indexOf(a.what) - order.indexOf(b.what),
  );
