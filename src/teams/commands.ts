import { parseRequestId } from "../domain/ids.ts";
import type { Request } from "../domain/request.ts";
import { rolesOf } from "../usecases/approval/authority.ts";
import { decideRequest } from "../usecases/approval/decide-request.ts";
import { returnRequest } from "../usecases/approval/return-request.ts";
import { setApprovalsChannel } from "../usecases/approval/set-approvals-channel.ts";
import { acceptOffer } from "../usecases/intake/accept-offer.ts";
import { answerQuestion } from "../usecases/intake/answer-question.ts";
import { pendingRequests, showRequests } from "../usecases/intake/show-requests.ts";
import { startDraft } from "../usecases/intake/start-draft.ts";
import { withdrawRequest } from "../usecases/intake/withdraw-request.ts";
import { askToRevoke } from "./actions.ts";
import { approvalReply, decisionReply } from "./approval-answers.ts";
import { auditByText } from "./audit-actions.ts";
import { alreadyCard, chooserCard, formCard, helpCard, threadCard } from "./cards.ts";
import { doctorByText } from "./doctor-command.ts";
import { driftByText, repairByText } from "./drift-actions.ts";
import { endByText } from "./failed-actions.ts";
import { heldByText } from "./held-actions.ts";
import { renewByText } from "./key-actions.ts";
import { handOverByText, takeOverByText } from "./leaver-actions.ts";
import { listByText, showByText } from "./list-actions.ts";
import { answerOfferByText } from "./offer-by-text.ts";
import { missingAnswer, nudge, ownRefusal, ownReply } from "./own-request-actions.ts";
import { giveByText, removeByText } from "./ownership-actions.ts";
import { writtenText } from "./press.ts";
import { answerByText } from "./reminder-actions.ts";
import { type Reply, refused, type Turn } from "./reply.ts";
import { restoreByText } from "./restore-actions.ts";
import { rotateByText } from "./rotation-actions.ts";

type Command = {
  /** Matches the whole text; its first group is what follows the words. */
  pattern: RegExp;
  run(turn: Turn, rest: string): Promise<Reply[]>;
};

const one = async (reply: Promise<Reply>) => [await reply];

/** What people can say. Text is matched without case; the first that fits is meant. */
export const commands: readonly Command[] = [
  // Before the shorter ones that begin with the same word.
  ...(["accept", "decline", "withdraw", "approve", "deny"] as const).map(
    (answer): Command => ({
      pattern: new RegExp(`^${answer}\\s+ownership(?:\\s+(.+))?$`, "is"),
      run: (turn, rest) => one(answerOfferByText(turn, answer, rest)),
    }),
  ),
  { pattern: /^transfer(?:\s+(.+))?$/is, run: (turn, rest) => one(giveByText(turn, "transfer", rest)) },
  { pattern: /^co-?owner(?:\s+(.+))?$/is, run: (turn, rest) => one(giveByText(turn, "co-owner", rest)) },
  {
    pattern: /^remove\s+co-?owner(?:\s+(.+))?$/is,
    run: (turn, rest) => one(removeByText(turn, rest)),
  },
  {
    pattern: /^requests?(?:\s+(.*))?$/is,
    async run({ world, caller, conversation }, rest) {
      const started = await startDraft(world, caller, conversation.id, rest || undefined);
      if ("refused" in started) return [refused(started)];
      const { draft, form, already, found, named } = started;
      if (already) return [{ card: alreadyCard({ draftId: draft.id, ...already }) }];
      if (form) return [{ card: formCard(form) }];
      const typed = rest ? { typed: { text: rest, isKnown: named === undefined } } : {};
      return [{ card: chooserCard({ draftId: draft.id, blueprints: found, ...typed }) }];
    },
  },
  {
    pattern: /^status(?:\s+(\S+))?$/i,
    async run(turn, rest) {
      const { world, caller } = turn;
      const id = parseRequestId(rest);
      if (rest && !id) return [refused({ refused: "unknown-request" })];
      const shown = await showRequests(world, caller, id);
      if ("refused" in shown) return [refused(shown)];
      if (shown.requests.length === 0)
        return [{ sentence: "You have asked for nothing yet. Say request to begin." }];
      const newest = shown.requests.slice(0, 3);
      const cards = await Promise.all(newest.map((request) => shownRequest(turn, request)));
      const [only] = newest;
      // Cards have room for the newest of what was said; whoever names one request reads all of it.
      return id && only && only.thread.length > 3 ? [...cards, { card: threadCard(only) }] : cards;
    },
  },
  {
    pattern: /^withdraw(?:\s+(\S+))?$/i,
    async run(turn, rest) {
      const id = parseRequestId(rest);
      if (!id) return [refused({ refused: "unknown-request" })];
      const outcome = await withdrawRequest(turn.world, turn.caller, id, "command");
      return one(
        "refused" in outcome ? ownRefusal(turn, id, outcome) : shownRequest(turn, outcome.withdrawn),
      );
    },
  },
  {
    pattern: /^answer(?:\s+(.+))?$/is,
    async run(turn, rest) {
      const [, name, answer = ""] = /^(\S+)(?:\s+(.*))?$/s.exec(rest) ?? [];
      const id = parseRequestId(name);
      if (!id) return [{ sentence: "Say which one, and your answer: answer REQ-… Because it must." }];
      const typed = writtenText(answer, missingAnswer);
      if ("error" in typed) return [{ sentence: typed.error }];
      const outcome = await answerQuestion(turn.world, turn.caller, id, undefined, typed.text, "command");
      return one("refused" in outcome ? ownRefusal(turn, id, outcome) : shownRequest(turn, outcome.answered));
    },
  },
  {
    pattern: /^accept(?:\s+(.+))?$/i,
    async run(turn, rest) {
      const [, name, revision] = /^(\S+)(?:\s+r(\d{1,6}))?$/i.exec(rest) ?? [];
      const id = parseRequestId(name);
      if (!id || !revision) {
        return [
          { sentence: "Say which one, and its revision: accept REQ-… rN. Say status REQ-… to see both." },
        ];
      }
      const outcome = await acceptOffer(turn.world, turn.caller, id, Number(revision), "command");
      return one("refused" in outcome ? ownRefusal(turn, id, outcome) : shownRequest(turn, outcome.accepted));
    },
  },
  {
    pattern: /^nudge(?:\s+(\S+))?$/i,
    async run(turn, rest) {
      const id = parseRequestId(rest);
      return id
        ? one(nudge(turn, id, "command"))
        : [{ sentence: "Say which one: nudge REQ-… Say status to see yours." }];
    },
  },
  { pattern: /^take\s+over(?:\s+(.+))?$/is, run: (turn, rest) => one(takeOverByText(turn, rest)) },
  { pattern: /^hand\s+over(?:\s+(.+))?$/is, run: (turn, rest) => one(handOverByText(turn, rest)) },
  { pattern: /^lost(?:\s+(.+))?$/is, run: (turn, rest) => one(renewByText(turn, "lost", rest)) },
  { pattern: /^not\s?me(?:\s+(.+))?$/is, run: (turn, rest) => one(renewByText(turn, "not-me", rest)) },
  { pattern: /^know(?:\s+(.+))?$/is, run: (turn, rest) => one(answerByText(turn, "know", rest)) },
  { pattern: /^needed(?:\s+(.+))?$/is, run: (turn, rest) => one(answerByText(turn, "needed", rest)) },
  { pattern: /^list(?:\s+(.*))?$/is, run: (turn, rest) => one(listByText(turn, rest)) },
  { pattern: /^show(?:\s+(.+))?$/is, run: (turn, rest) => one(showByText(turn, rest)) },
  { pattern: /^rotate(?:\s+(.+))?$/is, run: (turn, rest) => one(rotateByText(turn, "rotate", rest)) },
  { pattern: /^switched(?:\s+(.+))?$/is, run: (turn, rest) => one(rotateByText(turn, "switched", rest)) },
  {
    pattern: /^cancel\s+rotation(?:\s+(.+))?$/is,
    run: (turn, rest) => one(rotateByText(turn, "cancel rotation", rest)),
  },
  {
    pattern: /^revoke(?:\s+(.+))?$/is,
    async run(turn, rest) {
      if (!rest)
        return [
          {
            sentence:
              "Say which one: revoke and its name, its client ID or its REQ- id. Say list to see yours.",
          },
        ];
      return [await askToRevoke(turn, rest)];
    },
  },
  { pattern: /^restore(?:\s+(.+))?$/is, run: (turn, rest) => one(restoreByText(turn, rest)) },
  {
    pattern: /^pending$/i,
    async run(turn) {
      const waiting = await pendingRequests(turn.world, turn.caller);
      if ("refused" in waiting) return [refused(waiting)];
      if (waiting.requests.length === 0) return [{ sentence: "Nothing waits for a decision." }];
      return Promise.all(waiting.requests.map((request) => shownApproval(turn, request)));
    },
  },
  { pattern: /^approve(?:\s+(.+))?$/is, run: (turn, rest) => one(decideByText(turn, "approve", rest)) },
  { pattern: /^deny(?:\s+(.+))?$/is, run: (turn, rest) => one(decideByText(turn, "deny", rest)) },
  { pattern: /^return(?:\s+(.+))?$/is, run: (turn, rest) => one(decideByText(turn, "return", rest)) },
  { pattern: /^retry(?:\s+(\S+))?$/i, run: (turn, rest) => one(endByText(turn, "retry", rest)) },
  { pattern: /^clean(?:\s+(\S+))?$/i, run: (turn, rest) => one(endByText(turn, "clean", rest)) },
  { pattern: /^stop(?:\s+(\S+))?$/i, run: (turn, rest) => one(endByText(turn, "stop", rest)) },
  { pattern: /^drift(?:\s+(.+))?$/is, run: (turn, rest) => one(driftByText(turn, rest)) },
  { pattern: /^repair(?:\s+(.+))?$/is, run: (turn, rest) => one(repairByText(turn, rest)) },
  { pattern: /^audit(?:\s+(.+))?$/is, run: (turn, rest) => one(auditByText(turn, rest)) },
  { pattern: /^go\s+on$/i, run: (turn) => one(heldByText(turn)) },
  { pattern: /^doctor$/i, run: (turn) => one(doctorByText(turn)) },
  {
    pattern: /^approvals\s+here$/i,
    async run({ world, caller, conversation }) {
      const outcome = await setApprovalsChannel(world, caller, conversation);
      if ("refused" in outcome) return [refused(outcome)];
      const isSame = outcome.before === outcome.channel;
      const again = "This already is the approvals channel. New requests are shown here.";
      return [
        {
          sentence: isSame
            ? again
            : "This is the approvals channel now. New requests are shown here, and so is what waits.",
        },
      ];
    },
  },
  { pattern: /^(?:help|hi|hello|\?)$/i, run: async (turn) => [await help(turn)] },
];

/** What this person can do here. When the directory does not answer, what everybody can. */
export async function help({ world, caller }: Turn): Promise<Reply> {
  const roles = await rolesOf(world, caller).catch(() => ({ isApprover: false, isAdmin: false }));
  return { card: helpCard(roles) };
}

/** `approve REQ-… rN`: without the revision it shows the plan and decides nothing. */
async function decideByText(turn: Turn, verb: "approve" | "deny" | "return", rest: string): Promise<Reply> {
  const { world, caller } = turn;
  const [, name, revision, words = ""] = /^(\S+)(?:\s+r(\d{1,6}))?(?:\s+(.*))?$/is.exec(rest) ?? [];
  const requestId = parseRequestId(name);
  if (!requestId) return { sentence: `Say which one: ${verb} REQ-… Say pending to see what waits.` };
  if (!revision) {
    const shown = await showRequests(world, caller, requestId);
    if ("refused" in shown) return refused(shown);
    const [request] = shown.requests;
    return request ? shownApproval(turn, request) : refused({ refused: "unknown-request" });
  }
  const about = { requestId, revision: Number(revision) };
  const by = { caller, ...about, surface: "command" } as const;
  const isBare = verb === "approve" && words.trim() === "";
  const typed = isBare ? undefined : writtenText(words, verb === "return" ? missingQuestion : missingReason);
  if (typed && "error" in typed) return { sentence: typed.error };
  if (verb === "return") {
    return decisionReply(turn, about, await returnRequest(world, { ...by, question: typed?.text ?? "" }));
  }
  const verdict =
    verb === "deny"
      ? ({ verdict: "deny", reason: typed?.text ?? "" } as const)
      : ({ verdict: "approve", ...(typed && { reason: typed.text }) } as const);
  return decisionReply(turn, about, await decideRequest(world, { ...by, verdict }), {
    surface: by.surface,
    ...(typed && { reason: typed.text }),
  });
}

const missingReason =
  "Nothing was decided: say why, because the requester reads it. For example: deny REQ-… rN Reading is enough.";
const missingQuestion =
  "Nothing was sent: say what should be changed or explained. For example: return REQ-… rN Why all sites?";

/** Whoever asked sees their own card; approvers and admins see what is decided upon. Who can decide is asked anew. */
async function shownRequest(turn: Turn, request: Request): Promise<Reply> {
  const isOwn = request.requester.userId === turn.caller.userId;
  return isOwn ? ownReply(turn, request, { ask: "directory" }) : shownApproval(turn, request);
}

const shownApproval = (turn: Turn, request: Request) => approvalReply(turn, request, { ask: "directory" });
