import { parseRequestId, type RequestId } from "../domain/ids.ts";
import type { Request } from "../domain/request.ts";
import { cleanUp } from "../usecases/provisioning/clean-up.ts";
import type { EndPress } from "../usecases/provisioning/failed-request.ts";
import { type RetryRefusal, retryRequest } from "../usecases/provisioning/retry-request.ts";
import { type StopRefusal, stopRequest } from "../usecases/provisioning/stop-request.ts";
import { approvalReply } from "./approval-answers.ts";
import { type Action, forged, requestIn } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { refusalSentence } from "./words.ts";

type Act = "retry" | "clean" | "stop";

const pressed =
  (act: Act): Action =>
  (turn, data) => {
    const id = requestIn(data);
    return id ? endFailed(turn, act, id, "card") : forged(turn, `provisioning/${act}`, data);
  };

/** What is done about a request that could not be made, or waits too long. Who may is judged by the use cases, at each press. */
export const failedActions: Readonly<Record<string, Action>> = {
  "provisioning/retry": pressed("retry"),
  "provisioning/clean": pressed("clean"),
  "provisioning/stop": pressed("stop"),
};

/** `retry REQ-…`, `clean REQ-…` and `stop REQ-…`, for when a card does not work. */
export async function endByText(turn: Turn, act: Act, rest: string): Promise<Reply> {
  const id = parseRequestId(rest);
  return id
    ? endFailed(turn, act, id, "command")
    : { sentence: `Say which one: ${act} REQ-… The card of the request names it.` };
}

const acts = { retry: retryRequest, clean: cleanUp, stop: stopRequest } as const;

async function endFailed(
  turn: Turn,
  act: Act,
  requestId: RequestId,
  surface: EndPress["surface"],
): Promise<Reply> {
  const press = { caller: turn.caller, requestId, surface };
  const outcome = await acts[act](turn.world, press);
  if ("retried" in outcome) return shown(turn, outcome.retried);
  if ("cleaning" in outcome) return shown(turn, outcome.cleaning);
  return refusedReply(turn, outcome);
}

/** Whoever may decide sees how the request stands; anybody else gets a sentence. */
function refusedReply(turn: Turn, refusal: RetryRefusal | StopRefusal): Reply | Promise<Reply> {
  switch (refusal.refused) {
    case "not-failed":
    case "not-waiting":
    case "half-undone":
    case "requester-gone-since":
    case "policy-since":
      return shown(turn, refusal.request, refusalSentence(refusal));
    default:
      return refused(refusal);
  }
}

const shown = (turn: Turn, request: Request, note?: string) =>
  approvalReply(turn, request, { reader: "decider", ...(note !== undefined && { note }) });
