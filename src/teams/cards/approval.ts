import type { Request } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/messages.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords } from "../words.ts";
import { type Detail, fitting } from "./fitting.ts";
import { planSection, uncheckedLines } from "./plan.ts";
import { riskOf } from "./powers.ts";
import { progressLines } from "./progress.ts";
import { fact, type Line, said, some } from "./text.ts";

/**
 * The approvers' card, in every state. A plan that is too long to be shown whole cannot be approved from it: nobody
 * approves what they do not see.
 */
export function approvalCard(view: RequestView): Card {
  return fitting((detail) => drawApproval(view, detail));
}

/** What the approvers' card says at its top. */
export function approvalTitle({ request, registration }: RequestView): string {
  switch (request.state) {
    case "pending":
      return "Approve this app registration?";
    case "denied":
      return "Denied";
    case "withdrawn":
      return "Taken back: nothing to decide any more";
    case "approved":
      return "Approved, being made";
    case "provisioned":
      if (registration?.state === "revoking") return "Being revoked";
      return registration?.state === "revoked" ? "Revoked" : "Approved and ready";
    case "failed":
      return "Approved, but it could not be made";
    default:
      return request satisfies never;
  }
}

function drawApproval(view: RequestView, detail: Detail): Card {
  const { request } = view;
  const { id, revision, plan } = request;
  const isPending = request.state === "pending";
  const isWhole = detail !== "part";
  const steps = request.state === "provisioned" ? [] : progressLines(view);
  return expandTemplate("approval", {
    summary: `${approvalTitle(view)} ${id}, ${plan.blueprint.title}.`,
    title: approvalTitle(view),
    outcome: [
      ...outcomeLines(view),
      ...(view.registration ? [fact("Client ID", view.registration.clientId)] : []),
      ...(view.registration?.state === "active" ? missingLines(view) : []),
    ],
    asked: [
      fact("Who", request.requester.name),
      fact("System", plan.blueprint.title),
      fact("Name", plan.displayName),
      // Once it is made, the tenant has said all that it has to say.
      ...(request.state === "provisioned" ? [] : uncheckedLines(plan, "approver")),
    ],
    risk: riskOf(view, plan),
    why: [fact("Why", request.reason)],
    hasSteps: steps.length > 0,
    steps,
    plan: planSection(plan, view, detail, "approver"),
    notes: isPending ? pendingNotes(view, isWhole) : [said(id, { isSubtle: true })],
    isPending,
    canApprove: isPending && isWhole,
    requestId: id,
    revision,
  });
}

/** Who decided and when, and what came of it. */
export function outcomeLines(view: RequestView): Line[] {
  const { request, registration } = view;
  switch (request.state) {
    case "pending":
      return [];
    case "withdrawn":
      return [said(`Taken back by the person who asked, on ${momentWords(request.withdrawnAt)}.`)];
    case "denied":
      return [decidedLine("Denied", request), fact("Reason", request.denial)];
    case "approved":
      return [decidedLine("Approved", request)];
    case "provisioned":
      return [
        decidedLine("Approved", request),
        ...(registration?.state === "revoking"
          ? [fact("Being revoked by", registration.revokedBy.name)]
          : []),
        ...(registration?.state === "revoked"
          ? [fact(`Revoked on ${momentWords(registration.revokedAt)} by`, registration.revokedBy.name)]
          : []),
      ];
    case "failed":
      return [decidedLine("Approved", request), fact("What happened", request.failure)];
    default:
      return request satisfies never;
  }
}

type Decided = Extract<Request, { decidedAt: Date }>;
const decidedLine = (verb: string, { decidedAt, decidedBy }: Decided) =>
  fact(`${verb} on ${momentWords(decidedAt)} by`, decidedBy.name);

function pendingNotes({ request, deciders }: RequestView, isWhole: boolean): Line[] {
  const { id, revision, submittedAt } = request;
  const tooLong =
    "This plan is too long to be shown whole, so it cannot be approved. Deny it, and ask for a smaller one.";
  return [
    ...(isWhole ? [] : [said(tooLong)]),
    ...decidersLine(deciders),
    said(`${id}, revision ${revision}, asked for on ${momentWords(submittedAt)}.`, { isSubtle: true }),
    ...(isWhole
      ? [said(`If a button does nothing, say to Usher: approve ${id} r${revision}`, { isSubtle: true })]
      : []),
  ];
}

/** Who can decide, as far as the directory says. */
export function decidersLine(deciders: RequestView["deciders"]): Line[] {
  if (!deciders) return [said("Who can decide could not be looked up just now; every approver can.")];
  if (deciders.length === 0) {
    return [
      said("Nobody can decide yet: there is no approver but the person who asked. An admin has to name one."),
    ];
  }
  return [fact("Can decide", some(deciders, 10))];
}

/** Said to both sides: without it the registration signs in but may do nothing, or less than was approved. */
export function missingLines({ isConsentMissing, missingRoles, request }: RequestView): Line[] {
  const lines = [
    ...(isConsentMissing
      ? [
          said(
            "Consent is still missing, because Usher may not grant it here. Ask a Privileged Role Administrator: Entra admin center, Enterprise applications, Permissions, Grant admin consent.",
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
