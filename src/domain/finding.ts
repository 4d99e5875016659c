import { createHash } from "node:crypto";
import { type Drift, driftKey } from "./drift.ts";
import type { UserId } from "./ids.ts";
import type { Actor } from "./request.ts";

/** Entra shows different states to different readers for a while: what is seen once may be none. */
export const seenAgainAfterMs = 30 * 60_000;

/** A drift of one registration, and how it stands. Accepted ones stay: they say what is expected from then on. */
export type Finding = {
  key: string;
  drift: Drift;
  firstSeen: Date;
  /** Seen once more, half an hour later or more: from then on people are told of it. */
  confirmedAt?: Date;
  /** Why it could not be repaired, or why it was accepted, as a sentence for people. */
  note?: string;
} & (
  | { state: "open" }
  | { state: "repairing"; by: Actor; at: Date }
  | { state: "repaired" | "accepted"; by: Actor; at: Date }
  /** It went away without anybody's decision. */
  | { state: "gone"; at: Date }
);

/** What people are told of, and decide upon. */
export const isReported = ({ state, confirmedAt }: Finding): boolean =>
  (state === "open" || state === "repairing") && confirmedAt !== undefined;

/** The findings after a look: those that changed. `confirmed` are those that people hear of for the first time. */
export function afterLook(
  known: readonly Finding[],
  seen: readonly Drift[],
  now: Date,
): { changed: Finding[]; confirmed: Finding[] } {
  const keys = new Set(seen.map(driftKey));
  // What is being repaired is brought to its end by the repair, and what was accepted stays so.
  const left = known
    .filter(({ state, key }) => state === "open" && !keys.has(key))
    .map(({ key, drift, firstSeen, confirmedAt }): Finding => {
      const was = { key, drift, firstSeen, ...(confirmedAt && { confirmedAt }) };
      return { ...was, state: "gone", at: now };
    });
  const met = seen.flatMap((drift): Finding[] => {
    const key = driftKey(drift);
    const before = known.find((each) => each.key === key);
    if (!before || before.state === "gone" || before.state === "repaired" || before.state === "accepted")
      return [{ key, drift, firstSeen: now, state: "open" }];
    const isOld = now.getTime() - before.firstSeen.getTime() >= seenAgainAfterMs;
    return before.confirmedAt || !isOld ? [] : [{ ...before, confirmedAt: now }];
  });
  return { changed: [...left, ...met], confirmed: met.filter(({ confirmedAt }) => confirmedAt) };
}

/** Why nothing signs in with a registration, whatever Usher's own records say. */
export type WhyStopped = "deleted" | "disabled" | "no-credential";

/**
 * What somebody changed in Entra so that nothing signs in with it any more, also where that was accepted. `keyIds`: the
 * secrets that Usher counts on; another one may have come in the place of what was removed.
 */
export function whyStopped(findings: readonly Finding[], keyIds: readonly string[]): WhyStopped | undefined {
  const drifts = findings
    .filter((finding) => isReported(finding) || finding.state === "accepted")
    .map(({ drift }) => drift);
  const has = (what: Drift["what"], change: string) =>
    drifts.some((drift) => drift.what === what && "change" in drift && drift.change === change);
  if (drifts.some(({ what }) => what === "deleted")) return "deleted";
  if (has("sign-in", "disabled") && !has("sign-in", "enabled")) return "disabled";
  const isLost = drifts.some(
    (drift) => drift.what === "secret" && drift.change === "removed" && keyIds.includes(drift.id),
  );
  const isGone = (["certificate", "federated"] as const).some(
    (what) => has(what, "removed") && !has(what, "added"),
  );
  return isLost || isGone ? "no-credential" : undefined;
}

/** What a card of these findings stands on: a press from an older one is answered with how they stand now. */
export function markOfFindings(findings: readonly Finding[]): string {
  const names = findings.map(({ key, firstSeen }) => `${key} ${firstSeen.toISOString()}`).toSorted();
  return createHash("sha256").update(JSON.stringify(names)).digest("base64url").slice(0, 16);
}

/** Whoever could change it in Entra, with or without approval, decides on nothing of it. */
export function isOwner(userId: UserId, owner: Actor, findings: readonly Finding[]): boolean {
  const isAdded = findings.some(
    ({ drift, state }) =>
      (state === "open" || state === "repairing") &&
      drift.what === "owner" &&
      drift.change === "added" &&
      drift.id.toLowerCase() === userId.toLowerCase(),
  );
  return isAdded || owner.userId === userId;
}
