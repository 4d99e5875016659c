import { isOwnedBy } from "../../domain/registration.ts";
import { nudgeAgainAt } from "../../domain/waiting.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { ask, execute, sentencesInput } from "./buttons.ts";
import { leftToAdminButtons } from "./left-to-admin.ts";
import { secretButtons } from "./secret.ts";

/**
 * What the requester can press as their request stands. Without `now` nobody knows whether a nudge is possible again:
 * then Refresh tells.
 */
export function requestButtons(view: RequestView, now?: Date): Card[] {
  const { request } = view;
  const { id, revision } = request;
  const data = { request: id, revision };
  const withdraw = execute({ title: "Withdraw", verb: "request/withdraw", data, style: "destructive" });
  switch (request.state) {
    case "pending": {
      const { waiting } = request;
      const isQuiet = waiting.nudgedAt !== undefined && (!now || nudgeAgainAt(waiting, now) !== undefined);
      return [
        ...(isQuiet ? [] : [execute({ title: "Nudge", verb: "request/nudge", data })]),
        withdraw,
        execute({ title: "Refresh", verb: "request/show", data: { request: id }, isSecondary: true }),
      ];
    }
    case "returned":
      return [
        ask({ title: "Answer", style: "positive" }, answerInput, {
          title: "Send this answer",
          verb: "request/answer",
          data,
          style: "positive",
        }),
        execute({ title: "Edit the request", verb: "request/edit", data }),
        withdraw,
      ];
    case "offered":
      return [execute({ title: "Accept", verb: "request/accept", data, style: "positive" }), withdraw];
    case "expired":
      return [
        execute({ title: "Send again", verb: "request/again", data: { request: id }, style: "positive" }),
      ];
    case "approved":
      return leftToAdminButtons(view);
    case "provisioned":
      return view.registration && !isOwnedBy(view.registration, request.requester) ? [] : secretButtons(view);
    case "denied":
    case "withdrawn":
    case "failed":
    case "cleaning":
    case "cleaned":
      return [];
    default:
      return request satisfies never;
  }
}

const answerInput = sentencesInput({
  id: "answer",
  label: "Your answer. The approvers will read it.",
  errorMessage: "Write an answer first.",
});
