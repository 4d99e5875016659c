import { createHash } from "node:crypto";
import { seenAgainAfterMs } from "./finding.ts";
import type { UserId } from "./ids.ts";
import type { Person } from "./person.ts";
import type { Actor } from "./request.ts";

/** Why an owner cannot be counted on: their account, or that they may not ask for such a registration any more. */
export type WhyGone = "disabled" | "deleted" | "may-not-ask";

export function whyGone(person: Person | undefined, mayAsk: boolean): WhyGone | undefined {
  if (!person) return "deleted";
  if (!person.isEnabled) return "disabled";
  return person.isGuest || !mayAsk ? "may-not-ask" : undefined;
}

/** An owner who was gone when Usher looked. */
export type Absence = {
  userId: UserId;
  why: WhyGone;
  firstSeen: Date;
  /** Seen once more, half an hour later or more: from then on it counts. */
  confirmedAt?: Date;
};

/** What was found and done about the owners of a registration so far. */
export type OwnersState = {
  absences: readonly Absence[];
  /** The manager was asked to take it over, by this offer. */
  offerId?: string;
  /** When the approvers heard last that nobody owns it. */
  toldAt?: Date;
  /** When the audit got its line that the last owner left: it gets no second one while nobody can be told. */
  leftAt?: Date;
  /** Since when its owner is asked to name another one, and when that was last. */
  askedFirst?: Date;
  askedAt?: Date;
  /** The approvers heard that there is only one. */
  saidAt?: Date;
};

/** The owners as they are now, and who of them is gone as the directory says at this moment. */
export type OwnersLook = {
  owners: readonly Actor[];
  gone: ReadonlyMap<UserId, WhyGone>;
  /** How many owners policy wants. */
  wanted: number;
  /** Somebody is asked to own it, and has not answered. */
  hasOpenOffer: boolean;
  /** Who made that offer, unless Usher did. */
  offeredBy?: UserId;
};

export type OwnersAct =
  | { act: "none" }
  /** It was seen once, and Entra may have shown an older state. */
  | { act: "look-again"; at: Date }
  /** The other one stays as its only owner. */
  | { act: "remove"; gone: Absence; from: Actor; stays: Actor }
  /** Nobody owns it any more: the manager of the one who did is asked, or else the approvers are told. */
  | { act: "find-successor"; gone: Absence; from: Actor }
  | { act: "tell-approvers" }
  /** Whoever was gone is there again, before anybody took it over. */
  | { act: "back"; owner: Actor; wasTold: boolean }
  | { act: "ask-for-another"; isFirst: boolean; tellsApprovers: boolean };

const dayMs = 86_400_000;
/** A look is once a day; the one in a week may come a little early. */
const weekMs = 7 * dayMs - dayMs / 2;
/** So long an owner is asked alone, and then the approvers hear of it. */
const patientMs = 28 * dayMs - dayMs / 2;

/** `endsOffer`: whoever made the open offer has left, so it is ended before the act. */
type OwnersVerdict = { act: OwnersAct; state: OwnersState; endsOffer?: true };

/** What is to be done next about the owners, and what is known of them from now on. */
export function judgeOwners(before: OwnersState, look: OwnersLook, now: Date): OwnersVerdict {
  const absences = afterLook(before.absences, look, now);
  const endsOffer =
    look.hasOpenOffer &&
    absences.some(({ userId, confirmedAt }) => confirmedAt !== undefined && userId === look.offeredBy);
  if (!endsOffer) return nextAct(before, absences, look, now);
  return { ...nextAct(before, absences, { ...look, hasOpenOffer: false }, now), endsOffer };
}

function nextAct(
  before: OwnersState,
  absences: Absence[],
  { owners, wanted, hasOpenOffer }: OwnersLook,
  now: Date,
): OwnersVerdict {
  const doubtful = absences.find(({ confirmedAt }) => !confirmedAt);
  const isGone = ({ userId }: Actor) => absences.some((absence) => absence.userId === userId);
  const there = owners.find((owner) => !isGone(owner));
  const state: OwnersState = { ...before, absences };
  const isFirstTime = before.offerId === undefined && before.toldAt === undefined;
  if (doubtful) {
    const at = new Date(doubtful.firstSeen.getTime() + seenAgainAfterMs);
    return { act: { act: "look-again", at }, state };
  }
  const [gone] = absences;
  const from = gone && owners.find(({ userId }) => userId === gone.userId);
  if (!there) {
    const act: OwnersAct = hasOpenOffer
      ? { act: "none" }
      : isFirstTime && gone && from
        ? { act: "find-successor", gone, from }
        : isPast(before.toldAt, weekMs, now)
          ? { act: "tell-approvers" }
          : { act: "none" };
    return { act, state };
  }
  const { offerId: _offer, toldAt: _told, leftAt: _left, ...owned } = state;
  const wasNoted = !isFirstTime || before.leftAt !== undefined;
  if (wasNoted && before.absences.some(({ userId }) => userId === there.userId))
    return {
      act: { act: "back", owner: there, wasTold: before.toldAt !== undefined },
      state: owned,
    };
  if (gone && from) return { act: { act: "remove", gone, from, stays: there }, state: { absences: [] } };
  if (owners.length >= wanted) return { act: { act: "none" }, state: { absences } };
  if (hasOpenOffer || !isPast(owned.askedAt, weekMs, now)) return { act: { act: "none" }, state: owned };
  const isFirst = owned.askedFirst === undefined;
  const tellsApprovers = !isFirst && !owned.saidAt && isPast(owned.askedFirst, patientMs, now);
  return {
    act: { act: "ask-for-another", isFirst, tellsApprovers },
    state: {
      ...owned,
      askedFirst: owned.askedFirst ?? now,
      askedAt: now,
      ...(tellsApprovers && { saidAt: now }),
    },
  };
}

const isPast = (since: Date | undefined, ms: number, now: Date) =>
  since === undefined || now.getTime() - since.getTime() >= ms;

function afterLook(known: readonly Absence[], { owners, gone }: OwnersLook, now: Date): Absence[] {
  return owners.flatMap(({ userId }): Absence[] => {
    const why = gone.get(userId);
    if (!why) return [];
    const before = known.find((absence) => absence.userId === userId);
    if (!before) return [{ userId, why, firstSeen: now }];
    const isOld = now.getTime() - before.firstSeen.getTime() >= seenAgainAfterMs;
    return [{ ...before, why, ...(!before.confirmedAt && isOld && { confirmedAt: now }) }];
  });
}

/** Whether none of these can be counted on, as far as that is confirmed. */
export const isUnowned = (owners: readonly Actor[], { absences }: OwnersState): boolean =>
  owners.every(({ userId }) => absences.some((each) => each.userId === userId && each.confirmedAt));

/** Its owners are looked up once a day, each registration at a time of its own, so that all do not come at once. */
export function nextLook(id: string, now: Date): Date {
  const slot = createHash("sha256").update(id).digest().readUInt32BE() % dayMs;
  const today = now.getTime() - (now.getTime() % dayMs) + slot;
  return new Date(today > now.getTime() ? today : today + dayMs);
}
