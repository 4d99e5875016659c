import { isOpen } from "../../domain/request.ts";
import { stoppedBy } from "../../domain/stopping.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, listed, momentWords } from "../words.ts";
import { approvalButtons } from "./approval-buttons.ts";
import { execute } from "./buttons.ts";
import { differenceLines } from "./difference.ts";
import { type Detail, firstThatFits, roomIn } from "./fitting.ts";
import { consentLines } from "./left-to-admin.ts";
import { openerLines } from "./opener.ts";
import { missingLines, outcomeLines, stoppedTitles } from "./outcome.ts";
import { planSection, uncheckedLines } from "./plan.ts";
import { riskOf } from "./powers.ts";
import { makingTitle, progressLines } from "./progress.ts";
import { stoppedOutsideLines, stoppedOutsideTitle } from "./stopped-outside.ts";
import { fact, type Line, plain, said } from "./text.ts";
import { threadLines } from "./thread.ts";
import { decidersLine, votesLines, waitingLines, whyAsked } from "./waiting.ts";

/** Who looks, as far as it is known. Only what is shown follows from it: each press is judged anew. */
export type ApprovalReader = "decider" | "alternate" | "onlooker";

export type ApprovalOptions = {
  for?: ApprovalReader;
  /** Ids in Teams of people for whom the card is to be fetched anew, since they see the state only. */
  refreshFor?: readonly string[];
  /** What became of the press that led here. */
  note?: string;
};

/** Teams refreshes a card for no more people. */
const mostRefreshed = 60;

/**
 * How much is shown, until it fits: of the plan, and of each entry of the thread. Before anything of the plan is left
 * out, so are people for whom it is refreshed: the buttons that they see then do them no good.
 */
const looks: readonly { detail: Detail; longestSaid: number; refreshesFew?: true }[] = [
  { detail: "sentences", longestSaid: 1200 },
  { detail: "dangers", longestSaid: 1200 },
  { detail: "names", longestSaid: 1200 },
  { detail: "names", longestSaid: 200, refreshesFew: true },
  { detail: "part", longestSaid: 200, refreshesFew: true },
];
type Look = (typeof looks)[number];

/**
 * The approvers' card, in every state. A plan that is too long to be shown whole cannot be approved from it: nobody
 * approves what they do not see.
 */
export const approvalCard = (view: RequestView, options: ApprovalOptions = {}): Card =>
  fitted(view, options).card;

/** Whether the card names everything that the plan holds. */
export const isShownWhole = (view: RequestView) => fitted(view, {}).look.detail !== "part";

/** More than so many with a sentence each, and nobody finds the buttons below them; the whole list is one press away. */
const mostWithSentences = 20;

const fitted = (view: RequestView, options: ApprovalOptions) =>
  firstThatFits(looksFor(view), (look) => refreshed(view, options, look, drawApproval(view, options, look)));

const isApproved = (request: RequestView["request"]) => "decidedBy" in request && request.state !== "denied";

const looksFor = ({ permissions, roles }: RequestView) =>
  permissions.length + roles.length > mostWithSentences
    ? looks.filter(({ detail }) => detail === "names" || detail === "part")
    : looks;

function refreshed({ request }: RequestView, options: ApprovalOptions, look: Look, card: Card): Card {
  const wanted = isOpen(request) ? (options.refreshFor ?? []).slice(0, mostRefreshed) : [];
  const verb = "approval/refresh";
  const action = { type: "Action.Execute", title: "Refresh", verb, data: { verb, request: request.id } };
  const withFor = (userIds: readonly string[]) =>
    userIds.length > 0 ? { ...card, refresh: { action, userIds } } : card;
  if (!look.refreshesFew) return withFor(wanted);
  const fits = wanted.findLastIndex((_, at) => roomIn(withFor(wanted.slice(0, at + 1))) >= 0);
  return withFor(wanted.slice(0, fits + 1));
}

/** What the approvers' card says at its top. */
export function approvalTitle(view: RequestView, reader: ApprovalReader = "decider"): string {
  const { request, registration, stops } = view;
  switch (request.state) {
    case "pending":
      return reader === "onlooker" ? "Waits for an approver" : "Approve this app registration?";
    case "returned":
      return "Sent back with a question";
    case "offered":
      return "Narrowed, waits for the requester";
    case "expired":
      return "Expired: nobody decided in time";
    case "denied":
      return "Denied";
    case "withdrawn":
      return "Taken back: nothing to decide any more";
    case "approved":
      return makingTitle(view, "approver");
    case "provisioned":
      if (registration?.state === "revoking") return "Being revoked";
      if (stops) return stoppedOutsideTitle[stops];
      if (registration?.state === "restoring") return "Being restored";
      return registration && registration.state !== "active" ? "Revoked" : "Approved and ready";
    case "failed":
      if (stoppedBy(request)) return stoppedTitles.failed;
      return request.isHalfUndone
        ? "It could not be made, nor cleaned up yet"
        : "Approved, but it could not be made";
    case "cleaning":
      return stoppedBy(request) ? stoppedTitles.cleaning : "It could not be made, and is being cleaned up";
    case "cleaned":
      return stoppedBy(request) ? stoppedTitles.cleaned : "It could not be made, and was cleaned up";
    default:
      return request satisfies never;
  }
}

function drawApproval(view: RequestView, options: ApprovalOptions, look: Look): Card {
  const { request } = view;
  const { id, plan } = request;
  const reader = options.for ?? "decider";
  const title = approvalTitle(view, reader);
  const isWhole = look.detail !== "part";
  const canApprove = isWhole && view.policyRefusals.length === 0;
  const isEnded = request.state === "provisioned" || request.state === "cleaned";
  const steps = isEnded ? [] : progressLines(view);
  const isListed = look.detail !== "sentences";
  return expandTemplate("approval", {
    summary: `${title} ${id}, ${plan.blueprint.title}.`,
    title,
    notes: options.note === undefined ? [] : [{ inlines: plain(options.note, { weight: "Bolder" }) }],
    outcome: [
      ...outcomeLines(view),
      ...stoppedOutsideLines(view),
      ...(view.registration ? [fact("Client ID", view.registration.clientId)] : []),
      ...(view.registration?.state === "active" ? missingLines(view) : []),
    ],
    asked: [
      fact("Who", request.requester.name),
      fact("System", plan.blueprint.title),
      fact("Name", plan.displayName),
      ...openerLines(view.opener),
      ...(isOpen(request) && view.wantsSecondOwner
        ? [said("Policy wants two owners: once it is made, Usher asks the requester to name another.")]
        : []),
      // Once it is made, the tenant has said all that it has to say.
      ...(request.state === "provisioned" ? [] : uncheckedLines(plan, "approver")),
    ],
    risk: riskOf(view, plan),
    why: [fact("Why", request.reason)],
    sections: [
      section("What has changed since the revision before", changeLines(view, look)),
      section("What policy says now", isOpen(request) ? policyLines(view) : []),
      section("An administrator must grant consent", consentLines(view)),
      section(request.state === "failed" ? "How far it came" : "How far it is", steps),
      section("What can be done now", reader === "onlooker" ? [] : endLines(view)),
    ].flat(),
    plan: planSection(
      plan,
      view,
      look.detail,
      "approver",
      isApproved(request) ? "What was approved" : undefined,
    ),
    hasList: isListed,
    list: isListed ? [listButton(view)] : [],
    ends: [
      section("What was said", threadLines(request, 3, look.longestSaid)),
      section("Who decides, and until when", decisionLines(view, reader, { isWhole, canApprove })),
    ].flat(),
    id: [said(isOpen(request) ? `${id}, revision ${request.revision}.` : id, { isSubtle: true })],
    actions: approvalButtons(view, { mayDecide: reader !== "onlooker", canApprove }),
  });
}

/** What there is no room for stands on a card of its own, one press away. */
function listButton({ request, permissions, roles }: RequestView): Card {
  const all = [
    ...(permissions.length > 0 ? [counted(permissions.length, "permission")] : []),
    ...(roles.length > 0 ? [counted(roles.length, "directory role")] : []),
  ];
  const data = { request: request.id, page: 0 };
  return execute({ title: `Show all: ${listed(all)}`, verb: "approval/list", data });
}

/** What the buttons of a request that failed or waits do, and how to say it where they do nothing. */
function endLines({ request, waitsSince }: RequestView): Line[] {
  if (waitsSince) {
    return [
      said(
        `Its making has waited since ${momentWords(waitsSince)}, and goes on by itself. Stop and clean up ends it instead: Usher takes away what it made for it in Entra, and makes nothing more.`,
      ),
      said(`If the button does nothing, say to Usher: stop ${request.id}`, { isSubtle: true }),
    ];
  }
  if (request.state !== "failed") return [];
  const { id, isHalfUndone } = request;
  return [
    said(
      isHalfUndone
        ? "A clean-up was begun and did not go through, so this is not made again. Mend what stands in its way, then press Clean up: it goes on where it stopped."
        : "If what happened names something to mend, mend that first. Retry goes on with the approved plan from where it stopped. Clean up takes away what Usher made for it in Entra, and ends the request.",
    ),
    said(`If a button does nothing, say to Usher: ${isHalfUndone ? "" : `retry ${id}, or `}clean ${id}`, {
      isSubtle: true,
    }),
  ];
}

const section = (heading: string, lines: Line[]) => (lines.length > 0 ? [{ heading, lines }] : []);

function changeLines({ changes, request }: RequestView, { detail }: Look): Line[] {
  const isShown = isOpen(request) || request.state === "expired";
  return isShown ? differenceLines(changes, detail === "sentences" ? Infinity : 12) : [];
}

/** A rule of the tenant may be a long one, and several may speak against the same plan. */
const longestRule = 300;
const mostRules = 8;

/** What policy has against it or has made stricter, what is still true, and what can be done. */
function policyLines({ policyRefusals, terms }: RequestView): Line[] {
  const left = policyRefusals.length - mostRules;
  return [
    ...policyRefusals.slice(0, mostRules).map((text): Line => ({ inlines: plain(cut(text, longestRule)) })),
    ...(left > 0 ? [said(`… and ${left} more.`)] : []),
    ...(policyRefusals.length > 0
      ? [
          said(
            "So this cannot be approved as it is. The request still waits: narrow it, send it back with a question, or deny it.",
          ),
        ]
      : []),
    ...terms.changes.map((text): Line => ({ inlines: plain(cut(text, longestRule)) })),
  ];
}

function decisionLines(
  view: RequestView,
  reader: ApprovalReader,
  { isWhole, canApprove }: { isWhole: boolean; canApprove: boolean },
): Line[] {
  const { request, terms, deciders } = view;
  if (!isOpen(request)) return [];
  const isPending = request.state === "pending";
  const toDecider = isPending && reader !== "onlooker";
  return [
    ...votesLines(view),
    ...(isPending ? [] : [said(turnWords[request.state])]),
    ...waitingLines(view),
    ...decidersLine(deciders),
    ...(isPending ? [whyAsked(view, reader)] : []),
    ...(toDecider && terms.freshSignIn && canApprove
      ? [said("Approve leads to a sign-in first: your approval counts only after it.")]
      : []),
    ...(toDecider && !isWhole
      ? [
          said(
            "This plan is too long to be shown whole here, so it cannot be approved on this card. Press Show all, and read it to its last page: there you can. Or narrow it, send it back or deny it.",
          ),
        ]
      : []),
    ...(toDecider ? [said(otherwise(view, canApprove), { isSubtle: true })] : []),
  ];
}

const turnWords = {
  returned: "It is the requester's turn: they answer the question, change the request, or withdraw it.",
  offered:
    "It is the requester's turn: they accept what is left, or withdraw the request. Nothing is made before.",
} as const;

/** What to say to approve, with the words that policy wants. */
export function approveCommand({ request, terms }: RequestView): string {
  return `approve ${request.id} r${request.revision}${terms.reasonToApprove ? " and your reason" : ""}`;
}

/** Some clients show a button that does nothing. */
function otherwise(view: RequestView, canApprove: boolean): string {
  const name = `${view.request.id} r${view.request.revision}`;
  const decisions = [
    ...(canApprove ? [approveCommand(view)] : []),
    `return ${name} and your question`,
    `deny ${name} and your reason`,
  ];
  return `If a button does nothing, say to Usher: ${listed(decisions, "or")}`;
}
