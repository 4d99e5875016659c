import { createHmac, hkdfSync } from "node:crypto";
import { canonical } from "./plan.ts";
import type { SecretKeys } from "./secret-link.ts";

/** From where an act came. */
export type Surface = "card" | "command" | "web" | "system";

/** One act: who, what, when, from where, on which revision, and how it ended. Never holds a secret or a token. */
export type AuditEvent = {
  at: Date;
  /** Object id of the person, or `usher` for what Usher does by itself. */
  who: string;
  what: string;
  surface: Surface;
  /** The request or registration, or what else it is about (`settings`). */
  subject: string;
  revision?: number;
  outcome: string;
  detail?: Readonly<Record<string, unknown>>;
};

export const firstHash = "0".repeat(64);

/** One key of the chain for each of `SECRET_KEY`'s: the first appends, all of them check. */
export type AuditKeys = readonly [Buffer, ...Buffer[]];

/** The keys of the chain, apart from the ones that seal secrets. */
export function auditKeys(keys: SecretKeys): AuditKeys {
  const [first, ...older] = keys.map((key) =>
    Buffer.from(hkdfSync("sha256", key, "", "usher audit chain", 32)),
  );
  return [first as Buffer, ...older];
}

/** What is hashed of an event: fixed order, so that it reads the same from either carrier. */
export function auditLine(n: number, event: AuditEvent): string {
  const { at, who, what, surface, subject, revision, outcome, detail } = event;
  // As it comes back from the database: moments as text, without what is undefined, its keys in any order.
  const stored = JSON.parse(JSON.stringify(detail ?? {}));
  return JSON.stringify([
    n,
    at.toISOString(),
    who,
    what,
    surface,
    subject,
    revision ?? null,
    outcome,
    canonical(stored),
  ]);
}

/** The hash of event number n, chained to the one before: changing or dropping any of them breaks all that follow. */
export function chainHash(key: Buffer, previous: string, line: string): string {
  return createHmac("sha256", key).update(previous).update("\n").update(line).digest("hex");
}
