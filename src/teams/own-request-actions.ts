import type { RequestId } from "../domain/ids.ts";
import type { Request } from "../domain/request.ts";
import { requestNow } from "../usecases/approval/keep-time.ts";
import { acceptOffer } from "../usecases/intake/accept-offer.ts";
import { answerQuestion } from "../usecases/intake/answer-question.ts";
import { editRequest } from "../usecases/intake/edit-request.ts";
import { nudgeRequest } from "../usecases/intake/nudge-request.ts";
import { sendAgain } from "../usecases/intake/send-again.ts";
import { withdrawRequest } from "../usecases/intake/withdraw-request.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import type { Drawing } from "./approval-answers.ts";
import { formCard, requestCard, reviewCard } from "./cards.ts";
import { type Action, aboutIn, forged, requestIn, writtenText } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { type Refusal, refusalSentence } from "./words.ts";

/** What to say when an answer lacks its words. */
export const missingAnswer =
  "Nothing was sent: write your answer, because the approvers read it. Then press Answer again.";

/** The verbs of a request's own requester, once it is sent. */
export const ownRequestActions: Readonly<Record<string, Action>> = {
  async "request/withdraw"(turn, data) {
    const id = requestIn(data);
    if (!id) return forged(turn, "request/withdraw", data);
    const outcome = await withdrawRequest(turn.world, turn.caller, id, "card");
    return "refused" in outcome ? ownRefusal(turn, id, outcome) : ownReply(turn, outcome.withdrawn);
  },

  async "request/accept"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "request/accept", data);
    const { requestId, revision } = about;
    const outcome = await acceptOffer(turn.world, turn.caller, requestId, revision, "card");
    return "refused" in outcome ? ownRefusal(turn, requestId, outcome) : ownReply(turn, outcome.accepted);
  },

  async "request/answer"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "request/answer", data);
    const typed = writtenText(data.answer, missingAnswer);
    if ("error" in typed) return { sentence: typed.error };
    const { requestId, revision } = about;
    const outcome = await answerQuestion(turn.world, turn.caller, requestId, revision, typed.text, "card");
    return "refused" in outcome ? ownRefusal(turn, requestId, outcome) : ownReply(turn, outcome.answered);
  },

  async "request/edit"(turn, data) {
    const about = aboutIn(data);
    if (!about) return forged(turn, "request/edit", data);
    const { requestId, revision } = about;
    const { world, caller, conversation } = turn;
    const outcome = await editRequest(world, caller, requestId, revision, conversation.id);
    return "refused" in outcome ? ownRefusal(turn, requestId, outcome) : { card: formCard(outcome.form) };
  },

  async "request/nudge"(turn, data) {
    const about = aboutIn(data);
    return about ? nudge(turn, about.requestId, "card") : forged(turn, "request/nudge", data);
  },

  async "request/again"(turn, data) {
    const id = requestIn(data);
    if (!id) return forged(turn, "request/again", data);
    const { world, caller, conversation, pressed } = turn;
    const outcome = await sendAgain(world, caller, id, conversation.id, pressed);
    if ("refused" in outcome) return ownRefusal(turn, id, outcome);
    if ("form" in outcome) return { card: formCard(outcome.form) };
    if ("submitted" in outcome) return ownReply(turn, outcome.submitted);
    const note =
      "Nothing has been sent yet: something has changed since you asked. Look it over, then press Submit.";
    return { card: reviewCard(outcome.reviewed, note) };
  },

  async "request/show"(turn, data) {
    const { world, caller } = turn;
    const id = requestIn(data);
    if (!id) return forged(turn, "request/show", data);
    const request = await requestNow(world, id);
    const isOwn = request?.requester.userId === caller.userId;
    return isOwn ? ownReply(turn, request) : refused({ refused: "unknown-request" });
  },
};

/** The requester asks the approvers to look. */
export async function nudge(turn: Turn, id: RequestId, surface: "card" | "command"): Promise<Reply> {
  const outcome = await nudgeRequest(turn.world, turn.caller, id, surface);
  if ("refused" in outcome) return ownRefusal(turn, id, outcome);
  const note = "The approvers have been asked again, with a new card in their channel.";
  return ownReply(turn, outcome.nudged, { note });
}

/** The requester's card as an answer: it also says how long the request has waited, until it is redrawn. */
export async function ownReply(
  turn: Turn,
  request: Request,
  { note, ask = "what-is-known" }: Pick<Drawing, "note" | "ask"> = {},
): Promise<Reply> {
  const now = turn.world.clock.now();
  const view = await requestView(turn.world, request, ask);
  const noted = note === undefined ? {} : { note };
  return {
    card: requestCard(view, { now, ...noted }),
    shows: { requestId: request.id, purpose: "request" },
    ...noted,
  };
}

/** What was only late, or is not the requester's turn, is answered by the card as it stands now. */
export async function ownRefusal(turn: Turn, id: RequestId, refusal: Refusal): Promise<Reply> {
  const isLate = ["old-revision", "not-your-turn", "already-decided", "nudged-already"].includes(
    refusal.refused,
  );
  const request = isLate ? await requestNow(turn.world, id) : undefined;
  if (request?.requester.userId !== turn.caller.userId) return refused(refusal);
  return ownReply(turn, request, { note: lateNote(refusal) });
}

function lateNote(refusal: Refusal): string {
  return refusal.refused === "old-revision"
    ? "This has changed since you saw it: nothing was done. Read it anew, then press again."
    : refusalSentence(refusal);
}
