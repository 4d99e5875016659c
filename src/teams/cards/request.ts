import { highestRank } from "../../domain/permission.ts";
import type { Registration } from "../../domain/registration.ts";
import type { In } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, dayWords, lengthWords, momentWords } from "../words.ts";
import { consentLines, decidersLine, outcomeLines } from "./approval.ts";
import { rankWords } from "./plan.ts";
import { progressLines } from "./progress.ts";
import { fact, type Line, plain, said } from "./text.ts";

type Section = { heading: string; lines: Line[] };
type Handed = { label: string; lines: Line[] };

/**
 * The requester's card, in every state. It never holds the secret or its link. With `now` it also says how long the
 * request has waited: for an answer to `status`, which nobody redraws.
 */
export function requestCard(view: RequestView, now?: Date): Card {
  const { request } = view;
  const title = requestTitle(view);
  const handover = request.state === "provisioned" ? handed(view, request) : [];
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

function waitingLines(
  { request, permissions, deciders, hasApprovalsChannel }: RequestView,
  now?: Date,
): Line[] {
  const { submittedAt, reason } = request;
  const length = now ? ` (${lengthWords(submittedAt, now)})` : "";
  const risk =
    permissions.length === 0
      ? "none"
      : `${counted(permissions.length, "permission")}, ${rankWords[highestRank(permissions)].toLowerCase()}`;
  const noChannel =
    "No approvals channel is set yet, so no approver has been shown this. The request waits and nothing is lost. Ask an admin to say approvals here in a channel.";
  return [
    fact("Waits since", `${momentWords(submittedAt)}${length}`),
    ...(hasApprovalsChannel ? [] : [said(noChannel)]),
    ...decidersLine(deciders),
    fact("Permissions", risk),
    fact("Why", reason),
  ];
}

function sectionsOf(view: RequestView): Section[] {
  const { request, registration } = view;
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
            "You need do nothing unless a step above asks for it. The secret comes by a link in your personal chat.",
          ),
        ),
      ].filter(({ lines }) => lines.length > 0);
    case "provisioned":
      if (registration?.state === "revoking" || registration?.state === "revoked") {
        return [
          next(said("Its client ID and secret let nobody in any more. Say request if you need a new one.")),
        ];
      }
      return [
        {
          heading: "What to do now",
          lines: [
            ...consentLines(view),
            ...request.plan.next.map(
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
        next(
          said(
            `Nothing more happens by itself, and no secret was handed over. Tell an admin, and name ${request.id}.`,
          ),
        ),
      ].filter(({ lines }) => lines.length > 0);
    default:
      return request satisfies never;
  }
}

/**
 * The vendor's labels with what goes there; the secret's only says where it comes from. A place that is the same for
 * all of them is said once.
 */
function handed({ handover, registration }: RequestView, request: In<"provisioned">): Handed[] {
  const isListed = handover.some(({ value }) => value === registration?.clientId);
  const secrets = request.plan.handover.filter(({ value }) => value === "secret");
  const value = (text: string): Line => ({ inlines: plain(text, { fontType: "Monospace" }) });
  const entries: (Handed & { where?: string | undefined })[] = [
    ...(registration && !isListed ? [{ label: "Client ID", lines: [value(registration.clientId)] }] : []),
    ...handover.map(({ label, value: text, where }) => ({ label, lines: [value(text)], where })),
    ...(isUsable(registration)
      ? secrets.map(({ label, where }) => ({ label, lines: [secretLine(registration)], where }))
      : []),
  ];
  const [common] = entries.map(({ where }) => where);
  if (common && entries.length > 1 && entries.every(({ where }) => where === common)) {
    return [...entries, { label: "Where these go", lines: [{ inlines: plain(common) }] }];
  }
  return entries.map(({ label, lines, where }) => ({
    label,
    lines: where ? [...lines, fact("Goes in", where)] : lines,
  }));
}

const isUsable = (registration: Registration | undefined) => !registration || registration.state === "active";

function secretLine(registration: Registration | undefined): Line {
  const until = registration ? ` It works until ${dayWords(registration.expiresAt)}.` : "";
  return said(`The secret comes by a link in your personal chat with Usher.${until}`);
}
