import type { ExportFormat } from "../../domain/audit-file.ts";
import type { TenantId, UserId } from "../../domain/ids.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { DecideRefusal } from "../approval/decide-request.ts";
import type { RequestView } from "../telling/messages.ts";

/** Who signed in to open a link: `oid` and `tid` of the verified id token. */
export type Viewer = {
  userId: UserId;
  tenantId: TenantId;
  /** When they last proved who they are; left out where that is not known. */
  signedInAt?: Date;
};

/** What the page says beside the secret. */
export type HandoverView = {
  displayName: string;
  /** The product that the values are for. */
  system: string;
  /** Without the secret; `where` is the field of the product that takes the value. */
  entries: { label: string; value: string; where?: string }[];
  secretLabel: string;
  secretWhere?: string;
  next: string[];
  /** When the secret stops working. */
  expiresAt: Date;
};

/** What a file of the audit will hold, before it is downloaded. */
export type ExportView = { format: ExportFormat; subject?: string };

/** Somebody else's link, and whatever opens nothing: the same for links of every kind. */
type Closed = { kind: "somebody-else" } | { kind: "gone" };

/**
 * Where a one-time link is opened: to a secret, to an approval that needs a fresh sign-in, or to a file of the audit.
 * `token` is any text that stood in a link, also what could never be one. Expired, used, cancelled and never existed are
 * all `gone`; the operator's log tells them apart.
 */
export type HandoverDesk = {
  /** Changes nothing. */
  look(
    token: SecretText,
    viewer: Viewer,
  ): Promise<
    | { kind: "ready"; view: HandoverView }
    | { kind: "vote"; view: RequestView }
    /** The link asks for a sign-in that is younger than itself. */
    | { kind: "sign-in-again" }
    /** What was to be approved is not there any more. */
    | { kind: "refused"; refusal: DecideRefusal }
    | { kind: "export"; view: ExportView }
    | Closed
  >;
  /** At most once, ever. */
  reveal(
    token: SecretText,
    viewer: Viewer,
  ): Promise<{ kind: "revealed"; secret: SecretText; view: HandoverView } | Closed>;
  /** Approves what the link is for. A refusal leaves the link as it was. */
  vote(
    token: SecretText,
    viewer: Viewer,
  ): Promise<
    | { kind: "voted"; view: RequestView }
    | { kind: "sign-in-again" }
    | { kind: "refused"; refusal: DecideRefusal }
    | Closed
  >;
  /** At most once, ever. */
  download(
    token: SecretText,
    viewer: Viewer,
  ): Promise<{ kind: "file"; name: string; format: ExportFormat; content: AsyncIterable<string> } | Closed>;
};
