import type { ActivityId, UserId } from "../../domain/ids.ts";
import type { Absence, judgeOwners, OwnersAct, OwnersState } from "../../domain/leavers.ts";
import type { OwnershipOffer } from "../../domain/ownership.ts";
import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { Place } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { Message } from "../telling/messages.ts";
import { newPost } from "../telling/new-post.ts";
import { leaveOrChangeInEntra } from "./change-entra-owner.ts";
import { handOn } from "./hand-on.ts";
import { endOffer, offerOwnership } from "./offer-ownership.ts";
import type { Means } from "./owners-means.ts";
import { tell, toldOf } from "./tell-owners.ts";

type Occasion = {
  registration: Registration;
  open: OwnershipOffer | undefined;
  verdict: ReturnType<typeof judgeOwners>;
  means: Means;
  wanted: number;
};

/** Does it in the caller's transaction, which holds the registration; answers what is known from now on. */
export async function actOnOwners(
  tables: Tables,
  world: World,
  { registration, open, verdict, means, wanted }: Occasion,
  now: Date,
): Promise<OwnersState> {
  const { act, state } = verdict;
  if (verdict.endsOffer && open) await endLeftBehind(tables, registration, open, state, now);
  switch (act.act) {
    case "none":
      return state;
    case "look-again":
      // The card of an offer says so where whoever made it may be gone.
      if (open) await tables.jobs.wake("deliver", registration.id);
      return state;
    case "remove":
      await removeOwner(tables, world, registration, { ...act, isAnotherWanted: wanted > 1 }, now);
      return state;
    case "find-successor": {
      if (!state.leftAt) await auditLeaver(tables, registration, act.gone, now);
      const noted = { ...state, leftAt: state.leftAt ?? now };
      const { from } = act;
      const offer =
        means.manager &&
        (await offerOwnership(
          tables,
          registration,
          { kind: "take-over", to: means.manager, from, by: "usher" },
          now,
        ));
      return offer
        ? { ...noted, offerId: offer.id }
        : tellNobodyOwns(tables, registration, noted, means, now);
    }
    case "tell-approvers":
      return tellNobodyOwns(tables, registration, state, means, now);
    case "back":
      await welcome(tables, registration, { open, ...act }, now);
      return state;
    case "ask-for-another":
      await askForAnother(tables, registration, { tellsApprovers: act.tellsApprovers, means }, now);
      return state;
    default:
      return act satisfies never;
  }
}

/** The gone one is taken off the record, and the other one is told that they own it alone. */
async function removeOwner(
  tables: Tables,
  world: World,
  registration: Registration,
  {
    gone,
    from,
    stays,
    isAnotherWanted,
  }: Extract<OwnersAct, { act: "remove" }> & { isAnotherWanted: boolean },
  now: Date,
): Promise<void> {
  const { id, plan, owner } = registration;
  const owners = { owner: stays };
  await tables.registrations.ownersAre(id, owners);
  const { isNewSecretMade } = await handOn(tables, world, registration, { from, to: stays, owners });
  if (owner.userId !== stays.userId) await leaveOrChangeInEntra(tables, world, registration, stays);
  await auditLeaver(tables, registration, gone, now);
  const message = {
    kind: "owner-left",
    requestId: id,
    displayName: plan.displayName,
    left: from,
    why: gone.why,
    isAnotherWanted,
    ...(isNewSecretMade && { isNewSecretMade }),
  } as const;
  await note(tables, registration, { kind: "personal", userId: stays.userId }, message, now);
}

/** Nobody becomes an owner by the word of one who has left: whoever was asked need not answer any more. */
async function endLeftBehind(
  tables: Tables,
  registration: Registration,
  open: OwnershipOffer,
  { absences }: OwnersState,
  now: Date,
): Promise<void> {
  if (!(await endOffer(tables, open, { state: "withdrawn", by: "usher" }, now))) return;
  const isGone = ({ userId }: Actor) => absences.some((absence) => absence.userId === userId);
  const people = [open.to, ...ownersOf(registration).filter((owner) => !isGone(owner))];
  await tell(tables, registration.id, people, toldOf(registration, open, { outcome: "withdrawn" }), now);
}

/** Answers with when they were told, if anybody could be. */
async function tellNobodyOwns(
  tables: Tables,
  registration: Registration,
  state: OwnersState,
  means: Means,
  now: Date,
): Promise<OwnersState> {
  if (!(await tellApprovers(tables, registration, "unowned", means, now))) return state;
  await audit(tables, registration, { what: "owners.gone", outcome: "told" }, now);
  return { ...state, toldAt: now };
}

/** Whoever was asked in their place need not answer any more; whoever heard that nobody owns it hears of this too. */
async function welcome(
  tables: Tables,
  registration: Registration,
  { open, wasTold, owner }: { open: OwnershipOffer | undefined; wasTold: boolean; owner: Actor },
  now: Date,
): Promise<void> {
  const { id, plan } = registration;
  const message = { kind: "owner-back", requestId: id, displayName: plan.displayName, owner } as const;
  if (open?.kind === "take-over" && (await endOffer(tables, open, { state: "withdrawn", by: "usher" }, now)))
    await note(tables, registration, { kind: "personal", userId: open.to.userId }, message, now);
  const channel = wasTold && (await tables.conversations.approvalsChannel());
  if (channel)
    await note(tables, registration, { kind: "conversation", conversationId: channel }, message, now);
  await audit(tables, registration, { what: "owner.back", outcome: "there", owner: owner.userId }, now);
  await tables.jobs.wake("deliver", id);
}

async function askForAnother(
  tables: Tables,
  registration: Registration,
  { tellsApprovers, means }: { tellsApprovers: boolean; means: Means },
  now: Date,
): Promise<void> {
  const { id, owner } = registration;
  const origin = await tables.requests.origin(id);
  const place = { kind: "personal", userId: owner.userId, ...(origin && { fallback: origin }) } as const;
  await tables.posts.add({
    ...newPost(id, "second-owner", now),
    place: { ...place, copy: now.toISOString() },
  });
  if (tellsApprovers) await tellApprovers(tables, registration, "second-owner", means, now);
  await audit(
    tables,
    registration,
    { what: "owners.wanted", outcome: tellsApprovers ? "approvers told" : "asked" },
    now,
  );
  await tables.jobs.wake("deliver", id);
}

/** A card of its own for each time, so that somebody is notified. Answers whether there is anybody to tell. */
async function tellApprovers(
  tables: Tables,
  { id }: Registration,
  purpose: Extract<Post["purpose"], "unowned" | "second-owner">,
  { admins }: Means,
  now: Date,
): Promise<boolean> {
  const copy = now.toISOString();
  const channel = await tables.conversations.approvalsChannel();
  const places: Place[] = channel
    ? [{ kind: "conversation", conversationId: channel, copy: copy as ActivityId }]
    : admins.map((userId) => ({ kind: "personal", userId, copy }));
  for (const place of places) await tables.posts.add({ ...newPost(id, purpose, now), place });
  await tables.jobs.wake("deliver", id);
  return places.length > 0;
}

async function note(
  tables: Tables,
  { id }: Registration,
  place: Place,
  message: Message,
  now: Date,
): Promise<void> {
  await tables.posts.add({ ...newPost(id, "note", now), place, message });
  await tables.jobs.wake("deliver", id);
}

const auditLeaver = (tables: Tables, registration: Registration, { userId, why }: Absence, now: Date) =>
  audit(tables, registration, { what: "owner.left", outcome: why, owner: userId }, now);

const audit = (
  tables: Tables,
  { id }: Registration,
  { owner, ...line }: { what: string; outcome: string; owner?: UserId },
  at: Date,
) =>
  tables.audit.append({
    at,
    who: "usher",
    surface: "system",
    subject: id,
    ...line,
    ...(owner && { detail: { owner } }),
  });
