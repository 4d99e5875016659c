import type { Surface } from "../../domain/audit.ts";
import { type OwnershipOffer, ownersAfter } from "../../domain/ownership.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { leaveOrChangeInEntra } from "./change-entra-owner.ts";
import { handOn } from "./hand-on.ts";
import { auditEnd, closeOffer } from "./offer-ownership.ts";
import { tell } from "./tell-owners.ts";

/**
 * The offer is taken, in the transaction that holds the registration: from its end on other people own it, their
 * cards say so, and whoever gave it away opens nothing of it. False when the offer was ended before.
 */
export async function changeOwners(
  tables: Tables,
  world: World,
  held: Registration,
  offer: OwnershipOffer,
  { by, surface }: { by: Actor; surface: Surface },
): Promise<boolean> {
  const at = world.clock.now();
  const { id } = held;
  const { to, from, kind } = offer;
  const end = { state: "done", by, surface } as const;
  if (!(await closeOffer(tables, offer, end, at))) return false;
  const owners = ownersAfter(held, offer);
  await tables.registrations.ownersAre(id, owners);
  const secret = from && (await handOn(tables, world, held, { from, to, owners }));
  if (owners.owner.userId !== held.owner.userId)
    await leaveOrChangeInEntra(tables, world, held, owners.owner);
  const told = {
    kind: "ownership-told",
    requestId: id,
    displayName: held.plan.displayName,
    outcome: "done",
    offer: kind,
    to,
    ...(from && { from }),
    ...secret,
  } as const;
  const concerned = [...ownersOf(held), ...(offer.by === "usher" ? [] : [offer.by]), to];
  const [theirs, others] = [
    concerned.filter((each) => isOwnedBy(owners, each)),
    concerned.filter((each) => !isOwnedBy(owners, each)),
  ];
  await tell(tables, id, theirs, { ...told, isOwner: true }, at);
  await tell(tables, id, others, told, at);
  await auditEnd(tables, offer, end, at);
  return true;
}
