import type { RequestId } from "../../domain/ids.ts";
import { isUnowned } from "../../domain/leavers.ts";
import { isOpenOffer, needsApprover } from "../../domain/ownership.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Post } from "../ports/conversations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import type { UnownedView } from "../telling/registration-views.ts";
import { ownersState } from "./owners-data.ts";
import { ownersWanted } from "./owners-wanted.ts";
import { shownBy } from "./reminder-view.ts";

/** What a card says by now that told that nobody owns it; undefined when there is nothing to say. */
export async function unownedMessage(world: World, post: Post, id: RequestId): Promise<Message | undefined> {
  const { tables } = world.store;
  const shown = await shownBy(world, post, id);
  if (!shown) return undefined;
  const { registration } = shown;
  const [gone, offers] = await Promise.all([goneOwners(tables, registration), tables.ownership.of(id)]);
  // Somebody owns it again: what was not said yet is not said any more.
  if (gone.length === 0 && post.state !== "posted") return undefined;
  const open = offers.find(isOpenOffer);
  const asked = offers.findLast((offer) => offer.by === "usher" && !isOpenOffer(offer));
  const view: UnownedView = {
    ...shown,
    gone,
    ...(open && { open }),
    ...(asked && gone.length > 0 && { asked }),
    needsApprover: needsApprover(rankOfPlan(registration.plan, world.catalog)),
  };
  return { kind: "unowned", view };
}

/** The owners, with why each is gone, where that is confirmed of all of them; none where somebody is there. */
export async function goneOwners(tables: Tables, registration: Registration): Promise<UnownedView["gone"]> {
  const duty = (await tables.duties.of(registration.id)).find(({ kind }) => kind === "owners");
  const state = duty && ownersState(duty);
  const owners = ownersOf(registration);
  if (registration.state !== "active" || !state || !isUnowned(owners, state)) return [];
  return owners.flatMap(({ userId, name }) =>
    state.absences.filter((each) => each.userId === userId).map(({ why }) => ({ name, why })),
  );
}

/** The same of one that wants a second owner. */
export async function secondOwnerMessage(
  world: World,
  post: Post,
  id: RequestId,
): Promise<Message | undefined> {
  const { tables } = world.store;
  const shown = await shownBy(world, post, id);
  if (!shown) return undefined;
  const { registration } = shown;
  const isStillWanted = ownersOf(registration).length < ownersWanted(world, registration);
  if (!isStillWanted && post.state !== "posted") return undefined;
  const open = await tables.ownership.open(id);
  const isForOwner = post.place.kind === "personal" && post.place.userId === registration.owner.userId;
  return {
    kind: "second-owner",
    view: { ...shown, isStillWanted, isForOwner, ...(open && { open }) },
  };
}
