import type { RequestId } from "../../domain/ids.ts";

/**
 * What is to be done about a registration at a time of its own. `expiry`: its owners are to be told that its credential
 * ends. `overlap`: the key before the current one is to go. `confirm`: its owner is to say that it is still needed.
 * `owners`: its owners are to be looked up. `purge`: Entra keeps what was deleted no longer. `offer`: nobody has answered
 * whether they want to own it.
 */
export type DutyKind = "expiry" | "overlap" | "confirm" | "owners" | "purge" | "offer";

export type Duty = {
  id: RequestId;
  kind: DutyKind;
  dueAt: Date;
  /** What was done about it so far, as its kind wants it. */
  data: Readonly<Record<string, string>>;
};

/** At most one of each kind for a registration. The sweep finds what is due by one index, however many there are. */
export interface Duties {
  of(id: RequestId): Promise<Duty[]>;
  /** In the place of one of its kind, if there is one. */
  set(duty: Duty): Promise<void>;
  /**
   * Writes only while it is due when it was seen to be, or removes it; false when another process has done so. What
   * comes next must be due at another time.
   */
  move(seen: Duty, to: Duty | undefined): Promise<boolean>;
  remove(id: RequestId, kind: DutyKind): Promise<void>;
  /** Longest overdue first: of the kind that is looked after in one go, or of all others. */
  due(now: Date, limit: number, which: "owners" | "others"): Promise<Duty[]>;
}
