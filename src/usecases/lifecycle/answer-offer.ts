import type { Surface } from "../../domain/audit.ts";
import {
  isOpenOffer,
  judgeAccept,
  mayWithdraw,
  needsApprover,
  type OwnershipOffer,
} from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { checkStaff } from "../intake/staff.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { type AskRefusal, auditOwnershipRefusal } from "./ask-to-own.ts";
import { showWaiting } from "./decide-offer.ts";
import { type FoundOffer, findOffer, lapsed, type OfferRefusal, outcomeOf, within } from "./hold-offer.ts";
import { auditOffer, endOffer } from "./offer-ownership.ts";
import { endFallen, lookWhatItRestsOn } from "./offer-rests-on.ts";
import { changeOwners } from "./owners-change.ts";
import { personToOwn } from "./person-to-own.ts";
import { tell, tellOwners, toldOf } from "./tell-owners.ts";

/** `offer`: as a card names it. */
export type OfferAnswer = { caller: Caller; offer: string; surface: Surface };

/** The person says yes. Where the rank wants an approver, that one says so too before anything changes. */
export async function acceptOwnership(
  world: World,
  answer: OfferAnswer,
): Promise<{ view: OwnershipView } | OfferRefusal> {
  const found = await offeredTo(world, answer);
  if ("refused" in found) return found;
  const { caller, surface } = answer;
  const person = { userId: caller.userId, name: caller.name };
  // Looked up at this moment: they may have been stopped since they were asked, or policy may have changed.
  const looked = await personToOwn(world, { userId: caller.userId }, found.registration);
  if ("refused" in looked) return looked;
  const rests = await lookWhatItRestsOn(world, found);
  if (typeof rests === "object" && "refused" in rests) return rests;
  const rank = rankOfPlan(found.registration.plan, world.catalog);
  const isForAdmins = needsApprover(rank) && !(await world.store.tables.conversations.approvalsChannel());
  const admins = isForAdmins ? await adminsNow(world) : [];
  // It would wait where nobody sees it.
  if (!admins) return { refused: "directory-unreachable" };
  const refusal = await within<OfferRefusal>(world, found, async (tables, held, offer) => {
    const verdict = judgeAccept(offer, held, rank);
    const isLive = verdict === "done" || verdict === "needs-approver";
    if (rests !== "stands" && isLive) return endFallen(tables, held, offer, rests, world.clock.now());
    switch (verdict) {
      case "done":
        return (await changeOwners(tables, world, held, offer, { by: person, surface }))
          ? undefined
          : "passed";
      case "needs-approver": {
        const at = world.clock.now();
        const accepted: OwnershipOffer = { ...offer, state: "accepted", changedAt: at };
        if (!(await tables.ownership.change(offer, accepted))) return "passed";
        await auditOffer(tables, offer, { who: person, surface, outcome: "accepted", at });
        await showWaiting(tables, accepted, admins, at);
        await tellOwners(tables, held, offer, { outcome: "accepted" }, at);
        return undefined;
      }
      case "passed":
        return verdict;
      default:
        return lapsed(tables, held, offer, verdict, world.clock.now());
    }
  });
  return outcomeOf(world, found, refusal, "person");
}

/** The person says no: everything stays as it was, and whoever asked hears of it. */
export async function declineOwnership(
  world: World,
  answer: OfferAnswer,
): Promise<{ view: OwnershipView } | OfferRefusal> {
  const found = await offeredTo(world, answer);
  if ("refused" in found) return found;
  const { caller, surface } = answer;
  const by = { userId: caller.userId, name: caller.name };
  const refusal = await within<AskRefusal>(world, found, async (tables, held, offer) => {
    const at = world.clock.now();
    if (!isOpenOffer(offer)) return "passed";
    if (!(await endOffer(tables, offer, { state: "declined", by, surface }, at))) return "passed";
    await tellOwners(tables, held, offer, { outcome: "declined" }, at);
    return undefined;
  });
  return outcomeOf(world, found, refusal, "person");
}

/** Whoever asked takes it back, or any owner does. */
export async function withdrawOffer(
  world: World,
  answer: OfferAnswer,
): Promise<{ view: OwnershipView } | OfferRefusal> {
  const found = await withdrawnBy(world, answer);
  if ("refused" in found) return found;
  const { caller, surface } = answer;
  const by = { userId: caller.userId, name: caller.name };
  const refusal = await within<AskRefusal>(world, found, async (tables, held, offer) => {
    const at = world.clock.now();
    if (!isOpenOffer(offer)) return "passed";
    if (!(await endOffer(tables, offer, { state: "withdrawn", by, surface }, at))) return "passed";
    const told = toldOf(held, offer, { outcome: "withdrawn", by });
    await tell(tables, held.id, [offer.to], told, at);
    return undefined;
  });
  return outcomeOf(world, found, refusal, "owner");
}

/** To whoever it was not made there is no such offer. */
export async function offeredTo(world: World, { caller, offer: id, surface }: OfferAnswer) {
  const found = await findOffer(world, id);
  const isTheirs =
    found !== undefined &&
    caller.tenantId === world.settings.tenantId &&
    found.offer.to.userId === caller.userId;
  if (!isTheirs) return stranger(world, caller, found, surface);
  return (await staffRefusal(world, caller)) ?? found;
}

export async function withdrawnBy(world: World, { caller, offer: id, surface }: OfferAnswer) {
  const found = await findOffer(world, id);
  const isTheirs =
    found !== undefined &&
    caller.tenantId === world.settings.tenantId &&
    mayWithdraw(found.offer, found.registration, caller);
  if (!isTheirs) return stranger(world, caller, found, surface);
  return (await staffRefusal(world, caller)) ?? found;
}

async function stranger(world: World, caller: Caller, found: FoundOffer | undefined, surface: Surface) {
  if (found) await auditOwnershipRefusal(world, caller, found.registration.id, surface, "not-theirs");
  return { refused: "unknown-offer" } as const;
}

async function staffRefusal(world: World, caller: Caller) {
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" } as const;
  return typeof staff === "object" ? staff : undefined;
}
