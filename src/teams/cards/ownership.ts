import { needsApprover, type OwnershipOffer, offerDays } from "../../domain/ownership.ts";
import type { OwnershipView } from "../../usecases/telling/registration-views.ts";
import type { Card } from "../expand.ts";
import { counted, momentWords } from "../words.ts";
import { ask, execute, sentencesInput } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { ownershipLines } from "./ownership-lines.ts";
import { kindWords, riskOf } from "./powers.ts";
import { fact, type Line, plain, said, some } from "./text.ts";

/** More of them stand on the request's own card. */
const mostPowers = 6;

/** An offer to own a registration: whoever reads it sees what they can do about it as it stands. */
export function ownershipCard(view: OwnershipView, note?: string): Card {
  const { offer, registration } = view;
  const { id, plan } = registration;
  return noticeCard({
    title: ownershipTitle(view),
    lines: [
      ...(note === undefined ? [] : [said(note)]),
      fact(id, plan.displayName),
      fact("System", plan.blueprint.title),
      ...whoLines(offer),
      ...(isWaiting(view) ? powerLines(view) : []),
      ...ownershipLines(view),
    ],
    actions: buttonsFor(view),
  });
}

/** What a notification shows. */
export const ownershipSummary = (view: OwnershipView) =>
  `${view.registration.id}: ${ownershipTitle(view)}${ownershipTitle(view).endsWith("?") ? "" : "."}`;

/** Nobody is asked any more about what is stopped. */
const isWaiting = ({ offer, registration }: OwnershipView) =>
  registration.state === "active" && (offer.state === "offered" || offer.state === "accepted");

function ownershipTitle({ offer, registration, reader }: OwnershipView): string {
  const { state, kind } = offer;
  switch (state) {
    case "offered":
    case "accepted":
      if (registration.state !== "active") return "Nothing to decide any more";
      if (state === "accepted" && reader === "approver") return "Approve this change of owner?";
      if (state === "accepted") return "An approver must agree";
      if (reader !== "person") return "Waiting for their answer";
      return kind === "co-owner"
        ? "Will you own this registration too?"
        : "Will you take this registration over?";
    case "done":
      return kind === "co-owner" ? "A second owner was added" : "The owner has changed";
    case "declined":
      return "Declined";
    case "withdrawn":
      return "Taken back";
    case "denied":
      return "Not approved";
    case "expired":
      return "Nobody answered in time";
    default:
      return state satisfies never;
  }
}

const whoLines = ({ kind, to, from, by }: OwnershipOffer): Line[] => [
  fact(kind === "co-owner" ? "Second owner" : "New owner", to.name),
  ...(from ? [fact("In the place of", from.name)] : []),
  ...(by === "usher" || by.userId === from?.userId ? [] : [fact("Asked by", by.name)]),
];

/** What whoever says yes answers for. */
function powerLines({ registration, permissions, roles }: OwnershipView): Line[] {
  const { plan, expiresAt } = registration;
  const powers = [
    ...permissions.map(({ name, kind, sentence }) => ({ label: `${name} (${kindWords[kind]})`, sentence })),
    ...roles.map(({ name, sentence }) => ({ label: `Directory role ${name}`, sentence })),
  ];
  const left = powers.length - mostPowers;
  return [
    { inlines: plain(riskOf({ permissions, roles }, plan).text) },
    ...powers.slice(0, mostPowers).map(({ label, sentence }) => fact(label, sentence)),
    ...(left > 0
      ? [
          fact(
            `And ${left} more`,
            some(
              powers.slice(mostPowers).map(({ label }) => label),
              8,
            ),
          ),
        ]
      : []),
    ...(expiresAt ? [fact("Its credential works until", momentWords(expiresAt))] : []),
  ];
}

function buttonsFor(view: OwnershipView): Card[] {
  if (!isWaiting(view)) return [];
  const { offer, reader } = view;
  switch (reader) {
    case "person":
      return [
        ...(offer.state === "offered" ? [press("Accept", "ownership/accept", offer, "positive")] : []),
        press("Decline", "ownership/decline", offer),
      ];
    case "owner":
      return [press("Take it back", "ownership/withdraw", offer)];
    case "approver":
      return offer.state === "accepted"
        ? [press("Approve", "ownership/approve", offer, "positive"), denyButton(offer)]
        : [];
    default:
      return reader satisfies never;
  }
}

const press = (title: string, verb: string, { id }: OwnershipOffer, style?: "positive") =>
  execute({ title, verb, data: { offer: id }, ...(style && { style }) });

const denyButton = ({ id }: OwnershipOffer) =>
  ask(
    { title: "Deny", style: "destructive" },
    sentencesInput({
      id: "reason",
      label: "Why? The owner and the person read it.",
      errorMessage: "Write why: the owner and the person read it.",
    }),
    { title: "Send and deny", verb: "ownership/deny", data: { offer: id }, style: "destructive" },
  );

/** To whoever asked, at once: the card that is kept true comes by itself. */
export function askedCard({ offer, registration, rank }: OwnershipView): Card {
  const { id, plan } = registration;
  return noticeCard({
    title: "Asked",
    lines: [
      fact(id, plan.displayName),
      ...whoLines(offer),
      said(
        `They have a card in their personal chat with Usher. Nothing changes before they accept${needsApprover(rank) ? ", and an approver agrees" : ""}. After ${counted(offerDays, "day")} without an answer everything stays as it is.`,
      ),
      said(`To take it back, say withdraw ownership ${id}.`),
    ],
  });
}
