import { askAgainAt, mostAsked, nextCalmMoment, nextYearly } from "../../domain/expiry.ts";
import { type Day, dayOf, type TimeZone } from "../../domain/local-day.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Duty } from "../ports/duties.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { zoneOf } from "./begin-reminders.ts";
import { remindApprovers, remindOwners } from "./remind-owners.ts";

/** What came of the yearly question, as it is kept with its duty until the next one. */
export type NeedData = {
  /** On which day its owners were asked first, and how often since. */
  askedOn?: string;
  times?: string;
  /** The approvers heard that nobody answers. */
  silentSince?: string;
  /** Who said that it is needed, and when. */
  confirmedBy?: string;
  confirmedAt?: string;
};

/** Asks the owners once a year whether it is still needed; when nobody answers, the approvers hear of it. */
export async function keepNeed({ store }: World, seen: Duty, now: Date): Promise<void> {
  await store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(seen.id);
    // Held before it is read: who answers at this moment comes before or after.
    const all = await tables.duties.of(seen.id);
    const duty = all.find(({ kind }) => kind === "confirm");
    if (!registration || !duty || duty.dueAt.getTime() !== seen.dueAt.getTime()) return;
    if (registration.state === "removed") return void (await tables.duties.move(duty, undefined));
    const zone = await zoneOf(tables, registration);
    if (registration.state !== "active" || registration.goneSince) {
      // Whoever brings it back says with that that it is needed.
      const dueAt = nextYearly(registration.createdAt, zone, now);
      return void (await tables.duties.move(duty, { ...duty, dueAt }));
    }
    const calm = nextCalmMoment(now, zone, await daysTaken(tables, all, zone, now));
    if (calm > now) return void (await tables.duties.move(duty, { ...duty, dueAt: calm }));
    await ask(tables, registration, duty, zone, now);
  });
}

/** Nobody hears twice on one day of one registration: that its credential ends goes first. */
async function daysTaken(tables: Tables, duties: readonly Duty[], zone: TimeZone, now: Date) {
  const expiry = duties.find(({ kind }) => kind === "expiry");
  const said = (await tables.posts.of(duties[0]?.id ?? ""))
    .filter(({ purpose }) => purpose === "expiry")
    .map(({ place }) => place.copy?.split(" ")[0]);
  const planned = expiry && dayOf(expiry.dueAt < now ? now : expiry.dueAt, zone);
  return (day: Day) => day === planned || said.includes(day);
}

async function ask(
  tables: Tables,
  registration: Registration,
  duty: Duty,
  zone: TimeZone,
  now: Date,
): Promise<void> {
  const { id, createdAt } = registration;
  const before: NeedData = duty.data;
  const isUnderWay = before.times !== undefined && !before.silentSince && !before.confirmedAt;
  const times = isUnderWay ? Number(before.times) : 0;
  const today = dayOf(now, zone);
  const isSilent = times >= mostAsked;
  if (isSilent && !(await tables.conversations.approvalsChannel())) {
    // The silence is told as soon as there is a channel.
    return void (await tables.duties.move(duty, { ...duty, dueAt: askAgainAt(now, zone) }));
  }
  const data: NeedData = isSilent
    ? { ...before, silentSince: now.toISOString() }
    : { askedOn: (isUnderWay && before.askedOn) || today, times: String(times + 1) };
  const dueAt = isSilent ? nextYearly(createdAt, zone, now) : askAgainAt(now, zone);
  if (!(await tables.duties.move(duty, { ...duty, dueAt, data }))) return;
  const reminder = { purpose: "need", copy: today, at: now } as const;
  if (isSilent) await remindApprovers(tables, registration, reminder);
  else await remindOwners(tables, registration, reminder);
  await tables.audit.append({
    at: now,
    who: "usher",
    what: "need.asked",
    surface: "system",
    subject: id,
    outcome: isSilent ? "silent" : `asked ${times + 1}`,
  });
  await tables.jobs.wake("deliver", id);
}
