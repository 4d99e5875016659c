import type { Surface } from "../../domain/audit.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import { isOwnedBy, ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { acceptOwnership } from "./answer-offer.ts";
import { type AskRefusal, auditOwnershipRefusal } from "./ask-to-own.ts";
import type { OfferRefusal } from "./hold-offer.ts";
import { goneOwners } from "./leavers-view.ts";
import { lookAtOwnersNow, offerOwnership } from "./offer-ownership.ts";
import { endFallen, ownerThere } from "./offer-rests-on.ts";
import { ownershipView } from "./ownership-view.ts";
import { type PersonNamed, personToOwn } from "./person-to-own.ts";
import { findRegistration } from "./registrations-named.ts";

export type TakeOverRefusal =
  | OfferRefusal
  /** Somebody else is asked already. */
  | { refused: "offer-open"; view: OwnershipView };

/** `to`: who is to own it; the caller where it is left out. */
export type TakeOver = { caller: Caller; named: string; to?: PersonNamed; surface: Surface };

/**
 * An approver or admin takes a registration over that nobody owns any more, or asks a colleague to. What is high or
 * tier 0 changes hands only once an approver who has no part in it says so.
 */
export async function takeOver(
  world: World,
  { caller, named, to, surface }: TakeOver,
): Promise<{ view: OwnershipView } | TakeOverRefusal> {
  const found = await findUnowned(world, { caller, named, surface });
  if ("refused" in found) return found;
  const { registration } = found;
  // The look of the day may be a day old: whoever was gone then may be back.
  const owner = registration.state === "active" ? await ownerThere(world, registration) : undefined;
  if (owner === "unknown") return { refused: "directory-unreachable" };
  if (owner) return leaveToOwner(world, registration, owner);
  const looked = await personToOwn(world, to ?? { userId: caller.userId }, registration);
  if ("refused" in looked) return looked;
  const { person } = looked;
  const by = { userId: caller.userId, name: caller.name };
  const outcome = await offered(world, registration, { to: person, by, surface });
  if ("refused" in outcome) return outcome;
  const { offer } = outcome;
  const isOwn = offer.to.userId === caller.userId;
  if (isOwn && offer.state === "offered") return acceptOwnership(world, { caller, offer: offer.id, surface });
  const view = await ownershipView(world, offer, registration, isOwn ? "person" : "owner");
  const isAsked = offer.to.userId === person.userId;
  return isAsked ? { view } : { refused: "offer-open", view };
}

/** To whoever is neither owner, approver nor admin it does not exist. */
async function findUnowned(
  world: World,
  { caller, named, surface }: Pick<TakeOver, "caller" | "named" | "surface">,
): Promise<{ registration: Registration } | TakeOverRefusal> {
  const found = await findRegistration(world, caller, named);
  if ("refused" in found) {
    const meant = found.refused === "unknown-registration" && (await isThere(world, named));
    if (meant) await auditOwnershipRefusal(world, caller, meant.id, surface, "not-approver");
    return found;
  }
  const { registration } = found;
  const { id } = registration;
  try {
    if (!(await isApproverOrAdmin(world, caller))) {
      if (isOwnedBy(registration, caller)) return { refused: "owner-already", id, name: caller.name };
      await auditOwnershipRefusal(world, caller, id, surface, "not-approver");
      return { refused: "unknown-registration" };
    }
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  return found;
}

const isThere = async ({ store }: World, named: string): Promise<Registration | undefined> =>
  (await store.tables.registrations.find(named))[0];

/** Whoever was asked in their place hears that they are back. */
async function leaveToOwner(
  world: World,
  { id }: Registration,
  owner: Actor,
): Promise<Extract<TakeOverRefusal, { refused: "has-owner" }>> {
  const refusal = { refused: "has-owner", id } as const;
  await world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (held?.state !== "active" || !isOwnedBy(held, owner)) return;
    const at = world.clock.now();
    const open = await tables.ownership.open(id);
    if (open?.kind === "take-over") await endFallen(tables, held, open, { refusal, owner }, at);
    else if ((await goneOwners(tables, held)).length > 0) await lookAtOwnersNow(tables, id, at);
  });
  return refusal;
}

type Wanted = { to: Actor; by: Actor; surface: Surface };

/** The offer to them, or the one that is open already. */
async function offered(
  world: World,
  { id }: Registration,
  wanted: Wanted,
): Promise<{ offer: OwnershipOffer } | AskRefusal | Extract<TakeOverRefusal, { refused: "has-owner" }>> {
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(id);
    if (!held) return { refused: "unknown-registration" };
    if (held.state !== "active") return { refused: "already-revoked", registration: held };
    const open = await tables.ownership.open(id);
    const [from] = ownersOf(held);
    if ((await goneOwners(tables, held)).length === 0 || !from) return { refused: "has-owner", id };
    if (open) return { offer: open };
    const offer = await offerOwnership(
      tables,
      held,
      { kind: "take-over", from, ...wanted },
      world.clock.now(),
    );
    return offer ? { offer } : { refused: "has-owner", id };
  });
}
