import { ChatFailure } from "../usecases/ports/chat.ts";
import type { Message } from "../usecases/telling/messages.ts";
import type { RequestView } from "../usecases/telling/request-views.ts";
import { approvalCard, approvalTitle } from "./cards/approval.ts";
import { driftCard, driftTitle } from "./cards/drift.ts";
import { formCard } from "./cards/form.ts";
import { heldCard } from "./cards/held.ts";
import { keyLeftCard } from "./cards/key-left.ts";
import {
  ownerBackCard,
  ownerLeftCard,
  secondOwnerCard,
  secondOwnerTitle,
  unownedCard,
  unownedTitle,
} from "./cards/leavers.ts";
import { linkOpenedCard, linkTriedCard, linkWaitsCard } from "./cards/link-news.ts";
import { needsHandCard, needsHandTitles } from "./cards/needs-hand.ts";
import { decisionCard, linkCard, noticeCard, readyCard } from "./cards/notices.ts";
import { auditExportCard, certificateWantedCard, signInToVoteCard } from "./cards/one-time-links.ts";
import { entraOwnerCard, ownershipToldCard, toldTitle } from "./cards/owners.ts";
import { ownershipCard, ownershipSummary } from "./cards/ownership.ts";
import { riskOf } from "./cards/powers.ts";
import { revokedCard } from "./cards/registrations.ts";
import { expiryCard, expirySummary, needCard, needSummary } from "./cards/reminders.ts";
import { requestCard, requestTitle } from "./cards/request.ts";
import { notRestoredCard, restorationCard, restoredCard } from "./cards/restoring.ts";
import { rotationCard } from "./cards/rotation.ts";
import { overlapEndsCard, rotationOverCard } from "./cards/rotation-notices.ts";
import { linkGoneCard, newKeyFailedCard, notMeCard, unopenedCard } from "./cards/secret-notices.ts";
import { fact, said } from "./cards/text.ts";
import { addressed, unreachedCard, unreachedSummary } from "./cards/unreached.ts";
import type { Card } from "./expand.ts";
import { momentWords, quoted } from "./words.ts";

// The one door to the cards: what the bot and the notifier draw.
export { allPowersCard } from "./cards/all-powers.ts";
export { alreadyCard } from "./cards/already.ts";
export { approvalCard } from "./cards/approval.ts";
export { auditCard } from "./cards/audit.ts";
export { chooserCard } from "./cards/chooser.ts";
export { doctorCard } from "./cards/doctor.ts";
export { driftCard } from "./cards/drift.ts";
export { formCard } from "./cards/form.ts";
export { heldCard, wentOnCard } from "./cards/held.ts";
export { helpCard } from "./cards/help.ts";
export { narrowCard } from "./cards/narrow.ts";
export { draftDoneCard, sentenceCard } from "./cards/notices.ts";
export { ownersCard, ownersNowCard } from "./cards/owners.ts";
export { askedCard, ownershipCard } from "./cards/ownership.ts";
export { registrationCard } from "./cards/registration.ts";
export { confirmRevokeCard, registrationsCard, revokedCard } from "./cards/registrations.ts";
export { requestCard } from "./cards/request.ts";
export { confirmRestoreCard, restorationCard } from "./cards/restoring.ts";
export { reviewCard } from "./cards/review.ts";
export { confirmRotateCard, notRotatedCard, rotationCard } from "./cards/rotation.ts";
export { rotationCancelledCard } from "./cards/rotation-notices.ts";
export { confirmStrayCard, stoppedStrayCard } from "./cards/stray.ts";
export { threadCard } from "./cards/thread-card.ts";
export type { Card } from "./expand.ts";

/** A message as it is posted. `summary` is what a notification shows: plain text, on one line. */
export type Drawn = { card?: Card; text?: string; summary: string };

/** Draws whatever Usher says by itself. `text` holds only words of ours, since Teams reads it as Markdown. */
export function messageCard(message: Message): Drawn {
  switch (message.kind) {
    case "approval":
      return approvalMessage(message);
    case "no-approvers":
      return {
        card: noApproversCard(message),
        summary: `${message.requestId} waits, and nobody can decide on it.`,
      };
    case "waits-too-long":
      return {
        card: waitsTooLongCard(message),
        summary: `${message.requestId} waits too long, and nobody is named to decide instead.`,
      };
    case "key-left":
      return {
        card: keyLeftCard(message),
        summary: `${message.requestId}: a secret may be left in Entra.`,
      };
    case "held":
      return { card: heldCard(message), summary: "Usher was restored from a backup, and holds its work." };
    case "needs-a-hand":
      return {
        card: needsHandCard(message),
        summary: `${message.requestId}: ${needsHandTitles[message.why]}.`,
      };
    case "request":
      return { card: requestCard(message.view), summary: requestSummary(message.view) };
    case "decision":
      return { card: decisionCard(message.view), summary: requestSummary(message.view) };
    case "link":
      return {
        card: linkCard(message),
        summary: `The secret of ${message.requestId} is ready: open it once.`,
      };
    case "link-gone":
      return {
        card: linkGoneCard(message),
        summary: `The link of ${message.requestId} opens nothing any more.`,
      };
    case "link-tried":
      return {
        card: linkTriedCard(message),
        summary: `Somebody else tried to open the link of ${message.requestId}.`,
      };
    case "link-opened":
      return { card: linkOpenedCard(message), summary: `The secret of ${message.requestId} was opened.` };
    case "link-waits":
      return {
        card: linkWaitsCard(message),
        summary: `The secret of ${message.requestId} still waits to be opened.`,
      };
    case "ready":
      return {
        card: readyCard(message),
        summary: `${message.requestId}, ${quoted(message.displayName)}: ready.`,
      };
    case "no-approvals-channel":
      return {
        card: noChannelCard(message),
        summary: `${message.requestId} waits: no approvals channel is set.`,
      };
    case "approvals-channel-moved":
      return { card: channelMovedCard(message), summary: "The approvals channel has moved." };
    case "approval-card-lost":
      return approvalCardLost(message);
    case "open-personal-chat":
      return openPersonalChat(message);
    case "addressed":
      return addressed(message.to, messageCard(message.message));
    case "unreached":
      return { card: unreachedCard(message), summary: unreachedSummary(message) };
    case "not-me":
      return {
        card: notMeCard(message),
        summary: `${message.requestId}: its owner says that somebody else opened the secret.`,
      };
    case "unopened":
      return { card: unopenedCard(message), summary: `Nobody opened the secret of ${message.requestId}.` };
    case "new-key-failed":
      return {
        card: newKeyFailedCard(message),
        summary: `${message.requestId}: no new secret could be made.`,
      };
    case "rotation":
      return {
        card: rotationCard(message.view),
        summary: `${message.view.requestId}, ${quoted(message.view.displayName)}: a new secret beside the old one.`,
      };
    case "overlap-ends":
      return {
        card: overlapEndsCard(message),
        summary: `${message.requestId}: the old secret ends soon.`,
      };
    case "rotation-over":
      return {
        card: rotationOverCard(message),
        summary: `${message.requestId}, ${quoted(message.displayName)}: how its new secret stands.`,
      };
    case "revocation":
      return { card: revokedCard(message.registration), summary: `${message.registration.id} is revoked.` };
    case "restoration":
      return {
        card: restorationCard(message.registration),
        summary: `${message.registration.id}: ${message.registration.state === "active" ? "restored" : "not restored yet"}.`,
      };
    case "restored":
      return { card: restoredCard(message), summary: `${message.requestId} was restored.` };
    case "not-restored":
      return { card: notRestoredCard(message), summary: `${message.requestId} could not be restored.` };
    case "drift":
      return {
        card: driftCard(message.view),
        summary: `${message.view.registration.id}: ${driftTitle(message.view)}.`,
      };
    case "expiry":
      return { card: expiryCard(message.view), summary: expirySummary(message.view) };
    case "need":
      return { card: needCard(message.view), summary: needSummary(message.view) };
    case "unowned":
      return {
        card: unownedCard(message.view),
        summary: `${message.view.registration.id}: ${unownedTitle(message.view)}.`,
      };
    case "second-owner":
      return {
        card: secondOwnerCard(message.view),
        summary: `${message.view.registration.id}: ${secondOwnerTitle(message.view)}.`,
      };
    case "owner-left":
      return { card: ownerLeftCard(message), summary: `${message.requestId}: you are its only owner now.` };
    case "owner-back":
      return { card: ownerBackCard(message), summary: `${message.requestId}: its owner is back.` };
    case "ownership":
      return { card: ownershipCard(message.view), summary: ownershipSummary(message.view) };
    case "ownership-told":
      return { card: ownershipToldCard(message), summary: `${message.requestId}: ${toldTitle(message)}.` };
    case "entra-owner":
      return {
        card: entraOwnerCard(message),
        summary: `${message.requestId}: whom Entra names as its owner.`,
      };
    case "revoked":
      return { card: revokedByOtherCard(message), summary: `${message.requestId} was revoked.` };
    case "sign-in-to-vote":
      return {
        card: signInToVoteCard(message),
        summary: `Sign in to approve ${message.view.request.id}: nothing is approved yet.`,
      };
    case "audit-export":
      return { card: auditExportCard(message), summary: "The audit is ready as a file: open it once." };
    case "certificate-wanted":
      return {
        card: certificateWantedCard(message),
        summary: `Upload the certificate for ${quoted(message.system)}.`,
      };
    case "form":
      return { card: formCard(message.view), summary: `${quoted(message.view.title)}: a form to fill in.` };
    default:
      message satisfies never;
      // During a roll-out a newer Usher writes down what an older one cannot draw.
      throw new ChatFailure("only a newer Usher knows this message", "retry");
  }
}

function approvalMessage({ view, refreshFor, isForOnlooker }: Of<"approval">): Drawn {
  const options = { ...(refreshFor && { refreshFor }), ...(isForOnlooker && { for: "onlooker" as const }) };
  return {
    card: approvalCard(view, options),
    summary: approvalSummary(view),
  };
}

function approvalSummary(view: RequestView): string {
  const { id, requester, plan, state } = view.request;
  if (state !== "pending") return `${id}: ${approvalTitle(view)}`;
  return `${quoted(requester.name)} asks for ${quoted(plan.blueprint.title)}. ${riskOf(view, plan).text}`;
}

const requestSummary = (view: RequestView) =>
  `${view.request.id}, ${quoted(view.request.plan.displayName)}: ${requestTitle(view)}`;

type Of<K extends Message["kind"]> = Extract<Message, { kind: K }>;

function noChannelCard({ requestId, requester }: Of<"no-approvals-channel">): Card {
  return noticeCard({
    title: "A request waits where nobody sees it",
    lines: [
      fact(`${requestId} is from`, requester.name),
      said(
        "No approvals channel is set, so no approver has been shown it. The request waits and nothing is lost.",
      ),
      said(
        "Add Usher to a team, and say approvals here in the channel where approvers are. What waits is then posted there.",
      ),
    ],
  });
}

const noApproversWords: Readonly<Record<Of<"no-approvers">["why"], string>> = {
  "not-set":
    "No group of approvers is named: neither in Usher's settings (APPROVERS_GROUP) nor in its policy. Name one, and the request can be decided at once.",
  empty:
    "The group of approvers has nobody in it who may decide: enabled, of this organisation, no guest, and not the person who asked. Add somebody, and they can decide at once.",
  "too-few":
    "The group of approvers has fewer people who may decide than policy wants approvals; the person who asked does not count. Add somebody, or ask for fewer approvals in the policy.",
  unreadable:
    "Usher cannot read the group of approvers: it may be gone, or Usher may lack the right. Look at the group and at Usher's rights in Entra.",
};

function noApproversCard({ requestId, requester, why }: Of<"no-approvers">): Card {
  return noticeCard({
    title:
      why === "too-few"
        ? "A request waits for more approvers than there are"
        : "A request waits, and nobody can decide on it",
    lines: [
      fact(`${requestId} is from`, requester.name),
      said(noApproversWords[why]),
      said("Until then it waits, nothing is approved and nothing is lost."),
    ],
  });
}

function waitsTooLongCard({ requestId, requester, since }: Of<"waits-too-long">): Card {
  return noticeCard({
    title: "A request waits too long",
    lines: [
      fact(`${requestId} is from`, requester.name),
      said(
        `It has waited since ${momentWords(new Date(since))}, and nobody could decide instead: policy names no alternates, or nobody is in their group.`,
      ),
      said(
        "It still waits, and nothing is lost. Ask an approver to say pending to Usher, or name alternates in the policy for the requests that follow.",
      ),
    ],
  });
}

function channelMovedCard({ by }: Of<"approvals-channel-moved">): Card {
  return noticeCard({
    title: "The approvals channel has moved",
    lines: [
      said(
        "New requests are shown in another channel from now on. What waits has been posted there too; the cards here stay true.",
      ),
      said("If that was not meant, an admin can say approvals here in this channel."),
      fact("Moved by", by.name),
    ],
  });
}

function approvalCardLost({ requestId }: Of<"approval-card-lost">): Drawn {
  const text = `${requestId} waits, but its card may not have reached the approvals channel. Nothing is lost. Ask an approver to say "pending" to Usher: they can decide there.`;
  return { text, summary: `${requestId} waits, and approvers may not have seen it.` };
}

function openPersonalChat({ requestId, isForNewKey }: Of<"open-personal-chat">): Drawn {
  const what = isForNewKey
    ? `${requestId} needs a new secret, but Usher cannot write to its owner alone, so it has not been made yet`
    : `${requestId} is approved, but Usher cannot write to you alone, so the secret has not been made yet`;
  const text = `${what}. Open a personal chat with Usher and say "hello": it goes on by itself, and the link comes there.`;
  return { text, summary: `${requestId} waits for a personal chat with you.` };
}

function revokedByOtherCard({ requestId, displayName, by }: Of<"revoked">): Card {
  return noticeCard({
    title: "Your registration was revoked",
    lines: [
      fact(requestId, displayName),
      said(
        "It lets nobody in any more, and no credential of it works. Ask the person named here why; say request if you need a new one.",
      ),
      fact("Revoked by", by.name),
    ],
  });
}
