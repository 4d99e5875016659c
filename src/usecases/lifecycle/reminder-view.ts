import type { RequestId } from "../../domain/ids.ts";
import { type Day, dayOf, daysBetween } from "../../domain/local-day.ts";
import { isOwnedBy, type Registration } from "../../domain/registration.ts";
import type { Place } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import type { ExpiryView, NeedView } from "../telling/registration-views.ts";
import { zoneOf } from "./begin-reminders.ts";
import { expiryData } from "./keep-expiry.ts";
import type { NeedData } from "./keep-need.ts";

type Shown = Pick<ExpiryView, "registration" | "isForOwner" | "isOld" | "isGivenAway">;

/** What a card says by now that told of an end; undefined when there is nothing to say. */
export async function expiryMessage(world: World, post: Post, id: RequestId): Promise<Message | undefined> {
  const shown = await shownBy(world, post, id);
  const [on, end] = (post.place.copy ?? "").split(" ");
  if (!shown || !on || !end) return undefined;
  const { tables } = world.store;
  const { registration } = shown;
  const endsAt = new Date(end);
  const isStill = registration.expiresAt?.getTime() === endsAt.getTime();
  const duty = (await tables.duties.of(id)).find(({ kind }) => kind === "expiry");
  const { known, knownAt } = duty ? expiryData(duty, endsAt) : {};
  const newKey = await tables.newKeys.get(id);
  const lastDay = dayOf(endsAt, await zoneOf(tables, registration));
  const view: ExpiryView = {
    ...shown,
    endsAt,
    daysLeft: Math.max(0, daysBetween(on as Day, lastDay)),
    stands: !isStill ? "replaced" : endsAt <= world.clock.now() ? "ended" : "ends",
    ...(newKey && { isBeingReplaced: true }),
    ...(known !== undefined && knownAt && { known: { by: known, at: new Date(knownAt) } }),
  };
  return { kind: "expiry", view };
}

/** The same of one that asks whether it is still needed. */
export async function needMessage(world: World, post: Post, id: RequestId): Promise<Message | undefined> {
  const shown = await shownBy(world, post, id);
  if (!shown) return undefined;
  const duty = (await world.store.tables.duties.of(id)).find(({ kind }) => kind === "confirm");
  const { askedOn, confirmedBy, confirmedAt }: NeedData = duty?.data ?? {};
  const view: NeedView = {
    ...shown,
    isOld: shown.isOld || (askedOn !== undefined && (post.place.copy ?? "") < askedOn),
    askedOn: new Date(askedOn ?? post.place.copy ?? ""),
    ...(confirmedBy !== undefined &&
      confirmedAt && { confirmed: { by: confirmedBy, at: new Date(confirmedAt) } }),
  };
  return { kind: "need", view };
}

/** What a card that comes again and again shows beside its own news. */
export async function shownBy({ store }: World, post: Post, id: RequestId): Promise<Shown | undefined> {
  const registration: Registration | undefined = await store.tables.registrations.get(id);
  if (!registration) return undefined;
  // What was stopped before it could be said is said by nobody.
  if (post.state !== "posted" && registration.state !== "active") return undefined;
  const posts = await store.tables.posts.of(id);
  const { copy = "" } = post.place;
  const isOld = posts.some(
    ({ purpose, place }) =>
      purpose === post.purpose && isSamePlace(place, post.place) && (place.copy ?? "") > copy,
  );
  const isGivenAway = post.place.kind === "personal" && !isOwnedBy(registration, post.place);
  return {
    registration,
    isForOwner: post.place.kind === "personal",
    isOld: isOld || isGivenAway,
    ...(isGivenAway && { isGivenAway }),
  };
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.kind === "personal") return b.kind === "personal" && a.userId === b.userId;
  return b.kind === "conversation" && a.conversationId === b.conversationId;
}
