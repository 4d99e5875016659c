import { firstTelling, nextYearly } from "../../domain/expiry.ts";
import { type TimeZone, utc } from "../../domain/local-day.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Tables } from "../ports/store.ts";

/** Whose mornings count for a registration: its first owner's, in UTC while Teams has not said where they are. */
export async function zoneOf(tables: Tables, { owner }: Pick<Registration, "owner">): Promise<TimeZone> {
  return (await tables.conversations.personal(owner.userId))?.timeZone ?? utc;
}

/** What comes with time for a registration that is made now: its end, whether it is needed, and whether its owners are there. */
export async function beginReminders(tables: Tables, registration: Registration, now: Date): Promise<void> {
  const { id, createdAt, expiresAt } = registration;
  const zone = await zoneOf(tables, registration);
  if (expiresAt)
    await tables.duties.set({ id, kind: "expiry", dueAt: firstTelling(expiresAt, zone, now), data: {} });
  // Looked at now, so that an owner who is to name another one is asked at once.
  await tables.duties.set({ id, kind: "owners", dueAt: now, data: {} });
  await tables.duties.set({ id, kind: "confirm", dueAt: nextYearly(createdAt, zone, now), data: {} });
}
