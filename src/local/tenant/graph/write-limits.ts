import type { Settings } from "../settings.ts";
import { GraphError } from "./errors.ts";

/**
 * Graph's limits on writes: how many a caller may do in a sliding window, and one at a time on one object.
 * In memory, as a restart of the service forgets them.
 */
export function createWriteLimits() {
  const written = new Map<string, number[]>();
  const busy = new Set<string>();

  return {
    /** Counts a write; throws 429 with Retry-After when the caller has used up its window. */
    count(settings: Settings, appId: string, now: number): void {
      const { writeQuota } = settings;
      if (!writeQuota) return;
      const span = writeQuota.seconds * 1000;
      const times = (written.get(appId) ?? []).filter((time) => time > now - span);
      written.set(appId, times);
      const oldest = times[0];
      if (times.length >= writeQuota.limit && oldest !== undefined) {
        const wait = Math.max(1, Math.ceil((oldest + span - now) / 1000));
        throw new GraphError(429, "TooManyRequests", "Too many requests.", { "Retry-After": String(wait) });
      }
      times.push(now);
    },

    /** Marks the application or service principal in the path as being written; throws 409 when another write is under way. */
    enter(settings: Settings, path: string): () => void {
      const object = /^\/(?:applications|servicePrincipals)(?:\/[^/?]+|\([^)]*\))/.exec(path)?.[0];
      if (!settings.writeConflicts || !object) return () => {};
      if (busy.has(object))
        throw new GraphError(
          409,
          "Directory_ConcurrencyViolation",
          "Unable to complete the request due to data concurrency violation.",
          { "Retry-After": "1" },
        );
      busy.add(object);
      return () => void busy.delete(object);
    },
  };
}
