import type { Message } from "../../usecases/telling/messages.ts";
import type { Card } from "../expand.ts";
import { noticeCard } from "./notices.ts";
import { fact, plain, said } from "./text.ts";

type NeedsHand = Extract<Message, { kind: "needs-a-hand" }>;

export const needsHandTitles: Readonly<Record<NeedsHand["why"], string>> = {
  failed: "Approved, but it could not be made",
  "half-undone": "A clean-up did not go through",
  "admin-consent": "An administrator must grant consent",
  "missing-apis": "An administrator must make an API known here",
};

/** What can be done, in words that are true whenever they are read. */
const nextWords: Readonly<Record<NeedsHand["why"], (id: string) => string>> = {
  failed: (id) =>
    `An approver or an admin, but not who asked, decides: Retry or Clean up on its card in this channel, or say retry ${id} or clean ${id}. Say approve ${id} to see how it stands now.`,
  "half-undone": (id) =>
    `Once what stands in its way is mended, an approver or an admin presses Clean up on its card in this channel, or says clean ${id}. Say approve ${id} to see how it stands now.`,
  "admin-consent": (id) =>
    `Its card in this channel leads to the consent. Nothing expires meanwhile. Say approve ${id} to see how it stands now.`,
  "missing-apis": (id) =>
    `Its card in this channel says more. Nothing expires meanwhile. Say approve ${id} to see how it stands now.`,
};

/** To the approvals channel: the request's own card changes where it stands, which notifies nobody. */
export function needsHandCard({ requestId, displayName, system, why, note }: NeedsHand): Card {
  return noticeCard({
    title: needsHandTitles[why],
    lines: [
      fact(requestId, displayName),
      fact("System", system),
      { inlines: plain(note) },
      said(nextWords[why](requestId)),
    ],
  });
}
