import type { Surface } from "../../domain/audit.ts";
import type { RequestId, UserId } from "../../domain/ids.ts";
import { judgeApproval, type OwnershipOffer, remindApproversDays } from "../../domain/ownership.ts";
import type { Caller } from "../../domain/person.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import type { Registration } from "../../domain/registration.ts";
import { isApproverOrAdmin, isEnabledMember } from "../approval/authority.ts";
import { isNamedInEntra } from "../drift/named-in-entra.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { OwnershipView } from "../telling/registration-views.ts";
import { auditOwnershipRefusal } from "./ask-to-own.ts";
import { type FoundOffer, findOffer, lapsed, type OfferRefusal, outcomeOf, within } from "./hold-offer.ts";
import { daysLater, endOffer, showOffer } from "./offer-ownership.ts";
import { endFallen, lookWhatItRestsOn } from "./offer-rests-on.ts";
import { changeOwners } from "./owners-change.ts";
import { type CannotOwn, personToOwn } from "./person-to-own.ts";
import { tell, tellOwners, toldOf } from "./tell-owners.ts";

type OwnOffer = { refused: "own-offer"; id: RequestId };

export type DecideOfferRefusal =
  | OfferRefusal
  | OwnOffer
  | { refused: "not-approver-of-offer"; id: RequestId };

/** What an approver makes of it; without a reason it is approved. */
export type OfferDecision = { caller: Caller; offer: string; denial?: string; surface: Surface };

/** An approver says yes or no to an offer that its person has accepted. Looked up at this moment, like everything. */
export async function decideOffer(
  world: World,
  { caller, offer: id, denial, surface }: OfferDecision,
): Promise<{ view: OwnershipView } | DecideOfferRefusal> {
  const found = await decidedBy(world, { caller, offer: id, surface });
  if ("refused" in found) return found;
  // Whoever is to own it may have left since they said yes.
  const looked: { person: unknown } | CannotOwn | { refused: "directory-unreachable" } =
    denial === undefined
      ? await personToOwn(world, { userId: found.offer.to.userId }, found.registration)
      : { person: found.offer.to };
  if ("refused" in looked) return looked;
  const rests = denial === undefined ? await lookWhatItRestsOn(world, found) : "stands";
  if (typeof rests === "object" && "refused" in rests) return rests;
  const by = { userId: caller.userId, name: caller.name };
  const refusal = await within<DecideOfferRefusal>(world, found, async (tables, held, offer) => {
    const verdict = judgeApproval(offer, held, caller);
    if (verdict === "own" || (await isNamedInEntra(tables, held.id, caller)))
      return { refused: "own-offer", id: held.id };
    if (verdict === "passed") return "passed";
    if (denial !== undefined) return deny(tables, world, held, offer, { by, surface, reason: denial });
    if (verdict !== "done") return lapsed(tables, held, offer, verdict, world.clock.now());
    if (rests !== "stands") return endFallen(tables, held, offer, rests, world.clock.now());
    return (await changeOwners(tables, world, held, offer, { by, surface })) ? undefined : "passed";
  });
  return outcomeOf(world, found, refusal, "approver");
}

async function deny(
  tables: Tables,
  world: World,
  held: Registration,
  offer: OwnershipOffer,
  end: { by: Parameters<typeof tell>[2][number]; surface: Surface; reason: string },
): Promise<"passed" | undefined> {
  const at = world.clock.now();
  if (!(await endOffer(tables, offer, { state: "denied", ...end }, at))) return "passed";
  const ended = { outcome: "denied", by: end.by, reason: end.reason } as const;
  await tellOwners(tables, held, offer, ended, at);
  await tell(tables, held.id, [offer.to], toldOf(held, offer, ended), at);
  return undefined;
}

/** The offer, if the caller may decide on it now; whoever may not leaves a line in the audit. */
export async function decidedBy(
  world: World,
  { caller, offer: id, surface }: Pick<OfferDecision, "caller" | "offer" | "surface">,
): Promise<FoundOffer | DecideOfferRefusal> {
  const found = await findOffer(world, id);
  const may = await mayDecide(world, caller, found);
  if (may === "may") return found ?? { refused: "unknown-offer" };
  if (found && may.refused !== "directory-unreachable")
    await auditOwnershipRefusal(world, caller, found.registration.id, surface, may.refused);
  return may;
}

/** Whom policy lets decide on what is as dangerous as this. To whoever may not even see it there is no such offer. */
async function mayDecide(
  world: World,
  caller: Caller,
  found: Awaited<ReturnType<typeof findOffer>>,
): Promise<"may" | DecideOfferRefusal> {
  const { catalog, settings } = world;
  if (!found || caller.tenantId !== settings.tenantId) return { refused: "unknown-offer" };
  const { offer, registration } = found;
  const { id } = registration;
  const isIn =
    judgeApproval(offer, registration, caller) === "own" ||
    (await isNamedInEntra(world.store.tables, id, caller));
  if (isIn) return { refused: "own-offer", id };
  const { approvers = settings.approversGroup } =
    catalog.policy.ranks[rankOfPlan(registration.plan, catalog)];
  try {
    if (approvers && (await isEnabledMember(world, caller, [approvers]))) return "may";
    const mayLook = await isApproverOrAdmin(world, caller);
    return mayLook ? { refused: "not-approver-of-offer", id } : { refused: "unknown-offer" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
}

/**
 * Shows it where approvers decide; while there is no such channel, to the admins, who can name one. They are reminded
 * of it once.
 */
export async function showWaiting(
  tables: Tables,
  offer: OwnershipOffer,
  admins: readonly UserId[],
  at: Date,
): Promise<void> {
  const { registrationId: id } = offer;
  await tables.duties.set({
    id,
    kind: "offer",
    dueAt: daysLater(at, remindApproversDays),
    data: { offer: offer.id },
  });
  const conversationId = await tables.conversations.approvalsChannel();
  if (conversationId) await showOffer(tables, offer, { kind: "conversation", conversationId }, at);
  else for (const userId of admins) await showOffer(tables, offer, { kind: "personal", userId }, at);
  await tables.jobs.wake("deliver", id);
}
