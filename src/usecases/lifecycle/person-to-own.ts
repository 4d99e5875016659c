import type { RequestId, UserId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Actor } from "../../domain/request.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { groupsThatMayOwn } from "./look-up-owners.ts";

/** Somebody as a card or a mention names them, or by their email address or user principal name. */
export type PersonNamed = { userId: UserId } | { address: string };

export type CannotOwn = {
  refused: "cannot-own";
  id: RequestId;
  why: "unknown" | "guest" | "disabled" | "may-not-ask";
  /** What the registration is for. */
  system: string;
  /** Left out while the directory does not know them. */
  name?: string;
};

/**
 * The person as the directory has them now, if they may own a registration for this system: whoever could not ask for
 * it is not handed it either.
 */
export async function personToOwn(
  world: World,
  named: PersonNamed,
  { id, plan }: { id: RequestId; plan: Pick<Plan, "blueprint"> },
): Promise<{ person: Actor } | CannotOwn | { refused: "directory-unreachable" }> {
  const { directory } = world;
  const system = plan.blueprint.title;
  const refuse = (why: CannotOwn["why"], name?: string): CannotOwn => ({
    refused: "cannot-own",
    id,
    why,
    system,
    ...(name !== undefined && { name }),
  });
  try {
    const found =
      "userId" in named ? await directory.person(named.userId) : await directory.personNamed(named.address);
    if (!found) return refuse("unknown");
    const { userId, name, isEnabled, isGuest } = found;
    if (isGuest) return refuse("guest", name);
    if (!isEnabled) return refuse("disabled", name);
    const groups = await groupsThatMayOwn(world, plan.blueprint.id);
    const may = !groups || (await directory.memberOf(userId, groups)).size > 0;
    return may ? { person: { userId, name } } : refuse("may-not-ask", name);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "who is to own a registration could not be looked up");
    return { refused: "directory-unreachable" };
  }
}
