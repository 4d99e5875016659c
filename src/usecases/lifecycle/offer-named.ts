import type { RequestId } from "../../domain/ids.ts";
import { isOpenOffer, mayWithdraw, offerMark } from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { type OfferAnswer, offeredTo, withdrawnBy } from "./answer-offer.ts";
import { type DecideOfferRefusal, decidedBy } from "./decide-offer.ts";
import type { FoundOffer } from "./hold-offer.ts";
import { ownershipView } from "./ownership-view.ts";

type Reader = OwnershipView["reader"];

/**
 * The offer of that registration which somebody may answer as a person, an owner or an approver: the open one, or else
 * the last. `isMeant`: it bears the mark that was typed, so it is the one that they read.
 */
export async function offerNamed(
  world: World,
  caller: Caller,
  { id, mark, reader }: { id: RequestId; mark: string | undefined; reader: Reader },
): Promise<{ offer: string; isMeant: boolean } | undefined> {
  if (caller.tenantId !== world.settings.tenantId) return undefined;
  const { ownership, registrations } = world.store.tables;
  const registration = await registrations.get(id);
  if (!registration) return undefined;
  const offers = (await ownership.of(id)).filter((offer) => mayBe[reader]({ offer, registration }, caller));
  const offer = offers.find(isOpenOffer) ?? offers.at(-1);
  return offer && { offer: offer.id, isMeant: mark === offerMark(offer) };
}

const mayBe: Readonly<Record<Reader, (found: FoundOffer, caller: Caller) => boolean>> = {
  person: ({ offer }, { userId }) => offer.to.userId === userId,
  owner: ({ offer, registration }, caller) => mayWithdraw(offer, registration, caller),
  approver: ({ offer }) => offer.state === "accepted" || !isOpenOffer(offer),
};

const seenBy = { person: offeredTo, owner: withdrawnBy, approver: decidedBy } as const;

/** How an offer stands by now, for whoever could answer it; nothing is changed. */
export async function readOffer(
  world: World,
  answer: OfferAnswer,
  reader: Reader,
): Promise<{ view: OwnershipView } | DecideOfferRefusal> {
  const found = await seenBy[reader](world, answer);
  if ("refused" in found) return found;
  return { view: await ownershipView(world, found.offer, found.registration, reader) };
}
