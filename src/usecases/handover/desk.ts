import type { ExportFormat } from "../../domain/audit-file.ts";
import type { TenantId, UserId } from "../../domain/ids.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { DecideRefusal } from "../approval/decide-request.ts";
import type { RequestView } from "../telling/request-views.ts";
import type { UploadRefusal } from "./upload-certificate.ts";

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

/** What the page asks for that takes a certificate: the form's question. */
export type UploadView = { system: string; label: string; help?: string };

/** What was read from the certificate, and whether the form's card in chat shows it. */
export type UploadedView = UploadView & {
  name?: string;
  thumbprint: string;
  expiresAt: Date;
  isShown: boolean;
};

/** Somebody else's link, whatever opens nothing, and too many attempts: the same for links of every kind. */
export type Closed = { kind: "somebody-else" } | { kind: "gone" } | { kind: "too-many" };

/** The directory does not say whether the link opens for them; nothing is used up. */
type Unknown = { kind: "unknown" };

/**
 * Where a one-time link is opened: to a secret, to an approval that needs a fresh sign-in, to a file of the audit,
 * or to a page that takes a certificate.
 * `token` is any text that stood in a link, also what could never be one. Expired, used, cancelled and never existed are
 * all `gone`; the operator's log tells them apart.
 */
export type HandoverDesk = {
  /** Whether somebody at this address, who comes back from the sign-in service for this link, may go on. */
  arrive(token: SecretText, address: string): Promise<boolean>;
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
    | { kind: "upload"; view: UploadView }
    /** The form that wanted a certificate does not wait for it any more. */
    | { kind: "no-form"; refusal: UploadRefusal }
    | Unknown
    | Closed
  >;
  /** At most once, ever. `device` is the kind of device, for whoever is told that it was opened. */
  reveal(
    token: SecretText,
    viewer: Viewer,
    device: string,
  ): Promise<{ kind: "revealed"; secret: SecretText; view: HandoverView } | Unknown | Closed>;
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
  /** Takes a certificate for the form that the link is for. What will not do leaves the link as it was. */
  upload(
    token: SecretText,
    viewer: Viewer,
    text: string,
  ): Promise<
    | { kind: "uploaded"; view: UploadedView }
    | { kind: "mend"; view: UploadView; sentence: string }
    | { kind: "no-form"; refusal: UploadRefusal }
    | Closed
  >;
};
