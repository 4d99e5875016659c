import { keepOverlap } from "../handover/keep-overlap.ts";
import type { Duty, DutyKind } from "../ports/duties.ts";
import type { World } from "../ports/world.ts";
import { keepExpiry } from "./keep-expiry.ts";
import { keepNeed } from "./keep-need.ts";
import { keepOffer } from "./keep-offer.ts";
import { keepOwners } from "./keep-owners.ts";
import { keepPurge } from "./keep-purge.ts";

/** For one duty at a time: does what is due, and moves or removes the duty in the transaction that does it. */
export type KeepDuty = (world: World, duty: Duty, now: Date) => Promise<void>;

const keepers: Readonly<Record<Exclude<DutyKind, "owners">, KeepDuty>> = {
  expiry: keepExpiry,
  confirm: keepNeed,
  overlap: keepOverlap,
  purge: keepPurge,
  offer: keepOffer,
};

/** What would take something away because of a restored backup, before an admin has compared it. */
const waitsForAdmin: ReadonlySet<DutyKind> = new Set(["overlap", "purge"]);

/** So many at a time; more of them wait for the next sweep. */
const mostDue = 500;

/** Owners are looked up a thousand in one request. */
const mostOwnersDue = 1000;

/** One duty that cannot be done stops none of the others; the next sweep comes back to it. */
export async function keepDuties(world: World, now: Date): Promise<void> {
  const { duties, hold } = world.store.tables;
  const held = await hold.get();
  for (const duty of await duties.due(now, mostDue, "others")) {
    if (held && waitsForAdmin.has(duty.kind)) continue;
    try {
      if (duty.kind !== "owners") await keepers[duty.kind](world, duty, now);
    } catch (error) {
      world.log.error({ err: error, requestId: duty.id, duty: duty.kind }, "what is due could not be done");
    }
  }
  await keepOwners(world, await duties.due(now, mostOwnersDue, "owners"), now);
}
