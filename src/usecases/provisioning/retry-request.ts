import type { In, Request } from "../../domain/request.ts";
import { isForeign, isUnclear } from "../../domain/what-exists.ts";
import { currentTerms, policyRefusals } from "../approval/who-decides.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type EndPress, type EndRefusal, failedRequest } from "./failed-request.ts";
import { Overtaken, unlessOvertaken } from "./overtaken.ts";
import { steps } from "./steps.ts";

export type RetryRefusal =
  | EndRefusal
  /** A clean-up was begun: what is left of it is not made again. */
  | { refused: "half-undone"; request: In<"failed"> }
  | { refused: "requester-gone-since"; request: In<"failed"> }
  | { refused: "policy-since"; request: In<"failed">; sentences: string[] };

/**
 * Tries again to make what was approved, from where it stopped: the plan and its fingerprint are the same. Policy and
 * the requester's account are looked at as for an approval. Pressed twice, it happens once.
 */
export async function retryRequest(
  world: World,
  press: EndPress,
): Promise<{ retried: Request } | RetryRefusal> {
  const { caller, requestId, surface } = press;
  const found = await failedRequest(world, press, "retry");
  if ("refused" in found) return isDone(found, caller.userId) ? { retried: found.request } : found;
  const { request } = found;
  if (request.isHalfUndone) return { refused: "half-undone", request };
  const against = await whatSpeaksAgainst(world, request);
  if (against) return against;

  const at = world.clock.now();
  const { failure, isHalfUndone: _never, ...kept } = request;
  const by = { userId: caller.userId, name: caller.name };
  const said = { at, by, kind: "retry", revision: request.revision } as const;
  const retried: In<"approved"> = { ...kept, state: "approved", thread: [...request.thread, said] };
  const isSaved = await unlessOvertaken(() =>
    world.store.inTransaction(async (tables) => {
      await makeDueAgain(tables, request, at);
      if (!(await tables.requests.change(request, retried))) throw new Overtaken();
      await tables.audit.append({
        at,
        who: caller.userId,
        what: "request.retried",
        surface,
        subject: requestId,
        revision: request.revision,
        outcome: "approved",
        detail: { fingerprint: request.fingerprint, failure },
      });
      await tables.jobs.wake("provision", requestId);
      await tables.jobs.wake("deliver", requestId);
    }),
  );
  return isSaved ? { retried } : retryRequest(world, press);
}

/** The same person has pressed it before: the answer is the same. */
function isDone(refusal: EndRefusal, who: string): refusal is Extract<EndRefusal, { refused: "not-failed" }> {
  if (refusal.refused !== "not-failed") return false;
  const { state, thread } = refusal.request;
  const last = thread.at(-1);
  return (
    (state === "approved" || state === "provisioned") && last?.kind === "retry" && last.by.userId === who
  );
}

async function whatSpeaksAgainst(world: World, request: In<"failed">): Promise<RetryRefusal | undefined> {
  const sentences = policyRefusals(world, request, currentTerms(world, request));
  if (sentences.length > 0) return { refused: "policy-since", request, sentences };
  try {
    const requester = await world.directory.person(request.requester.userId);
    return requester?.isEnabled && !requester.isGuest
      ? undefined
      : { refused: "requester-gone-since", request };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
}

/**
 * Every step that has not ended may be tried at once, with all its patience. Its intent stays, so that it finds what
 * an earlier attempt made; only a name that turned out to be another's is drawn anew.
 */
async function makeDueAgain(tables: Tables, { id }: In<"failed">, at: Date): Promise<void> {
  // Nobody works for a failed request any more: who still holds the lease is dead or has just lost.
  const lease = await tables.steps.takeOver(id);
  for (const row of await tables.steps.all(id)) {
    if (row.state === "done") continue;
    const again: StepRow = {
      step: row.step,
      state: "waiting",
      intent: intentAgain(row),
      outcome: {},
      attempts: 0,
      firstAttemptAt: at,
      nextAttemptAt: at,
    };
    await tables.steps.write(lease, again);
  }
}

function intentAgain(row: StepRow): StepRow["intent"] {
  if (isForeign(row.outcome)) return steps[row.step].intent();
  return isUnclear(row) ? { ...row.intent, unclear: "true" } : row.intent;
}
