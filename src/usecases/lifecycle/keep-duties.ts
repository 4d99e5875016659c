import { keepOverlap } from "../handover/keep-overlap.ts";
import type { Duty, DutyKind } from "../ports/duties.ts";
import type { World } from "../ports/world.ts";
import { keepExpiry } from "./keep-expiry.ts";
import { keepNeed } from "./keep-need.ts";
import { keepPurge } from "./keep-purge.ts";

/** Does what is due, and moves or removes the duty in the transaction that does it. */
export type KeepDuty = (world: World, duty: Duty, now: Date) => Promise<void>;

const keepers: Readonly<Partial<Record<DutyKind, KeepDuty>>> = {
  expiry: keepExpiry,
  confirm: keepNeed,
  overlap: keepOverlap,
  purge: keepPurge,
};

/** So many at a time; more of them wait for the next sweep. */
const mostDue = 500;

/** One duty that cannot be done stops none of the others; the next sweep comes back to it. */
export async function keepDuties(world: World, now: Date): Promise<void> {
  for (const duty of await world.store.tables.duties.due(now, mostDue)) {
    try {
      await keepers[duty.kind]?.(world, duty, now);
    } catch (error) {
      world.log.error({ err: error, requestId: duty.id, duty: duty.kind }, "what is due could not be done");
    }
  }
}
