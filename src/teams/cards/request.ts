import { isOwnedBy } from "../../domain/registration.ts";
import { type In, isOpen } from "../../domain/request.ts";
import { stoppedBy } from "../../domain/stopping.ts";
import { nudgeAgainAt } from "../../domain/waiting.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords } from "../words.ts";
import { differenceLines } from "./difference.ts";
import { endedTitle } from "./ended.ts";
import { firstThatFits } from "./fitting.ts";
import { handed } from "./handed.ts";
import { consentLines } from "./left-to-admin.ts";
import { openerLines } from "./opener.ts";
import { missingLines, outcomeLines, stoppedTitles } from "./outcome.ts";
import { powersInShort, rowsOf } from "./powers.ts";
import { makingTitle, progressLines } from "./progress.ts";
import { requestButtons } from "./request-buttons.ts";
import { secretLines, secretTitle } from "./secret.ts";
import { stoppedOutsideLines, stoppedOutsideTitle } from "./stopped-outside.ts";
import { fact, type Line, plain, said } from "./text.ts";
import { threadLines } from "./thread.ts";
import { decidersLine, votesLines, waitingLines } from "./waiting.ts";

type Section = { heading: string; lines: Line[] };

export type RequestOptions = {
  /** With it the card also says how long the request has waited: for an answer, which nobody redraws. */
  now?: Date;
  /** What became of the press that led here. */
  note?: string;
};

/** How much of the thread is shown, until it fits: entries, and of each so much. */
const looks: readonly { entries: number; longestSaid: number }[] = [
  { entries: 3, longestSaid: 1200 },
  { entries: 3, longestSaid: 200 },
  { entries: 0, longestSaid: 0 },
];
type Look = (typeof looks)[number];

/** The requester's card, in every state. It never holds the secret or its link. */
export function requestCard(view: RequestView, options: RequestOptions = {}): Card {
  return firstThatFits(looks, (look) => drawRequest(view, options, look)).card;
}

function drawRequest(view: RequestView, { now, note }: RequestOptions, look: Look): Card {
  const { request } = view;
  const title = requestTitle(view);
  const handover = request.state === "provisioned" ? handed(view) : [];
  return expandTemplate("request", {
    summary: `${title} ${request.id}, ${request.plan.blueprint.title}.`,
    title,
    notes: note === undefined ? [] : [{ inlines: plain(note, { weight: "Bolder" }) }],
    facts: [
      fact(request.id, request.plan.displayName),
      fact("System", request.plan.blueprint.title),
      ...outcomeLines(view),
      ...stoppedOutsideLines(view),
      ...(isOpen(request) ? openLines(view, now) : []),
    ],
    hasHandover: handover.length > 0,
    handover,
    sections: [
      ...(isOpen(request) || request.state === "denied" || request.state === "expired"
        ? [threadSection(view, look)].filter(({ lines }) => lines.length > 0)
        : []),
      ...sectionsOf(view),
    ],
    actions: requestButtons(view, now),
  });
}

/** What the requester's card says at its top. */
export function requestTitle(view: RequestView): string {
  const { request, registration, secret, stops, hasEnded } = view;
  switch (request.state) {
    case "pending":
      return "Waiting for an approver";
    case "returned":
      return "An approver has a question";
    case "offered":
      return "An approver offers less";
    case "expired":
      return "Expired: nobody decided in time";
    case "denied":
      return "Denied";
    case "withdrawn":
      return "Taken back";
    case "approved":
      return makingTitle(view, "requester");
    case "provisioned":
      if (registration?.state === "revoking") return "Being revoked";
      if (registration?.state === "restoring") return "Being restored";
      if (registration?.state === "revoked" || registration?.state === "removed") return "Revoked";
      if (stops) return stoppedOutsideTitle[stops];
      return (secret && secretTitle(secret)) ?? (hasEnded ? endedTitle(request.plan) : "Ready");
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

/** The question or the offer that the requester has to answer, in full. */
export function turnLines(view: RequestView): Line[] {
  const { request, changes } = view;
  switch (request.state) {
    case "returned":
      return [fact("Question", request.question)];
    case "offered": {
      const note = request.thread.findLast(({ kind }) => kind === "offer")?.text;
      return [...differenceLines(changes), ...(note ? [fact("They say", note)] : []), ...leftLines(view)];
    }
    default:
      return [];
  }
}

/** What would be made if it is accepted: nobody accepts what they do not see. */
function leftLines(view: RequestView): Line[] {
  const { permissions, roles, request } = view;
  const names = [...roles, ...permissions].map(({ name }) => name);
  if (names.length === 0) return [said("Nothing that it may do is left.")];
  return [
    fact("Risk of what is left", powersInShort(view, request.plan)),
    ...rowsOf(names).map((row, at) => fact(at === 0 ? "What is left" : "And", row)),
  ];
}

/** What policy has against it, or asks for since: whoever waits wants to know why. */
function policyLines({ request, terms, policyRefusals }: RequestView): Line[] {
  if (request.state !== "pending") return [];
  return [
    ...terms.changes.map((sentence): Line => ({ inlines: plain(sentence) })),
    ...(policyRefusals.length > 0
      ? [
          ...policyRefusals.map((sentence) => fact("Policy", sentence)),
          said(
            "So it cannot be approved as it is. An approver may offer less or ask for a change; you can withdraw it and ask anew.",
          ),
        ]
      : []),
  ];
}

function openLines(view: RequestView, now: Date | undefined): Line[] {
  const { request, deciders, hasApprovalsChannel } = view;
  const noChannel =
    "No approvals channel is set yet, so no approver has been shown this. The request waits and nothing is lost. Ask an admin to say approvals here in a channel.";
  return [
    ...turnLines(view),
    ...policyLines(view),
    ...waitingLines(view, now),
    ...(request.state === "pending"
      ? [...(hasApprovalsChannel ? [] : [said(noChannel)]), ...decidersLine(deciders)]
      : []),
    ...votesLines(view),
    fact("What it may do", powersInShort(view, request.plan)),
    fact("Why", request.reason),
    ...openerLines(view.opener),
  ];
}

/** What was said, but for what the card says at its top already. */
function threadSection({ request }: RequestView, { entries, longestSaid }: Look): Section {
  const { thread } = request;
  const last = thread.at(-1);
  const isAbove =
    (request.state === "returned" && last?.kind === "question") ||
    (request.state === "offered" && last?.kind === "offer");
  const shown = isAbove ? { ...request, thread: thread.slice(0, -1) } : request;
  return { heading: "What was said", lines: threadLines(shown, entries, longestSaid) };
}

/** When a nudge is possible again, where that is known. */
function nudgeLines({ request }: RequestView): Line[] {
  if (request.state !== "pending" || !request.waiting.nudgedAt) return [];
  const { nudgedAt } = request.waiting;
  const again = nudgeAgainAt(request.waiting, nudgedAt) ?? nudgedAt;
  return [
    said(
      `You nudged the approvers on ${momentWords(nudgedAt)}. You can again from ${momentWords(again)}: press Refresh then, or say nudge ${request.id}.`,
    ),
  ];
}

function sectionsOf(view: RequestView): Section[] {
  const { request, registration } = view;
  const hasSecret = request.plan.credential.kind === "secret";
  const next = (...lines: Line[]): Section => ({ heading: "What happens next", lines });
  switch (request.state) {
    case "pending":
      return [
        next(
          said("Usher tells you here when it is decided. You can take it back until then."),
          ...nudgeLines(view),
        ),
      ];
    case "returned":
    case "offered":
    case "expired":
    case "denied":
    case "withdrawn":
      return [next(...nextLines(view))];
    case "approved":
      return [
        { heading: "An administrator must grant consent", lines: consentLines(view) },
        { heading: "How far it is", lines: progressLines(view) },
        next(
          said(
            `You need do nothing unless a step above asks for it. ${hasSecret ? "The secret comes by a link in your personal chat." : "Usher tells you here when it is ready."}`,
          ),
          ...openerLines(view.opener),
        ),
      ].filter(({ lines }) => lines.length > 0);
    case "provisioned":
      if (registration && registration.state !== "active") {
        const what = hasSecret ? "Its client ID and secret let" : "Its client ID lets";
        const then =
          registration.state === "restoring"
            ? "It is being restored: Usher tells you when it works again."
            : "Say request if you need a new one.";
        return [next(said(`${what} nobody in any more. ${then}`))];
      }
      if (registration && !isOwnedBy(registration, request.requester)) {
        return [
          next(
            fact("It belongs by now to", registration.owner.name),
            said("You own it no longer, so they rotate its secret, confirm that it is needed and revoke it."),
          ),
        ];
      }
      return [
        {
          heading: "What to do now",
          lines: [
            ...missingLines(view),
            ...view.next.map(
              (text, at): Line => ({
                inlines: [{ type: "TextRun", text: `${at + 1}. ` }, ...plain(text)],
              }),
            ),
            said(`When you no longer need it, say: revoke ${request.id}`),
          ],
        },
        { heading: "The secret", lines: secretLines(view) },
      ].filter(({ lines }) => lines.length > 0);
    case "failed":
      return [
        { heading: "How far it came", lines: progressLines(view) },
        next(said(failedSentence(request))),
      ].filter(({ lines }) => lines.length > 0);
    case "cleaning":
      return [{ heading: "How far it is", lines: progressLines(view) }, next(said(cleaningSentence))].filter(
        ({ lines }) => lines.length > 0,
      );
    case "cleaned":
      return [next(said(cleanedSentence(request)))];
    default:
      return request satisfies never;
  }
}

/** What the requester can do where nothing is made yet or ever; the same on the card and in the message. */
export function nextLines({ request }: Pick<RequestView, "request">): Line[] {
  const { id, revision } = request;
  switch (request.state) {
    case "returned":
      return [
        said(
          "Nothing is decided. Answer the question, or edit the request: either sends it back to the approvers. Withdraw takes it back.",
        ),
        said(`If a button does nothing, say to Usher: answer ${id} and your answer`, { isSubtle: true }),
      ];
    case "offered":
      return [
        said(
          "Nothing is made before you accept what is left. If you withdraw, nothing is made at all, and you can ask anew with request.",
        ),
        said(`If a button does nothing, say to Usher: accept ${id} r${revision}`, { isSubtle: true }),
      ];
    case "expired":
      return [
        said("Nothing was made, and what you asked for is kept. Press Send again if you still need it."),
      ];
    case "denied":
      return [said("Nothing was made. Mend what the reason names, then say request to ask again.")];
    default:
      return [said("Nothing was made. Say request to ask again.")];
  }
}

/** What is still true once it could not be made, and who can help. */
function failedSentence({ id, plan, isHalfUndone }: In<"failed">): string {
  const nothing = plan.credential.kind === "secret" ? ", and no secret was handed over" : "";
  const press = isHalfUndone ? "Clean up" : "Retry or Clean up";
  return `Nothing more happens by itself${nothing}. An approver or an admin decides what becomes of it: ask one of them to press ${press} on the card of ${id}.`;
}

export const cleaningSentence =
  "Usher takes away what it made for this in Entra. You need do nothing; Usher tells you here when that is done.";

export function cleanedSentence({ plan }: RequestView["request"]): string {
  const nothing = plan.credential.kind === "secret" ? "No secret was handed over. " : "";
  return `${nothing}If you still need it, say request to ask again.`;
}
