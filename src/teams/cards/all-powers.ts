import { isOpen } from "../../domain/request.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { approveCommand, isShownWhole } from "./approval.ts";
import { execute } from "./buttons.ts";
import { powerLines } from "./powers.ts";
import { fact, said } from "./text.ts";

/** With the longest sentences that there are, so many still fit. */
const perPage = 12;

/** Everything that a request's app may do, each with its sentence, a page at a time. */
export function allPowersCard(view: RequestView, wanted: number): Card {
  const { request } = view;
  const { id, plan } = request;
  const lines = powerLines(view, "sentences", "approver");
  const pages = Math.max(1, Math.ceil(lines.length / perPage));
  const page = Math.min(wanted, pages - 1);
  const isLast = page === pages - 1;
  const place = pages > 1 ? `Page ${page + 1} of ${pages}` : "All on one page";
  const turn = (title: string, to: number) =>
    execute({ title, verb: "approval/list", data: { request: id, page: to } });
  return expandTemplate("powers", {
    summary: `What ${id} may do. ${place}.`,
    title: "What it may do",
    about: [fact("Name", plan.displayName), said(`${id}, revision ${request.revision}. ${place}.`)],
    lines: lines.slice(page * perPage, (page + 1) * perPage),
    notes: isLast && isOpen(request) ? lastLines(view) : [],
    actions: [
      ...(isLast ? [] : [turn("Next page", page + 1)]),
      ...(page > 0 ? [turn("Page before", page - 1)] : []),
      execute({ title: "Back to the request", verb: "approval/back", data: { request: id } }),
    ],
  });
}

/** Whoever has come to the last page has seen what the approvers' card could not show. */
function lastLines(view: RequestView) {
  const canApprove = view.request.state === "pending" && view.policyRefusals.length === 0;
  if (!canApprove || isShownWhole(view)) return [];
  return [said(`That is all of it. To approve it, say to Usher: ${approveCommand(view)}`)];
}
