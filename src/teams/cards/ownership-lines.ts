import type { WhyGone } from "../../domain/leavers.ts";
import { needsApprover, offerDays, offerMark } from "../../domain/ownership.ts";
import type { Actor } from "../../domain/request.ts";
import type { EntraOwner } from "../../usecases/ports/ownership.ts";
import type { OwnershipView } from "../../usecases/telling/registration-views.ts";
import { dayWords, momentWords } from "../words.ts";
import { fact, type Line, said } from "./text.ts";

const dayMs = 86_400_000;

const goneWords: Readonly<Record<WhyGone, string>> = {
  disabled: "had a disabled account",
  deleted: "had no account any more",
  "may-not-ask": "was not among those who may ask for it",
};

/** What has happened to an offer, what is still true, and what whoever reads it can do. */
export function ownershipLines(view: OwnershipView): Line[] {
  const { offer, registration } = view;
  const { state, changedAt, endedBy, reason } = offer;
  const { id } = registration;
  const when = `on ${momentWords(changedAt)}`;
  switch (state) {
    case "offered":
    case "accepted":
      if (registration.state !== "active")
        return [said("The registration is stopped, so nobody takes it over. Say list to see how it stands.")];
      return state === "offered" ? offeredLines(view) : acceptedLines(view);
    case "done":
      return [
        fact("Since", momentWords(changedAt)),
        said(`Usher's records say so. Say show ${id} to see how it stands.`),
        ...entraLines(view),
      ];
    case "declined":
      return [said(`They said no ${when}. Everything stays as it was.`)];
    case "withdrawn":
      return [
        ...(endedBy ? [fact(`Taken back ${when} by`, endedBy.name)] : []),
        said("Everything stays as it was. You need do nothing."),
      ];
    case "denied":
      return [
        ...(endedBy ? [fact(`Denied ${when} by`, endedBy.name)] : []),
        ...(reason === undefined ? [] : [fact("Why", reason)]),
        said("Everything stays as it was."),
      ];
    case "expired":
      return [said(`It ended ${when}. Everything stays as it was; an owner can ask again.`)];
    default:
      return state satisfies never;
  }
}

function offeredLines({ offer, registration, rank, reader }: OwnershipView): Line[] {
  const { id } = registration;
  const until = dayWords(new Date(offer.at.getTime() + offerDays * dayMs));
  if (reader !== "person")
    return [
      said(
        `They were asked on ${momentWords(offer.at)}, and can answer until ${until}. Until they accept, nothing changes. To take it back, press Take it back, or say withdraw ownership ${id}.`,
      ),
    ];
  return [
    ...(offer.by === "usher" ? [said("Its owner has left, and somebody must look after it.")] : []),
    said(
      "An owner answers for it: Usher tells you before its credential ends, asks you once a year whether it is needed, and lets you rotate its secret and revoke it.",
    ),
    ...(needsApprover(rank) ? [said("It is of high risk, so an approver must agree after you.")] : []),
    said(
      `Nothing changes before you accept. Press Accept or Decline, or say accept ownership ${id} ${offerMark(offer)}, or decline ownership ${id} ${offerMark(offer)}. After ${until} the question ends.`,
    ),
  ];
}

function acceptedLines({
  offer,
  registration,
  reader,
  hasApprovalsChannel,
  askerGone,
}: OwnershipView): Line[] {
  const { id } = registration;
  const until = dayWords(new Date(offer.changedAt.getTime() + offerDays * dayMs));
  const accepted = said(`They accepted on ${momentWords(offer.changedAt)}. Nothing has changed yet.`);
  const noChannel = hasApprovalsChannel
    ? []
    : [said("No approvals channel is set: an admin says approvals here in the channel where approvers are.")];
  switch (reader) {
    case "approver":
      return [
        accepted,
        ...(askerGone
          ? [
              said(
                `${askerGone.name}, who asked for this, ${goneWords[askerGone.why]} when Usher looked last. If that is still so when you approve, nobody becomes its owner and this question ends.`,
              ),
            ]
          : []),
        said(
          `If you agree, they own it in Usher from that moment, and are handed its new secrets. Press Approve or Deny, or say approve ownership ${id} ${offerMark(offer)}, or deny ownership ${id} ${offerMark(offer)} and why. Without an answer it ends after ${until}.`,
        ),
        ...noChannel,
      ];
    case "owner":
      return [
        accepted,
        said(
          `It is of high risk, so an approver must agree until ${until}. To take it back, press Take it back, or say withdraw ownership ${id}.`,
        ),
        ...noChannel,
      ];
    case "person":
      return [
        said(
          `You accepted on ${momentWords(offer.changedAt)}. It is of high risk, so an approver must agree until ${until}; Usher tells you. You own nothing of it yet. If you have changed your mind, press Decline, or say decline ownership ${id} ${offerMark(offer)}.`,
        ),
        ...noChannel,
      ];
    default:
      return reader satisfies never;
  }
}

/** Whom Entra names, while that is another than Usher's records say. */
export function entraLines({
  registration: { owner },
  entraOwner,
}: {
  registration: { owner: Actor };
  entraOwner?: Pick<EntraOwner, "named" | "state" | "note">;
}): Line[] {
  if (!entraOwner || entraOwner.named.userId === owner.userId) return [];
  const { named, state, note } = entraOwner;
  return [
    fact("Entra still names as owner", named.name),
    said(
      state === "changing"
        ? "Usher is changing that. Until then that person can change it in Entra."
        : `Usher ${note === undefined ? "may not" : "could not"} change that, so that person can still change it in Entra. An administrator can change its owners there, under App registrations.`,
    ),
    ...(note === undefined ? [] : [fact("What happened", note)]),
  ];
}
