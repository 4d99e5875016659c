import type { Caller } from "../../domain/person.ts";
import type { Registration } from "../../domain/registration.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
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

/** What is listed: one's own, everybody's, or everybody's that end, the soonest first. */
export type ListScope = "own" | "all" | "expiring";
export type Listing = { scope: ListScope; after?: string; filter?: string };

/** A page of one's own registrations, or of everybody's for approvers and admins. */
export async function listRegistrations(
  world: World,
  caller: Caller,
  { scope, after, filter }: Listing,
): Promise<Page<Registration> | ListRefusal> {
  const { registrations } = world.store.tables;
  if (scope === "own") {
    const own = await registrations.page(caller.userId, pageSize, after, filter);
    // Whoever has none may be a guest, who hears that Usher is not for them.
    const staff = own.rows.length === 0 ? await checkStaff(world, caller) : "staff";
    return typeof staff === "object" ? staff : own;
  }
  try {
    const mayAll = await isApproverOrAdmin(world, caller);
    if (!mayAll) return { refused: "not-approver-or-admin" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  return registrations.page(scope, pageSize, after, filter);
}
