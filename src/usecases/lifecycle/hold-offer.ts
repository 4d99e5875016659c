import type { RequestId } from "../../domain/ids.ts";
import type { OfferVerdict, OwnershipOffer } from "../../domain/ownership.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import type { AskRefusal } from "./ask-to-own.ts";
import { endOffer } from "./offer-ownership.ts";
import type { AskerGone, HasOwner } from "./offer-rests-on.ts";
import { ownershipView } from "./ownership-view.ts";

export type OfferRefusal =
  | AskRefusal
  | { refused: "not-staff" }
  | { refused: "unknown-offer" }
  /** Other people own it by now than when the question was asked. */
  | { refused: "offer-lapsed"; id: RequestId }
  | HasOwner
  | AskerGone
  /** It was answered, taken back or too late by now; `view` is how it stands. */
  | { refused: "offer-passed"; view: OwnershipView };

export type FoundOffer = { offer: OwnershipOffer; registration: Registration };

export async function findOffer(world: World, id: string): Promise<FoundOffer | undefined> {
  const { ownership, registrations } = world.store.tables;
  const offer = await ownership.get(id);
  const registration = offer && (await registrations.get(offer.registrationId));
  return registration && { offer, registration };
}

/** Holds the registration first, and reads the offer after: whoever else acts on either comes before or after. */
export function within<R extends { refused: string }>(
  world: World,
  { registration, offer }: FoundOffer,
  act: (tables: Tables, held: Registration, offer: OwnershipOffer) => Promise<R | "passed" | undefined>,
): Promise<R | "passed" | undefined> {
  return world.store.inTransaction(async (tables) => {
    const held = await tables.registrations.hold(registration.id);
    const now = await tables.ownership.get(offer.id);
    return held && now ? act(tables, held, now) : "passed";
  });
}

/** What a yes comes to where the registration is no longer as it was: the question ends with that. */
export async function lapsed(
  tables: Tables,
  held: Registration,
  offer: OwnershipOffer,
  verdict: Exclude<OfferVerdict, "may">,
  at: Date,
): Promise<OfferRefusal> {
  if (verdict === "not-active") return { refused: "already-revoked", registration: held };
  await endOffer(tables, offer, { state: "withdrawn", by: "usher" }, at);
  return { refused: "offer-lapsed", id: held.id };
}

/** How it stands by now, whatever came of the press. */
export async function outcomeOf<R extends { refused: string }>(
  world: World,
  before: FoundOffer,
  refusal: R | "passed" | undefined,
  reader: OwnershipView["reader"],
): Promise<{ view: OwnershipView } | R | Extract<OfferRefusal, { refused: "offer-passed" }>> {
  if (typeof refusal === "object") return refusal;
  const { offer, registration } = (await findOffer(world, before.offer.id)) ?? before;
  const view = await ownershipView(world, offer, registration, reader);
  return refusal === "passed" ? { refused: "offer-passed", view } : { view };
}
