import type { RequestId } from "../../domain/ids.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import type { World } from "../ports/world.ts";
import { type AskRefusal, findOwn, type OwnershipAsked } from "./ask-to-own.ts";
import { handOn } from "./hand-on.ts";
import { endOffer } from "./offer-ownership.ts";
import { tell } from "./tell-owners.ts";

export type RemoveRefusal = AskRefusal | { refused: "no-second-owner"; id: RequestId };

/**
 * Either owner ends it that there are two: the first one stays, so nobody leaves a registration without anybody.
 * `meant`: whom the card showed. Where it is another one by now, nothing is changed. A command means whoever it is.
 */
export async function removeCoOwner(
  world: World,
  asked: Pick<OwnershipAsked, "caller" | "named" | "surface"> & { meant?: string },
): Promise<{ removed: Registration } | { another: Registration } | RemoveRefusal> {
  const found = await findOwn(world, asked);
  if ("refused" in found) return found;
  const { caller, surface, meant } = asked;
  const { id } = found.registration;
  const by = { userId: caller.userId, name: caller.name };
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held || !isOwnedBy(held, caller)) return { refused: "unknown-registration" };
    const { coOwner, ...alone } = held;
    if (!coOwner) return { refused: "no-second-owner", id };
    if (meant !== undefined && meant !== coOwner.userId) return { another: held };
    const at = world.clock.now();
    const owners = { owner: held.owner };
    await tables.registrations.ownersAre(id, owners);
    const secret = await handOn(tables, world, held, { from: coOwner, to: held.owner, owners });
    // What they were to hand on is theirs no more.
    const open = await tables.ownership.open(id);
    const isTheirs =
      open?.from?.userId === coOwner.userId ||
      (open && open.by !== "usher" && open.by.userId === coOwner.userId);
    if (open && isTheirs) await endOffer(tables, open, { state: "withdrawn", by, surface }, at);
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "ownership.co-owner",
      surface,
      subject: id,
      outcome: "removed",
      detail: { coOwner: coOwner.userId },
    });
    await tell(
      tables,
      id,
      ownersOf(held),
      {
        kind: "ownership-told",
        requestId: id,
        displayName: held.plan.displayName,
        outcome: "removed",
        to: coOwner,
        by,
        ...secret,
      },
      at,
    );
    return { removed: alone };
  });
}
