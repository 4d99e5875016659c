import type { Registration } from "../../domain/registration.ts";
import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { momentWords } from "../words.ts";
import { noticeCard } from "./notices.ts";
import { cancelRotationButton, rotateButton, switchedButton, usedLines } from "./rotation.ts";
import { fact, plain, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** The day before the old secret goes. */
export function overlapEndsCard(message: Of<"overlap-ends">): Card {
  const { requestId: id, displayName, keyId, endsAt, isUnopened } = message;
  const newUsedAt = message.newUsedAt === undefined ? undefined : new Date(message.newUsedAt);
  const oldUsedAt = message.oldUsedAt === undefined ? undefined : new Date(message.oldUsedAt);
  const end = new Date(endsAt);
  return noticeCard({
    title: oldUsedAt ? "The old secret ends soon, and is still in use" : "The old secret ends soon",
    lines: [
      fact(id, displayName),
      said(
        isUnopened
          ? `The old secret was to work until ${momentWords(end)}, but nobody has opened the new one. It stays until the link to the new one is opened or has expired.`
          : `The old secret works until ${momentWords(end)}. Then Usher removes it, and only the new one works.`,
      ),
      ...usedLines(newUsedAt, oldUsedAt),
      said(
        `${
          isUnopened
            ? "Open the link, and put the new secret everywhere where the old one is"
            : `Give whatever still uses the old secret the new one before ${momentWords(end)}`
        }. Once that is done, press Switched, or say switched ${id}. To keep the old one and give up the new one, press Cancel the rotation, or say cancel rotation ${id}.`,
      ),
    ],
    actions: [...(isUnopened ? [] : [switchedButton(id, keyId)]), cancelRotationButton(id, keyId)],
  });
}

/** How a rotation ended, where nobody's press ended it, or somebody else's did. */
export function rotationOverCard({
  requestId: id,
  displayName,
  why,
  by,
  failure,
}: Of<"rotation-over">): Card {
  const name = fact(id, displayName);
  const stays = "The secret before works as it did, and nothing else was changed.";
  switch (why) {
    case "ended":
      return noticeCard({
        title: "The old secret is removed",
        lines: [
          name,
          said("Its time beside the new one is over. Only the new secret works now."),
          said(`If something stopped, give it the new secret. If you lost that, say lost ${id}.`),
        ],
      });
    case "unopened":
      return noticeCard({
        title: "Nobody opened the new secret in time",
        lines: [
          name,
          said(`Its link has expired, so Usher removed the new secret. ${stays}`),
          said(`To have another, press Rotate the secret, or say rotate ${id}.`),
        ],
        actions: [rotateButton(id)],
      });
    case "cancelled":
      return noticeCard({
        title: "The rotation was cancelled",
        lines: [
          name,
          ...(by ? [fact("By", by.name)] : []),
          said(`The new secret and its link are removed. ${stays}`),
        ],
      });
    case "failed":
      return noticeCard({
        title: "No new secret could be made",
        lines: [
          name,
          ...(failure === undefined ? [] : [{ inlines: plain(failure) }]),
          said(
            `${stays} Show this to an admin. Once it is mended, press Rotate the secret, or say rotate ${id}.`,
          ),
        ],
        actions: [rotateButton(id)],
      });
    default:
      return why satisfies never;
  }
}

/** The answer to whoever cancelled it. */
export const rotationCancelledCard = ({ id, plan }: Registration): Card =>
  rotationOverCard({
    kind: "rotation-over",
    requestId: id,
    displayName: plan.displayName,
    why: "cancelled",
  });
