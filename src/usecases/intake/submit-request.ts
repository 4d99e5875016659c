import { type DraftId, newRequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { fingerprintOf, markOf } from "../../domain/plan.ts";
import type { In, Request } from "../../domain/request.ts";
import type { Draft, Posted, Tables, World } from "../ports.ts";
import { newPost } from "../telling/new-post.ts";
import { type DraftRefusal, openDraft } from "./draft.ts";
import { adminsToTell } from "./no-channel.ts";
import { checkStaff } from "./staff.ts";

/**
 * Freezes the plan and stores the request. Pressed twice, by card or by a repeat of the same invoke, it answers the
 * same request. `card` is the message that the press came from: it becomes the requester's card. `shown` is the
 * mark of the review that stood there: the form may have been changed since, on another device.
 */
export async function submitRequest(
  world: World,
  caller: Caller,
  id: DraftId,
  card: Posted | undefined,
  shown: string | undefined,
): Promise<
  | { submitted: Request }
  | Exclude<DraftRefusal, { refused: "already-submitted" }>
  | { refused: "not-what-was-shown" }
> {
  const draft = await openDraft(world, caller, id);
  if ("refused" in draft) return draft.refused === "already-submitted" ? { submitted: draft.request } : draft;
  const { plan, reason } = draft;
  if (!plan || reason === undefined || markOf(plan, reason) !== shown)
    return { refused: "not-what-was-shown" };
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;

  const fresh = (): In<"pending"> => ({
    state: "pending",
    id: newRequestId(),
    revision: 1,
    requester: draft.requester,
    reason,
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: world.clock.now(),
  });
  const channel = await world.store.tables.conversations.approvalsChannel();
  const admins = channel ? [] : await adminsToTell(world);

  // An id that is taken (30 random bits) is drawn anew; a draft that another press submitted is found.
  for (let tries = 0; tries < 5; tries++) {
    const request = fresh();
    const stored = await world.store.inTransaction(async (tables) => {
      if (!(await tables.requests.insert(request, draft.id, draft.conversationId))) return false;
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
          blueprint: plan.blueprint.id,
          identityChecked: staff === "staff",
        },
      });
      await addFirstPosts(
        tables,
        request,
        draft,
        card,
        // Read under the audit's lock: an `approvals here` at the same time is before or after, never in between.
        await tables.conversations.approvalsChannel(),
      );
      for (const admin of admins) {
        await tables.posts.add({
          ...newPost(request.id, "note", request.submittedAt),
          place: { kind: "personal", userId: admin },
          message: { kind: "no-approvals-channel", requestId: request.id, requester: request.requester },
        });
      }
      await tables.jobs.wake("deliver", request.id);
      return true;
    });
    if (stored) return { submitted: request };
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
