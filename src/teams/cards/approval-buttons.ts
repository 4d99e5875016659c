import { type In, isOpen } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { ask, confirm, execute, sentencesInput } from "./buttons.ts";
import { leftToAdminButtons } from "./left-to-admin.ts";

/** What can be pressed on the approvers' card as it stands. Whoever cannot decide can still have it drawn anew. */
export function approvalButtons(
  view: RequestView,
  { mayDecide, canApprove }: { mayDecide: boolean; canApprove: boolean },
): Card[] {
  const { request, terms } = view;
  const { id, revision } = request;
  const data = { request: id, revision };
  const isPending = request.state === "pending";
  const canChange = isOpen(request) || ["expired", "approved", "cleaning"].includes(request.state);
  const approve = { verb: "approval/approve", data, style: "positive" } as const;
  return [
    ...(mayDecide && isPending && canApprove
      ? [
          terms.reasonToApprove
            ? ask({ title: "Approve", style: "positive" }, approvalInput, {
                title: "Approve with this reason",
                ...approve,
              })
            : execute({ title: "Approve", ...approve }),
        ]
      : []),
    ...(mayDecide && isPending
      ? [
          execute({ title: "Approve with changes", verb: "approval/narrow", data }),
          ask({ title: "Ask for a change" }, questionInput, {
            title: "Send this question",
            verb: "approval/return",
            data,
          }),
        ]
      : []),
    ...(mayDecide && isOpen(request)
      ? [
          ask({ title: "Deny", style: "destructive" }, denialInput, {
            title: "Deny with this reason",
            verb: "approval/deny",
            data,
            style: "destructive",
          }),
        ]
      : []),
    ...leftToAdminButtons(view),
    ...(mayDecide && request.state === "failed" ? failedButtons(request) : []),
    ...(mayDecide && view.waitsSince
      ? [
          execute({
            title: "Stop and clean up",
            verb: "provisioning/stop",
            data: { request: id },
            style: "destructive",
          }),
        ]
      : []),
    ...(canChange
      ? [execute({ title: "Refresh", verb: "approval/refresh", data: { request: id }, isSecondary: true })]
      : []),
  ];
}

/** What is half undone is not made again. */
function failedButtons({ id, isHalfUndone }: In<"failed">): Card[] {
  const data = { request: id };
  return [
    ...(isHalfUndone
      ? []
      : [execute({ title: "Retry", verb: "provisioning/retry", data, style: "positive" })]),
    confirm(
      { title: "Clean up", style: "destructive" },
      "What Usher made for it in Entra is taken away, and it is not made any more. This cannot be undone.",
      { title: "Clean up now", verb: "provisioning/clean", data, style: "destructive" },
    ),
  ];
}

const approvalInput = sentencesInput({
  id: "reason",
  label: "Why is this right? The person who asked will read it, and it is kept.",
  errorMessage: "Say why: policy wants a reason for an approval of this risk.",
});
const questionInput = sentencesInput({
  id: "question",
  label: "What should be changed or explained? The person who asked will read it.",
  errorMessage: "Say what should be changed or explained.",
});
const denialInput = sentencesInput({
  id: "denial",
  label: "Why not? The person who asked will read this.",
  errorMessage: "Say why: nothing is denied without a reason.",
});
