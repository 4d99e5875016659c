import type { Caller } from "../../domain/person.ts";
import { termsOfRevision } from "../../domain/policy.ts";
import type { In, Request } from "../../domain/request.ts";
import { addCopyInChannel, requestNow } from "../approval/keep-time.ts";
import type { World } from "../ports/world.ts";
import type { Frozen, Reviewed, SubmitRefusal } from "./submit-request.ts";

/**
 * The next revision of a request that was sent back. What policy says of another plan is frozen anew, unless that would
 * be less than before at the same risk. Votes on the old revision lapse.
 */
export async function resubmit(
  world: World,
  caller: Caller,
  draft: Reviewed & { changes: NonNullable<Reviewed["changes"]> },
  frozen: Frozen,
): Promise<{ submitted: Request } | SubmitRefusal> {
  const { requestId, revision: seen } = draft.changes;
  const request = await requestNow(world, requestId);
  if (!request || request.requester.userId !== caller.userId) return { refused: "draft-gone" };
  if (request.state !== "returned" || request.revision !== seen) {
    const already = await world.store.tables.requests.ofDraft(draft.id);
    return already ? { submitted: already } : { refused: "not-changeable", request };
  }
  // No form of a request's asks for another system: somebody made a press by hand.
  if (frozen.plan.blueprint.id !== request.plan.blueprint.id) return { refused: "not-what-was-shown" };
  const at = world.clock.now();
  const by = { userId: caller.userId, name: caller.name };
  const revision = request.revision + 1;
  const isOther = frozen.fingerprint !== request.fingerprint;
  const { before: _before, ...rest } = request;
  const { nudgedAt } = request.waiting;
  const changed: In<"pending"> = {
    ...rest,
    ...frozen,
    waiting: { ...frozen.waiting, ...(nudgedAt && { nudgedAt }) },
    terms: isOther ? termsOfRevision(request.terms, frozen.terms) : request.terms,
    state: "pending",
    revision,
    reason: draft.reason,
    votes: [],
    thread: [...request.thread, { at, by, kind: "edit", revision }],
    ...(isOther && { before: request.plan }),
  };
  const of = { draft: draft.id, answers: draft.answers ?? {} };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, changed, of))) return false;
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "request.edited",
      surface: "card",
      subject: requestId,
      revision,
      outcome: "pending",
      detail: { fingerprint: changed.fingerprint, before: request.fingerprint },
    });
    await addCopyInChannel(tables, changed, `edited ${request.version}`, at);
    return true;
  });
  return isSaved ? { submitted: changed } : resubmit(world, caller, draft, frozen);
}
