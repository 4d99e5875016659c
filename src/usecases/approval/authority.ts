import type { GroupId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { decidingGroups } from "../../domain/policy.ts";
import type { World } from "../ports/world.ts";

/** Whether the caller is an enabled admin at this moment. Throws `DirectoryFailure`. */
export async function isAdmin(world: World, caller: Caller): Promise<boolean> {
  return isEnabledMember(world, caller, adminsOf(world));
}

/** Whether the caller is an admin, or policy lets them decide on anything. Throws `DirectoryFailure`. */
export async function isApproverOrAdmin(world: World, caller: Caller): Promise<boolean> {
  const { isApprover, isAdmin } = await rolesOf(world, caller);
  return isApprover || isAdmin;
}

/** What the caller is at this moment, with one look into the directory for both. Throws `DirectoryFailure`. */
export async function rolesOf(
  world: World,
  caller: Caller,
): Promise<{ isApprover: boolean; isAdmin: boolean }> {
  const approvers = approversOf(world);
  const admins = adminsOf(world);
  const isIn = await enabledMemberOf(world, caller, [...new Set([...approvers, ...admins])]);
  const isOfOne = (groups: readonly GroupId[]) => groups.some((group) => isIn.has(group));
  return { isApprover: isOfOne(approvers), isAdmin: isOfOne(admins) };
}

/** Of one of the groups, as an enabled account of this tenant that is no guest's. */
export async function isEnabledMember(
  world: World,
  caller: Caller,
  groups: readonly GroupId[],
): Promise<boolean> {
  return (await enabledMemberOf(world, caller, groups)).size > 0;
}

const adminsOf = ({ settings: { adminsGroup } }: World) => (adminsGroup ? [adminsGroup] : []);
const approversOf = ({ catalog, settings }: World) => decidingGroups(catalog.policy, settings.approversGroup);

/** Those of the groups that the caller is in; none where the account may do nothing. */
async function enabledMemberOf(
  { directory, settings }: World,
  caller: Caller,
  groups: readonly GroupId[],
): Promise<ReadonlySet<GroupId>> {
  if (groups.length === 0 || caller.tenantId !== settings.tenantId) return new Set();
  const [person, isIn] = await Promise.all([
    directory.person(caller.userId),
    directory.memberOf(caller.userId, groups),
  ]);
  return person?.isEnabled === true && !person.isGuest ? isIn : new Set();
}
