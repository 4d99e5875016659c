import type { Registration } from "../domain/registration.ts";
import type { In, OpenState, Request } from "../domain/request.ts";
import type { DecideRefusal } from "../usecases/approval/decide-request.ts";
import type { ChannelRefusal } from "../usecases/approval/set-approvals-channel.ts";
import type { AuditRefusal } from "../usecases/audit/subject.ts";
import type { DriftRefusal } from "../usecases/drift/decide-drift.ts";
import type { NewKeyRefusal } from "../usecases/handover/ask-for-new-key.ts";
import type { RotateRefusal } from "../usecases/handover/rotate-secret.ts";
import type { PassRefusal } from "../usecases/handover/send-pass.ts";
import type { UploadRefusal } from "../usecases/handover/upload-certificate.ts";
import type { DraftRefusal } from "../usecases/intake/draft.ts";
import type { NudgeRefusal } from "../usecases/intake/nudge-request.ts";
import type { RequesterRefusal } from "../usecases/intake/own-request.ts";
import type { SendAgainRefusal } from "../usecases/intake/send-again.ts";
import type { SubmitRefusal } from "../usecases/intake/submit-request.ts";
import type { WithdrawRefusal } from "../usecases/intake/withdraw-request.ts";
import type { ReminderRefusal } from "../usecases/lifecycle/answer-reminder.ts";
import type { HeldRefusal } from "../usecases/lifecycle/held-work.ts";
import type { ListRefusal } from "../usecases/lifecycle/list-registrations.ts";
import type { RestoreRefusal } from "../usecases/lifecycle/restore-registration.ts";
import type { RevokeRefusal } from "../usecases/lifecycle/revoke-registration.ts";
import type { StrayRefusal } from "../usecases/lifecycle/stop-stray.ts";
import type { TakeOverRefusal } from "../usecases/lifecycle/take-over.ts";
import type { RetryRefusal } from "../usecases/provisioning/retry-request.ts";
import type { StopRefusal } from "../usecases/provisioning/stop-request.ts";
import { type OwnershipRefusal, ownershipSentence } from "./ownership-words.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20 Nov 2026`, in UTC: the same for everybody who reads the card. */
export function dayWords(moment: Date): string {
  return `${moment.getUTCDate()} ${months[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
}

/** `20 Nov 2026, 14:05 UTC`. */
export function momentWords(moment: Date): string {
  return `${dayWords(moment)}, ${moment.toISOString().slice(11, 16)} UTC`;
}

const units = [
  { ms: 86_400_000, one: "day" },
  { ms: 3_600_000, one: "hour" },
  { ms: 60_000, one: "minute" },
] as const;

/** `2 hours`: the time between two moments in its largest whole unit. */
export function lengthWords(from: Date, to: Date): string {
  const ms = Math.abs(to.getTime() - from.getTime());
  const unit = units.find((each) => ms >= each.ms);
  return unit ? counted(Math.floor(ms / unit.ms), unit.one) : "less than a minute";
}

/** `1 permission`, `3 permissions`. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

/** `A`, `A and B`, `A, B and C`. */
export function listed(words: readonly string[], last: "and" | "or" = "and"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/** The first characters of a text, never half a pair; `…` shows that there was more. */
export function cut(text: string, most: number): string {
  const whole = text.toWellFormed();
  return whole.length > most ? `${whole.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : whole;
}

/**
 * What a person typed, fit to stand inside a plain sentence of ours: on one line, short, without characters that
 * are invisible or turn the direction of what follows, and without angle brackets, which mark mentions.
 */
export function quoted(text: string, most = 80): string {
  const line = text.replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, " ").replaceAll(/[\p{Cc}\p{Cf}]/gu, "");
  return cut(line.replaceAll("<", "‹").replaceAll(">", "›").trim(), most);
}

export type Refusal =
  | DecideRefusal
  | RequesterRefusal
  | NudgeRefusal
  | SendAgainRefusal
  | PassRefusal
  | UploadRefusal
  | DraftRefusal
  | Exclude<SubmitRefusal, { refused: "not-what-was-shown" }>
  | WithdrawRefusal
  | ChannelRefusal
  | RevokeRefusal
  | RestoreRefusal
  | StrayRefusal
  | NewKeyRefusal
  | ReminderRefusal
  | RotateRefusal
  | OwnershipRefusal
  | Exclude<TakeOverRefusal, { refused: "offer-passed" | "offer-open" }>
  | RetryRefusal
  | StopRefusal
  | ListRefusal
  | AuditRefusal
  | HeldRefusal
  | Exclude<DriftRefusal, { refused: "drift-changed" }>
  | { refused: "group-unreadable" }
  /** What came can be no press on a card of Usher's. */
  | { refused: "no-such-press" };

/**
 * What happened, what is still true, and what to do next, for every refusal. Plain text that may quote a name: draw
 * it with `sentenceCard`, or send it as plain text, never as Markdown.
 */
export function refusalSentence(refusal: Refusal): string {
  switch (refusal.refused) {
    case "own-request":
      return "You asked for this yourself, so you cannot decide on it. It stands as it was. Another approver has to decide.";
    case "not-approver":
      return "You are not one of the approvers, so nothing was decided. The request stands as it was. Ask an approver to decide, or an admin to make you one.";
    case "account-disabled":
      return "The directory has no enabled account for you, so nothing was decided. The request stands as it was. Another approver has to decide; an admin can look at your account.";
    case "guest":
      return "Guests cannot decide, so nothing was decided. The request stands as it was. An approver from this organisation has to decide.";
    case "requester-gone":
      return "The person who asked has no enabled account here any more, so this cannot be approved. The request still waits. Deny it, or wait until the account is back.";
    case "old-revision":
      return `This has changed since you saw it: nothing was decided. It now stands at revision ${refusal.revision}. Read it anew, then decide.`;
    case "reason-missing":
      return "Nothing was decided: policy wants a reason with an approval of this risk. The request still waits. Press Approve and write why, or say approve with the request, its revision and your reason.";
    case "fresh-sign-in-needed":
      return "Nothing was decided: policy wants a fresh sign-in for an approval of this risk. The request still waits. Press Approve on its newest card, and open the link that Usher sends you.";
    case "policy":
      return `Nothing was decided, because policy does not allow this as it is: ${quoted(refusal.sentences.join(" "), 600)} The request still waits. Narrow it, send it back with a question, or deny it.`;
    case "waits-for-requester":
      return refusal.request.state === "returned"
        ? `Nothing was decided: ${refusal.request.id} was sent back with a question on ${momentWords(refusal.request.returnedAt)} by ${quoted(refusal.request.returnedBy.name)}. It waits for the requester's answer; until then it can only be denied.`
        : `Nothing was decided: ${refusal.request.id} was narrowed on ${momentWords(refusal.request.offeredAt)} by ${quoted(refusal.request.offeredBy.name)}. It waits for the requester to accept that; until then it can only be denied.`;
    case "not-your-turn":
      return notYourTurn(refusal.request);
    case "nudged-already":
      return `Nothing was sent: you have nudged the approvers within the last day, and they have the card. You can nudge again from ${momentWords(refusal.againAt)}. Say status to see who can decide.`;
    case "too-many-open":
      return `Nothing was sent: you have ${counted(refusal.most, "request")} open already, and policy allows no more at a time. The form is kept. Wait for a decision or withdraw one, then press Submit again; say status to see them.`;
    case "not-changeable":
      return `Nothing was changed: ${refusal.request.id} does not wait for a change any more. Say status ${refusal.request.id} to see how it stands now.`;
    case "no-personal-chat":
      return 'Nothing was changed, because Usher cannot write to you alone, and the link is for you only. Open a personal chat with Usher, say "hello" there, then try again.';
    case "link-unsent":
      return "Nothing was changed, because Teams did not say whether the link reached you. If it did, it opens nothing. Try again: a new link comes.";
    case "no-such-press":
      return "This press does not fit any card of Usher's, so nothing was done and everything stands as it was. Say status or pending for a card that works.";
    case "already-decided":
      return alreadyDecided(refusal.request);
    case "unknown-request":
      return "There is no such request, or it is not yours. Nothing was changed. Say status to see your own requests.";
    case "nobody-can-approve":
      return "Nobody can approve yet: Usher has been given no approvers. The request waits and nothing is lost. An admin has to name the approvers group in Usher's settings.";
    case "group-unreadable":
      return "Usher cannot read who the approvers are, so nothing was decided. The request waits and nothing is lost. Try again in a few minutes; if it stays so, tell an admin.";
    case "directory-unreachable":
      return "The directory does not answer, so Usher cannot look up who may do this. Nothing was changed and nothing is lost. Try again in a few minutes.";
    case "not-staff":
      return "Usher only works for staff of this organisation, not for guests or other organisations. Nothing was started. Ask somebody on the staff to make the request.";
    case "may-not-ask":
      return `Policy lets only some people here ask for ${refusal.system ?? "apps"}, and you are not one of them. Nothing was sent. Ask an admin to let you, or somebody who may to ask for it.`;
    case "draft-of-somebody-else":
      return "Somebody else is filling in this form, so your press changed nothing. Say request to start one of your own.";
    case "draft-gone":
      return "This form is not open any more. Nothing was submitted from it. Say request to start a new one.";
    case "draft-changed":
      return "While Usher was busy with this press, another one changed the form. This press was dropped, the newer one is kept, and nothing was sent. Go on from the form's newest card.";
    case "no-certificate-asked":
      return "The form does not ask for this certificate any more, because it was changed since. Nothing of it was kept. Go on from the form's newest card in Teams.";
    case "unknown-blueprint":
      return "Usher does not know this system. Nothing was submitted. Say request to choose from the list.";
    case "already-submitted":
      return `This form was submitted already, as ${refusal.request.id}. Nothing was sent twice. Say status ${refusal.request.id} to see where it stands.`;
    case "not-admin":
      return "Only an admin may do this, so nothing was changed. Ask an admin to say it.";
    case "nothing-held":
      return "Nothing is held: Usher does its work. Nothing was changed.";
    case "not-a-channel":
      return "This is not a channel, so the approvals channel stays as it was. Add Usher to a team, then say approvals here in the channel that you want.";
    case "unknown-registration":
      return "There is no such registration, or it is not yours. Nothing was changed. Say list to see what you have.";
    case "not-approver-or-admin":
      return "Only approvers and admins see everybody's registrations. Nothing was changed. Say list to see your own.";
    case "ambiguous-registration":
      return `Several registrations have this name: ${listed(refusal.names.slice(0, 10))}. Nothing was changed. Say the same with one of these.`;
    case "unknown-subject":
      return "There is no request or registration of this name, so nothing is shown. Say audit with its REQ-… name, its client ID or its name; say list all to see the registrations.";
    case "ambiguous-subject":
      return `Several registrations have this name: ${listed(refusal.names.slice(0, 10))}. Nothing is shown. Say audit with one of these.`;
    case "own-failure":
      return "You asked for this yourself, so somebody else decides whether it is tried again, stopped or cleaned up. Nothing was changed. Ask an approver or an admin.";
    case "may-not-end":
      return "Only approvers and admins decide what becomes of a request that could not be made, or that waits. Nothing was changed. Ask one of them.";
    case "not-failed":
      return notFailed(refusal.request);
    case "not-waiting":
      return notWaiting(refusal);
    case "half-undone":
      return `Nothing was changed: a clean-up of ${refusal.request.id} was begun, so it is not made again. Press Clean up to go on with that; whoever still needs it can ask anew with request.`;
    case "requester-gone-since":
      return `Nothing was changed: the person who asked for ${refusal.request.id} has no enabled account here any more, so it is not tried again. Clean it up, or wait until the account is back.`;
    case "policy-since":
      return `Nothing was changed, because policy does not allow ${refusal.request.id} any more: ${quoted(refusal.sentences.join(" "), 600)} It is not tried again. Clean it up; whoever still needs it can ask anew for less.`;
    case "owner-of-registration":
      return "You own this registration, so you cannot decide what becomes of a change to it. It stands as it was. Another approver has to decide.";
    case "not-approver-of-drift":
      return "You are not one of the approvers, so nothing was decided. The registration stands as it was. Ask an approver to decide.";
    case "nothing-to-repair":
      return "Nothing of this registration can be repaired, so nothing was changed. Say drift and its REQ-… name to see how it stands.";
    case "nothing-to-accept":
      return "Nothing here is less than was approved, so there is nothing to accept and nothing was changed. What is more needs a new request: say request. Until that is approved, repair it.";
    case "no-secret":
      return `Nothing was changed: ${refusal.id} has no secret, so there is none to replace. It signs in with what you hold yourself. If somebody else has that, say revoke ${refusal.id} and ask anew with request.`;
    case "nothing-to-rotate":
      return nothingToRotate(refusal.registration);
    case "secret-unopened":
      return `Nothing was changed: the secret of ${refusal.id} has not been opened yet, so there is none to put another beside. Its link waits in the personal chat of its owner, who can open it, or say lost ${refusal.id} for another.`;
    case "new-secret-unopened":
      return `Nothing was changed: nobody has opened the new secret of ${refusal.id} yet, so the old one stays. Open its link first and put it where the old one is, then say switched ${refusal.id}. To keep the old one, say cancel rotation ${refusal.id}.`;
    case "no-rotation":
      return `Nothing was changed: no second secret of ${refusal.id} is there or being made. Say status ${refusal.id} to see how it stands, or rotate ${refusal.id} for a new one.`;
    case "rotation-changed":
      return `Nothing was changed: another secret of ${refusal.id} has come since you saw that card, or one has gone. Say rotate ${refusal.id} to see how it stands; nothing is made before you confirm it.`;
    case "not-its-owner":
      return `Nothing was changed: only its owner knows whether everything uses the new secret of ${refusal.id}. Ask them to say switched ${refusal.id}. To give up the new secret, say cancel rotation ${refusal.id}.`;
    case "cannot-own":
    case "not-yours-to-give":
    case "owner-already":
    case "two-owners":
    case "no-second-owner":
    case "unknown-offer":
    case "offer-lapsed":
    case "asker-gone":
    case "own-offer":
    case "not-approver-of-offer":
      return ownershipSentence(refusal);
    case "has-owner":
      return `Nothing was changed: somebody owns ${refusal.id}, and only an owner hands it over. Say show ${refusal.id} to see who that is. Ask them to say transfer ${refusal.id}.`;
    case "new-key-under-way":
      return `Nothing was changed: a new secret of ${refusal.id} is being made already. Its link comes in your personal chat. You need do nothing.`;
    case "key-changed":
      return `Nothing was changed: another secret of ${refusal.id} has come since you saw that card. It works as before. If you mean that one, press again on this card.`;
    case "entra-does-not-answer":
      return `Usher could not look: Entra did not answer as it should. Nothing was changed. Usher looks again by itself; say drift ${refusal.id} later to see how it stands.`;
    case "nothing-ends":
      return `Nothing was changed: Usher has told nobody yet that the credential of ${refusal.id} ends, or it has ended. Say list to see until when it works.`;
    case "not-asked":
      return refusal.confirmedBy === undefined
        ? `Nothing was changed: Usher has not asked whether ${refusal.id} is needed. It asks once a year; you need do nothing. Say list to see how it stands.`
        : `Nothing was changed: ${quoted(refusal.confirmedBy)} has said already that ${refusal.id} is needed. It stays, and Usher asks again in a year.`;
    case "already-revoked":
      return alreadyRevoked(refusal.registration);
    case "stray-not-stopped":
      return `It is not stopped for certain: ${quoted(refusal.why, 300)} What was done stays done. Say revoke and its client ID again.`;
    case "own-restoration":
      return `You own ${refusal.id}, so somebody else decides whether it comes back. Nothing was changed: it lets nobody in. Ask an approver or an admin who does not own it to say restore ${refusal.id}.`;
    case "too-late-to-restore":
      return `${refusal.id} was revoked more than 30 days ago, and Entra keeps nothing of it any more. Nothing was changed. Whoever still needs it says request.`;
    case "not-revoked":
      return notRevoked(refusal.registration);
    default:
      return refusal satisfies never;
  }
}

function nothingToRotate({
  id,
  plan,
}: Extract<Refusal, { refused: "nothing-to-rotate" }>["registration"]): string {
  switch (plan.credential.kind) {
    case "certificate":
      return `Nothing was changed: ${id} signs in with a certificate, and only whoever holds its key can make the next one. Make a new certificate, say request to ask for a new registration with it, and say revoke ${id} once that is in use.`;
    case "federated":
      return `Nothing was changed: ${id} signs in with a federated credential, which holds no secret and does not expire. There is nothing to rotate.`;
    default:
      return `Nothing was changed: ${id} has no secret, so there is none to rotate.`;
  }
}

function notYourTurn({ id, state }: Request): string {
  switch (state) {
    case "pending":
      return `Nothing was changed: ${id} waits for an approver, not for you. You need do nothing; say status ${id} to see who can decide.`;
    case "returned":
      return `Nothing was changed: an approver has asked you something about ${id}. Answer it, or edit the request; its card has both.`;
    case "offered":
      return `Nothing was changed: an approver offers you less than you asked for in ${id}. Accept it, or withdraw the request; its card has both.`;
    default:
      return `Nothing was changed: ${id} does not wait for you. Say status ${id} to see how it stands.`;
  }
}

function alreadyDecided(request: Exclude<Request, { state: OpenState }>): string {
  if (request.state === "expired") {
    return `${request.id} expired on ${momentWords(request.expiredAt)}, because nobody had decided by then. Nothing was changed now, and nothing was made. The person who asked can send it again from its card.`;
  }
  if (request.state === "withdrawn") {
    return `${request.id} was taken back by the person who asked, on ${momentWords(request.withdrawnAt)}. Nothing was changed now. There is nothing left to do.`;
  }
  const by = `on ${momentWords(request.decidedAt)} by ${quoted(request.decidedBy.name)}`;
  switch (request.state) {
    case "denied":
      return `${request.id} was denied ${by}. That stands; nothing was changed now. Whoever still needs it can ask anew with request.`;
    case "approved":
      return `${request.id} was approved ${by}. That stands; nothing was changed now. Usher is making the registration.`;
    case "provisioned":
      return `${request.id} was approved ${by}, and the registration is ready. Nothing was changed now. To stop it, say revoke ${request.id}.`;
    case "failed":
      return `${request.id} was approved ${by}, but could not be made. Nothing was changed now. Its card says what exists and what to do.`;
    case "cleaning":
    case "cleaned":
      return `${request.id} was approved ${by}, but could not be made. Nothing was changed now. ${cleanedWords(request)}`;
    default:
      return request satisfies never;
  }
}

const cleanedWords = (request: In<"cleaning" | "cleaned">) =>
  request.state === "cleaning"
    ? `It is being cleaned up since ${momentWords(request.cleaningSince)}, as ${quoted(request.cleaningBy.name)} wanted; its card shows how far that is.`
    : `It was cleaned up on ${momentWords(request.cleanedAt)}, as ${quoted(request.cleanedBy.name)} wanted. There is nothing left to do.`;

function notWaiting({ request, from }: Extract<Refusal, { refused: "not-waiting" }>): string {
  const { id } = request;
  if (request.state === "failed")
    return `Nothing was changed: ${id} waits no more, since it could not be made. Press Clean up, or say clean ${id}.`;
  if (request.state !== "approved") return notFailed(request);
  const when = from ? `on ${momentWords(from)}, if it still waits then` : "once a step has waited so long";
  return `Nothing was changed: Usher is making ${id}, and it can be stopped only after half an hour of waiting: ${when}. Its card shows how far it is.`;
}

function notFailed(request: Extract<Refusal, { refused: "not-failed" }>["request"]): string {
  const { id } = request;
  switch (request.state) {
    case "pending":
    case "returned":
    case "offered":
      return `Nothing was changed: ${id} is not decided yet, so there is nothing to retry or clean up. Say status ${id} to see how it stands.`;
    case "denied":
    case "withdrawn":
    case "expired":
      return `Nothing was changed: ${id} was never approved, so there is nothing to retry or clean up. Say status ${id} to see how it stands.`;
    case "approved":
      return `Nothing was changed: Usher is making ${id} already. Its card shows how far it is.`;
    case "provisioned":
      return `Nothing was changed: ${id} is ready. To stop it, say revoke ${id}.`;
    case "cleaning":
    case "cleaned":
      return `Nothing was changed. ${id} could not be made. ${cleanedWords(request)}`;
    default:
      return request satisfies never;
  }
}

/** For whoever wants to revoke what was approved and never made. */
export function notMadeWords(request: Request): string {
  const { id } = request;
  switch (request.state) {
    case "approved":
      return `Nothing was changed: Usher is still making ${id}, so there is nothing to revoke yet. If it waits for half an hour or more, say stop ${id}.`;
    case "failed":
      return `Nothing was changed: ${id} could not be made, so there is no registration to revoke. To take away what was made of it in Entra, an approver or an admin says clean ${id}.`;
    case "cleaning":
    case "cleaned":
      return `Nothing was changed: ${id} could not be made, so there is no registration to revoke. ${cleanedWords(request)}`;
    default:
      return `Nothing was changed: there is no registration of ${id} to revoke. Say status ${id} to see how it stands.`;
  }
}

function alreadyRevoked(
  registration: Extract<Refusal, { refused: "already-revoked" }>["registration"],
): string {
  const { id } = registration;
  switch (registration.state) {
    case "revoked":
    case "removed":
      return `${id} was revoked on ${momentWords(registration.revokedAt)} by ${quoted(registration.revokedBy.name)}. It lets nobody in. There is nothing left to do.`;
    case "restoring":
      return `Nothing was changed: ${id} is being restored, and lets nobody in yet. Say list to see how it stands; revoke ${id} stops it.`;
    case "revoking":
    case "active":
      return `${id} is being revoked already. Usher goes on until nothing of it works. There is nothing left to do; say list to see how it stands.`;
    default:
      return registration satisfies never;
  }
}

function notRevoked({ id, state }: Registration): string {
  switch (state) {
    case "restoring":
      return `${id} is being restored already. There is nothing left to do; say list to see how it stands.`;
    case "revoking":
      return `Nothing was changed: ${id} is still being revoked. Say restore ${id} once it is.`;
    default:
      return `Nothing was changed: ${id} is not revoked, so there is nothing to restore. Say drift ${id} if it does not work as it should.`;
  }
}
