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
import type { Registration } from "../../domain/registration.ts";
import { adminsNow } from "../approval/tell-admins.ts";
import { checkStaff } from "../intake/staff.ts";
import type { Tables } from "../ports/store.ts";
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
  const person = personOf(answer);
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
  const refusal = await endIfOpen(world, answer, found, "declined", (tables, held, offer, at) =>
    tellOwners(tables, held, offer, { outcome: "declined" }, at),
  );
  return outcomeOf(world, found, refusal, "person");
}

/** Whoever asked takes it back, or any owner does. */
export async function withdrawOffer(
  world: World,
  answer: OfferAnswer,
): Promise<{ view: OwnershipView } | OfferRefusal> {
  const found = await withdrawnBy(world, answer);
  if ("refused" in found) return found;
  const by = personOf(answer);
  const refusal = await endIfOpen(world, answer, found, "withdrawn", (tables, held, offer, at) =>
    tell(tables, held.id, [offer.to], toldOf(held, offer, { outcome: "withdrawn", by }), at),
  );
  return outcomeOf(world, found, refusal, "owner");
}

const personOf = ({ caller: { userId, name } }: OfferAnswer) => ({ userId, name });

function endIfOpen(
  world: World,
  answer: OfferAnswer,
  found: FoundOffer,
  state: "declined" | "withdrawn",
  tellThem: (tables: Tables, held: Registration, offer: OwnershipOffer, at: Date) => Promise<unknown>,
) {
  return within<AskRefusal>(world, found, async (tables, held, offer) => {
    const at = world.clock.now();
    const ending = { state, by: personOf(answer), surface: answer.surface };
    if (!isOpenOffer(offer) || !(await endOffer(tables, offer, ending, at))) return "passed";
    await tellThem(tables, held, offer, at);
    return undefined;
  });
}

/** To whoever it was not made there is no such offer. */
export const offeredTo = (world: World, answer: OfferAnswer) =>
  theirs(world, answer, ({ offer }) => offer.to.userId === answer.caller.userId);

export const withdrawnBy = (world: World, answer: OfferAnswer) =>
  theirs(world, answer, ({ offer, registration }) => mayWithdraw(offer, registration, answer.caller));

async function theirs(
  world: World,
  { caller, offer: id, surface }: OfferAnswer,
  isTheirs: (found: FoundOffer) => boolean,
) {
  const found = await findOffer(world, id);
  if (!found || caller.tenantId !== world.settings.tenantId || !isTheirs(found)) {
    if (found) await auditOwnershipRefusal(world, caller, found.registration.id, surface, "not-theirs");
    return { refused: "unknown-offer" } as const;
  }
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" } as const;
  return typeof staff === "object" ? staff : found;
}
