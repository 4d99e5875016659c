import type { RequestId, UserId } from "../../domain/ids.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import { rankPermissions, rankRoles } from "../../domain/permission.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import type { Post } from "../ports/conversations.ts";
import type { Duty } from "../ports/duties.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { ownersState } from "./owners-data.ts";

/** What a card of an offer says by now; undefined when there is nothing to say. */
export async function ownershipMessage(
  world: World,
  { place, state }: Post,
  id: RequestId,
): Promise<Message | undefined> {
  const { ownership, registrations } = world.store.tables;
  const [offer, registration] = await Promise.all([
    ownership.get((place.copy ?? "").split(" ")[0] ?? ""),
    registrations.get(id),
  ]);
  if (!offer || !registration || offer.registrationId !== id) return undefined;
  const reader = place.kind === "personal" ? readerOf(offer, registration, place.userId) : "approver";
  // What was over before it could be said is not said any more.
  if (state === "due" && isPassedFor(reader, offer)) return undefined;
  return { kind: "ownership", view: await ownershipView(world, offer, registration, reader) };
}

const readerOf = ({ to, by }: OwnershipOffer, registration: Registration, userId: UserId) => {
  if (to.userId === userId) return "person";
  const isTheirs = isOwnedBy(registration, { userId }) || (by !== "usher" && by.userId === userId);
  return isTheirs ? "owner" : "approver";
};

const isPassedFor = (reader: OwnershipView["reader"], { state }: OwnershipOffer) =>
  reader === "approver" ? state !== "accepted" : state !== "offered" && state !== "accepted";

export async function ownershipView(
  { catalog, store: { tables } }: World,
  offer: OwnershipOffer,
  registration: Registration,
  reader: OwnershipView["reader"],
): Promise<OwnershipView> {
  const { plan, id } = registration;
  const [channel, entraOwner, duties] = await Promise.all([
    tables.conversations.approvalsChannel(),
    tables.entraOwners.get(id),
    tables.duties.of(id),
  ]);
  const askerGone = askerGoneOf(offer, duties);
  return {
    offer,
    registration,
    rank: rankOfPlan(plan, catalog),
    permissions: rankPermissions(plan.permissions, catalog.permissionFacts),
    roles: rankRoles(plan.directoryRoles ?? [], catalog.roleFacts),
    reader,
    hasApprovalsChannel: channel !== undefined,
    ...(askerGone && { askerGone }),
    ...(entraOwner && { entraOwner }),
  };
}

function askerGoneOf({ by }: OwnershipOffer, duties: readonly Duty[]): OwnershipView["askerGone"] {
  const duty = duties.find(({ kind }) => kind === "owners");
  if (by === "usher" || !duty) return undefined;
  const absence = ownersState(duty).absences.find(({ userId }) => userId === by.userId);
  return absence && { name: by.name, why: absence.why };
}
