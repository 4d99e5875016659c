import { checkPermissions } from "../../domain/check-permissions.ts";
import type { RequestId } from "../../domain/ids.ts";
import { limitsOf } from "../../domain/limits.ts";
import { type Narrowing, narrowPlan, smallerNameOf, wholeOf } from "../../domain/narrow-plan.ts";
import { rankPermissions, rankRoles } from "../../domain/permission.ts";
import type { Caller } from "../../domain/person.ts";
import { fingerprintOf, type Plan } from "../../domain/plan.ts";
import { permissionKey, planDifference, redirectKey } from "../../domain/plan-difference.ts";
import { refusedByPolicy, type Terms, type TermsNow } from "../../domain/policy.ts";
import type { In, Request } from "../../domain/request.ts";
import { beginWaiting } from "../../domain/waiting.ts";
import { credentialRules, factsFor } from "../intake/tenant-facts.ts";
import type { World } from "../ports/world.ts";
import type { NarrowingView } from "../telling/request-views.ts";
import { type DecideRefusal, type Judged, judge, type Press } from "./judge.ts";
import { requestNow } from "./keep-time.ts";
import { tellRequester } from "./save-decision.ts";

/** The form in which an approver leaves less of a plan, for whoever may decide on it now. */
export async function narrowingForm(
  world: World,
  caller: Caller,
  requestId: RequestId,
  revision: number,
): Promise<{ form: NarrowingView } | DecideRefusal> {
  const press = { caller, requestId, revision, surface: "card" } as const;
  const judged = await judge(world, press, { verdict: "narrow" }, await requestNow(world, requestId));
  if ("refused" in judged) return judged;
  return { form: formOf(world, judged, wholeOf(judged.request.plan), undefined, []) };
}

export type Offer = Press & { narrowing: Narrowing; note?: string };

/**
 * Offers the requester a plan with less in it. The vote of whoever narrowed it counts on the new plan, others lapse;
 * nothing is made before the requester accepts. Answers the form again with what must be mended.
 */
export async function offerNarrower(
  world: World,
  press: Offer,
): Promise<{ offered: Request } | { form: NarrowingView } | DecideRefusal> {
  const seen = await requestNow(world, press.requestId);
  if (seen && isOffered(world, seen, press)) return { offered: seen };
  const judged = await judge(world, press, { verdict: "narrow" }, seen);
  if ("refused" in judged) return judged;
  const { request, terms, actor } = judged;
  const narrowed = await narrowedPlan(world, request.plan, press.narrowing, terms);
  const { plan } = narrowed;
  const isSame = planDifference(request.plan, plan).length === 0;
  const sentences = [
    ...(isSame ? ["Nothing is left out yet. Untick something, or go back and approve it as it is."] : []),
    ...narrowed.sentences,
    ...(terms.reasonToApprove && !press.note
      ? ["Policy asks for a reason with every approval: write it into the note."]
      : []),
  ];
  if (sentences.length > 0) return { form: formOf(world, judged, press.narrowing, press.note, sentences) };

  const at = world.clock.now();
  const { policy } = world.catalog;
  const { waiting } = request as In<"pending">;
  const { escalatedAt } = waiting;
  const revision = request.revision + 1;
  const offered: In<"offered"> = {
    ...request,
    state: "offered",
    revision,
    plan,
    fingerprint: fingerprintOf(plan),
    before: request.plan,
    terms: asNeededNow(request.terms, terms),
    // A vote that needs a fresh sign-in is given once the requester has accepted.
    votes: terms.freshSignIn
      ? []
      : [{ approver: actor, at, surface: press.surface, ...(press.note && { reason: press.note }) }],
    thread: [
      ...request.thread,
      { at, by: actor, kind: "offer", revision, ...(press.note && { text: press.note }) },
    ],
    offeredBy: actor,
    offeredAt: at,
    waiting: { ...beginWaiting(policy.ranks[terms.rank], at, waiting), ...(escalatedAt && { escalatedAt }) },
  };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, offered))) return false;
    await tables.audit.append({
      at,
      who: actor.userId,
      what: "request.narrowed",
      surface: press.surface,
      subject: request.id,
      revision,
      outcome: "offered",
      detail: {
        fingerprint: offered.fingerprint,
        before: request.fingerprint,
        ...(press.note && { note: press.note }),
      },
    });
    await tellRequester(tables, offered, at);
    return true;
  });
  return isSaved ? { offered } : offerNarrower(world, press);
}

/**
 * What the whole plan needs now, less of it needs too: nobody gets it through alone by taking away what makes others
 * necessary. The groups stay those that were asked.
 */
const asNeededNow = (
  frozen: Terms,
  { rank, approvals, reasonToApprove, freshSignIn, linkHours }: TermsNow,
): Terms => ({ ...frozen, rank, approvals, reasonToApprove, freshSignIn, linkHours });

/**
 * The very same offer of the same person, pressed again, also when the requester was faster. The tenant is not asked: what
 * it answers may have changed since the first press, the narrowing has not. Who owns it follows from the rank.
 */
function isOffered(world: World, request: Request, { caller, revision, narrowing }: Offer): boolean {
  if (!request.before || request.revision !== revision + 1) return false;
  const isOwnOffer = request.thread.some(
    (said) => said.kind === "offer" && said.revision === request.revision && said.by.userId === caller.userId,
  );
  if (!isOwnOffer) return false;
  const plan = narrowPlan(request.before, narrowing, world.catalog.permissionFacts);
  return planDifference(plan, request.plan).every(({ what }) => what === "owner");
}

/** The narrower plan, as the tenant and policy take it, and what they have against it. */
async function narrowedPlan(world: World, before: Plan, narrowing: Narrowing, terms: Pick<TermsNow, "rank">) {
  const { permissionFacts, policy } = world.catalog;
  const narrower = narrowPlan(before, narrowing, permissionFacts);
  const known = await credentialRules(world);
  const facts = await factsFor(world, narrower, known);
  const { plan: checked, wrong } = checkPermissions(narrower, facts);
  const mayOwn = policy.ranks[terms.rank].owner === "requester";
  const plan: Plan = { ...checked, ...(before.owner && { owner: mayOwn ? before.owner : "nobody" }) };
  const sentences = [
    ...wrong.map(({ sentence }) => sentence),
    ...limitsOf(plan, facts.credentialRules, world.clock.now()),
    ...refusedByPolicy(policy, plan, terms.rank),
  ];
  return { plan, sentences: [...new Set(sentences)] };
}

/** Lives that people choose among; what was asked for comes first. */
const lives = [24, 18, 12, 6, 3, 1] as const;

function formOf(
  { catalog }: World,
  { request, terms }: Judged,
  chosen: Narrowing,
  note: string | undefined,
  sentences: string[],
): NarrowingView {
  const { plan } = request;
  const roles = rankRoles(plan.directoryRoles ?? [], catalog.roleFacts);
  const { credential } = plan;
  const most = catalog.policy.ranks[terms.rank].secretMonths;
  const longest = credential.kind === "secret" ? Math.min(credential.months, most) : 0;
  return {
    requestId: request.id,
    revision: request.revision,
    requester: request.requester,
    plan,
    permissions: rankPermissions(plan.permissions, catalog.permissionFacts).map((permission) => {
      const smaller = smallerNameOf(permission, catalog.permissionFacts);
      return { key: permissionKey(permission), permission, ...(smaller && { smaller }) };
    }),
    roles: (plan.directoryRoles ?? []).flatMap(({ name, templateId }) => {
      const role = roles.find((each) => each.name === name);
      return role ? [{ templateId, role }] : [];
    }),
    redirects: plan.redirects.map((redirect) => ({ key: redirectKey(redirect), uri: redirect.uri })),
    months: longest > 0 ? [longest, ...lives.filter((months) => months < longest)] : [],
    chosen: { ...chosen, ...(longest > 0 && { months: Math.min(chosen.months ?? longest, longest) }) },
    counts: !terms.freshSignIn,
    needsNote: terms.reasonToApprove,
    ...(note && { note }),
    sentences,
  };
}
