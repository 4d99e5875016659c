import { type In, policyActor, type Request } from "../../domain/request.ts";
import { stoppedBy } from "../../domain/stopping.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { momentWords } from "../words.ts";
import { endedLines } from "./ended.ts";
import { fact, type Line, said, some } from "./text.ts";

/** Who decided or spoke last and when, and what came of it. */
export function outcomeLines(view: RequestView): Line[] {
  const { request, registration } = view;
  switch (request.state) {
    case "pending":
      return [];
    case "returned":
      return [fact(`Asked on ${momentWords(request.returnedAt)} by`, request.returnedBy.name)];
    case "offered":
      return [fact(`Narrowed on ${momentWords(request.offeredAt)} by`, request.offeredBy.name)];
    case "expired":
      return [said(`Expired on ${momentWords(request.expiredAt)}. Nothing was made.`)];
    case "withdrawn":
      return [said(`Taken back by the person who asked, on ${momentWords(request.withdrawnAt)}.`)];
    case "denied":
      return [decidedLine("Denied", request), fact("Reason", request.denial)];
    case "approved":
      return approvedLines(request);
    case "provisioned":
      return [
        ...approvedLines(request),
        ...(registration?.state === "revoking"
          ? [fact("Being revoked by", registration.revokedBy.name)]
          : []),
        ...(registration?.state === "restoring"
          ? [fact("Being restored by", registration.restoredBy.name)]
          : []),
        ...(registration?.state === "active" && view.hasEnded ? endedLines(registration) : []),
        ...(registration && "revokedAt" in registration
          ? [fact(`Revoked on ${momentWords(registration.revokedAt)} by`, registration.revokedBy.name)]
          : []),
      ];
    case "failed":
      return [
        ...approvedLines(request),
        ...stoppedLines(request),
        ...retriedLines(request),
        fact("What happened", request.failure),
      ];
    case "cleaning":
      return [
        ...approvedLines(request),
        ...stoppedLines(request),
        fact(beforeCleanUp, request.failure),
        fact(`Being cleaned up since ${momentWords(request.cleaningSince)} by`, request.cleaningBy.name),
      ];
    case "cleaned":
      return [
        ...approvedLines(request),
        ...stoppedLines(request),
        fact(`Cleaned up on ${momentWords(request.cleanedAt)} by`, request.cleanedBy.name),
        ...cleanedLines(request, view.wasMade),
      ];
    default:
      return request satisfies never;
  }
}

/** What it says exists was there then. */
const beforeCleanUp = "What happened before the clean-up";

/** Somebody pressed Retry since, and it failed once more. */
function retriedLines({ thread }: In<"failed">): Line[] {
  const last = thread.at(-1);
  return last?.kind === "retry"
    ? [fact(`Failed again, after it was tried again on ${momentWords(last.at)} by`, last.by.name)]
    : [];
}

/** At the top of what was approved and then stopped: it might have been made otherwise. */
export const stoppedTitles = {
  failed: "Stopped, but it could not be cleaned up",
  cleaning: "Stopped, and being cleaned up",
  cleaned: "Stopped, and cleaned up",
} as const;

function stoppedLines(request: Request): Line[] {
  const stopped = stoppedBy(request);
  return stopped ? [fact(`Stopped on ${momentWords(stopped.at)} by`, stopped.by.name)] : [];
}

const listedWords: Readonly<Record<NonNullable<RequestView["wasMade"]>, string>> = {
  yes: " Entra lists the deleted app registration for 30 days.",
  maybe: " If there was an app registration, Entra lists it as deleted for 30 days.",
  no: " Usher had made no app registration for it.",
};

function cleanedLines(request: In<"cleaned">, wasMade: RequestView["wasMade"] = "maybe"): Line[] {
  const { failure, stays } = request;
  const isStopped = stoppedBy(request) !== undefined;
  const left =
    isStopped && !stays
      ? "Nothing of it stays, and nothing of it lets anybody in."
      : "Nothing that Usher made for it lets anybody in.";
  return [
    fact(isStopped ? "Why" : beforeCleanUp, failure),
    said(`${left}${listedWords[wasMade]}`),
    ...(stays ? [fact("What stays", stays)] : []),
  ];
}

type Decided = Extract<Request, { decidedAt: Date }>;
const decidedLine = (verb: string, { decidedAt, decidedBy }: Decided) =>
  fact(`${verb} on ${momentWords(decidedAt)} by`, decidedBy.name);

/** Everybody who approved, with their reasons; the last of them decided. */
function approvedLines(request: Decided): Line[] {
  if (request.decidedBy.userId === policyActor.userId) {
    const at = momentWords(request.decidedAt);
    return [said(`Approved on ${at} by policy: a rule of this organisation approves it without a person.`)];
  }
  const others = request.votes.filter(({ approver }) => approver.userId !== request.decidedBy.userId);
  const own = request.votes.find(({ approver }) => approver.userId === request.decidedBy.userId);
  return [
    ...votedLines(others),
    decidedLine("Approved", request),
    ...(own?.reason ? [fact("Reason", own.reason)] : []),
  ];
}

/** One line for each approval, with its reason. */
export function votedLines(votes: Request["votes"]): Line[] {
  return votes.flatMap(({ approver, at, reason }) => [
    fact(`Approved on ${momentWords(at)} by`, approver.name),
    ...(reason ? [fact("Reason", reason)] : []),
  ]);
}

/** Said to both sides: without it the registration signs in but may do nothing, or less than was approved. */
export function missingLines({ isOwnerLeftOut, missingRoles, request }: RequestView): Line[] {
  const lines = [
    ...(isOwnerLeftOut
      ? [
          said(
            "Entra did not let Usher name the person who asked as its owner there. Usher's own commands work for them all the same. Where they need it in Entra too, ask an administrator: Entra admin center, App registrations, the app, Owners, Add owners.",
          ),
        ]
      : []),
    ...(missingRoles.length > 0
      ? [
          fact("Still without its directory roles, because Usher may not give them", some(missingRoles, 10)),
          said(
            "Ask a Privileged Role Administrator to give them to the app: Entra admin center, Roles & admins, the role, Add assignments.",
          ),
        ]
      : []),
  ];
  return lines.length > 0 ? [...lines, fact("It is for", request.plan.displayName)] : [];
}
