import type { RequestId } from "../../domain/ids.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import type { World } from "../ports/world.ts";
import { type AskRefusal, findOwn, type OwnershipAsked } from "./ask-to-own.ts";
import { endOffer } from "./offer-ownership.ts";
import { tell } from "./tell-owners.ts";

export type RemoveRefusal = AskRefusal | { refused: "no-second-owner"; id: RequestId };

/** Either owner ends it that there are two: the first one stays, so nobody leaves a registration without anybody. */
export async function removeCoOwner(
  world: World,
  asked: Pick<OwnershipAsked, "caller" | "named" | "surface">,
): Promise<{ removed: Registration } | RemoveRefusal> {
  const found = await findOwn(world, asked);
  if ("refused" in found) return found;
  const { caller, surface } = asked;
  const { id } = found.registration;
  const by = { userId: caller.userId, name: caller.name };
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held || !isOwnedBy(held, caller)) return { refused: "unknown-registration" };
    const { coOwner, ...alone } = held;
    if (!coOwner) return { refused: "no-second-owner", id };
    const at = world.clock.now();
    await tables.registrations.ownersAre(id, { owner: held.owner });
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
      },
      at,
    );
    return { removed: alone };
  });
}
