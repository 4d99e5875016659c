import type { Message } from "../../usecases/telling/messages.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords } from "../words.ts";
import { openerLines } from "./opener.ts";
import { outcomeLines } from "./outcome.ts";
import { cleanedSentence, cleaningSentence, nextLines, requestTitle, turnLines } from "./request.ts";
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
          `Your request's card shows how far it is; or say status ${request.id}.${hasSecret ? " The secret comes by a link in your personal chat." : ""}`,
        ),
      ];
    case "provisioned":
      return [
        said(
          `It is ready. Say status ${request.id} to see its client ID and what to do next${hasSecret ? "; the secret comes by a link in your personal chat" : ""}.`,
        ),
      ];
    case "failed":
      // It stays in the chat as it is, whatever becomes of the request afterwards.
      return [
        said(
          `${hasSecret ? "No secret was handed over. " : ""}An approver or an admin decides what becomes of it. Say status ${request.id} to see how it stands now.`,
        ),
      ];
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
export function linkCard({ requestId, displayName, url, expiresAt, opener }: Of<"link">): Card {
  const until = momentWords(expiresAt);
  return expandTemplate("link", {
    summary: `The secret of ${requestId} is ready to be opened.`,
    title: opener ? "The secret is ready" : "Your secret is ready",
    button: "Open the secret",
    url: url.reveal(),
    lines: [
      fact(requestId, displayName),
      ...(opener
        ? [
            ...openerLines(opener),
            said(
              `You cannot open it yourself. Send them this address; it works once, until ${until}, and asks them to sign in:`,
            ),
            said(url.reveal(), { fontType: "Monospace" }),
          ]
        : [
            said(`Only you can open it, and only once, until ${until}. You will be asked to sign in.`),
            said(
              "Have the place ready where the secret goes: it is shown one time. Do not forward this; it opens for nobody else.",
            ),
          ]),
    ],
  });
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
