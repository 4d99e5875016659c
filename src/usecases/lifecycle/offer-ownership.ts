import { randomBytes } from "node:crypto";
import type { Surface } from "../../domain/audit.ts";
import { mayOffer, type Offered, type OwnershipOffer, offerDays } from "../../domain/ownership.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { Place } from "../ports/chat.ts";
import type { Tables } from "../ports/store.ts";
import { newPost } from "../telling/new-post.ts";

/** What is offered, and by whom; from Usher's own surface where nothing else is said. */
export type NewOffer = Offered & Pick<OwnershipOffer, "by"> & { surface?: Surface };

const dayMs = 86_400_000;
export const daysLater = (from: Date, days: number): Date => new Date(from.getTime() + days * dayMs);

/**
 * Asks a person to own a registration, in the caller's transaction, which holds it. Whoever calls has looked the person
 * up in the directory. Undefined when an offer is open already, or the registration takes none of this kind.
 */
export async function offerOwnership(
  tables: Tables,
  held: Registration,
  { kind, to, from, by, surface = "system" }: NewOffer,
  now: Date,
): Promise<OwnershipOffer | undefined> {
  const registrationId = held.id;
  const offer: OwnershipOffer = {
    id: randomBytes(9).toString("base64url"),
    registrationId,
    kind,
    to,
    ...(from && { from }),
    by,
    at: now,
    state: "offered",
    changedAt: now,
  };
  if (mayOffer(held, offer) !== "may") return undefined;
  if (!(await tables.ownership.insert(offer))) return undefined;
  await tables.duties.set({
    id: registrationId,
    kind: "offer",
    dueAt: daysLater(now, offerDays),
    data: { offer: offer.id },
  });
  await auditOffer(tables, offer, { who: by, surface, outcome: "offered", at: now });
  await showOffer(tables, offer, { kind: "personal", userId: to.userId }, now);
  if (by !== "usher") await showOffer(tables, offer, { kind: "personal", userId: by.userId }, now);
  await tables.jobs.wake("deliver", registrationId);
  return offer;
}

/** A card of the offer in that place, which is kept true. Nobody gets two of one offer. */
export const showOffer = (
  tables: Tables,
  { id, registrationId }: OwnershipOffer,
  place: Extract<Place, { kind: "personal" }> | Omit<Extract<Place, { kind: "conversation" }>, "copy">,
  at: Date,
): Promise<void> =>
  tables.posts.add({ ...newPost(registrationId, "ownership", at), place: { ...place, copy: id } as Place });

export type OfferEnd = {
  state: Extract<OwnershipOffer["state"], "done" | "declined" | "withdrawn" | "denied" | "expired">;
  by: Actor | "usher";
  surface?: Surface;
  reason?: string;
};

/**
 * Ends an open offer in the caller's transaction, which holds the registration; false when it was ended before. Its
 * cards are redrawn.
 */
export async function endOffer(
  tables: Tables,
  offer: OwnershipOffer,
  end: OfferEnd,
  now: Date,
): Promise<boolean> {
  if (!(await closeOffer(tables, offer, end, now))) return false;
  await auditEnd(tables, offer, end, now);
  await tables.jobs.wake("deliver", offer.registrationId);
  return true;
}

/** The same without its audit line, for whoever changes more: that is appended last, under a lock for everybody. */
export async function closeOffer(
  tables: Tables,
  offer: OwnershipOffer,
  { state, by, reason }: OfferEnd,
  now: Date,
): Promise<boolean> {
  const { endedBy: _ended, reason: _reason, ...seen } = offer;
  const ended: OwnershipOffer = {
    ...seen,
    state,
    changedAt: now,
    ...(by !== "usher" && { endedBy: by }),
    ...(reason !== undefined && { reason }),
  };
  if (!(await tables.ownership.change(offer, ended))) return false;
  await tables.duties.remove(offer.registrationId, "offer");
  if (offer.kind === "take-over" && state !== "done" && state !== "withdrawn")
    await lookAtOwnersNow(tables, offer.registrationId, now);
  return true;
}

export const auditEnd = (
  tables: Tables,
  offer: OwnershipOffer,
  { state, by, surface = "system", reason }: OfferEnd,
  at: Date,
): Promise<void> =>
  auditOffer(tables, offer, {
    who: by,
    surface,
    outcome: state,
    at,
    ...(reason !== undefined && { reason }),
  });

/** Nobody owns it still: what comes next need not wait for the look of the day. */
export async function lookAtOwnersNow(tables: Tables, id: Registration["id"], now: Date): Promise<void> {
  const duty = (await tables.duties.of(id)).find(({ kind }) => kind === "owners");
  if (duty) await tables.duties.set({ ...duty, dueAt: now });
}

export function auditOffer(
  tables: Tables,
  { id, registrationId, kind, to, from }: OwnershipOffer,
  act: { who: Actor | "usher"; surface: Surface; outcome: string; at: Date; reason?: string },
): Promise<void> {
  const { who, surface, outcome, at, reason } = act;
  return tables.audit.append({
    at,
    who: who === "usher" ? who : who.userId,
    what: `ownership.${kind}`,
    surface,
    subject: registrationId,
    outcome,
    detail: {
      offer: id,
      to: to.userId,
      ...(from && { from: from.userId }),
      ...(reason !== undefined && { reason }),
    },
  });
}
