import { derivedId } from "../../domain/derived-id.ts";
import type { ConversationId, DraftId, RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { fingerprintOf, markOf } from "../../domain/plan.ts";
import { type In, isOpen, type Request } from "../../domain/request.ts";
import { requestNow } from "../approval/keep-time.ts";
import type { Posted } from "../ports/chat.ts";
import type { Draft } from "../ports/requests.ts";
import type { World } from "../ports/world.ts";
import type { DraftView, FormView } from "../telling/request-views.ts";
import { type DraftRefusal, draftFrom, formFor } from "./draft.ts";
import type { RequesterRefusal } from "./own-request.ts";
import { review } from "./review-draft.ts";
import { checkStaff } from "./staff.ts";
import { type SubmitRefusal, submitRequest } from "./submit-request.ts";

export type SentAgain = { submitted: Request } | { reviewed: DraftView } | { form: FormView };
export type SendAgainRefusal =
  | Exclude<RequesterRefusal | DraftRefusal, { refused: "already-submitted" }>
  | Exclude<SubmitRefusal, { refused: "not-what-was-shown" }>;

/**
 * Asks anew for what has expired. The answers are held against blueprint, policy and tenant as they are now: where they
 * still lead to the same plan it is sent at once, otherwise the person sees what has changed first. Pressed twice, it
 * answers the same request, since both presses find the same draft. `card` is the message that the press came from.
 */
export async function sendAgain(
  world: World,
  caller: Caller,
  id: RequestId,
  conversationId: ConversationId,
  card: Posted | undefined,
): Promise<SentAgain | SendAgainRefusal> {
  const request = await requestNow(world, id);
  if (!request || request.requester.userId !== caller.userId) return { refused: "unknown-request" };
  if (isOpen(request)) return { refused: "not-your-turn", request };
  if (request.state !== "expired") return { refused: "already-decided", request };
  const staff = await checkStaff(world, caller);
  if (typeof staff === "object") return staff;

  const draft = await draftOf(world, request, conversationId);
  const already = await world.store.tables.requests.ofDraft(draft.id);
  if (already) return { submitted: already };
  const form = await formFor(world, draft);
  if ("refused" in form) return form;
  const filled = await review(world, form);
  // Another press was at the same draft: what came of it is found now.
  if ("refused" in filled) return sendAgain(world, caller, id, conversationId, card);
  const isSame = "reviewed" in filled && fingerprintOf(filled.reviewed.plan) === request.fingerprint;
  if (!isSame) {
    await leave(world, request, card);
    return filled;
  }
  const { plan, reason } = filled.reviewed;
  const outcome = await submitRequest(world, caller, draft.id, card, markOf(plan, reason));
  // Changed in this moment, on another device or by policy: it is looked at again.
  if ("refused" in outcome && outcome.refused === "not-what-was-shown") return filled;
  if (!("refused" in outcome)) await leave(world, request, card);
  return outcome as SentAgain | SendAgainRefusal;
}

/** The draft that this expired request is sent again from: one, however often that is pressed. */
async function draftOf(world: World, request: In<"expired">, conversationId: ConversationId): Promise<Draft> {
  const { tables } = world.store;
  const id = derivedId("send again", request.id, request.version) as DraftId;
  const draft = await draftFrom(world, request, id, conversationId);
  await tables.drafts.insert(draft);
  return (await tables.drafts.get(id)) ?? draft;
}

/** The message of the press shows something else from now on, so it is not redrawn as the expired request's card. */
async function leave(world: World, { id }: Request, card: Posted | undefined): Promise<void> {
  const { posts } = world.store.tables;
  for (const post of card ? await posts.of(id) : []) {
    const isHere =
      post.posted?.activityId === card?.activityId && post.posted?.conversationId === card?.conversationId;
    if (isHere) await posts.change(post, { ...post, state: "undeliverable", changedAt: world.clock.now() });
  }
}
