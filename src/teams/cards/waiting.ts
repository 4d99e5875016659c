import { countingVotes } from "../../domain/approval.ts";
import type { Rank } from "../../domain/permission.ts";
import { isOpen } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { counted, lengthWords, momentWords } from "../words.ts";
import { votedLines } from "./outcome.ts";
import { fact, type Line, said, some } from "./text.ts";

const rankRequests: Readonly<Record<Rank, string>> = {
  low: "low-risk requests",
  medium: "medium-risk requests",
  high: "high-risk requests",
  tier0: "highest-risk requests",
};

/** Since when and until when it waits, how often approvers were reminded, and who may decide too by now. */
export function waitingLines({ request, alternates, terms }: RequestView, now?: Date): Line[] {
  if (!isOpen(request)) return [];
  const { submittedAt, waiting } = request;
  const { expiresAt, reminders, escalatedAt } = waiting;
  const length = now ? ` (${lengthWords(submittedAt, now)})` : "";
  return [
    fact("Waits since", `${momentWords(submittedAt)}${length}`),
    fact("Waits until", `${momentWords(expiresAt)}, then it expires`),
    ...(reminders > 0 ? [said(`Reminded ${counted(reminders, "time")}.`)] : []),
    ...(escalatedAt
      ? [
          said(
            terms.alternates.length + alternates.length > 0
              ? `It has waited too long: since ${momentWords(escalatedAt)} the alternates may decide too.`
              : `It has waited too long: the admins were told on ${momentWords(escalatedAt)}.`,
          ),
        ]
      : []),
    ...(escalatedAt && alternates.length > 0 ? [fact("Alternates", some(alternates, 10))] : []),
  ];
}

/** How many approvals it has of how many it needs, and whose. Nothing where a single one is needed and missing. */
export function votesLines({ request, terms, missingVotes }: RequestView): Line[] {
  if (!isOpen(request) || (terms.approvals < 2 && request.votes.length === 0)) return [];
  const votes = countingVotes(request, terms);
  const counts = `${terms.approvals - missingVotes} of ${counted(terms.approvals, "approval")}`;
  const rule = terms.approvals > 1 ? " Different people have to approve; nobody counts twice." : "";
  return [said(`${counts}.${rule}`, { weight: "Bolder" }), ...votedLines(votes)];
}

/** Who can decide, as far as the directory says. */
export function decidersLine(deciders: RequestView["deciders"]): Line[] {
  if (!deciders)
    return [said("Who can decide could not be looked up just now. It is looked up again with every press.")];
  if (deciders.length === 0) {
    return [
      said("Nobody can decide yet: there is no approver but the person who asked. An admin has to name one."),
    ];
  }
  return [fact("Can decide", some(deciders, 10))];
}

/** Why the card came to this reader. Copies in a channel and in the alternates' own chats are the same. */
export function whyAsked(view: RequestView, reader: "decider" | "alternate" | "onlooker"): Line {
  const { request, decidersGroup, terms } = view;
  const isEscalated = isOpen(request) && request.waiting.escalatedAt !== undefined;
  const decides = `decides on ${rankRequests[terms.rank]}`;
  const or = isEscalated ? ", or because you are an alternate" : "";
  switch (reader) {
    case "decider":
      return decidersGroup
        ? fact("You are asked", `because you are in the group that ${decides}${or}: ${decidersGroup}`)
        : said(`You are asked because you are in the approvers' group, which ${decides}${or}.`);
    case "alternate":
      return said("You are asked because you are an alternate: nobody has decided in time.");
    case "onlooker":
      return said("You cannot decide on this request; you see how it stands.");
    default:
      return reader satisfies never;
  }
}
