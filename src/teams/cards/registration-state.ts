import type { WhyStopped } from "../../domain/finding.ts";
import type { Credential } from "../../domain/plan.ts";
import { type Registration, restorableUntil } from "../../domain/registration.ts";
import { dayWords, lengthWords } from "../words.ts";
import { stoppedShortly } from "./stopped-outside.ts";

const credentialWords: Readonly<Record<Credential["kind"], string>> = {
  secret: "secret",
  certificate: "certificate",
  federated: "federated credential",
  none: "credential",
};

/** How it stands, and what of it works until when. */
export function stateWords(row: Registration, now: Date, stopped: WhyStopped | undefined): string {
  switch (row.state) {
    case "active": {
      const { expiresAt, goneSince } = row;
      if (goneSince) return `Deleted in Entra by somebody on ${dayWords(goneSince)}; say drift ${row.id}`;
      if (stopped) return `Nothing signs in with it: ${stoppedShortly[stopped]}; say drift ${row.id}`;
      if (!expiresAt && row.plan.credential.kind === "secret")
        return `Active, but no secret of it works now; say status ${row.id}`;
      if (!expiresAt) return "Active, nothing of it expires";
      const credential = credentialWords[row.plan.credential.kind];
      const length = lengthWords(now, expiresAt);
      return expiresAt > now
        ? `Active, its ${credential} works until ${dayWords(expiresAt)} (${length} left)`
        : `Its ${credential} stopped working on ${dayWords(expiresAt)}`;
    }
    case "revoking":
      return "Being revoked";
    case "revoked":
      return `Revoked on ${dayWords(row.revokedAt)}; it can be restored until ${dayWords(restorableUntil(row.revokedAt))}`;
    case "restoring":
      return "Being restored";
    case "removed":
      return `Revoked on ${dayWords(row.revokedAt)}; Entra keeps it no longer`;
    default:
      return row satisfies never;
  }
}
