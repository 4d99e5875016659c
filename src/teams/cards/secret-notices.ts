import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { momentWords } from "../words.ts";
import { noticeCard } from "./notices.ts";
import { again, renewButton } from "./secret.ts";
import { fact, plain, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** To those who can look what was done with it: its owner says that somebody else has the secret. */
export function notMeCard({ requestId, displayName, system, owner, at, openedAt }: Of<"not-me">): Card {
  return noticeCard({
    title: "A secret may be in the wrong hands",
    lines: [
      fact(requestId, displayName),
      fact("System", system),
      fact("Its owner says that somebody else may have it", owner.name),
      fact("Said on", momentWords(new Date(at))),
      ...(openedAt ? [fact("Opened on", momentWords(new Date(openedAt)))] : []),
      said(
        "Usher removes that secret in Entra and makes a new one for the owner. Tokens that were obtained with it work until they expire, mostly within an hour or two.",
      ),
      said(
        `Look in Entra at what the app did since then. To stop it altogether, say revoke ${requestId}; an admin sees who opened the link by saying audit ${requestId}.`,
      ),
    ],
  });
}

/** A link's message and card say it too, but those are redrawn, and nobody is notified of that. */
export function unopenedCard({ requestId, displayName }: Of<"unopened">): Card {
  return noticeCard({
    title: "Nobody opened the secret in time",
    lines: [
      fact(requestId, displayName),
      said(
        `Its link has expired, so Usher removed the secret: one that nobody has is not left in Entra. Nothing else was changed. Press ${again} when you have the time to open it, or say lost ${requestId}.`,
      ),
    ],
    actions: [renewButton(requestId)],
  });
}

export function newKeyFailedCard({ requestId, displayName, failure }: Of<"new-key-failed">): Card {
  return noticeCard({
    title: "No new secret could be made",
    lines: [
      fact(requestId, displayName),
      { inlines: plain(failure) },
      said(
        `No secret of it works now, and nothing else was changed. Show this to an admin. Once it is mended, press ${again}, or say lost ${requestId}.`,
      ),
    ],
    actions: [renewButton(requestId)],
  });
}

/** What the link's message becomes once it opens nothing any more. */
export function linkGoneCard({
  requestId,
  displayName,
  state,
  isReplaced,
  isRestored,
  canRenew,
}: Of<"link-gone">): Card {
  const name = fact(requestId, displayName);
  const actions = canRenew ? [renewButton(requestId)] : [];
  const other = `Say status ${requestId} to see how things stand; where there is a newer secret, its link came as a message of its own.`;
  switch (state) {
    case "revealed":
      return noticeCard({
        title: "The secret was opened",
        lines: [
          name,
          said("It was shown once, and the link is used up."),
          said(
            isReplaced
              ? `This secret works no more. ${other}`
              : `If you lost it, say lost ${requestId}. If that was not you, say notme ${requestId}. The card of the request has a button for each.`,
          ),
        ],
        actions,
      });
    case "expired":
      return noticeCard({
        title: "The link has expired",
        lines: [
          name,
          said("Nobody opened the secret in time, so it was removed and can no longer be shown."),
          said(canRenew ? `Press ${again}, or say lost ${requestId}.` : other),
        ],
        actions,
      });
    case "cancelled":
      return noticeCard({
        title: "The link was cancelled",
        lines: [
          name,
          said(
            isRestored
              ? `Usher was restored from a backup, which does not know whether you opened it. The secret stays as it is. If you have it, there is nothing to do. If you never saw it, say lost ${requestId}: you get another.`
              : `It opens nothing any more. ${other}`,
          ),
        ],
        actions,
      });
    default:
      return state satisfies never;
  }
}
