import type { DraftId, RequestId } from "../../domain/ids.ts";
import type { RankedPermission } from "../../domain/permission.ts";
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
  /** Names of those who can decide; undefined when the directory could not say. */
  deciders: string[] | undefined;
  hasApprovalsChannel: boolean;
  steps: { step: StepName; state: StepState; note?: string; since?: Date }[];
  /** What the requester is given, but for the secret. */
  handover: { label: string; value: string; where?: string }[];
  /** An administrator must still grant what Usher may not. */
  isConsentMissing: boolean;
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
  | { kind: "no-approvals-channel"; requestId: RequestId; requester: Actor }
  | { kind: "approvals-channel-moved"; by: Actor }
  /** The approvals channel may not show the card: approvers can still decide by command. */
  | { kind: "approval-card-lost"; requestId: RequestId }
  | { kind: "open-personal-chat"; requestId: RequestId }
  /** The question whether to revoke, once it was answered with yes. */
  | { kind: "revocation"; registration: Registration }
  | { kind: "revoked"; requestId: RequestId; displayName: string; by: Actor };

/** What a draft shows while it is filled in. */
export type DraftView = { draftId: DraftId; plan: Plan; permissions: RankedPermission[]; reason: string };
