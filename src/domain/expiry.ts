import { type Day, dayOf, daysLater, nineOn, type TimeZone } from "./local-day.ts";
import { monthsLater } from "./registration.ts";

/** So many days before its end people are told of it; at `0` it has ended. */
export const tellingDays = [30, 14, 7, 1, 0] as const;
export type DaysLeft = (typeof tellingDays)[number];

/** So many days before the end, and from then on, the approvers hear of it too. */
export const approversHearFrom: DaysLeft = 7;

/** Of these an owner who has said that they know hears no more. */
export const sparedOnceKnown: readonly DaysLeft[] = [14, 7];

/** Whoever was given a credential just now need not hear of its end yet. */
const settleMs = 2 * 86_400_000;

type Telling = { daysLeft: DaysLeft; at: Date };

/**
 * When people are told that a credential ends: at nine in the morning of so many days of the calendar before its last
 * one, and on that day once it has ended, but not before nine.
 */
function tellingsOf(endsAt: Date, zone: TimeZone): Telling[] {
  const lastDay = dayOf(endsAt, zone);
  return tellingDays.map((daysLeft) => {
    const nine = nineOn(daysLater(lastDay, -daysLeft), zone);
    return { daysLeft, at: daysLeft === 0 && endsAt > nine ? endsAt : nine };
  });
}

/** When people are told first of the end of a credential that was handed over now. */
export function firstTelling(endsAt: Date, zone: TimeZone, now: Date): Date {
  const from = new Date(now.getTime() + settleMs);
  const all = tellingsOf(endsAt, zone);
  const first = all.find(({ daysLeft, at }) => daysLeft === 0 || at >= from);
  return (first as Telling).at;
}

/** What people were told last of the end of this credential, and on which day. */
export type Told = { daysLeft: DaysLeft; on: Day };

export type ExpiryVerdict =
  /** The newest only, however many were missed. `next`: when it is looked at again; never after the end was told. */
  | { tell: DaysLeft; next?: Date }
  /** Nothing is to be told now. */
  | { waitUntil: Date }
  | "told-all";

/** What is to be told by now: one message a day at most, and after an outage the newest, not in the night. */
export function judgeExpiry(endsAt: Date, zone: TimeZone, now: Date, told: Told | undefined): ExpiryVerdict {
  const all = tellingsOf(endsAt, zone);
  const today = dayOf(now, zone);
  const isNew = ({ daysLeft }: Telling) => !told || daysLeft < told.daysLeft;
  const due = all.findLast((telling) => telling.at <= now && isNew(telling));
  if (!due) {
    const next = all.find(isNew);
    return next ? { waitUntil: notOn(told?.on, next.at, zone) } : "told-all";
  }
  const nine = nineOn(today, zone);
  if (now < nine) return { waitUntil: nine };
  if (told?.on === today) return { waitUntil: nineOn(daysLater(today, 1), zone) };
  const next = all.find(({ at }) => at > now);
  return { tell: due.daysLeft, ...(next && { next: notOn(today, next.at, zone) }) };
}

/** The moment, or nine on the day after where something was told on its day. */
const notOn = (day: Day | undefined, at: Date, zone: TimeZone) =>
  day !== undefined && dayOf(at, zone) <= day ? nineOn(daysLater(day, 1), zone) : at;

/** An owner is asked so often whether a registration is still needed, and then the approvers hear of the silence. */
export const mostAsked = 3;
const daysBetweenAsking = 7;
/** Who has said it of late, or was asked late, is not asked again at once. */
const quietMs = 180 * 86_400_000;

/** When its owner is asked whether it is still needed: each year on the day on which it was made. */
export function nextYearly(createdAt: Date, zone: TimeZone, now: Date): Date {
  const from = new Date(now.getTime() + quietMs);
  for (let years = 1; ; years++) {
    const at = nineOn(dayOf(monthsLater(createdAt, years * 12), zone), zone);
    if (at > from) return at;
  }
}

/** When somebody who does not answer is asked again. */
export const askAgainAt = (now: Date, zone: TimeZone) =>
  nineOn(daysLater(dayOf(now, zone), daysBetweenAsking), zone);

/** When something that comes as a message of its own may come: not in the night, nor on a day with another. */
export function nextCalmMoment(now: Date, zone: TimeZone, isTaken: (day: Day) => boolean): Date {
  let day = dayOf(now, zone);
  if (!isTaken(day)) return now < nineOn(day, zone) ? nineOn(day, zone) : now;
  do day = daysLater(day, 1);
  while (isTaken(day));
  return nineOn(day, zone);
}
