import type { GroupId, UserId } from "../../domain/ids.ts";
import { type WhyGone, whyGone } from "../../domain/leavers.ts";
import { groupsThatMayAsk } from "../../domain/policy.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { type Directory, DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

/** Which owners of a registration cannot be counted on, as the directory says now. */
export type GoneOf = (registration: Registration) => ReadonlyMap<UserId, WhyGone>;

/**
 * Looks the owners of all of these up, each person once, in few requests. Throws `DirectoryFailure`: then nothing is
 * known of any of them. What it answers throws one too, where an owner of just that one could not be read.
 */
export async function lookUpOwners(world: World, registrations: readonly Registration[]): Promise<GoneOf> {
  const { directory, catalog } = world;
  const { policy } = catalog;
  const ids = [...new Set(registrations.flatMap(ownersOf).map(({ userId }) => userId))];
  if (ids.length === 0) return () => new Map();
  const people = await directory.people(ids);
  const groups = await groupsThatCount(world, [...new Set(policy.mayAsk.map(({ group }) => group))]);
  const isIn = groups.length > 0 ? await directory.membersAmong([...people.keys()], groups) : new Map();
  return (registration) => {
    const asking = groupsThatMayAsk(policy, registration.plan.blueprint.id)?.filter((group) =>
      groups.includes(group),
    );
    // Where nobody may ask for it any more, those who have it have not left.
    const mayAsk = (userId: UserId) =>
      !asking || asking.length === 0 || asking.some((group) => known(isIn.get(userId))?.has(group));
    return new Map(
      ownersOf(registration).flatMap(({ userId }) => {
        const why = whyGone(known(people.get(userId)), mayAsk(userId));
        return why ? [[userId, why]] : [];
      }),
    );
  };
}

function known<T>(found: T | DirectoryFailure): T {
  if (found instanceof DirectoryFailure) throw found;
  return found;
}

/**
 * Who may own what is for this system: members of these groups, as those who may ask for it; undefined where that shuts
 * nobody out. With no group left nobody could own it at all, so then anybody on the staff may. Throws `DirectoryFailure`.
 */
export async function groupsThatMayOwn(
  world: World,
  system: Registration["plan"]["blueprint"]["id"],
): Promise<GroupId[] | undefined> {
  const asking = groupsThatMayAsk(world.catalog.policy, system);
  const groups = asking && (await groupsThatCount(world, [...new Set(asking)]));
  return groups && groups.length > 0 ? groups : undefined;
}

/** A group that is gone, or was written wrong, would make leavers of everybody. */
async function groupsThatCount({ directory }: World, groups: readonly GroupId[]): Promise<GroupId[]> {
  const named = await Promise.all(groups.map((group) => directory.groupName(group)));
  return groups.filter((_, at) => named[at] !== undefined);
}

/** The same question is asked once, however many registrations it is about. */
export function askedOnce(directory: Directory): Directory {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(about: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (answers.get(about) as Promise<T> | undefined) ?? ask();
    answers.set(about, answer);
    return answer;
  };
  return {
    ...directory,
    manager: (userId) => once(`manager ${userId}`, () => directory.manager(userId)),
    memberOf: (userId, groups) =>
      once(`groups ${userId} ${groups.join()}`, () => directory.memberOf(userId, groups)),
    members: (group) => once(`members ${group}`, () => directory.members(group)),
    groupName: (group) => once(`name ${group}`, () => directory.groupName(group)),
  };
}

/** Whoever stands above an owner who is gone, if they may own it. Throws `DirectoryFailure`. */
export async function managerFor(world: World, registration: Registration): Promise<Actor | undefined> {
  const { directory } = world;
  const owners = ownersOf(registration);
  const groups = await groupsThatMayOwn(world, registration.plan.blueprint.id);
  for (const { userId } of owners) {
    const manager = await directory.manager(userId);
    if (!manager?.isEnabled || manager.isGuest) continue;
    if (owners.some((owner) => owner.userId === manager.userId)) continue;
    if (groups && (await directory.memberOf(manager.userId, groups)).size === 0) continue;
    return { userId: manager.userId, name: manager.name };
  }
  return undefined;
}
