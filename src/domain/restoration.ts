import { type Registration, restorableUntil } from "./registration.ts";

/** `too-late`: Entra may keep nothing of it any more. */
export type RestoreVerdict = "begin" | "own" | "too-late" | "not-revoked";

/** What comes of the wish to bring it back. `isOwner`: of an owner, whether here or in Entra. */
export function judgeRestoration(registration: Registration, isOwner: boolean, now: Date): RestoreVerdict {
  switch (registration.state) {
    case "revoked":
      if (isOwner) return "own";
      return restorableUntil(registration.revokedAt) > now ? "begin" : "too-late";
    case "removed":
      return "too-late";
    case "active":
    case "revoking":
    case "restoring":
      return "not-revoked";
    default:
      return registration satisfies never;
  }
}

/**
 * Lists in Entra lag for half an hour at most: whatever it could sign in with when it was deleted shows by then, and
 * only then is it known that all of it is gone.
 */
const allShowsAfterMs = 30 * 60_000;
export const allShowsFrom = (revokedAt: Date): Date => new Date(revokedAt.getTime() + allShowsAfterMs);

/** As long as the slowest directory needs to agree with itself, many times over. */
const patienceMs = 24 * 60 * 60_000;
/** Whether a directory that answers, and never shows what Usher put right, is waited for no more. */
export const isRestorationTooLate = (restoredAt: Date, now: Date): boolean =>
  now.getTime() - restoredAt.getTime() > patienceMs;
