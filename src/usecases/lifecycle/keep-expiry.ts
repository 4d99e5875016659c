import {
  approversHearFrom,
  type DaysLeft,
  firstTelling,
  judgeExpiry,
  sparedOnceKnown,
  type Told,
} from "../../domain/expiry.ts";
import { type Day, dayOf } from "../../domain/local-day.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Duty } from "../ports/duties.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { zoneOf } from "./begin-reminders.ts";
import { remindApprovers, remindOwners } from "./remind-owners.ts";

/**
 * What was done about the end of a credential, as it is kept with its duty; it counts for that end only, also where
 * another one came between. `isNew` beside it: the end was changed, and nobody has planned yet when it is told of.
 */
export type ExpiryData = {
  endsAt: string;
  /** Told last, and on which day. */
  daysLeft?: string;
  on?: string;
  approversTold?: "true";
  /** An owner said that they know: who, and when. It counts until they own it no longer. */
  known?: string;
  knownBy?: string;
  knownAt?: string;
};

const dayMs = 86_400_000;

/** Tells the owners that a credential ends, and later the approvers too. */
export async function keepExpiry({ store }: World, seen: Duty, now: Date): Promise<void> {
  await store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(seen.id);
    // Held before it is read: who says at this moment that they know comes before or after.
    const duty = (await tables.duties.of(seen.id)).find(({ kind }) => kind === "expiry");
    if (!registration || !duty || duty.dueAt.getTime() !== seen.dueAt.getTime()) return;
    const { expiresAt } = registration;
    if (registration.state === "removed") return void (await tables.duties.move(duty, undefined));
    if (!expiresAt || registration.state !== "active" || registration.goneSince) {
      // It may come back, with another end.
      await tables.duties.move(duty, { ...duty, dueAt: new Date(now.getTime() + dayMs) });
      return;
    }
    await keep(tables, { ...registration, expiresAt }, duty, now);
  });
}

async function keep(
  tables: Tables,
  registration: Registration & { expiresAt: Date },
  duty: Duty,
  now: Date,
): Promise<void> {
  const { id, expiresAt } = registration;
  const zone = await zoneOf(tables, registration);
  const { isNew, ...told } = duty.data;
  if (isNew && told.endsAt !== expiresAt.toISOString()) {
    const dueAt = firstTelling(expiresAt, zone, now);
    return void (await tables.duties.move(duty, { ...duty, dueAt, data: told }));
  }
  const data = expiryData(duty, expiresAt);
  const verdict = judgeExpiry(expiresAt, zone, now, toldIn(data));
  if (verdict === "told-all") return void (await tables.duties.move(duty, undefined));
  if ("waitUntil" in verdict)
    return void (await tables.duties.move(duty, { ...duty, dueAt: verdict.waitUntil, data: told }));

  const { tell, next } = verdict;
  const today = dayOf(now, zone);
  const isForApprovers = tell <= approversHearFrom && !data.approversTold;
  const reminder = { purpose: "expiry", copy: `${today} ${data.endsAt}`, at: now } as const;
  const heard: ExpiryData = { ...data, daysLeft: String(tell), on: today };
  const hasChannel = isForApprovers && (await tables.conversations.approvalsChannel()) !== undefined;
  const moved = next && {
    ...duty,
    dueAt: next,
    data: { ...heard, ...(hasChannel && { approversTold: "true" as const }) },
  };
  if (!(await tables.duties.move(duty, moved))) return;
  const isSpared = data.known !== undefined && sparedOnceKnown.includes(tell);
  if (!isSpared) await remindOwners(tables, registration, reminder);
  if (isForApprovers) await remindApprovers(tables, registration, reminder);
  await tables.audit.append({
    at: now,
    who: "usher",
    what: "expiry.told",
    surface: "system",
    subject: id,
    outcome: tell === 0 ? "ended" : `${tell} days`,
    detail: { endsAt: data.endsAt, ...(isSpared && { owners: "know" }) },
  });
  // The cards before, and the one of the request, say how it stands now.
  await tables.jobs.wake("deliver", id);
}

/** What was done about this end; nothing of what was done about another one. */
export function expiryData({ data }: Duty, expiresAt: Date): ExpiryData {
  const endsAt = expiresAt.toISOString();
  const { isNew: _planned, ...done } = data;
  return done.endsAt === endsAt ? { ...done, endsAt } : { endsAt };
}

const toldIn = ({ daysLeft, on }: ExpiryData): Told | undefined =>
  daysLeft !== undefined && on !== undefined
    ? { daysLeft: Number(daysLeft) as DaysLeft, on: on as Day }
    : undefined;
