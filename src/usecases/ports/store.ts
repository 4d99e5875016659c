import type { AuditEvent } from "../../domain/audit.ts";
import type { RequestId, UserId } from "../../domain/ids.ts";
import type { TokenHash } from "../../domain/secret-link.ts";
import type { Conversations, Posts } from "./conversations.ts";
import type { Drifts, Keys, Links, Registrations } from "./registrations.ts";
import type { Drafts, Requests } from "./requests.ts";
import type { Steps } from "./steps.ts";

export interface Store {
  /** All or nothing. Nothing but the database is awaited inside. */
  inTransaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  readonly tables: Tables;
}

export type Tables = {
  drafts: Drafts;
  requests: Requests;
  steps: Steps;
  keys: Keys;
  links: Links;
  registrations: Registrations;
  drifts: Drifts;
  posts: Posts;
  conversations: Conversations;
  passes: Passes;
  audit: Audit;
  jobs: Jobs;
};

/** A one-time link that is no secret's: to a fresh sign-in before a vote, or to an export of the audit. */
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
);

export interface Passes {
  insert(pass: Pass): Promise<void>;
  find(hash: TokenHash): Promise<Pass | undefined>;
  /** One conditional update: unused and in time becomes used. Whoever gets true has spent it. */
  use(hash: TokenHash, now: Date): Promise<boolean>;
  deleteExpiredBefore(moment: Date): Promise<void>;
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
  wake(
    queue: "deliver" | "provision" | "revoke" | "clean" | "repair",
    subject: string,
    after?: Date,
  ): Promise<void>;
}
