import type { FieldErrors, RawAnswers } from "../../domain/answers.ts";
import type { Question } from "../../domain/blueprint.ts";
import type { WhyStopped } from "../../domain/finding.ts";
import type { DraftId, RequestId } from "../../domain/ids.ts";
import type { Narrowing } from "../../domain/narrow-plan.ts";
import type { RankedPermission, RankedRole } from "../../domain/permission.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Difference } from "../../domain/plan-difference.ts";
import type { TermsNow } from "../../domain/policy.ts";
import type { StepName, StepState } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import type { OpenedBy, Opening, SecretLink } from "../../domain/secret-link.ts";
import type { ConsentLinks } from "./consent-links.ts";
import type { SecretView } from "./registration-views.ts";

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
  /** Policy wants another owner beside the requester. */
  wantsSecondOwner?: true;
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
