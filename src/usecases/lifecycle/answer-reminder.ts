import type { Surface } from "../../domain/audit.ts";
import { nextYearly } from "../../domain/expiry.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import { checkStaff, type StaffRefusal } from "../intake/staff.ts";
import type { Duty } from "../ports/duties.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { zoneOf } from "./begin-reminders.ts";
import { type ExpiryData, expiryData } from "./keep-expiry.ts";
import type { NeedData } from "./keep-need.ts";

export type ReminderRefusal =
  | StaffRefusal
  | { refused: "unknown-registration" }
  | { refused: "directory-unreachable" }
  | { refused: "already-revoked"; registration: Registration }
  /** Nothing of it ends soon, or it has ended. */
  | { refused: "nothing-ends"; id: RequestId }
  /** Nobody asked, or somebody has answered. */
  | { refused: "not-asked"; id: RequestId; confirmedBy?: string };

export type ReminderAnswer = { caller: Caller; id: RequestId; surface: Surface };

/** An owner says that they know that the credential ends: until its last day they hear of it no more. */
export function knowOfExpiry(
  world: World,
  answer: ReminderAnswer,
): Promise<{ answered: Registration } | ReminderRefusal> {
  return answered(world, answer, async (tables, registration, now) => {
    const { id, expiresAt } = registration;
    const duty = await dutyOf(tables, id, "expiry");
    const data = duty && expiresAt && expiryData(duty, expiresAt);
    if (!duty || !data?.on) return { refused: "nothing-ends", id };
    if (data.known !== undefined) return undefined;
    const { name, userId } = answer.caller;
    const known: ExpiryData = { ...data, known: name, knownBy: userId, knownAt: now.toISOString() };
    await tables.duties.set({ ...duty, data: known });
    return { what: "expiry.known", outcome: data.endsAt };
  });
}

/** An owner says that it is still needed: they are asked again in a year. */
export function confirmNeed(
  world: World,
  answer: ReminderAnswer,
): Promise<{ answered: Registration } | ReminderRefusal> {
  return answered(world, answer, async (tables, registration, now) => {
    const { id, createdAt } = registration;
    const duty = await dutyOf(tables, id, "confirm");
    const data: NeedData = duty?.data ?? {};
    if (!duty || !data.askedOn) return { refused: "not-asked", id };
    if (data.confirmedBy) {
      const isSame = data.confirmedBy === answer.caller.name;
      return isSame ? undefined : { refused: "not-asked", id, confirmedBy: data.confirmedBy };
    }
    const { askedOn } = data;
    const confirmed: NeedData = { askedOn, confirmedBy: answer.caller.name, confirmedAt: now.toISOString() };
    const dueAt = nextYearly(createdAt, await zoneOf(tables, registration), now);
    await tables.duties.set({ ...duty, dueAt, data: confirmed });
    return { what: "need.confirmed", outcome: "needed" };
  });
}

/** What an answer comes to: an act, a refusal, or nothing more, since it was given before. */
type Effect = { what: string; outcome: string } | Extract<ReminderRefusal, { id: RequestId }> | undefined;

/** To anybody but an owner the registration does not exist. */
async function answered(
  world: World,
  { caller, id, surface }: ReminderAnswer,
  act: (tables: Tables, registration: Registration, now: Date) => Promise<Effect>,
): Promise<{ answered: Registration } | ReminderRefusal> {
  const isOwner = (registration: Registration | undefined) =>
    caller.tenantId === world.settings.tenantId &&
    registration !== undefined &&
    isOwnedBy(registration, caller);
  if (!isOwner(await world.store.tables.registrations.get(id))) return { refused: "unknown-registration" };
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" };
  if (typeof staff === "object") return staff;
  return world.store.inTransaction(async (tables) => {
    const registration = await tables.registrations.hold(id);
    if (!registration || !isOwner(registration)) return { refused: "unknown-registration" };
    if (registration.state !== "active") return { refused: "already-revoked", registration };
    const now = world.clock.now();
    const effect = await act(tables, registration, now);
    if (effect && "refused" in effect) return effect;
    if (effect) {
      await tables.audit.append({ at: now, who: caller.userId, ...effect, surface, subject: id });
      await tables.jobs.wake("deliver", id);
    }
    return { answered: registration };
  });
}

const dutyOf = async (tables: Tables, id: RequestId, kind: Duty["kind"]) =>
  (await tables.duties.of(id)).find((duty) => duty.kind === kind);
