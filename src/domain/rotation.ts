import { type NewKey, noKey } from "./new-key.ts";
import type { Registration } from "./registration.ts";

const dayMs = 86_400_000;

/** How the secret of a registration stands when somebody wants another beside it. */
export type KeysNow = {
  /** A new one is being made. */
  underWay: NewKey | undefined;
  /** Entra's id of the key that works; undefined while none does. */
  current: string | undefined;
  /** The one before works too, for a while. */
  hasRetiring: boolean;
  /** The link to the current one still waits to be opened. */
  isUnopened: boolean;
};

export type RotateVerdict =
  | "begin"
  /** One is being made already, whoever asked for it. */
  | "under-way"
  /** A new one was handed over, and the one before is not removed yet. */
  | "overlap"
  /** Nobody has the one that works: its link opens first. */
  | "unopened"
  | "not-active"
  /** It signs in with something else, which its owner holds. */
  | "no-secret"
  | "key-changed";

/** A command names no key: it means whichever works. A card names the one that it showed, or that there was none. */
const isMeant = (keyId: string | undefined, current: string | undefined) =>
  keyId === undefined || keyId === (current ?? noKey);

/** What comes of the wish for another secret beside the one that works. `keyId`: which one the card showed. */
export function judgeRotation(
  { state, plan }: Pick<Registration, "state" | "plan">,
  { underWay, current, hasRetiring, isUnopened }: KeysNow,
  keyId: string | undefined,
): RotateVerdict {
  if (plan.credential.kind !== "secret") return "no-secret";
  if (state !== "active") return "not-active";
  if (underWay) return "under-way";
  if (hasRetiring) return "overlap";
  if (!isMeant(keyId, current)) return "key-changed";
  return isUnopened ? "unopened" : "begin";
}

export type SwitchVerdict = "switch" | "no-overlap" | "unopened" | "key-changed";

/** What comes of the owner's word that the new secret is in use: the old one goes, unless nobody has the new one. */
export function judgeSwitch(
  { underWay, current, hasRetiring, isUnopened }: KeysNow,
  keyId: string | undefined,
): SwitchVerdict {
  if (!hasRetiring) return "no-overlap";
  if (underWay || current === undefined || isUnopened) return "unopened";
  return isMeant(keyId, current) ? "switch" : "key-changed";
}

/** What is cancelled: a new secret that is being made, or one that was handed over beside the old one. */
export type CancelVerdict = "making" | "overlap" | "no-rotation" | "key-changed";

export function judgeCancel(
  { underWay, current, hasRetiring }: KeysNow,
  keyId: string | undefined,
): CancelVerdict {
  if (!hasRetiring && underWay?.why !== "rotate") return "no-rotation";
  if (!isMeant(keyId, current)) return "key-changed";
  return hasRetiring ? "overlap" : "making";
}

/** Until when the old secret works beside the new one: no longer than it lives. */
export function overlapEndsAt(now: Date, overlapDays: number, oldExpiresAt: Date): Date {
  return new Date(Math.min(now.getTime() + overlapDays * dayMs, oldExpiresAt.getTime()));
}

/** Its owners are warned a day before, where the overlap is longer than that. */
export const warnAt = (endsAt: Date): Date => new Date(endsAt.getTime() - dayMs);

/** When to look next at an overlap: each day, at its warning, and at its end. Always later than now. */
export function nextLook(now: Date, endsAt: Date, isWarned: boolean): Date {
  const moments = [now.getTime() + dayMs, ...(isWarned ? [] : [warnAt(endsAt).getTime()]), endsAt.getTime()];
  return new Date(Math.min(...moments.filter((moment) => moment > now.getTime())));
}
