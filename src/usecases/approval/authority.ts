import type { GroupId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { decidingGroups } from "../../domain/policy.ts";
import type { World } from "../ports/world.ts";

/** Whether the caller is an enabled admin at this moment. Throws `DirectoryFailure`. */
export async function isAdmin(world: World, caller: Caller): Promise<boolean> {
  const { adminsGroup } = world.settings;
  return isEnabledMember(world, caller, adminsGroup ? [adminsGroup] : []);
}

/** Whether policy lets the caller decide on anything at this moment. Throws `DirectoryFailure`. */
export async function isApprover(world: World, caller: Caller): Promise<boolean> {
  return isEnabledMember(world, caller, decidingGroups(world.catalog.policy, world.settings.approversGroup));
}

/** Of one of the groups, as an enabled account of this tenant that is no guest's. */
export async function isEnabledMember(
  world: World,
  caller: Caller,
  groups: readonly GroupId[],
): Promise<boolean> {
  if (groups.length === 0 || caller.tenantId !== world.settings.tenantId) return false;
  const [person, isIn] = await Promise.all([
    world.directory.person(caller.userId),
    world.directory.memberOf(caller.userId, groups),
  ]);
  return isIn.size > 0 && person?.isEnabled === true && !person.isGuest;
}
