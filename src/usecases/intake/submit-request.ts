import { type DraftId, newRequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { fingerprintOf, markOf, type Plan } from "../../domain/plan.ts";
import { autoApprovalOf, refusedByPolicy, termsOf } from "../../domain/policy.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import type { In, Request } from "../../domain/request.ts";
import { beginWaiting } from "../../domain/waiting.ts";
import { newsForAdmins, tellAdmins } from "../approval/tell-admins.ts";
import { currentTerms } from "../approval/who-decides.ts";
import type { Posted } from "../ports/chat.ts";
import type { Draft } from "../ports/requests.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { approveByPolicy, groupsOfRequester } from "./approve-by-policy.ts";
import { type DraftRefusal, openDraft } from "./draft.ts";
import { mayAskFor } from "./may-ask.ts";
import { resubmit } from "./resubmit.ts";
import { checkStaff } from "./staff.ts";

export type SubmitRefusal =
  | Exclude<DraftRefusal, { refused: "already-submitted" }>
  | { refused: "not-what-was-shown" }
  | { refused: "directory-unreachable" }
  | { refused: "too-many-open"; most: number }
  /** The request that was to be changed is not waiting for a change any more. */
  | { refused: "not-changeable"; request: Request };

/**
 * Freezes the plan, and what policy says of it, and stores the request. Pressed twice, by card or by a repeat of the
 * same invoke, it answers the same request. `card` is the message that the press came from: it becomes the requester's
 * card. `shown` is the mark of the review that stood there: the form may have been changed since, on another device.
 */
export async function submitRequest(
  world: World,
  caller: Caller,
  id: DraftId,
  card: Posted | undefined,
  shown: string | undefined,
): Promise<{ submitted: Request } | SubmitRefusal> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft.refused === "already-submitted" ? { submitted: draft.request } : draft;
  const { plan, reason } = draft;
  if (!plan || reason === undefined || markOf(plan, reason) !== shown)
    return { refused: "not-what-was-shown" };
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;
  // Asked again here, since the form opens while the directory is silent: nothing later looks at it.
  const may = await mayAskFor(world, caller, plan.blueprint);
  if (may === "unknown") return { refused: "directory-unreachable" };
  if (may !== "may") return may;
  const frozen = freeze(world, plan);
  // Policy may have changed since the review: the review is shown anew, with what it says now.
  if (refusedByPolicy(world.catalog.policy, plan, frozen.terms.rank).length > 0) {
    return { refused: "not-what-was-shown" };
  }
  if (draft.changes)
    return resubmit(world, caller, { ...draft, plan, reason, changes: draft.changes }, frozen);
  return submitNew(world, caller, { ...draft, plan, reason }, card, frozen, staff === "staff");
}

/** What is decided upon, and by which rules, as of now. */
export type Frozen = Pick<In<"pending">, "terms" | "waiting" | "fingerprint" | "plan">;

function freeze({ catalog, clock, settings }: World, plan: Plan): Frozen {
  const rank = rankOfPlan(plan, catalog);
  return {
    plan,
    fingerprint: fingerprintOf(plan),
    terms: termsOf(catalog.policy, { rank, system: plan.blueprint.id }, settings.approversGroup),
    waiting: beginWaiting(catalog.policy.ranks[rank], clock.now()),
  };
}

/** Thrown inside the transaction, so that nothing of it stays. */
class TooManyOpen extends Error {
  override readonly name = "TooManyOpen";
}

export type Reviewed = Draft & { plan: Plan; reason: string };

async function submitNew(
  world: World,
  caller: Caller,
  draft: Reviewed,
  card: Posted | undefined,
  frozen: Frozen,
  isIdentityChecked: boolean,
): Promise<{ submitted: Request } | SubmitRefusal> {
  const { policy } = world.catalog;
  const fresh = (): In<"pending"> => ({
    ...frozen,
    state: "pending",
    id: newRequestId(),
    revision: 1,
    version: 1,
    requester: draft.requester,
    reason: draft.reason,
    submittedAt: world.clock.now(),
    votes: [],
    thread: [],
  });
  const news = await newsForAdmins(world, fresh());
  const groups = await groupsOfRequester(world, caller);
  // Who asks must be known for sure where nobody looks, and what policy says by now, since Graph was asked meanwhile.
  const { rank } = currentTerms(world, fresh());
  const rule =
    isIdentityChecked && groups ? autoApprovalOf(world.catalog.policy, draft.plan, rank, groups) : undefined;

  // An id that is taken (30 random bits) is drawn anew; a draft that another press submitted is found.
  for (let tries = 0; tries < 5; tries++) {
    const request = fresh();
    try {
      const stored = await world.store.inTransaction(async (tables) => {
        const open = await tables.requests.countOpen(caller.userId);
        const of = { draft: draft.id, origin: draft.conversationId, answers: draft.answers ?? {} };
        if (!(await tables.requests.insert(request, of))) return undefined;
        // Thrown, so that what was inserted is not there; a draft that was submitted before is found instead.
        if (open >= policy.openRequests) throw new TooManyOpen();
        await tables.audit.append({
          at: request.submittedAt,
          who: caller.userId,
          what: "request.submitted",
          surface: "card",
          subject: request.id,
          revision: request.revision,
          outcome: "pending",
          detail: {
            fingerprint: request.fingerprint,
            blueprint: draft.plan.blueprint.id,
            rank: request.terms.rank,
            approvals: request.terms.approvals,
            identityChecked: isIdentityChecked,
          },
        });
        // Read under the audit's lock: an `approvals here` at the same time is before or after, never in between.
        const approvals = await tables.conversations.approvalsChannel();
        await addFirstPosts(tables, request, draft, card, approvals);
        if (!rule) await tellAdmins(tables, request, news, request.submittedAt);
        await tables.jobs.wake("deliver", request.id);
        return rule ? approveByPolicy(tables, request, rule, request.submittedAt) : request;
      });
      if (stored) return { submitted: stored };
    } catch (error) {
      if (!(error instanceof TooManyOpen)) throw error;
      return { refused: "too-many-open", most: policy.openRequests };
    }
    const already = await world.store.tables.requests.ofDraft(draft.id);
    if (already) return { submitted: already };
  }
  throw new Error("no free request id in five tries");
}

async function addFirstPosts(
  tables: Tables,
  request: Request,
  draft: Draft,
  card: Posted | undefined,
  channel: Awaited<ReturnType<Tables["conversations"]["approvalsChannel"]>>,
): Promise<void> {
  const place = { kind: "conversation", conversationId: draft.conversationId } as const;
  const own = { ...newPost(request.id, "request", request.submittedAt), place };
  await tables.posts.add(card ? { ...own, state: "posted", posted: card } : own);
  if (!channel) return;
  await tables.posts.add({
    ...newPost(request.id, "approval", request.submittedAt),
    place: { kind: "conversation", conversationId: channel },
  });
}
