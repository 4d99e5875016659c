import type { RequestId, UserId } from "../../domain/ids.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { Tables } from "../ports/store.ts";
import type { Message } from "../telling/messages.ts";
import { newPost } from "../telling/new-post.ts";

type Told = Extract<Message, { kind: "ownership-told" }>;

/** Says it once to each of them, in their own chat. */
export async function tell(
  tables: Tables,
  id: RequestId,
  people: readonly Actor[],
  message: Told,
  at: Date,
): Promise<void> {
  const once = new Set<UserId>(people.map(({ userId }) => userId));
  for (const userId of once)
    await tables.posts.add({ ...newPost(id, "note", at), place: { kind: "personal", userId }, message });
  await tables.jobs.wake("deliver", id);
}

type Ended = { outcome: "accepted" | "declined" | "denied" | "expired" | "withdrawn" } & Partial<
  Pick<Told, "by" | "reason">
>;

export const toldOf = (
  { id, plan }: Registration,
  { kind, to, from }: OwnershipOffer,
  ended: Ended,
): Told => ({
  kind: "ownership-told",
  requestId: id,
  displayName: plan.displayName,
  offer: kind,
  to,
  ...(from && { from }),
  ...ended,
});

/** Everybody who owns it, and whoever asked. */
export async function tellOwners(
  tables: Tables,
  held: Registration,
  offer: OwnershipOffer,
  ended: Ended,
  at: Date,
): Promise<void> {
  const { by, to } = offer;
  const people = [...ownersOf(held), ...(by === "usher" ? [] : [by])];
  await tell(
    tables,
    held.id,
    people.filter(({ userId }) => userId !== to.userId),
    toldOf(held, offer, ended),
    at,
  );
}
