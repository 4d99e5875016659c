import type { In, Request } from "../../domain/request.ts";
import { beginWaiting } from "../../domain/waiting.ts";
import type { World } from "../ports/world.ts";
import { type DecideRefusal, judge, type Press } from "./judge.ts";
import { requestNow } from "./keep-time.ts";
import { tellRequester } from "./save-decision.ts";

export type Question = Press & { question: string };

/**
 * Sends the request back to whoever asked, with a question. Their answer, in words or by changing the request, brings
 * it back as a new revision.
 */
export async function returnRequest(
  world: World,
  press: Question,
): Promise<{ returned: Request } | DecideRefusal> {
  const { question, requestId, revision, caller } = press;
  const seen = await requestNow(world, requestId);
  if (
    seen?.state === "returned" &&
    seen.revision === revision &&
    seen.returnedBy.userId === caller.userId &&
    seen.question === question
  ) {
    return { returned: seen };
  }
  const judged = await judge(world, press, { verdict: "return", question }, seen);
  if ("refused" in judged) return judged;
  const { request, terms, actor } = judged;
  const at = world.clock.now();
  const returned: In<"returned"> = {
    ...request,
    state: "returned",
    question,
    returnedBy: actor,
    returnedAt: at,
    thread: [...request.thread, { at, by: actor, kind: "question", text: question, revision }],
    waiting: beginWaiting(world.catalog.policy.ranks[terms.rank], at, (request as In<"pending">).waiting),
  };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, returned))) return false;
    await tables.audit.append({
      at,
      who: actor.userId,
      what: "request.returned",
      surface: press.surface,
      subject: requestId,
      revision,
      outcome: "returned",
      detail: { fingerprint: request.fingerprint, question },
    });
    await tellRequester(tables, returned, at);
    return true;
  });
  return isSaved ? { returned } : returnRequest(world, press);
}
