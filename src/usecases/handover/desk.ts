import type { TenantId, UserId } from "../../domain/ids.ts";
import type { SecretText } from "../../domain/secret-text.ts";

/** Who signed in to open a link: `oid` and `tid` of the verified id token. */
export type Viewer = { userId: UserId; tenantId: TenantId };

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

/**
 * Where a one-time link is opened. `token` is any text that stood in a link, also what could never be one. Expired, used,
 * cancelled and never existed are all `gone`; the operator's log tells them apart.
 */
export type HandoverDesk = {
  /** Changes nothing. */
  look(
    token: SecretText,
    viewer: Viewer,
  ): Promise<{ kind: "ready"; view: HandoverView } | { kind: "somebody-else" } | { kind: "gone" }>;
  /** At most once, ever. */
  reveal(
    token: SecretText,
    viewer: Viewer,
  ): Promise<
    | { kind: "revealed"; secret: SecretText; view: HandoverView }
    | { kind: "somebody-else" }
    | { kind: "gone" }
  >;
};
