import type { Message, RequestView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords } from "../words.ts";
import { outcomeLines } from "./outcome.ts";
import {
  cleanedSentence,
  cleaningSentence,
  failedSentence,
  nextLines,
  requestTitle,
  turnLines,
} from "./request.ts";
import { requestButtons } from "./request-buttons.ts";
import { fact, type Line, plain, said } from "./text.ts";

/** A short message: a heading of ours, some lines, and rarely something to press. */
export function noticeCard({
  title,
  lines,
  actions = [],
}: {
  title: string;
  lines: Line[];
  actions?: Card[];
}): Card {
  return expandTemplate("notice", { summary: title, title, lines, actions });
}

/** A sentence that may quote what people typed, drawn so that it stays text. */
export function sentenceCard(title: string, sentence: string): Card {
  return noticeCard({ title, lines: [{ inlines: plain(sentence) }] });
}

/**
 * The requester's message once it is decided, made, or failed, and when an approver asks or offers something. What
 * comes after stands on the request's own card.
 */
export function decisionCard(view: RequestView): Card {
  const { request } = view;
  const isTurn = request.state === "returned" || request.state === "offered" || request.state === "expired";
  return noticeCard({
    // Said once and never redrawn, so it says what was decided, not how far it is.
    title: request.state === "approved" ? "Approved" : requestTitle(view),
    lines: [
      fact(request.id, request.plan.displayName),
      fact("System", request.plan.blueprint.title),
      ...outcomeLines(view),
      ...turnLines(view),
      ...whatNext(view),
    ],
    actions: isTurn ? requestButtons(view) : [],
  });
}

function whatNext(view: RequestView): Line[] {
  const { request } = view;
  const hasSecret = request.plan.credential.kind === "secret";
  switch (request.state) {
    case "pending":
      return [said("It waits for an approver. Usher tells you when it is decided.")];
    case "returned":
    case "offered":
    case "expired":
    case "denied":
    case "withdrawn":
      return nextLines(view);
    case "approved":
      return [
        said(
          `Usher makes it by itself, and your request's card shows how far it is.${hasSecret ? " The secret comes by a link in your personal chat." : ""}`,
        ),
      ];
    case "provisioned":
      return [
        said(
          `It is ready. Say status ${request.id} to see its client ID and what to do next${hasSecret ? "; the secret comes by a link in your personal chat" : ""}.`,
        ),
      ];
    case "failed":
      return [said(failedSentence(request))];
    case "cleaning":
      return [said(cleaningSentence)];
    case "cleaned":
      return [said(cleanedSentence(request))];
    default:
      return request satisfies never;
  }
}

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** The one-time link, for the requester's personal chat only. This is where its URL leaves the process. */
export function linkCard({ requestId, displayName, url, expiresAt }: Of<"link">): Card {
  return expandTemplate("link", {
    summary: `The secret of ${requestId} is ready to be opened.`,
    title: "Your secret is ready",
    button: "Open the secret",
    url: url.reveal(),
    lines: [
      fact(requestId, displayName),
      said(
        `Only you can open it, and only once, until ${momentWords(expiresAt)}. You will be asked to sign in.`,
      ),
      said(
        "Have the place ready where the secret goes: it is shown one time. Do not forward this; it opens for nobody else.",
      ),
    ],
  });
}

/** What the link's message becomes once it opens nothing any more. */
export function linkGoneCard({ requestId, displayName, state }: Of<"link-gone">): Card {
  const name = fact(requestId, displayName);
  const anew = `If you do not have the secret: say revoke ${requestId}, then request a new registration.`;
  switch (state) {
    case "revealed":
      return noticeCard({
        title: "The secret was opened",
        lines: [name, said(`It was shown once, and the link is used up. ${anew}`)],
      });
    case "expired":
      return noticeCard({
        title: "The link has expired",
        lines: [name, said(`Nobody opened the secret in time, and it can no longer be shown. ${anew}`)],
      });
    case "cancelled":
      return noticeCard({
        title: "The link was cancelled",
        lines: [
          name,
          said(
            `It opens nothing any more. Say status ${requestId} to see how things stand; if a new secret was made, its link comes as a message of its own.`,
          ),
        ],
      });
    default:
      return state satisfies never;
  }
}

/** Made, where no secret is handed over: there is no link that would tell it. */
export function readyCard({ requestId, displayName, system }: Of<"ready">): Card {
  return noticeCard({
    title: "Ready",
    lines: [
      fact(requestId, displayName),
      fact("System", system),
      said(
        `It is made, and there is no secret to hand over. Say status ${requestId} to see its client ID and what to do next.`,
      ),
    ],
  });
}

/** What a form becomes when its person gives it up. */
export function draftDoneCard(title = "New app registration"): Card {
  return noticeCard({
    title: "Cancelled",
    lines: [fact("Form", title), said("Nothing was sent. Say request to start again.")],
  });
}
