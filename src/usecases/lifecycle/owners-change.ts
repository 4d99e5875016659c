import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import { type OwnershipOffer, ownersAfter } from "../../domain/ownership.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { beginNewKey } from "../handover/ask-for-new-key.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { leaveOrChangeInEntra } from "./change-entra-owner.ts";
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
  const isNewSecretMade = from !== undefined && (await handOn(tables, world, held, from, to));
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
    ...(isNewSecretMade
      ? { isNewSecretMade }
      : held.plan.credential.kind === "secret" && { hasSecret: true as const }),
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

/**
 * A link that nobody has opened is for whoever gives it away: it is cancelled, and the new owner gets a secret of their
 * own. What is being made goes to them too. Answers whether a secret was begun for them.
 */
async function handOn(
  tables: Tables,
  world: World,
  { id }: Registration,
  from: Actor,
  to: Actor,
): Promise<boolean> {
  const underWay = await tables.newKeys.get(id);
  if (underWay) {
    if (underWay.by.userId === from.userId) await tables.newKeys.update({ ...underWay, by: to });
    return true;
  }
  const isTheirs = (await tables.links.of(id)).some(
    ({ state, requester, openedBy }) => state === "sealed" && requester === from.userId && !openedBy,
  );
  if (!isTheirs) {
    await showRotation(tables, id, to, world.clock.now());
    return false;
  }
  // Its key is known to nobody, so it is given up with it.
  await beginNewKey(tables, world, { id, caller: to, why: "lost" }, undefined);
  return true;
}

/** Where two secrets work, the new owner has the card on which the old one is given up too. */
async function showRotation(tables: Tables, id: RequestId, to: Actor, at: Date): Promise<void> {
  const keys = await tables.keys.of(id);
  const current = keys.find(({ state }) => state === "current")?.keyId;
  if (current === undefined || !keys.some(({ state }) => state === "retiring")) return;
  const place = { kind: "personal", userId: to.userId, copy: current } as const;
  await tables.posts.add({ ...newPost(id, "rotation", at), place });
}
