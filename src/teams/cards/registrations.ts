import type { WhyStopped } from "../../domain/finding.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Credential } from "../../domain/plan.ts";
import { type Registration, restorableUntil } from "../../domain/registration.ts";
import type { Listing, ListScope } from "../../usecases/lifecycle/list-registrations.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, dayWords, momentWords } from "../words.ts";
import { type Detail, fitting } from "./fitting.ts";
import { noticeCard } from "./notices.ts";
import { ownersLines } from "./registration.ts";
import { stateWords } from "./registration-state.ts";
import { fact, type Line, plain, said } from "./text.ts";

export type RegistrationsView = {
  /** Which page of which list. */
  listing: Listing;
  rows: readonly Registration[];
  /** Where the next page begins. */
  next?: string;
  now: Date;
  /** Those with which nothing signs in, because of what somebody changed in Entra. */
  stops?: ReadonlyMap<RequestId, WhyStopped>;
};

/** One page of registrations. When it gets too big for Teams, names are cut first, then the buttons go. */
export function registrationsCard(view: RegistrationsView): Card {
  return fitting((detail) => drawRegistrations(view, detail));
}

const titles: Readonly<Record<ListScope, string>> = {
  own: "Your registrations",
  all: "All registrations",
  expiring: "What expires, the soonest first",
};

const noneWords: Readonly<Record<ListScope, string>> = {
  own: "You have none yet. Say request to ask for one.",
  all: "There are none yet. They appear here once one is made.",
  expiring: "Nothing of any active registration expires. Say list all to see them.",
};

function drawRegistrations(view: RegistrationsView, detail: Detail): Card {
  const { listing, rows, next, now, stops } = view;
  const { scope, after = "", filter = "" } = listing;
  const title = titles[scope];
  const hasButtons = detail === "sentences" || detail === "dangers";
  const longest = detail === "sentences" ? 200 : 40;
  return expandTemplate("registrations", {
    summary: `${title}: ${counted(rows.length, "row")} on this page.`,
    title,
    notes: [
      ...(filter === "" ? [] : [fact("With", filter)]),
      ...(rows.length === 0 ? [said(emptyWords(view))] : []),
      ...(hasButtons || rows.length === 0 ? [] : [said("To see one, say show and its REQ-… name.")]),
    ],
    rows: rows.map((row) => ({
      id: row.id,
      lines: rowLines(row, { now, scope, longest, stopped: stops?.get(row.id) }),
      hasButton: hasButtons,
    })),
    scope,
    at: after,
    after: next ?? "",
    filter,
    hasMore: next !== undefined,
  });
}

function emptyWords({ listing: { scope, after, filter }, next }: RegistrationsView): string {
  if (next !== undefined) return "None among those that Usher has looked at yet. Press Next page to go on.";
  if (after !== undefined) return "There are no more.";
  return filter === undefined
    ? noneWords[scope]
    : "None has words that begin so in its name, its system or its owners, and none has this ID. Say list to see yours.";
}

type Look = { now: Date; scope: ListScope; longest: number; stopped: WhyStopped | undefined };

function rowLines(row: Registration, { now, scope, longest, stopped }: Look): Line[] {
  return [
    { inlines: plain(cut(row.plan.displayName, longest), { weight: "Bolder" }) },
    said(`${row.id} · for ${row.plan.blueprint.title}`),
    said(stateWords(row, now, stopped)),
    ...(scope !== "own" || row.coOwner ? ownersLines(row, longest) : []),
    fact("Client ID", row.clientId, { fontType: "Monospace" }),
  ];
}

/** What is lost with it: Entra gives nobody a secret twice, but what the requester holds can be set up anew. */
const lossWords: Readonly<Record<Credential["kind"], string>> = {
  secret: ", and its secrets are removed. The secrets cannot be brought back",
  certificate: ", and its certificate is removed from it",
  federated: ", and its federated credential is removed",
  none: "",
};

/** Asks once more before anything is stopped. */
export function confirmRevokeCard(registration: Registration): Card {
  const { id, plan, owner, clientId } = registration;
  return expandTemplate("confirm-revoke", {
    summary: `Revoke ${id}? Nothing has been changed yet.`,
    id,
    lines: [
      fact("Name", plan.displayName),
      fact("System", plan.blueprint.title),
      fact("Owner", owner.name),
      fact("Client ID", clientId, { fontType: "Monospace" }),
      said(
        `Whatever uses it stops working: it gets no new tokens at once${lossWords[plan.credential.kind]}.`,
      ),
      said("Entra keeps the application itself for 30 days. Nothing has been changed yet."),
    ],
  });
}

/** What was stopped, or is being stopped. */
export function revokedCard(registration: Registration): Card {
  const { id, plan } = registration;
  const name = fact(id, plan.displayName);
  switch (registration.state) {
    case "active":
      return noticeCard({
        title: "Not revoked",
        lines: [name, said("It is as it was. Nothing was changed.")],
      });
    case "revoking":
      return noticeCard({
        title: "Being revoked",
        lines: [
          name,
          said(
            "Usher is stopping it, and goes on until nothing of it works. You need do nothing; say list to see how it stands.",
          ),
          fact("Revoked by", registration.revokedBy.name),
        ],
      });
    case "restoring":
      return noticeCard({
        title: "Being restored",
        lines: [
          name,
          said("Usher is bringing it back, as it was approved. Say list to see how it stands."),
          fact("Restored by", registration.restoredBy.name),
        ],
      });
    case "removed":
      return noticeCard({
        title: "Removed",
        lines: [
          name,
          said("It was revoked, and Entra keeps it no longer. Say request if you need a new one."),
          fact(`Revoked on ${momentWords(registration.revokedAt)} by`, registration.revokedBy.name),
        ],
      });
    case "revoked": {
      const { revokedAt, revokedBy } = registration;
      const gone = plan.credential.kind === "secret" ? "; its secrets are gone" : "";
      return noticeCard({
        title: "Revoked",
        lines: [
          name,
          said(
            `It lets nobody in any more. Entra keeps the application until ${dayWords(restorableUntil(revokedAt))}${gone}.`,
          ),
          said(
            `Until then an approver or an admin who does not own it can bring it back: restore ${id}. Otherwise say request for a new one.`,
          ),
          fact(`Revoked on ${momentWords(revokedAt)} by`, revokedBy.name),
        ],
      });
    }
    default:
      return registration satisfies never;
  }
}
