import { ownersOf, type Registration } from "../../domain/registration.ts";
import type { ExpiryView, NeedView } from "../../usecases/telling/registration-views.ts";
import type { Card } from "../expand.ts";
import { counted, dayWords, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { endingOf, renewLines } from "./ended.ts";
import { noticeCard } from "./notices.ts";
import { rotateButton } from "./rotation.ts";
import { fact, type Line, said } from "./text.ts";

/** What a notification shows, and what the card is called by. */
export function expirySummary(view: ExpiryView): string {
  const { registration, daysLeft } = view;
  if (view.stands !== "ends" || isPast(view)) return `${registration.id}: ${expiryTitle(view)}.`;
  const when = daysLeft === 0 ? "today" : `in ${counted(daysLeft, "day")}`;
  return `${registration.id}: its ${endingOf(registration.plan)} stops working ${when}.`;
}

function expiryTitle(view: ExpiryView): string {
  const { registration, stands } = view;
  const past = pastTitle(view);
  if (past) return past;
  const what = endingOf(registration.plan);
  switch (stands) {
    case "ends":
      return `A ${what} stops working soon`;
    case "ended":
      return `A ${what} has stopped working`;
    case "replaced":
      return registration.expiresAt ? `This ${what} was replaced` : `This ${what} works no more`;
    default:
      return stands satisfies never;
  }
}

/** That a credential ends or has ended, and what can be done about it. */
export function expiryCard(view: ExpiryView): Card {
  const { registration, endsAt, stands } = view;
  const name = aboutLines(view);
  if (isPast(view)) return noticeCard({ title: expiryTitle(view), lines: [...name, ...pastLines(view)] });
  const when = stands === "ends" ? "Works until" : "Worked until";
  return noticeCard({
    title: expiryTitle(view),
    lines: [...name, fact(when, momentWords(endsAt)), ...expiryLines(view)],
    actions: stands === "replaced" ? [] : expiryButtons(registration, view),
  });
}

function expiryLines(view: ExpiryView): Line[] {
  const { registration, stands, isBeingReplaced, known, isForOwner } = view;
  const { id, expiresAt } = registration;
  if (stands === "replaced")
    return [
      said(
        expiresAt
          ? `Another one works until ${momentWords(expiresAt)}. You need do nothing about this one.`
          : `No secret of it works now. Its owner says status ${id} to see what can be done.`,
      ),
    ];
  const after =
    stands === "ends"
      ? "Then whatever uses it stops. Nothing else of the registration changes."
      : "Whatever uses it has stopped. Nothing else of the registration has changed.";
  return [
    said(after),
    ...(isBeingReplaced
      ? [said("A new secret is being made already; its link comes in the owner's personal chat.")]
      : renewLines(registration, "button")),
    said(`If it is not needed any more, press Revoke, or say revoke ${id}.`),
    ...(known
      ? [
          fact(`Its owner knows since ${momentWords(known.at)}`, known.by),
          ...(isForOwner ? [said("Usher says it once more on the day before.")] : []),
        ]
      : isForOwner && stands === "ends"
        ? [
            said(
              `If you see to it later, press I know, or say know ${id}: Usher says it once more on the day before.`,
            ),
          ]
        : []),
  ];
}

function expiryButtons(registration: Registration, view: ExpiryView): Card[] {
  const { id } = registration;
  const mayRotate = endingOf(registration.plan) === "secret" && !view.isBeingReplaced;
  const mayKnow = view.isForOwner && view.stands === "ends" && !view.known;
  return [
    ...(mayRotate ? [rotateButton(id)] : []),
    ...(mayKnow ? [execute({ title: "I know", verb: "expiry/know", data: { request: id } })] : []),
    revokeButton(id),
  ];
}

/** It asks once more before anything is stopped. */
const revokeButton = (id: string) =>
  execute({
    title: "Revoke",
    verb: "registration/revoke",
    data: { registration: id },
    style: "destructive",
  });

export const needSummary = (view: NeedView) => `${view.registration.id}: ${needTitle(view)}`;

function needTitle(view: NeedView): string {
  const past = pastTitle(view);
  if (past) return past;
  if (view.confirmed) return "Still needed";
  return view.isForOwner ? "Is this still needed?" : "Nobody says whether this is needed";
}

/** Once a year to its owners; to the approvers when those do not answer. */
export function needCard(view: NeedView): Card {
  const { registration, askedOn, confirmed, isForOwner } = view;
  const { id, createdAt } = registration;
  const about = [...aboutLines(view), fact("Made on", dayWords(createdAt))];
  const title = needTitle(view);
  if (isPast(view)) return noticeCard({ title, lines: [...about, ...pastLines(view)] });
  if (confirmed)
    return noticeCard({
      title,
      lines: [
        ...about,
        fact(`Said on ${momentWords(confirmed.at)} by`, confirmed.by),
        said(`It stays as it is. Usher asks again in a year. To stop it before, say revoke ${id}.`),
      ],
    });
  const stop = `It can be brought back for 30 days.`;
  return noticeCard({
    title,
    lines: [
      ...about,
      fact("Asked first on", dayWords(askedOn)),
      ...(isForOwner
        ? [
            said(
              `Once a year an owner says whether it is still needed. It works as before. If it is needed, press Still needed, or say needed ${id}.`,
            ),
            said(`If it is not, press Revoke, or say revoke ${id}. ${stop}`),
            said("If nobody answers, the approvers are told."),
          ]
        : [
            said(
              "Usher asked its owners three times, a week apart, and nobody answered. It works as before, and an owner can still answer.",
            ),
            said(
              `Ask them. If nobody needs it, press Revoke, or say revoke ${id}: that stops it at once. ${stop}`,
            ),
          ]),
    ],
    actions: [
      ...(isForOwner
        ? [execute({ title: "Still needed", verb: "need/confirm", data: { request: id }, style: "positive" })]
        : []),
      revokeButton(id),
    ],
  });
}

type About = Pick<ExpiryView, "registration" | "isForOwner" | "isOld" | "isGivenAway">;

function aboutLines({ registration, isForOwner }: About): Line[] {
  const { id, plan } = registration;
  return [
    fact(id, plan.displayName),
    fact("System", plan.blueprint.title),
    ...(isForOwner ? [] : ownersOf(registration).map(({ name }) => fact("Owner", name))),
  ];
}

/** The card has nothing to press any more. */
const isPast = (view: About) => pastTitle(view) !== undefined;

function pastTitle({ registration, isOld, isGivenAway }: About): string | undefined {
  switch (registration.state) {
    case "active":
      if (isGivenAway) return "You do not own this registration any more";
      return isOld ? "There is a newer card about this registration" : undefined;
    case "revoking":
      return "Being revoked";
    case "restoring":
      return "Being restored";
    case "revoked":
    case "removed":
      return "Revoked";
    default:
      return registration satisfies never;
  }
}

function pastLines({ registration }: About): Line[] {
  const { id, state } = registration;
  if (state === "active") return [said(`Say list to see how ${id} stands.`)];
  return [
    said("You need do nothing about this card. Say list to see how it stands."),
    fact("Revoked by", registration.revokedBy.name),
  ];
}
