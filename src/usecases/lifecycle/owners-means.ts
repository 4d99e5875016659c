import { nextCalmMoment } from "../../domain/expiry.ts";
import type { UserId } from "../../domain/ids.ts";
import type { OwnersAct } from "../../domain/leavers.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import type { World } from "../ports/world.ts";
import { zoneOf } from "./begin-reminders.ts";
import { managerFor } from "./look-up-owners.ts";

/** What an act needs of the directory. */
export type Means = {
  /** Who is asked to take it over, if anybody can be. */
  manager?: Actor;
  /** Whom the approvers' news goes to while there is no approvals channel. */
  admins: readonly UserId[];
};

/** Throws `DirectoryFailure`. */
export async function meansFor(world: World, registration: Registration, act: OwnersAct): Promise<Means> {
  const manager = act.act === "find-successor" ? await managerFor(world, registration) : undefined;
  const isForApprovers =
    act.act === "tell-approvers" ||
    (act.act === "find-successor" && !manager) ||
    (act.act === "ask-for-another" && act.tellsApprovers);
  const channel = isForApprovers && (await world.store.tables.conversations.approvalsChannel());
  const admins = isForApprovers && !channel ? ((await adminsNow(world)) ?? []) : [];
  return { admins, ...(manager && { manager }) };
}

/** Whoever is asked again and again is not asked in the night. */
export async function calmFor(
  { store }: World,
  registration: Registration,
  act: OwnersAct,
  now: Date,
): Promise<Date> {
  if (act.act !== "ask-for-another" || act.isFirst) return now;
  return nextCalmMoment(now, await zoneOf(store.tables, registration), () => false);
}
