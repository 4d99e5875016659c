import type { RequestView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { lengthWords, momentWords } from "../words.ts";
import { decidersLine, missingLines, outcomeLines } from "./approval.ts";
import { handed } from "./handed.ts";
import { powersInShort } from "./powers.ts";
import { progressLines } from "./progress.ts";
import { fact, type Line, plain, said } from "./text.ts";

type Section = { heading: string; lines: Line[] };

/**
 * The requester's card, in every state. It never holds the secret or its link. With `now` it also says how long the
 * request has waited: for an answer to `status`, which nobody redraws.
 */
export function requestCard(view: RequestView, now?: Date): Card {
  const { request } = view;
  const title = requestTitle(view);
  const handover = request.state === "provisioned" ? handed(view) : [];
  return expandTemplate("request", {
    summary: `${title} ${request.id}, ${request.plan.blueprint.title}.`,
    title,
    facts: [
      fact(request.id, request.plan.displayName),
      fact("System", request.plan.blueprint.title),
      ...outcomeLines(view),
      ...(request.state === "pending" ? waitingLines(view, now) : []),
    ],
    hasHandover: handover.length > 0,
    handover,
    sections: sectionsOf(view),
    isPending: request.state === "pending",
    requestId: request.id,
    revision: request.revision,
  });
}

/** What the requester's card says at its top. */
export function requestTitle({ request, registration }: RequestView): string {
  switch (request.state) {
    case "pending":
      return "Waiting for an approver";
    case "denied":
      return "Denied";
    case "withdrawn":
      return "Taken back";
    case "approved":
      return "Approved, being made";
    case "provisioned":
      if (registration?.state === "revoking") return "Being revoked";
      return registration?.state === "revoked" ? "Revoked" : "Ready";
    case "failed":
      return "Approved, but it could not be made";
    default:
      return request satisfies never;
  }
}

function waitingLines(view: RequestView, now?: Date): Line[] {
  const { request, deciders, hasApprovalsChannel } = view;
  const { submittedAt, reason } = request;
  const length = now ? ` (${lengthWords(submittedAt, now)})` : "";
  const noChannel =
    "No approvals channel is set yet, so no approver has been shown this. The request waits and nothing is lost. Ask an admin to say approvals here in a channel.";
  return [
    fact("Waits since", `${momentWords(submittedAt)}${length}`),
    ...(hasApprovalsChannel ? [] : [said(noChannel)]),
    ...decidersLine(deciders),
    fact("What it may do", powersInShort(view, view.request.plan)),
    fact("Why", reason),
  ];
}

function sectionsOf(view: RequestView): Section[] {
  const { request, registration } = view;
  const hasSecret = request.plan.credential.kind === "secret";
  const next = (...lines: Line[]): Section => ({ heading: "What happens next", lines });
  switch (request.state) {
    case "pending":
      return [next(said("Usher tells you here when it is decided. You can take it back until then."))];
    case "denied":
      return [next(said("Nothing was made. Mend what the reason names, then say request to ask again."))];
    case "withdrawn":
      return [next(said("Nothing was made. Say request to ask again."))];
    case "approved":
      return [
        { heading: "How far it is", lines: progressLines(view) },
        next(
          said(
            `You need do nothing unless a step above asks for it. ${hasSecret ? "The secret comes by a link in your personal chat." : "Usher tells you here when it is ready."}`,
          ),
        ),
      ].filter(({ lines }) => lines.length > 0);
    case "provisioned":
      if (registration?.state === "revoking" || registration?.state === "revoked") {
        const what = hasSecret ? "Its client ID and secret let" : "Its client ID lets";
        return [next(said(`${what} nobody in any more. Say request if you need a new one.`))];
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
      ];
    case "failed":
      return [
        { heading: "How far it came", lines: progressLines(view) },
        next(said(failedSentence(request))),
      ].filter(({ lines }) => lines.length > 0);
    default:
      return request satisfies never;
  }
}

/** What is still true once it could not be made, and who can help. */
export function failedSentence({ id, plan }: RequestView["request"]): string {
  const nothing = plan.credential.kind === "secret" ? ", and no secret was handed over" : "";
  return `Nothing more happens by itself${nothing}. Tell an admin, and name ${id}.`;
}
