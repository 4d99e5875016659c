import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { quoted } from "../words.ts";
import { noticeCard } from "./notices.ts";
import { fact, said } from "./text.ts";

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

/** What a message was about that somebody could not be told: never what it said. */
const aboutWords: Readonly<Record<string, string>> = {
  approval: "The card of a request that waits for approval",
  request: "The card of their request",
  "decision pending": "How their request stands",
  "decision returned": "A question about their request, which waits for their answer",
  "decision offered": "An offer of less than they asked for, which waits for their answer",
  "decision denied": "Their request was denied",
  "decision approved": "Their request was approved",
  "decision expired": "Their request has expired",
  "decision withdrawn": "Their request is withdrawn",
  failure: "Their request could not be carried out",
  "decision cleaned": "What was made for their request was cleaned up",
  "link-reminder": "A link to a secret waits for them",
  "link-tried": "News about the link to their secret",
  "link-opened": "News about the link to their secret",
  rotation: "A new secret stands beside the old one, which ends soon",
  "overlap-ends": "An old secret ends soon",
  "rotation-over": "How their new secret stands",
  "new-key-failed": "No new secret could be made for them",
  unopened: "Nobody opened the link to their secret in time",
  ready: "Their registration is ready",
  revoked: "Their registration was revoked",
  restored: "Their registration was restored",
  restoration: "Their registration is being restored",
  "not-restored": "A registration could not be restored",
  expiry: "The secret or certificate of a registration ends",
  need: "A registration is to be confirmed as still needed",
  drift: "A registration differs in Entra from what was approved",
  ownership: "An offer to own a registration",
  "ownership-told": "What became of an offer to own a registration",
  "needs-a-hand": "A request needs something done by hand",
  "not-me": "An owner says that somebody else opened a secret",
  "approval-card-lost": "The approvers may not have seen their request",
  "open-personal-chat": "A secret waits until they open a personal chat with Usher",
};

/** In the approvals channel, or to an admin: who could not be told, and of what kind of news. */
export function unreachedCard({ to, requestId, displayName, about, isForAdmin }: Of<"unreached">): Card {
  const what = fact("About", aboutWords[about] ?? "News about it");
  if (to === undefined) {
    return noticeCard({
      title: "The approvals channel takes no messages from Usher",
      lines: [
        fact(requestId, displayName),
        what,
        said(
          "Usher is not in the team any more, or may not write there. Nothing is lost: approvers can say pending to Usher in a personal chat.",
        ),
        said(
          "Add Usher to the team again, and say approvals here in the channel. The cards that wait are then posted there.",
        ),
      ],
    });
  }
  return noticeCard({
    title: "Usher could not reach somebody",
    lines: [
      fact("Who", to),
      fact(requestId, displayName),
      what,
      said("Usher is not installed for them, or they have blocked it. Nothing is lost."),
      said(
        isForAdmin
          ? "Ask them to install Usher in Teams, or install it for them, and to say hello to it: they are then told in person."
          : "If you know them, ask them to open a personal chat with Usher and to say hello: they are then told in person.",
      ),
    ],
  });
}

export const unreachedSummary = ({ to, requestId }: Of<"unreached">) =>
  to === undefined
    ? `${requestId}: the approvals channel takes no messages from Usher.`
    : `${requestId}: Usher could not reach ${quoted(to)}.`;

/** Any message where others read it too: the first line says whom it is for. */
export function addressed(
  to: string,
  { card, text, summary }: { card?: Card; text?: string; summary: string },
) {
  const named = `For ${quoted(to)}: ${summary}`;
  const line = fact("For", to);
  if (!card) {
    return {
      card: noticeCard({ title: "A message from Usher", lines: [line, said(text ?? summary)] }),
      summary: named,
    };
  }
  const { inlines } = line;
  const body = [{ type: "RichTextBlock", inlines }, ...(Array.isArray(card.body) ? card.body : [])];
  return { card: { ...card, body, speak: named }, summary: named };
}
