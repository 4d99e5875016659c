import type { RequestId } from "./ids.ts";
import { isTooLate } from "./provisioning.ts";
import type { Registration } from "./registration.ts";
import type { Actor } from "./request.ts";

/**
 * Why there is a new key: the one before or its link was lost, somebody else opened it, nobody opened it in time, it
 * is `rotate`d: then the one before works on beside it for a while; or its registration was brought back without any.
 */
export type WhyNewKey = "lost" | "not-me" | "unopened" | "rotate" | "restored";

/** A key that is being made; it is gone once the new one is handed over. */
export type NewKey = {
  /** The registration's, which bears the name of its request. */
  id: RequestId;
  why: WhyNewKey;
  by: Actor;
  at: Date;
  attempts: number;
  nextAttemptAt?: Date;
  /** What it waits for, as a sentence for people. */
  note?: string;
};

/** What a card's press names in the place of a key while none works. */
export const noKey = "none";

/** The press of an owner: why, and the key that their card was drawn with. A command names none: it means whichever works. */
export type NewKeyPress = { why: WhyNewKey; keyId?: string };

export type NewKeyVerdict =
  /** The key that works, if any, is given up, and a new one is made. */
  | "begin"
  /** One is being made already, and people hear now that somebody else opened the one before. */
  | "alarm"
  | "under-way"
  | "not-active"
  | "no-secret"
  /** Another key has come since the card was drawn: that one was not meant. */
  | "key-changed";

/** What comes of a press of the owner. Two at once, or a late one, lead to one new key. */
export function judgeNewKey(
  { state, plan }: Registration,
  underWay: NewKey | undefined,
  current: string | undefined,
  { why, keyId }: NewKeyPress,
): NewKeyVerdict {
  if (plan.credential.kind !== "secret") return "no-secret";
  if (state !== "active") return "not-active";
  // A rotation leaves the key that works: whoever has lost that one, or not them alone, has it replaced instead.
  if (underWay && underWay.why !== "rotate")
    return why === "not-me" && underWay.why !== "not-me" ? "alarm" : "under-way";
  return keyId === undefined || keyId === (current ?? noKey) ? "begin" : "key-changed";
}

/** Whether it is given up: only a directory that answers and never agrees with itself is, as while provisioning. */
export function isNewKeyTooLate({ at, attempts }: NewKey, isLag: boolean, now: Date): boolean {
  return isLag && isTooLate("key", attempts, at, now);
}
