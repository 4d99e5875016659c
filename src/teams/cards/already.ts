import type { WhyStopped } from "../../domain/finding.ts";
import type { DraftId, RequestId } from "../../domain/ids.ts";
import { type Registration, restorableUntil } from "../../domain/registration.ts";
import type { In, OpenState } from "../../domain/request.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { stoppedShortly } from "./stopped-outside.ts";
import { type Line, plain, said } from "./text.ts";

export type AlreadyView = {
  draftId: DraftId;
  requests: readonly In<OpenState | "approved">[];
  registrations: readonly Registration[];
  /** Those of them with which nothing signs in any more. */
  stops?: ReadonlyMap<RequestId, WhyStopped>;
};

const stateWords: Readonly<Record<OpenState | "approved", string>> = {
  pending: "waits for an approver",
  returned: "waits for your answer",
  offered: "waits for your yes to less",
  approved: "is approved and being made",
};

/** So many are enough to see that it is there. */
const mostRows = 8;

/** Shown before a form: the same person already waits for this system, or has it. */
export function alreadyCard({ draftId, requests, registrations, stops }: AlreadyView): Card {
  const rows = [
    ...requests.map(({ id, state, plan, submittedAt }) =>
      row(id, plan.displayName, `${id} ${stateWords[state]}, since ${momentWords(submittedAt)}`),
    ),
    ...registrations.map((each) =>
      row(each.id, each.plan.displayName, registrationWords(each, stops?.get(each.id))),
    ),
  ];
  const left = rows.length - mostRows;
  return expandTemplate("already", {
    summary: "You already have this. Look at it first.",
    title: "You already have this",
    about: [said("Look at it first: maybe it is all you need. Nothing new has been asked for.")],
    rows: rows.slice(0, mostRows),
    notes: left > 0 ? [said(`… and ${left} more. Say status or list to see them.`)] : [],
    actions: [execute({ title: "Ask for another", verb: "intake/anyway", data: { draft: draftId } })],
  });
}

function row(id: RequestId, name: string, words: string): { lines: Line[]; show: Card[] } {
  return {
    lines: [{ inlines: plain(name, { weight: "Bolder" }) }, said(words)],
    show: [execute({ title: `Show ${id}`, verb: "request/show", data: { request: id } })],
  };
}

function registrationWords(registration: Registration, stopped: WhyStopped | undefined): string {
  const { id, createdAt } = registration;
  switch (registration.state) {
    case "active":
      if (stopped) return `${id} is made, but ${stoppedShortly[stopped]}; say drift ${id}`;
      return `${id} is made and works, since ${momentWords(createdAt)}`;
    case "revoking":
      return `${id} is being revoked`;
    case "revoked":
      return `${id} is revoked; it can be restored until ${momentWords(restorableUntil(registration.revokedAt))}`;
    case "restoring":
      return `${id} is being restored`;
    case "removed":
      return `${id} was revoked, and Entra keeps it no longer`;
    default:
      return registration satisfies never;
  }
}
