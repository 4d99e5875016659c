import { firstTelling, nextYearly } from "../../domain/expiry.ts";
import { type TimeZone, utc } from "../../domain/local-day.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Tables } from "../ports/store.ts";

/** Whose mornings count for a registration: its first owner's, in UTC while Teams has not said where they are. */
export async function zoneOf(tables: Tables, { owner }: Pick<Registration, "owner">): Promise<TimeZone> {
  return (await tables.conversations.personal(owner.userId))?.timeZone ?? utc;
}

/** What is to be said of a registration that is made now: that its credential ends, and each year whether it is needed. */
export async function beginReminders(tables: Tables, registration: Registration, now: Date): Promise<void> {
  const { id, createdAt, expiresAt } = registration;
  const zone = await zoneOf(tables, registration);
  if (expiresAt)
    await tables.duties.set({ id, kind: "expiry", dueAt: firstTelling(expiresAt, zone, now), data: {} });
  await tables.duties.set({ id, kind: "confirm", dueAt: nextYearly(createdAt, zone, now), data: {} });
}
