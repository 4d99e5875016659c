import type { RankPolicy } from "./policy.ts";
import type { Waiting } from "./request.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const later = (from: Date, ms: number) => new Date(from.getTime() + ms);

/**
 * When a request that begins to wait now is reminded of, escalated and given up. `before`: how it has waited until now,
 * since a nudge a day is one a day, also when the request goes back and forth.
 */
export function beginWaiting(policy: RankPolicy, now: Date, before?: Waiting): Waiting {
  const { remindAfterHours, escalateAfterHours, expireAfterHours } = policy;
  return {
    expiresAt: later(now, expireAfterHours * hourMs),
    ...(remindAfterHours !== undefined && { remindAt: later(now, remindAfterHours * hourMs) }),
    ...(escalateAfterHours !== undefined && { escalateAt: later(now, escalateAfterHours * hourMs) }),
    ...(before?.nudgedAt && { nudgedAt: before.nudgedAt }),
    reminders: 0,
  };
}

export type Due = "expire" | "escalate" | "remind";

/** What is due by now, the weightiest first: who expires is not reminded. Undefined when nothing is. */
export function dueNow(
  { expiresAt, escalateAt, escalatedAt, remindAt }: Waiting,
  now: Date,
): Due | undefined {
  if (expiresAt <= now) return "expire";
  if (escalateAt && !escalatedAt && escalateAt <= now) return "escalate";
  return remindAt && remindAt <= now ? "remind" : undefined;
}

/** When something is due next. */
export function nextDue({ expiresAt, escalateAt, escalatedAt, remindAt }: Waiting): Date {
  const moments = [
    expiresAt,
    ...(escalateAt && !escalatedAt ? [escalateAt] : []),
    ...(remindAt ? [remindAt] : []),
  ];
  return moments.reduce((first, each) => (each < first ? each : first));
}

/** After a reminder: the next one a whole interval from now, so that an outage brings no flood. */
export function reminded(waiting: Waiting, { remindAfterHours }: RankPolicy, now: Date): Waiting {
  const { remindAt: _before, ...rest } = waiting;
  const next = remindAfterHours === undefined ? undefined : later(now, remindAfterHours * hourMs);
  return { ...rest, reminders: waiting.reminders + 1, ...(next && { remindAt: next }) };
}

export const escalated = (waiting: Waiting, now: Date): Waiting => ({ ...waiting, escalatedAt: now });

/** The requester may nudge once a day; answers when they may again, or undefined when they may now. */
export function nudgeAgainAt({ nudgedAt }: Waiting, now: Date): Date | undefined {
  const next = nudgedAt && later(nudgedAt, dayMs);
  return next && next > now ? next : undefined;
}
