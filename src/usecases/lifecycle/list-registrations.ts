import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import { isAdmin, isApprover } from "../approval/authority.ts";
import { checkStaff, type StaffRefusal } from "../intake/staff.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Page } from "../ports/registrations.ts";
import type { World } from "../ports/world.ts";

export type ListRefusal =
  | StaffRefusal
  | { refused: "not-approver-or-admin" }
  | { refused: "directory-unreachable" };

/** Rows of a card that a phone still shows well. */
const pageSize = 10;

/** Registrations, newest first: one's own, or everybody's for approvers and admins. */
export async function listRegistrations(
  world: World,
  caller: Caller,
  scope: "own" | "all",
  after?: string,
): Promise<Page<Registration> | ListRefusal> {
  if (scope === "own") {
    const own = await world.store.tables.registrations.page(caller.userId, pageSize, after);
    // Whoever has none may be a guest, who hears that Usher is not for them.
    const staff = own.rows.length === 0 ? await checkStaff(world, caller) : "staff";
    return typeof staff === "object" ? staff : own;
  }
  try {
    const mayAll = (await isApprover(world, caller)) || (await isAdmin(world, caller));
    if (!mayAll) return { refused: "not-approver-or-admin" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  return world.store.tables.registrations.page("all", pageSize, after);
}
