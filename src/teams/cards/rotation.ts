import { noKey } from "../../domain/new-key.ts";
import type { Registration } from "../../domain/registration.ts";
import type { RotationOffer } from "../../usecases/handover/rotate-secret.ts";
import type { RetiringView, RotationView } from "../../usecases/telling/registration-views.ts";
import type { Card } from "../expand.ts";
import { counted, momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { noticeCard } from "./notices.ts";
import { fact, type Line, plain, said } from "./text.ts";

const keyOr = (keyId: string | undefined) => keyId ?? noKey;

/** Begins with a question: nothing is made before it is confirmed. */
export const rotateButton = (id: string) =>
  execute({ title: "Rotate the secret", verb: "rotation/ask", data: { registration: id } });

export const switchedButton = (id: string, keyId: string | undefined) =>
  execute({
    title: "Switched",
    verb: "rotation/switched",
    data: { registration: id, keyId: keyOr(keyId) },
    style: "positive",
  });

export const cancelRotationButton = (id: string, keyId: string | undefined) =>
  execute({
    title: "Cancel the rotation",
    verb: "rotation/cancel",
    data: { registration: id, keyId: keyOr(keyId) },
    style: "destructive",
  });

/** Asks once before a new secret is made. */
export function confirmRotateCard({ registration, keyId, to, overlapDays }: RotationOffer): Card {
  const { id, plan, clientId, expiresAt } = registration;
  const days = counted(overlapDays, "day");
  return noticeCard({
    title: "Make a new secret?",
    lines: [
      fact(id, plan.displayName),
      fact("System", plan.blueprint.title),
      fact("Client ID", clientId, { fontType: "Monospace" }),
      ...(expiresAt ? [fact("Its secret works until", momentWords(expiresAt))] : []),
      fact("The link goes to", to.name),
      said(
        keyId === undefined
          ? "No secret of it works now. Usher makes one, and sends its link to that person's personal chat with Usher, and to nobody else."
          : `Usher makes a new secret beside the one that works, and sends its link to that person's personal chat with Usher, and to nobody else. The old secret works for ${days} more, or until its owner says that everything is switched to the new one.`,
      ),
      said("Nothing has been changed yet."),
    ],
    actions: [
      execute({
        title: "Yes, make a new secret",
        verb: "rotation/confirm",
        data: { registration: id, keyId: keyOr(keyId) },
        style: "positive",
      }),
      execute({ title: "Leave it as it is", verb: "rotation/leave", data: { registration: id } }),
    ],
  });
}

export function notRotatedCard({ id, plan }: Registration): Card {
  return noticeCard({
    title: "Not rotated",
    lines: [fact(id, plan.displayName), said("It is as it was. Nothing was changed.")],
  });
}

/** How a rotation stands. */
export function rotationCard(view: RotationView): Card {
  const { requestId: id, displayName, owner, keyId } = view;
  const name = fact(id, displayName);
  if (view.isGivenAway)
    return noticeCard({
      title: "You do not own this registration any more",
      lines: [name, fact("Owner", owner.name), said("They see to its secrets. You need do nothing.")],
    });
  switch (view.state) {
    case "making": {
      const { newKey } = view;
      const isRotation = newKey.why === "rotate";
      return noticeCard({
        title: "A new secret is being made",
        lines: [
          name,
          fact("Owner", owner.name),
          fact("Since", momentWords(newKey.at)),
          said(
            isRotation
              ? "Its link goes to an owner's personal chat with Usher, and to nobody else. The secret before works as it did. You need do nothing."
              : "The one before was given up. The new one's link goes to an owner's personal chat with Usher, and to nobody else. You need do nothing.",
          ),
          ...(newKey.note === undefined ? [] : [{ inlines: plain(newKey.note) }]),
        ],
        actions: isRotation ? [cancelRotationButton(id, keyId)] : [],
      });
    }
    case "overlap":
      return noticeCard({
        title: "Two secrets work now",
        lines: [name, fact("Owner", owner.name), ...overlapLines(id, view.retiring)],
        actions: overlapButtons(id, keyId, view.retiring),
      });
    case "over":
      return noticeCard({
        title: "The old secret is removed",
        lines: [
          name,
          said(`Only the new secret works now. If something still used the old one, give it the new one.`),
          said(`If you lost that, say lost ${id}.`, { isSubtle: true }),
        ],
      });
    case "gone":
      return noticeCard({
        title: "This new secret is removed",
        lines: [name, said(`It works no more. Say status ${id} to see how things stand.`)],
      });
    default:
      return view satisfies never;
  }
}

/** What the owner can press while two secrets work. Nothing is switched to what nobody has. */
export const overlapButtons = (
  id: string,
  keyId: string | undefined,
  { isUnopened }: RetiringView,
): Card[] => [...(isUnopened ? [] : [switchedButton(id, keyId)]), cancelRotationButton(id, keyId)];

/** How two secrets stand beside each other, and what the owner can do. */
export function overlapLines(id: string, { endsAt, isUnopened, newUsedAt, oldUsedAt }: RetiringView): Line[] {
  return [
    said(
      isUnopened
        ? "A new secret was made beside the old one, and its link waits in the personal chat of an owner. The old secret works as before, and stays while nobody has opened that link."
        : `The old secret works beside the new one until ${momentWords(endsAt)}. Then Usher removes it; the day before, Usher warns you.`,
    ),
    ...usedLines(newUsedAt, oldUsedAt),
    said(
      `${isUnopened ? "Open the link, and put" : "Put"} the new secret everywhere where the old one is, then press Switched, or say switched ${id}: the old one is removed at once. To keep the old one and give up the new one, press Cancel the rotation, or say cancel rotation ${id}.`,
    ),
  ];
}

/** Only what Entra's log of sign-ins has; where Usher may not read it, nothing. */
export const usedLines = (newUsedAt: Date | undefined, oldUsedAt: Date | undefined): Line[] => [
  ...(newUsedAt ? [fact("The new secret is in use since", momentWords(newUsedAt))] : []),
  ...(oldUsedAt ? [fact("The old secret was last used on", momentWords(oldUsedAt))] : []),
];
