import { parseRequestId } from "../domain/ids.ts";
import type { Request } from "../domain/request.ts";
import { isAdmin, isApprover } from "../usecases/approval/authority.ts";
import { decideRequest } from "../usecases/approval/decide-request.ts";
import { setApprovalsChannel } from "../usecases/approval/set-approvals-channel.ts";
import { pendingRequests, showRequests } from "../usecases/intake/show-requests.ts";
import { startDraft } from "../usecases/intake/start-draft.ts";
import { withdrawRequest } from "../usecases/intake/withdraw-request.ts";
import type { World } from "../usecases/ports.ts";
import { requestView } from "../usecases/telling/request-view.ts";
import { askToRevoke, denialReason, listPage } from "./actions.ts";
import { approvalCard, chooserCard, formCard, helpCard, requestCard } from "./cards.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

type Command = {
  /** Matches the whole text; its first group is what follows the words. */
  pattern: RegExp;
  run(turn: Turn, rest: string): Promise<Reply[]>;
};

const one = async (reply: Promise<Reply>) => [await reply];

/** What people can say. Text is matched without case; the first that fits is meant. */
export const commands: readonly Command[] = [
  {
    pattern: /^requests?(?:\s+(.*))?$/is,
    async run({ world, caller, conversation }, rest) {
      const started = await startDraft(world, caller, conversation.id, rest || undefined);
      if ("refused" in started) return [refused(started)];
      const { draft, form, found, named } = started;
      if (form) return [{ card: formCard(form) }];
      const typed = rest ? { typed: { text: rest, isKnown: named === undefined } } : {};
      return [{ card: chooserCard({ draftId: draft.id, blueprints: found, ...typed }) }];
    },
  },
  {
    pattern: /^status(?:\s+(\S+))?$/i,
    async run({ world, caller }, rest) {
      const id = parseRequestId(rest);
      if (rest && !id) return [refused({ refused: "unknown-request" })];
      const shown = await showRequests(world, caller, id);
      if ("refused" in shown) return [refused(shown)];
      if (shown.requests.length === 0)
        return [{ sentence: "You have asked for nothing yet. Say request to begin." }];
      const newest = shown.requests.slice(0, 3);
      return Promise.all(newest.map(async (request) => await shownRequest(world, request)));
    },
  },
  {
    pattern: /^withdraw(?:\s+(\S+))?$/i,
    async run({ world, caller }, rest) {
      const id = parseRequestId(rest);
      const outcome = id
        ? await withdrawRequest(world, caller, id, "command")
        : ({ refused: "unknown-request" } as const);
      return ["refused" in outcome ? refused(outcome) : await shownRequest(world, outcome.withdrawn)];
    },
  },
  { pattern: /^list\s+all$/i, run: (turn) => one(listPage(turn, "all")) },
  { pattern: /^list$/i, run: (turn) => one(listPage(turn, "own")) },
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
  {
    pattern: /^pending$/i,
    async run({ world, caller }) {
      const waiting = await pendingRequests(world, caller);
      if ("refused" in waiting) return [refused(waiting)];
      if (waiting.requests.length === 0) return [{ sentence: "Nothing waits for a decision." }];
      return Promise.all(waiting.requests.map(async (request) => await shownApproval(world, request)));
    },
  },
  { pattern: /^approve(?:\s+(.+))?$/is, run: (turn, rest) => one(decideByText(turn, "approve", rest)) },
  { pattern: /^deny(?:\s+(.+))?$/is, run: (turn, rest) => one(decideByText(turn, "deny", rest)) },
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
  const [approver, admin] = await Promise.all([
    isApprover(world, caller).catch(() => false),
    isAdmin(world, caller).catch(() => false),
  ]);
  return { card: helpCard({ isApprover: approver, isAdmin: admin }) };
}

/** `approve REQ-… rN`: without the revision it shows the plan and decides nothing. */
async function decideByText(turn: Turn, verdict: "approve" | "deny", rest: string): Promise<Reply> {
  const { world, caller } = turn;
  const [, name, revision, reasonText = ""] = /^(\S+)(?:\s+r(\d{1,6}))?(?:\s+(.*))?$/is.exec(rest) ?? [];
  const requestId = parseRequestId(name);
  if (!requestId) return { sentence: `Say which one: ${verdict} REQ-… Say pending to see what waits.` };
  if (!revision) {
    const shown = await showRequests(world, caller, requestId);
    const request = "requests" in shown ? shown.requests[0] : undefined;
    if ("refused" in shown) return refused(shown);
    return request ? await shownApproval(world, request) : refused({ refused: "unknown-request" });
  }
  const reason = verdict === "deny" ? denialReason(reasonText) : { reason: "" };
  if ("error" in reason) return { sentence: reason.error };
  const outcome = await decideRequest(world, {
    caller,
    requestId,
    revision: Number(revision),
    verdict: verdict === "approve" ? { verdict } : { verdict, reason: reason.reason },
    surface: "command",
  });
  return "refused" in outcome ? refused(outcome) : await shownApproval(world, outcome.decided);
}

/** A requester's card as an answer. It says how long the request has waited, until it is redrawn. */
async function shownRequest(world: World, request: Request): Promise<Reply> {
  const card = requestCard(await requestView(world, request), world.clock.now());
  return { card, shows: { requestId: request.id, purpose: "request" } };
}

async function shownApproval(world: World, request: Request): Promise<Reply> {
  const card = approvalCard(await requestView(world, request));
  return { card, shows: { requestId: request.id, purpose: "approval" } };
}
