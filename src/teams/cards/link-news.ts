import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { momentWords } from "../words.ts";
import { noticeCard } from "./notices.ts";
import { openedLines, openerLines } from "./opener.ts";
import { lostButton, notMeButton } from "./secret.ts";
import { fact, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** To the requester alone. It does not say who: that is in the audit, for those who have to look into it. */
export function linkTriedCard({ requestId, displayName, keyId, at, isLast }: Of<"link-tried">): Card {
  return noticeCard({
    title: "Somebody else tried to open your link",
    lines: [
      fact(requestId, displayName),
      said(
        `On ${momentWords(new Date(at))} somebody signed in at the link to its secret, and it is not for them. They saw nothing of it, nothing was used up, and the link works as before.`,
      ),
      said(
        `If that was you with another account of yours, or you gave the link to somebody by mistake, you need do nothing. If you gave it to nobody, press It was not me, or say notme ${requestId}: Usher removes this secret, sends you a link to a new one, and tells the approvers. An admin sees in the audit who tried.`,
      ),
      ...(isLast ? [said("You hear of no more tries on this link; the audit has all of them.")] : []),
    ],
    actions: [notMeButton(requestId, keyId, "destructive")],
  });
}

/** To the requester, whoever opened it. */
export function linkOpenedCard({ requestId, displayName, keyId, at, opening }: Of<"link-opened">): Card {
  const wrong = opening.by ? "If that should not have been" : "If that was not you";
  return noticeCard({
    title: "The secret was opened",
    lines: [
      fact(requestId, displayName),
      ...openedLines(new Date(at), opening),
      said(
        `It was shown once, and the link is used up. ${wrong}, press It was not me, or say notme ${requestId}: Usher removes this secret, sends you a link to a new one, and tells the approvers.`,
      ),
    ],
    actions: [notMeButton(requestId, keyId, "destructive")],
  });
}

/** Once, while there is still time. */
export function linkWaitsCard({ requestId, displayName, keyId, expiresAt, opener }: Of<"link-waits">): Card {
  return noticeCard({
    title: "A link still waits to be opened",
    lines: [
      fact(requestId, displayName),
      said(
        `Nobody has opened the secret yet. Its link works until ${momentWords(expiresAt)}; then it expires, and Usher removes the secret.`,
      ),
      ...openerLines(opener),
      said(
        `The link is in an earlier message of Usher in this chat. If you do not find it, press I lost it, or say lost ${requestId}: Usher removes this secret, and sends you a link to a new one.`,
      ),
    ],
    actions: [lostButton(requestId, keyId)],
  });
}
