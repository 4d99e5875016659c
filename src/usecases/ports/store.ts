import type { AuditEvent } from "../../domain/audit.ts";
import type { DraftId, RequestId, UserId } from "../../domain/ids.ts";
import type { SecretLink, TokenHash } from "../../domain/secret-link.ts";
import type { Activities } from "./activities.ts";
import type { Posted } from "./chat.ts";
import type { Conversations, Posts } from "./conversations.ts";
import type { Duties } from "./duties.ts";
import type { Hold } from "./hold.ts";
import type { EntraOwners, OwnershipOffers } from "./ownership.ts";
import type { Drifts, Keys, LinkAttempts, Links, NewKeys, Registrations } from "./registrations.ts";
import type { Drafts, Requests } from "./requests.ts";
import type { Steps } from "./steps.ts";

export interface Store {
  /**
   * All or nothing. Nothing but the database is awaited inside. It is repeated from its beginning where another
   * transaction stood in its way, so it keeps nothing outside before it has ended.
   */
  inTransaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  readonly tables: Tables;
}

export type Tables = {
  drafts: Drafts;
  requests: Requests;
  steps: Steps;
  keys: Keys;
  newKeys: NewKeys;
  links: Links;
  registrations: Registrations;
  drifts: Drifts;
  duties: Duties;
  ownership: OwnershipOffers;
  entraOwners: EntraOwners;
  posts: Posts;
  conversations: Conversations;
  passes: Passes;
  tokens: Tokens;
  attempts: LinkAttempts;
  activities: Activities;
  hold: Hold;
  audit: Audit;
  jobs: Jobs;
};

/**
 * A one-time link that is no secret's: to a fresh sign-in before a vote, to an export of the audit, or to the page that
 * takes a certificate for a question of a form.
 */
export type Pass = {
  tokenHash: TokenHash;
  /** The only person to whom it opens. */
  userId: UserId;
  madeAt: Date;
  expiresAt: Date;
  usedAt?: Date;
} & (
  | { kind: "vote"; requestId: RequestId; revision: number; reason?: string }
  | { kind: "audit"; format: "csv" | "jsonl"; subject?: string }
  /** `card`: the form that it was asked for from, which then shows the certificate. */
  | { kind: "certificate"; draftId: DraftId; question: string; card?: Posted }
);

export interface Passes {
  insert(pass: Pass): Promise<void>;
  find(hash: TokenHash): Promise<Pass | undefined>;
  /** One conditional update: unused and in time becomes used. Whoever gets true has spent it. */
  use(hash: TokenHash, now: Date): Promise<boolean>;
  /** Spends those for a form that was given up. */
  useAllFor(draftId: DraftId, now: Date): Promise<void>;
  deleteExpiredBefore(moment: Date): Promise<void>;
}

/** What a token stands for: nothing, or one of these. */
export type Behind = { link?: SecretLink; pass?: Pass };

export interface Tokens {
  /** One look-up whatever it is, so that its cost tells nothing. */
  behind(hash: TokenHash): Promise<Behind>;
}

/** An event as it stands in the chain. */
export type AuditRow = AuditEvent & { n: number; hash: string };

export interface Audit {
  /** Under one lock, so it also puts this transaction before or after every other one that appends. */
  append(event: AuditEvent): Promise<void>;
  /** In order; `after` is the number of the last one that was read. */
  read(options: { after?: number; limit: number; subject?: string }): Promise<AuditRow[]>;
  /** The head of the chain. */
  newest(): Promise<AuditRow | undefined>;
}

/** Wake-ups. The rows are the truth: a job that comes twice or late finds nothing more to do. */
export interface Jobs {
  wake(queue: WorkQueue, subject: string, after?: Date): Promise<void>;
  /** Outside a transaction, for what has stood in rows before: one statement for all of them. */
  wakeAll(queue: WorkQueue, subjects: readonly string[]): Promise<void>;
}

export type WorkQueue =
  | "deliver"
  | "provision"
  | "revoke"
  | "restore"
  | "clean"
  | "repair"
  | "new-key"
  | "entra-owner";
