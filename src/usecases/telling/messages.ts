import type { FieldErrors, RawAnswers } from "../../domain/answers.ts";
import type { Question } from "../../domain/blueprint.ts";
import type { DraftId, RequestId } from "../../domain/ids.ts";
import type { RankedPermission, RankedRole } from "../../domain/permission.ts";
import type { Plan } from "../../domain/plan.ts";
import type { StepName, StepState } from "../../domain/provisioning.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Actor, Request } from "../../domain/request.ts";
import type { SecretLink } from "../../domain/secret-link.ts";
import type { SecretText } from "../../domain/secret-text.ts";

/** All that a card about a request may show; the chat edge puts it into words and pictures. */
export type RequestView = {
  request: Request;
  permissions: RankedPermission[];
  roles: RankedRole[];
  /** Names of those who can decide; undefined when the directory could not say. */
  deciders: string[] | undefined;
  hasApprovalsChannel: boolean;
  steps: { step: StepName; state: StepState; note?: string; since?: Date }[];
  /** What the requester is given, but for the secret. */
  handover: { label: string; value: string; where?: string }[];
  /** An administrator must still grant what Usher may not. */
  isConsentMissing: boolean;
  /** Directory roles that an administrator must still give. */
  missingRoles: string[];
  /** What to do in the target product, in order. */
  next: string[];
  /** What was made, once it is; it says when it was revoked and by whom. */
  registration?: Registration;
};

/** What Usher says by itself, as data. */
export type Message =
  | { kind: "approval"; view: RequestView }
  | { kind: "request"; view: RequestView }
  | { kind: "decision"; view: RequestView }
  /** Holds the link's token, so it is posted straight away and never stored. */
  | {
      kind: "link";
      requestId: RequestId;
      displayName: string;
      url: SecretText;
      expiresAt: Date;
    }
  /** What the link's message becomes once it opens nothing any more. */
  | {
      kind: "link-gone";
      requestId: RequestId;
      displayName: string;
      state: Exclude<SecretLink["state"], "sealed">;
    }
  /** Made, and there is no secret to hand over: what it is given stands on the request's own card. */
  | { kind: "ready"; requestId: RequestId; displayName: string; system: string }
  | { kind: "no-approvals-channel"; requestId: RequestId; requester: Actor }
  | { kind: "approvals-channel-moved"; by: Actor }
  /** The approvals channel may not show the card: approvers can still decide by command. */
  | { kind: "approval-card-lost"; requestId: RequestId }
  | { kind: "open-personal-chat"; requestId: RequestId }
  /** The question whether to revoke, once it was answered with yes. */
  | { kind: "revocation"; registration: Registration }
  | { kind: "revoked"; requestId: RequestId; displayName: string; by: Actor };

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
};
