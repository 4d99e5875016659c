import type { Finding } from "../../domain/finding.ts";
import type { ApplicationObjectId, RequestId, UserId } from "../../domain/ids.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Sealed, SecretLink, TokenHash } from "../../domain/secret-link.ts";

/** A key (client secret) in Entra by its marker, written before it is made. */
export type KeyRow = {
  marker: string;
  requestId: RequestId;
  applicationObjectId: ApplicationObjectId;
  state: "intended" | "current" | "abandoned" | "removed";
  keyId?: string;
  expiresAt: Date;
  changedAt: Date;
};

export interface Keys {
  insert(key: KeyRow): Promise<void>;
  update(key: KeyRow): Promise<void>;
  of(requestId: RequestId): Promise<KeyRow[]>;
  abandoned(): Promise<KeyRow[]>;
}

export interface Links {
  insert(link: SecretLink & { state: "sealed" }): Promise<void>;
  /** Its message has arrived: from now on it can be opened. */
  markDelivered(hash: TokenHash, at: Date): Promise<void>;
  find(hash: TokenHash): Promise<SecretLink | undefined>;
  newestOf(requestId: RequestId): Promise<SecretLink | undefined>;
  /** One conditional update: delivered, sealed and in time becomes revealed. Answers the seal to whoever won. */
  claim(hash: TokenHash, now: Date): Promise<Sealed | undefined>;
  /** Cancels one link, or all of a request, if it is still sealed. */
  cancel(which: { tokenHash: TokenHash } | { requestId: RequestId }): Promise<void>;
  /** Marks those past their time, drops their ciphertext, and answers whose they were. */
  expire(now: Date): Promise<RequestId[]>;
}

export type Page<T> = { rows: T[]; next?: string };

export interface Registrations {
  insert(registration: Registration & { state: "active" }): Promise<void>;
  get(id: RequestId): Promise<Registration | undefined>;
  /** Newest first, a page at a time; `after` is the `next` of the page before. */
  page(owner: UserId | "all", limit: number, after?: string): Promise<Page<Registration>>;
  /** By request id, client id or the exact name (without case). */
  find(text: string): Promise<Registration[]>;
  /** Active ones of this owner for this system, newest first. */
  activeFor(owner: UserId, system: string, limit: number): Promise<Registration[]>;
  change(from: Registration, to: Registration): Promise<boolean>;
  revoking(): Promise<RequestId[]>;
  /** Takes the longest overdue of the active ones, a few at a time: nobody else gets them before `until`. */
  claimChecks(now: Date, until: Date, limit: number): Promise<Registration[]>;
  /** When it is due next. */
  checkAt(id: RequestId, at: Date): Promise<void>;
  /** Whether it was found deleted in Entra, and when. */
  markGone(id: RequestId, since: Date | undefined): Promise<void>;
}

/** In what registrations differ from their approved plans. */
export interface Drifts {
  of(id: RequestId): Promise<Finding[]>;
  /** The same, held until the end of the transaction: two at once go one after another. */
  hold(id: RequestId): Promise<Finding[]>;
  save(id: RequestId, findings: readonly Finding[]): Promise<void>;
  repairing(): Promise<RequestId[]>;
}
