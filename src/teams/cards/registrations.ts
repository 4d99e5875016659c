import type { UserId } from "../../domain/ids.ts";
import type { Credential } from "../../domain/plan.ts";
import { type Registration, restorableUntil } from "../../domain/registration.ts";
import { type Card, expandTemplate } from "../expand.ts";
import { counted, cut, dayWords, lengthWords, momentWords } from "../words.ts";
import { type Detail, fitting } from "./fitting.ts";
import { noticeCard } from "./notices.ts";
import { fact, type Line, plain, said } from "./text.ts";

export type RegistrationsView = {
  scope: "own" | "all";
  rows: readonly Registration[];
  /** Where the next page begins. */
  next?: string;
  now: Date;
  /** Who looks: in a list of all, only their own have a button. */
  viewer?: UserId;
};

/** One page of registrations. When it gets too big for Teams, names are cut first, then the buttons go. */
export function registrationsCard(view: RegistrationsView): Card {
  return fitting((detail) => drawRegistrations(view, detail));
}

function drawRegistrations({ scope, rows, next, now, viewer }: RegistrationsView, detail: Detail): Card {
  const title = scope === "own" ? "Your registrations" : "All registrations";
  const none =
    scope === "own"
      ? "You have none yet. Say request to ask for one."
      : "There are none yet. They appear here once one is made.";
  const hasButtons = detail === "sentences" || detail === "dangers";
  const notes =
    rows.length === 0
      ? [said(none)]
      : hasButtons
        ? []
        : [said("To stop one, say revoke and its REQ-… name.")];
  const longest = detail === "sentences" ? 200 : 40;
  return expandTemplate("registrations", {
    summary: `${title}: ${counted(rows.length, "row")} on this page.`,
    title,
    notes,
    rows: rows.map((row) => ({
      id: row.id,
      lines: rowLines(row, { now, scope, longest }),
      canRevoke: hasButtons && row.state === "active" && (scope === "own" || row.owner.userId === viewer),
    })),
    scope,
    after: next ?? "",
    hasMore: next !== undefined,
  });
}

type Look = Pick<RegistrationsView, "now" | "scope"> & { longest: number };

function rowLines(row: Registration, { now, scope, longest }: Look): Line[] {
  return [
    { inlines: plain(cut(row.plan.displayName, longest), { weight: "Bolder" }) },
    said(`${row.id} · for ${row.plan.blueprint.title}`),
    said(stateWords(row, now)),
    ...(scope === "all" ? [fact("Owner", cut(row.owner.name, longest))] : []),
    fact("Client ID", row.clientId, { fontType: "Monospace" }),
  ];
}

const credentialWords: Readonly<Record<Credential["kind"], string>> = {
  secret: "secret",
  certificate: "certificate",
  federated: "federated credential",
  none: "credential",
};

function stateWords(row: Registration, now: Date): string {
  switch (row.state) {
    case "active": {
      const { expiresAt, goneSince } = row;
      if (goneSince) return `Deleted in Entra by somebody on ${dayWords(goneSince)}; say drift ${row.id}`;
      if (!expiresAt && row.plan.credential.kind === "secret")
        return `Active, but no secret of it works now; say status ${row.id}`;
      if (!expiresAt) return "Active, nothing of it expires";
      const credential = credentialWords[row.plan.credential.kind];
      const length = lengthWords(now, expiresAt);
      return expiresAt > now
        ? `Active, its ${credential} works until ${dayWords(expiresAt)} (${length} left)`
        : `Its ${credential} stopped working on ${dayWords(expiresAt)}`;
    }
    case "revoking":
      return "Being revoked";
    case "revoked":
      return `Revoked on ${dayWords(row.revokedAt)}`;
    default:
      return row satisfies never;
  }
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
          said("Say request if you need a new one."),
          fact(`Revoked on ${momentWords(revokedAt)} by`, revokedBy.name),
        ],
      });
    }
    default:
      return registration satisfies never;
  }
}
