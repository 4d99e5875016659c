import type { GroupId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { World } from "../ports.ts";

/** Whether the caller is an enabled admin at this moment. Throws `DirectoryFailure`. */
export async function isAdmin(world: World, caller: Caller): Promise<boolean> {
  return isEnabledMember(world, caller, world.settings.adminsGroup);
}

/** Whether the caller is an enabled approver at this moment. Throws `DirectoryFailure`. */
export async function isApprover(world: World, caller: Caller): Promise<boolean> {
  return isEnabledMember(world, caller, world.settings.approversGroup);
}

async function isEnabledMember(world: World, caller: Caller, group: GroupId | undefined): Promise<boolean> {
  if (!group || caller.tenantId !== world.settings.tenantId) return false;
  const [person, isMember] = await Promise.all([
    world.directory.person(caller.userId),
    world.directory.isMember(caller.userId, group),
  ]);
  return isMember && person?.isEnabled === true && !person.isGuest;
}
