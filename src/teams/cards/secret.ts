import { noKey, type WhyNewKey } from "../../domain/new-key.ts";
import type { SecretView } from "../../usecases/telling/registration-views.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { momentWords } from "../words.ts";
import { execute } from "./buttons.ts";
import { openedLines, openerLines } from "./opener.ts";
import { cancelRotationButton, overlapButtons, overlapLines } from "./rotation.ts";
import { fact, type Line, plain, said } from "./text.ts";

/** The button that gets an owner another secret. */
export const again = "Get a new link";

/** What the requester's card says at its top where its secret is not as it should be. */
export function secretTitle({ newKey, keyId }: SecretView): string | undefined {
  if (newKey) return "A new secret is being made";
  return keyId === undefined ? "No secret works now" : undefined;
}

/** What the owner can press, in the order in which `secretLines` speaks of it. */
export function secretButtons({ request: { id }, secret }: Pick<RequestView, "request" | "secret">): Card[] {
  if (!secret) return [];
  const { keyId, newKey, link, retiring } = secret;
  if (newKey?.why === "rotate") return [cancelRotationButton(id, keyId)];
  // Before anybody has opened it there is no alarm to raise.
  const isOpened = link?.state === "revealed";
  const lost = lostButton(id, keyId ?? noKey);
  const notMe = notMeButton(id, keyId ?? noKey, isOpened ? "destructive" : undefined);
  if (newKey?.why === "restored") return [];
  if (newKey) return isOpened && newKey.why !== "not-me" ? [notMe] : [];
  if (keyId === undefined) return [renewButton(id)];
  return [...(retiring ? overlapButtons(id, keyId, retiring) : []), lost, notMe];
}

/** For the key that has this id in Entra. */
export const lostButton = (id: string, keyId: string) =>
  execute({ title: "I lost it", verb: "key/lost", data: { request: id, keyId } });

/** Likewise. */
export const notMeButton = (id: string, keyId: string, style?: "destructive") =>
  execute({
    title: "It was not me",
    verb: "key/not-me",
    data: { request: id, keyId },
    ...(style && { style }),
  });

/** For a registration of which no secret works. */
export const renewButton = (id: string) =>
  execute({ title: again, verb: "key/new", data: { request: id, keyId: noKey }, style: "positive" });

const whyWords: Readonly<Record<WhyNewKey, string>> = {
  lost: "You said that you lost the secret or its link.",
  "not-me": "You said that it was not you who opened the secret. The approvers were told.",
  unopened: "The secret before is gone.",
  rotate: "The secret before works as it did.",
  restored: "It was restored, and no secret from before works again.",
};

/** How the secret stands, and what the owner can do about it, for their card. */
export function secretLines({
  request: { id },
  secret,
  opener,
}: Pick<RequestView, "request" | "secret" | "opener">): Line[] {
  if (!secret) return [];
  const { keyId, link, newKey, retiring } = secret;
  if (newKey?.why === "rotate") {
    return [
      said(
        `${whyWords.rotate} Usher makes a new one beside it, and sends its link to the personal chat of an owner. You need do nothing.`,
      ),
      fact("Since", momentWords(newKey.at)),
      fact("Asked for by", newKey.by.name),
      ...(newKey.note === undefined ? [] : [{ inlines: plain(newKey.note) }]),
    ];
  }
  if (newKey) {
    const isOpened = link?.state === "revealed" && newKey.why !== "not-me" && newKey.why !== "restored";
    return [
      said(
        newKey.why === "restored"
          ? `${whyWords.restored} Usher makes a new one, and sends its link to your personal chat. You need do nothing.`
          : `${whyWords[newKey.why]} Its link opens nothing any more. Usher removes that secret in Entra, makes a new one, and sends its link to your personal chat. You need do nothing.`,
      ),
      fact("Since", momentWords(newKey.at)),
      ...(retiring ? [said("The secret from before the rotation works meanwhile.")] : []),
      ...(newKey.note === undefined ? [] : [{ inlines: plain(newKey.note) }]),
      ...(isOpened ? [said(`If somebody else opened it: press It was not me, or say notme ${id}.`)] : []),
    ];
  }
  if (keyId === undefined) {
    const why =
      link?.state === "expired"
        ? `Nobody opened its link by ${momentWords(link.expiresAt)}, so Usher removed the secret.`
        : "The secret before was removed, and no new one was made.";
    return [
      said(
        `${why} Nothing else was changed. Press ${again}: Usher makes a new secret, and sends its link to your personal chat.`,
      ),
      said(`If a button does nothing, say to Usher: lost ${id}`, { isSubtle: true }),
    ];
  }
  return [
    ...(retiring ? overlapLines(id, retiring) : []),
    ...(link ? linkLines(link) : []),
    ...(link?.state === "sealed" ? openerLines(opener) : []),
    said(
      `If you lost the secret or its link: press I lost it, or say lost ${id}. If somebody else opened it: press It was not me, or say notme ${id}; the approvers are told too.`,
    ),
    said(
      "Either removes this secret at once and makes a new one. Whatever uses it stops until it is given the new one.",
    ),
  ];
}

function linkLines({ state, expiresAt, revealedAt, opening }: NonNullable<SecretView["link"]>): Line[] {
  if (state === "sealed")
    return [said(`Its link waits in your personal chat, and works until ${momentWords(expiresAt)}.`)];
  return revealedAt ? openedLines(revealedAt, opening) : [];
}
