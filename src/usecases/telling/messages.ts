import type { ApplicationObjectId, RequestId } from "../../domain/ids.ts";
import type { WhyGone } from "../../domain/leavers.ts";
import type { OfferKind } from "../../domain/ownership.ts";
import type { Credential } from "../../domain/plan.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor } from "../../domain/request.ts";
import type { Opening, SecretLink } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { HeldWork } from "../ports/hold.ts";
import type {
  DriftView,
  ExpiryView,
  NeedView,
  OwnershipView,
  RotationView,
  SecondOwnerView,
  UnownedView,
} from "./registration-views.ts";
import type { FormView, Opener, RequestView } from "./request-views.ts";

/** What Usher says by itself, as data. */
export type Message =
  /** `refreshFor`: ids in Teams of up to 60 people in the channel who cannot decide, and so see the state only. */
  | { kind: "approval"; view: RequestView; refreshFor?: string[]; isForOnlooker?: true }
  | { kind: "request"; view: RequestView }
  | { kind: "decision"; view: RequestView }
  /** Holds the link's token, so it is posted straight away and never stored. */
  | {
      kind: "link";
      requestId: RequestId;
      displayName: string;
      url: SecretText;
      expiresAt: Date;
      /** The requester when left out. */
      opener?: Opener;
    }
  /** What the link's message becomes once it opens nothing any more. */
  | {
      kind: "link-gone";
      requestId: RequestId;
      displayName: string;
      state: Exclude<SecretLink["state"], "sealed">;
      /** Another secret has come in its place, or is about to. */
      isReplaced?: true;
      /** Usher was restored from a backup: it may have been opened, and its secret was left as it is. */
      isRestored?: true;
      /** No secret works, and the owner can have another. */
      canRenew?: true;
    }
  /** Somebody else tried to open it. `at` is text, since it is stored as JSON; `isLast`: no more of these come. */
  | {
      kind: "link-tried";
      requestId: RequestId;
      displayName: string;
      keyId: string;
      at: string;
      isLast: boolean;
    }
  | {
      kind: "link-opened";
      requestId: RequestId;
      displayName: string;
      keyId: string;
      at: string;
      opening: Opening;
    }
  /** Most of its time is over, and nobody has opened it. */
  | {
      kind: "link-waits";
      requestId: RequestId;
      displayName: string;
      keyId: string;
      expiresAt: Date;
      opener?: Opener;
    }
  /** Made, and there is no secret to hand over: what it is given stands on the request's own card. */
  | { kind: "ready"; requestId: RequestId; displayName: string; system: string }
  | { kind: "no-approvals-channel"; requestId: RequestId; requester: Actor }
  | { kind: "approvals-channel-moved"; by: Actor }
  /** The approvals channel may not show the card: approvers can still decide by command. */
  | { kind: "approval-card-lost"; requestId: RequestId }
  | { kind: "open-personal-chat"; requestId: RequestId; isForNewKey?: true }
  /** What is for this person, said where others read it too. */
  | { kind: "addressed"; to: string; message: Message }
  /**
   * That somebody could not be told, without what they would have been told; `about` is what kind of message it was.
   * Without `to` it is the approvals channel that takes nothing. In the approvals channel, or to an admin.
   */
  | {
      kind: "unreached";
      to?: string;
      requestId: RequestId;
      displayName: string;
      about: string;
      isForAdmin?: true;
    }
  /** Its owner says that somebody else opened the secret. Moments are text, since it is stored as JSON. */
  | {
      kind: "not-me";
      requestId: RequestId;
      displayName: string;
      system: string;
      owner: Actor;
      at: string;
      openedAt?: string;
    }
  /** Nobody opened its secret in time. */
  | { kind: "unopened"; requestId: RequestId; displayName: string }
  | { kind: "new-key-failed"; requestId: RequestId; displayName: string; failure: string }
  | { kind: "rotation"; view: RotationView }
  /** A day before the old secret goes. Moments are text, since it is stored as JSON. */
  | {
      kind: "overlap-ends";
      requestId: RequestId;
      displayName: string;
      keyId: string;
      endsAt: string;
      newUsedAt?: string;
      oldUsedAt?: string;
      isUnopened?: true;
    }
  /** `ended`: the old secret is removed. Otherwise the new one is, and the old one works as before. */
  | {
      kind: "rotation-over";
      requestId: RequestId;
      displayName: string;
      why: "ended" | "unopened" | "cancelled" | "failed";
      by?: Actor;
      failure?: string;
    }
  /** The question whether to revoke, once it was answered with yes. */
  | { kind: "revocation"; registration: Registration }
  /** Likewise the question whether to bring it back. */
  | { kind: "restoration"; registration: Registration }
  /** To its owners. `isIncomplete`: Usher had no right to give all of it back. */
  | {
      kind: "restored";
      requestId: RequestId;
      displayName: string;
      by: Actor;
      credential: Credential["kind"];
      isIncomplete: boolean;
    }
  /** To whoever wanted it back. `isRemoved`: there is nothing to bring back any more. */
  | {
      kind: "not-restored";
      requestId: RequestId;
      displayName: string;
      failure: string;
      isRemoved: boolean;
    }
  | { kind: "drift"; view: DriftView }
  | { kind: "expiry"; view: ExpiryView }
  | { kind: "need"; view: NeedView }
  | { kind: "ownership"; view: OwnershipView }
  /** To an owner, or who was one: what became of an offer, or that the second owner is one no more. */
  | {
      kind: "ownership-told";
      requestId: RequestId;
      displayName: string;
      outcome: "accepted" | "done" | "declined" | "denied" | "expired" | "withdrawn" | "removed";
      /** Left out where the second owner was removed. */
      offer?: OfferKind;
      to: Actor;
      from?: Actor;
      by?: Actor;
      reason?: string;
      /** Whoever reads it owns it by now. */
      isOwner?: true;
      /** Whoever has its secret goes on having it. */
      hasSecret?: true;
      /** Nobody had opened the newest one: it is given up, and another is on its way to whoever comes or stays. */
      isNewSecretMade?: true;
      /** One was being made already, and goes to whoever comes or stays. */
      isNewSecretUnderWay?: true;
    }
  /** To the owners: whom Entra names. `left`: an administrator can change that. */
  | {
      kind: "entra-owner";
      requestId: RequestId;
      displayName: string;
      named: Actor;
      owner: Actor;
      outcome: "changed" | "left";
      note?: string;
    }
  | { kind: "unowned"; view: UnownedView }
  | { kind: "second-owner"; view: SecondOwnerView }
  /** To the owner who stays. */
  | {
      kind: "owner-left";
      requestId: RequestId;
      displayName: string;
      left: Actor;
      why: WhyGone;
      isAnotherWanted: boolean;
      /** Nobody had opened the newest secret: it is given up, and another is on its way to whoever stays. */
      isNewSecretMade?: true;
    }
  /** An owner who was gone is there again, before anybody took it over: to whoever heard of it. */
  | { kind: "owner-back"; requestId: RequestId; displayName: string; owner: Actor }
  | { kind: "revoked"; requestId: RequestId; displayName: string; by: Actor }
  /** To the approvals channel, once for each occasion: an approver, or an administrator in Entra, must do something. */
  | {
      kind: "needs-a-hand";
      requestId: RequestId;
      displayName: string;
      system: string;
      why: "failed" | "half-undone" | "admin-consent" | "missing-apis";
      note: string;
    }
  /** Nobody can decide: the approvers' group is not set, empty, gone or cannot be read. To admins. */
  | {
      kind: "no-approvers";
      requestId: RequestId;
      requester: Actor;
      why: "not-set" | "empty" | "too-few" | "unreadable";
    }
  /** A secret of an attempt that did not end may be left in Entra, and Entra does not let Usher look. To admins. */
  | {
      kind: "key-left";
      requestId: RequestId;
      applicationObjectId: ApplicationObjectId;
      marker: string;
      why: string;
    }
  /** A backup was restored, and what it left under way waits. Moments are text, since it is stored as JSON. To admins. */
  | { kind: "held"; since: string; madeAt: string; work: readonly HeldWork[] }
  /** A request waited too long and there are no alternates: admins hear of it. `since` is text, since it is stored as JSON. */
  | { kind: "waits-too-long"; requestId: RequestId; requester: Actor; since: string }
  /** Holds a link's token, so it is posted straight away and never stored. The approver's vote counts after the sign-in. */
  | { kind: "sign-in-to-vote"; view: RequestView; url: SecretText; expiresAt: Date }
  /** Likewise: an export of the audit, once, by the admin who asked. */
  | { kind: "audit-export"; format: "csv" | "jsonl"; subject?: string; url: SecretText; expiresAt: Date }
  /** Likewise: to the page that takes a certificate, for whoever fills in the form. */
  | { kind: "certificate-wanted"; system: string; label: string; url: SecretText; expiresAt: Date }
  /** A form whose draft was changed elsewhere. */
  | { kind: "form"; view: FormView };
