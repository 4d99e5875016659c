import { type Drift, driftKey } from "./drift.ts";
import type { Audience } from "./plan.ts";

/**
 * `wider`: it can do more than was approved. `gone`: there is nothing left to compare.
 */
export type Reach = "wider" | "narrower" | "gone";

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
    case "setting":
      return isLess(drift) ? "narrower" : "wider";
    case "audience": {
      // One that nobody here knows, such as personal accounts alone, lets others in than were approved.
      const to = audiences.indexOf(drift.to);
      return to >= 0 && to < audiences.indexOf(drift.from) ? "narrower" : "wider";
    }
    default:
      return drift.change === "added" ? "wider" : "narrower";
  }
}

/** Another version of tokens is judged by others in another way, so nobody here can call it less. */
const isLess = ({ from, to }: Extract<Drift, { what: "setting" }>) =>
  to === "off" || to === "None" || from === "All";

/** What Usher brings back by itself. A secret is never made in the place of one that is gone: nobody could be given it. */
export function isRepairable(drift: Drift): boolean {
  if (reachOf(drift) === "gone" || drift.what === "usher") return false;
  return !(drift.what === "secret" && drift.change === "removed");
}

/** What may stay as it is, with somebody's reason. */
export const isAcceptable = (drift: Drift): boolean =>
  reachOf(drift) === "narrower" && drift.what !== "usher";

/**
 * What is repaired in one go has the same name: Entra shows an older state for a while, so of what one write replaces as
 * a whole, a second write that builds on a look would bring back what the first one took away.
 */
export function repairedTogether(drift: Drift): string {
  switch (drift.what) {
    case "consent":
      return `consent ${drift.permission.kind} ${drift.permission.api.toLowerCase()}`;
    case "certificate":
      return drift.onPrincipal ? "certificate of the principal" : "certificate";
    case "role":
    case "declared":
    case "redirect":
    case "setting":
    case "exposed":
    case "federated":
      return drift.what;
    default:
      return driftKey(drift);
  }
}

/** What it is proved by, and who can change that, reaches further than what it may do with it, but for a role. */
const order: readonly Drift["what"][] = [
  "deleted",
  "role",
  "secret",
  "certificate",
  "federated",
  "owner",
  "consent",
  "redirect",
  "setting",
  "audience",
  "exposed",
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
