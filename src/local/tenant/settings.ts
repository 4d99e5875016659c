import { drawn } from "./drawn.ts";
import type { State } from "./state.ts";

/** All as long, or each its own time up to a longest one. */
type Lag = number | { upTo: number; seed: number };

/** How the simulated directory behaves; all changeable at run time by `PUT /_sim/settings`. */
export type Settings = {
  /** Half before the work and half after it. */
  latencyMs: number;
  /** How long reads and dependent writes do not see a new object: all as long, or each its own time that the seed draws. */
  replicationSeconds: Lag;
  /** How long reads still show what was before a change or a removal; drawn likewise. */
  changeSeconds: Lag;
  /** How long a new secret does not work yet; in Entra 4 to 18. */
  secretDelaySeconds: number;
  /** How long tokens lack an application permission that was just granted; in Entra seconds to minutes. */
  roleDelaySeconds: number;
  /** Applications and service principals, deleted ones too, that one caller may have made; null: no limit. */
  directoryQuota: number | null;
  /** Writes per sliding window and caller; null: no limit. */
  writeQuota: { limit: number; seconds: number } | null;
  /** A tenant policy that forbids secrets altogether. */
  secretsBlocked: boolean;
  /** A tenant policy on the life of secrets; null: none. */
  secretMaxDays: number | null;
  /** A tenant policy on the life of certificates; null: none. */
  certificateMaxDays: number | null;
  /** Entra ID P1: without it nobody reads the log of sign-ins. */
  hasPremium: boolean;
  /** Whether Application.ReadWrite.OwnedBy may name people as owners when it creates. Microsoft's documents leave it open. */
  ownedByMayBindOwners: boolean;
  /**
   * Whether a restored application brings its service principal with it. Of the call, Microsoft's documents say that it
   * does not; of the portal, that it does.
   */
  restoresPrincipalToo: boolean;
  /** A write on an application or a service principal while another is under way answers 409. */
  writeConflicts: boolean;
};

const defaults: Settings = {
  latencyMs: 0,
  replicationSeconds: 0,
  changeSeconds: 0,
  secretDelaySeconds: 0,
  roleDelaySeconds: 0,
  directoryQuota: null,
  writeQuota: null,
  secretsBlocked: false,
  secretMaxDays: null,
  certificateMaxDays: null,
  hasPremium: true,
  ownedByMayBindOwners: true,
  restoresPrincipalToo: false,
  writeConflicts: false,
};

export function settingsOf(state: State): Settings {
  return { ...defaults, ...(state.item("settings") as Partial<Settings> | undefined) };
}

/** Keeps what is named in `changes`; an unknown name or a value of another shape is an error that names it. */
export function changeSettings(state: State, changes: Record<string, unknown>): Settings {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in defaults)) throw new Error(`There is no setting ${name}.`);
    if (!isAllowed(name as keyof Settings, value)) throw new Error(`The value of ${name} is not allowed.`);
  }
  const settings = { ...settingsOf(state), ...changes };
  state.setItem("settings", settings);
  if ("replicationSeconds" in changes) state.removeItem(delaysDrawn);
  return settings;
}

const delaysDrawn = "delays-drawn";

/** How long what is written now stays unseen: the next draw, where times are drawn. */
export function lagMs(
  state: State,
  settings: Settings,
  what: "replicationSeconds" | "changeSeconds",
): number {
  const lag = settings[what];
  if (typeof lag === "number") return lag * 1000;
  const n = Number(state.item(delaysDrawn) ?? 0) + 1;
  state.setItem(delaysDrawn, n);
  return Math.round(drawn(lag.seed, `${n}`) * lag.upTo * 1000);
}

const amount = (value: unknown) => typeof value === "number" && value >= 0;

function isAllowed(name: keyof Settings, value: unknown): boolean {
  switch (name) {
    case "replicationSeconds":
    case "changeSeconds": {
      if (typeof value !== "object" || value === null) return amount(value);
      const { upTo, seed } = value as { upTo?: unknown; seed?: unknown };
      return amount(upTo) && Number.isInteger(seed);
    }
    case "latencyMs":
    case "secretDelaySeconds":
    case "roleDelaySeconds":
      return amount(value);
    case "directoryQuota":
    case "secretMaxDays":
    case "certificateMaxDays":
      return value === null || amount(value);
    case "writeQuota": {
      if (value === null) return true;
      const { limit, seconds } = value as { limit?: unknown; seconds?: unknown };
      return amount(limit) && amount(seconds);
    }
    case "secretsBlocked":
    case "hasPremium":
    case "ownedByMayBindOwners":
    case "restoresPrincipalToo":
    case "writeConflicts":
      return typeof value === "boolean";
    default:
      return name satisfies never;
  }
}
