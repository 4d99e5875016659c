import type { Blueprint } from "../../domain/blueprint.ts";
import type { GroupId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { groupsThatMayAsk } from "../../domain/policy.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

/** `system` is what it is called; left out when it is about all of them. */
export type MayAskRefusal = { refused: "may-not-ask"; system?: string };

/**
 * Whether policy lets the caller ask for this system now. `unknown` when the directory does not answer: then nothing
 * is decided yet.
 */
export async function mayAskFor(
  world: World,
  caller: Caller,
  system: Pick<Blueprint, "id" | "title">,
): Promise<"may" | "unknown" | MayAskRefusal> {
  const groups = groupsThatMayAsk(world.catalog.policy, system.id);
  if (!groups) return "may";
  const isIn = await groupsOf(world, caller, groups);
  if (!isIn) return "unknown";
  return isIn.size > 0 ? "may" : { refused: "may-not-ask", system: system.title };
}

/** The systems that the caller may ask for, in order; all when the directory does not answer, since it is asked again. */
export async function systemsFor(
  world: World,
  caller: Caller,
): Promise<readonly Blueprint[] | MayAskRefusal> {
  const { blueprints, policy } = world.catalog;
  const groups = groupsThatMayAsk(policy, undefined);
  if (!groups) return blueprints;
  const isIn = await groupsOf(world, caller, groups);
  if (!isIn) return blueprints;
  const own = blueprints.filter(({ id }) => groupsThatMayAsk(policy, id)?.some((group) => isIn.has(group)));
  return own.length > 0 ? own : { refused: "may-not-ask" };
}

async function groupsOf(
  world: World,
  caller: Caller,
  groups: readonly GroupId[],
): Promise<ReadonlySet<GroupId> | undefined> {
  try {
    return await world.directory.memberOf(caller.userId, [...new Set(groups)]);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, userId: caller.userId }, "who may ask could not be looked up");
    return undefined;
  }
}
