import type { FieldErrors, RawAnswers } from "../../domain/answers.ts";
import type { Question } from "../../domain/blueprint.ts";
import type { Finding, WhyStopped } from "../../domain/finding.ts";
import type { ApplicationObjectId, DraftId, RequestId } from "../../domain/ids.ts";
import type { Narrowing } from "../../domain/narrow-plan.ts";
import type { NewKey } from "../../domain/new-key.ts";
import type { RankedPermission, RankedRole } from "../../domain/permission.ts";
import type { Credential, Plan } from "../../domain/plan.ts";
import type { Difference } from "../../domain/plan-difference.ts";
import type { TermsNow } from "../../domain/policy.ts";
import type { StepName, StepState } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import type { OpenedBy, Opening, SecretLink } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { ConsentLinks } from "./consent-links.ts";

/** All that a card about a request may show; the chat edge puts it into words and pictures. */
export type RequestView = {
  request: Request;
  permissions: RankedPermission[];
  roles: RankedRole[];
  /** Names of those who can decide; undefined when the directory could not say. */
  deciders: string[] | undefined;
  /** What the group of those is called: why they are asked. */
  decidersGroup?: string;
  /** Names of those who may decide too since it was escalated; empty before. */
  alternates: string[];
  /** What counts now: how many approvals, and what policy has changed since. */
  terms: TermsNow;
  /** Approvals that are still missing. */
  missingVotes: number;
  /** What today's policy has against the plan: it cannot be approved as it is. */
  policyRefusals: string[];
  /** What this revision's plan has other than the one before. */
  changes: Difference[];
  hasApprovalsChannel: boolean;
  steps: StepView[];
  /** Usher may not grant consent here: an administrator does. */
  isConsentLeft?: true;
  /** Whether Usher made an app registration for it, as far as is known; also once it is cleaned up. */
  wasMade?: "yes" | "maybe" | "no";
  /** Somebody changed it in Entra, so that nothing signs in with it. */
  stops?: WhyStopped;
  /** What the requester is given, but for the secret. */
  handover: { label: string; value: string; where?: string }[];
  /** Its making has waited for half an hour or more since then, so it can be stopped. */
  waitsSince?: Date;
  /** Where an administrator grants what Usher may not; only while that is waited for. */
  consent?: ConsentLinks;
  /** Entra did not take the requester as an owner beside Usher. */
  isOwnerLeftOut: boolean;
  /** Who opens its link in the place of the requester. */
  opener?: Opener;
  /** Directory roles that an administrator must still give. */
  missingRoles: string[];
  /** What to do in the target product, in order. */
  next: string[];
  /** What was made, once it is; it says when it was revoked and by whom. */
  registration?: Registration;
  /** Its secret or certificate has stopped working, because its time is over. */
  hasEnded?: true;
  /** How its secret stands, while it has one or can have one. */
  secret?: SecretView;
};

/** `until`: Graph wants to be left alone for so long. `endedAt`: when it failed. */
export type StepView = {
  step: StepName;
  state: StepState;
  note?: string;
  since?: Date;
  until?: Date;
  /** It has been tried several times. */
  isSlow?: true;
  endedAt?: Date;
};

/** How the secret of a registration stands. Never what is in its link. */
export type SecretView = {
  /** Entra's id of the key that works; left out while none does. */
  keyId?: string;
  /** The link to that key, or else the last one that there was. */
  link?: LinkView;
  /** One that is being made. */
  newKey?: NewKey;
  /** The one before, which works beside it for a while. */
  retiring?: RetiringView;
};

export type RetiringView = {
  keyId: string;
  endsAt: Date;
  /** Nobody has the new one yet: until then the old one stays. */
  isUnopened: boolean;
  /** Since when Entra has seen the new one in use, and when it last saw the old one; left out where it does not tell. */
  newUsedAt?: Date;
  oldUsedAt?: Date;
};

/** A new secret beside the old one, for whoever asked for it and for its owners. Never what is in its link. */
export type RotationView = {
  requestId: RequestId;
  displayName: string;
  owner: Actor;
  /** The key that is meant: what a press on it names. */
  keyId?: string;
} & (
  | { state: "making"; newKey: NewKey }
  | { state: "overlap"; retiring: RetiringView }
  /** The old one is gone. */
  | { state: "over" }
  /** The new one is gone: it was cancelled, lost, or followed by another. */
  | { state: "gone" }
);

export type LinkView = {
  state: SecretLink["state"];
  expiresAt: Date;
  revealedAt?: Date;
  opening?: Opening;
};

/** Those who open a link in the place of the requester, as people call them. */
export type Opener = {
  openedBy: OpenedBy;
  /** Left out while the directory does not say it. */
  name?: string;
  /** No enabled account of this organisation, or no group any more: nobody opens it. */
  isGone?: true;
};

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

/** That the credential of a registration ends. */
export type ExpiryView = {
  registration: Registration;
  /** The end that was told of. */
  endsAt: Date;
  /** Days of the calendar that were left when it was said. */
  daysLeft: number;
  /** `replaced`: another credential counts by now, or none works. */
  stands: "ends" | "ended" | "replaced";
  isBeingReplaced?: true;
  /** An owner has said that they know. */
  known?: { by: string; at: Date };
  /** Its owner reads it; otherwise the approvers. */
  isForOwner: boolean;
  /** A newer card tells how it stands. */
  isOld: boolean;
};

/** The question whether a registration is still needed, or to the approvers that nobody answers it. */
export type NeedView = {
  registration: Registration;
  /** The day on which its owners were asked first. */
  askedOn: Date;
  confirmed?: { by: string; at: Date };
  isForOwner: boolean;
  isOld: boolean;
};

/** In what a registration differs from its approved plan. */
export type DriftView = {
  registration: Registration;
  /** As they are now, most dangerous first; a permission or role with what Usher knows of it. */
  findings: (Finding & { ranked?: Pick<RankedPermission, "rank" | "sentence"> })[];
  /** What people were told of and need decide no more; what was accepted and stands so among it. */
  ended: Finding[];
  /** Seen once: Entra may have shown an older state, so it is looked at again before anybody decides. */
  unsure: Finding[];
  /** When Usher looked last; it has not yet where it is left out. */
  lookedAt?: Date;
  /** Where an administrator sees it in Entra. */
  portal?: string;
  /** Its owner reads it: others decide. */
  isForOwner: boolean;
  /** A newer card tells how it stands. */
  isOld: boolean;
};

/** An approver's form for leaving less of a plan than was asked for. */
export type NarrowingView = {
  requestId: RequestId;
  revision: number;
  requester: Actor;
  plan: Plan;
  permissions: { key: string; permission: RankedPermission; smaller?: { name: string; sentence: string } }[];
  roles: { templateId: string; role: RankedRole }[];
  redirects: { key: string; uri: string }[];
  /** Lives that the secret may have, longest (as asked, or what policy allows at most) first; empty without a secret. */
  months: number[];
  chosen: Narrowing;
  /** Whether offering it is a vote for what is left; otherwise policy asks for a sign-in before the vote. */
  counts: boolean;
  /** Policy asks for a reason with every approval. */
  needsNote: boolean;
  note?: string;
  /** What must be mended before it can be offered. */
  sentences: string[];
};

/** Less than the plan asks for, which the requester can take with one press before anybody is asked. */
export type Offer = { id: string; from: string; to: string; sentence: string };

/** What a draft shows once it is filled in. */
export type DraftView = {
  draftId: DraftId;
  plan: Plan;
  permissions: RankedPermission[];
  roles: RankedRole[];
  reason: string;
  offers: Offer[];
  /** Usher may not grant consent here: an administrator does. */
  isConsentLeft?: true;
};

/** A page of a form. What the person typed is shown again, whatever it is; nothing of it is trusted. */
export type FormView = {
  draftId: DraftId;
  title: string;
  /** What the blueprint, or the tenant's policy, has to say before anything is typed. */
  about: string[];
  /** Of this page: their conditions hold. */
  questions: readonly Question[];
  /** From 0. */
  page: number;
  /** Another page may follow, as far as the answers so far tell. */
  mayContinue: boolean;
  /** Why it is needed is asked on the first page. */
  asksReason: boolean;
  values: RawAnswers;
  reason?: string;
  errors: FieldErrors & { reason?: string };
  /** What speaks against the whole: a combination that the blueprint turns away, or a limit of Entra. */
  sentences: string[];
  /** The question for which a link to upload a file was just sent. */
  linkSentFor?: string;
};
