import { countingVotes, hasVoted, missingVotes, type Verdict, withVote } from "../../domain/approval.ts";
import type { In, Request } from "../../domain/request.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { type DecideRefusal, type Judged, judge, type Press } from "./judge.ts";
import { requestNow } from "./keep-time.ts";
import { saveDecision } from "./save-decision.ts";
import { currentTerms, standingVotes } from "./who-decides.ts";

export type { DecideRefusal } from "./judge.ts";

export type Decision = Press & { verdict: Extract<Verdict, { verdict: "approve" | "deny" }> };

/**
 * Approves or denies. An approval is a vote; the last one that policy asks for decides. A decision, its audit lines and
 * the job are one transaction, and only the first decision wins. Whoever presses the same again, by a repeat of the
 * same invoke or on another device, gets the same answer.
 */
export async function decideRequest(
  world: World,
  decision: Decision,
): Promise<{ decided: Request } | DecideRefusal> {
  const { verdict } = decision;
  const request = await requestNow(world, decision.requestId);
  if (request && isDone(world, request, decision)) return { decided: request };
  const judged = await judge(world, decision, verdict, request);
  if ("refused" in judged) return judged;

  const decided =
    verdict.verdict === "deny" ? denied(world, judged, verdict.reason) : await voted(world, judged, decision);
  if ("refused" in decided) return decided;
  const isSaved = await saveDecision(world, judged.request, decided, decision);
  // Somebody was faster between our reading and our writing: judge again by what stands now.
  return isSaved ? { decided } : decideRequest(world, decision);
}

/** Whether this very press has been carried out before. */
function isDone(world: World, request: Request, { caller, revision, verdict }: Decision): boolean {
  if (request.revision !== revision || caller.tenantId !== world.settings.tenantId) return false;
  const { userId } = caller;
  if (verdict.verdict === "deny") {
    return request.state === "denied" && request.decidedBy.userId === userId;
  }
  if ("decidedBy" in request && request.state !== "denied") return hasVoted(request.votes, userId);
  // While others are still missing, a second press adds nothing; once enough have voted, it is judged anew.
  const terms = currentTerms(world, request);
  const waitsForOthers = request.state === "pending" && missingVotes(request, terms) > 0;
  return waitsForOthers && hasVoted(countingVotes(request, terms), userId);
}

function denied(world: World, { request, actor }: Judged, denial: string): In<"denied"> {
  return { ...request, state: "denied", decidedBy: actor, decidedAt: world.clock.now(), denial };
}

async function voted(
  world: World,
  { request, terms, actor }: Judged,
  { verdict, surface, revision }: Decision,
): Promise<In<"pending"> | In<"approved"> | DecideRefusal> {
  const at = world.clock.now();
  const { reason, isFresh = undefined } = verdict.verdict === "approve" ? verdict : {};
  try {
    const standing = await standingVotes(world, request, terms);
    const vote = { approver: actor, at, surface, ...(reason && { reason }), ...(isFresh && { isFresh }) };
    const votes = withVote(standing, vote);
    const thread = reason
      ? [...request.thread, { at, by: actor, kind: "approval" as const, text: reason, revision }]
      : request.thread;
    return missingVotes({ votes }, terms) === 0
      ? { ...request, state: "approved", votes, thread, decidedBy: actor, decidedAt: at }
      : { ...(request as In<"pending">), votes, thread };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: request.id }, "who voted before could not be looked up");
    return { refused: "directory-unreachable" };
  }
}
