import type { Surface } from "../domain/audit.ts";
import type { RequestId } from "../domain/ids.ts";
import { isOpen, type Request } from "../domain/request.ts";
import { askForSignIn } from "../usecases/approval/ask-for-sign-in.ts";
import type { DecideRefusal } from "../usecases/approval/decide-request.ts";
import { requestNow } from "../usecases/approval/keep-time.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import type { NarrowingView } from "../usecases/telling/request-views.ts";
import type { ApprovalReader } from "./cards/approval.ts";
import { approvalCard, narrowCard } from "./cards.ts";
import type { About } from "./press.ts";
import { readerOf } from "./refresh.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { counted, refusalSentence } from "./words.ts";

export type Drawing = {
  /** What became of the press that led here. */
  note?: string;
  reader?: ApprovalReader;
  /** Whether the directory is asked who can decide, or what it said last is shown. */
  ask?: "directory" | "what-is-known";
};

/** The approvers' card as an answer, kept true where it is a message of its own. */
export async function approvalReply(turn: Turn, request: Request, drawing: Drawing = {}): Promise<Reply> {
  const { note, reader, ask = "what-is-known" } = drawing;
  const view = await requestView(turn.world, request, ask);
  const noted = note === undefined ? {} : { note };
  return {
    card: approvalCard(view, { for: reader ?? (await readerNow(turn, request)), ...noted }),
    shows: { requestId: request.id, purpose: "approval" },
    ...noted,
  };
}

/** Who looks, by what the directory said when it was asked last: it decides only what is shown. */
async function readerNow(turn: Turn, request: Request): Promise<ApprovalReader> {
  return readerOf(turn, request, await turn.world.store.tables.requests.knownDeciders(request.id));
}

/** What came of a decision: the card as it stands now, with a line about this press, or a sentence. */
export async function decisionReply(
  turn: Turn,
  about: About,
  outcome: { decided: Request } | { returned: Request } | { offered: Request } | DecideRefusal,
  { surface, reason }: { surface: Surface; reason?: string } = { surface: "card" },
): Promise<Reply> {
  if (!("refused" in outcome)) {
    const request =
      "decided" in outcome ? outcome.decided : "returned" in outcome ? outcome.returned : outcome.offered;
    return decidedReply(turn, request, await countedNote(turn, request));
  }
  switch (outcome.refused) {
    case "fresh-sign-in-needed":
      return signInReply(turn, about, surface, reason);
    case "already-decided":
    case "waits-for-requester":
      return decidedReply(turn, outcome.request, refusalSentence(outcome));
    case "old-revision":
    case "policy":
      return redrawn(turn, about.requestId, outcome);
    default:
      return refused(outcome);
  }
}

/** To somebody who may decide, as the directory has just said. */
async function decidedReply(turn: Turn, request: Request, note: string | undefined): Promise<Reply> {
  const reader = await readerNow(turn, request);
  return approvalReply(turn, request, {
    reader: reader === "onlooker" ? "decider" : reader,
    ...(note !== undefined && { note }),
  });
}

export const narrowReply = ({ form }: { form: NarrowingView }): Reply => ({ card: narrowCard(form) });

async function countedNote({ world, caller }: Turn, request: Request): Promise<string | undefined> {
  if (request.state !== "pending") return undefined;
  if (!request.votes.some(({ approver }) => approver.userId === caller.userId)) return undefined;
  const { missingVotes } = await requestView(world, request, "what-is-known");
  return `Your approval is counted. ${counted(missingVotes, "approval")} of somebody else ${missingVotes === 1 ? "is" : "are"} still missing.`;
}

/** Nothing was decided: the request is shown as it stands now. */
async function redrawn(turn: Turn, id: RequestId, refusal: DecideRefusal): Promise<Reply> {
  const request = await requestNow(turn.world, id);
  return request && isOpen(request)
    ? decidedReply(turn, request, refusalSentence(refusal))
    : refused(refusal);
}

async function signInReply(
  { world, caller }: Turn,
  about: About,
  surface: Surface,
  reason: string | undefined,
): Promise<Reply> {
  const asked = await askForSignIn(world, {
    caller,
    ...about,
    surface,
    ...(reason !== undefined && { reason }),
  });
  if ("refused" in asked) return refused(asked);
  const where = asked.isInChannel
    ? "put a link into the approvals channel, which opens for you only"
    : "sent you a link in your personal chat";
  return {
    sentence: `Nothing is approved yet: this risk needs a fresh sign-in. Usher has ${where}. Open it, sign in and press Approve there; your approval counts then.`,
  };
}
