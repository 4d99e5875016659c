import type { CallerMark } from "../../domain/caller-mark.ts";
import type { Finding } from "../../domain/finding.ts";
import type { ApplicationObjectId, RequestId, ServicePrincipalId, UserId } from "../../domain/ids.ts";
import type { ToldTry } from "../../domain/link-news.ts";
import type { NewKey } from "../../domain/new-key.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Opening, Sealed, SecretLink, TokenHash } from "../../domain/secret-link.ts";

/** A key (client secret) in Entra by its marker, written before it is made. */
export type KeyRow = {
  marker: string;
  requestId: RequestId;
  applicationObjectId: ApplicationObjectId;
  /**
   * `retiring`: another one is current, and this one works beside it for a while. `left`: Entra does not let Usher look
   * for it, and an admin was told.
   */
  state: "intended" | "current" | "retiring" | "abandoned" | "removed" | "left";
  keyId?: string;
  expiresAt: Date;
  changedAt: Date;
};

export interface Keys {
  insert(key: KeyRow): Promise<void>;
  update(key: KeyRow): Promise<void>;
  /** Writes only while it is in the state that was seen; false when another process has changed it since. */
  change(seen: KeyRow, to: KeyRow): Promise<boolean>;
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
  claim(hash: TokenHash, now: Date, opening?: Opening): Promise<Sealed | undefined>;
  /** Which tries of others the requester was told of; held until the end of the transaction. */
  holdTold(hash: TokenHash): Promise<ToldTry[]>;
  saveTold(hash: TokenHash, told: readonly ToldTry[]): Promise<void>;
  /** Those that can be opened and of which nobody was reminded. */
  unreminded(now: Date): Promise<SecretLink[]>;
  /** One conditional update: whoever gets true reminds of it, while it can still be opened. */
  remind(hash: TokenHash, now: Date): Promise<boolean>;
  /** Cancels one link, or all of a request, if it is still sealed. */
  cancel(which: { tokenHash: TokenHash } | { requestId: RequestId }): Promise<void>;
  /** All of a request, in the order in which they were made. */
  of(requestId: RequestId): Promise<SecretLink[]>;
  /** Those that are still sealed past their time. */
  overdue(now: Date): Promise<SecretLink[]>;
  /** Marks it as expired and drops its ciphertext, if it is still sealed past its time; answers whether it was. */
  expire(hash: TokenHash, now: Date): Promise<boolean>;
}

/** How often somebody has tried a link, whatever it opens. */
export interface LinkAttempts {
  /** One more; answers how many there are since the first one that is younger than `since`. */
  count(hash: TokenHash, caller: CallerMark, now: Date, since: Date): Promise<number>;
  forgetBefore(moment: Date): Promise<void>;
}

/** New keys that are being made in the place of others. */
export interface NewKeys {
  /** False when one is being made already. */
  insert(newKey: NewKey): Promise<boolean>;
  get(id: RequestId): Promise<NewKey | undefined>;
  /** Nothing happens when it is gone by now. */
  update(newKey: NewKey): Promise<void>;
  /** Answers whether there was one. */
  remove(id: RequestId): Promise<boolean>;
  /** Makes those due now that this person asked for or owns, and answers whose they are; needs no lease, since it only hurries. */
  hasten(userId: UserId, now: Date): Promise<RequestId[]>;
  /** Those whose next attempt is due, and that nobody works on. */
  due(now: Date): Promise<RequestId[]>;
}

export type Page<T> = { rows: T[]; next?: string };

/** Whose registrations are listed: an owner's, everybody's, or those that end. */
export type Whose = UserId | "all" | "expiring";

export interface Registrations {
  insert(registration: Registration & { state: "active" }): Promise<void>;
  get(id: RequestId): Promise<Registration | undefined>;
  /** Those of these that there are. */
  among(ids: readonly RequestId[]): Promise<Registration[]>;
  /** The same, held until the end of the transaction: before what belongs to it, so that nobody waits in a circle. */
  hold(id: RequestId): Promise<Registration | undefined>;
  /** When its key stops working; undefined while none works. Its owners are told of this end from now on. */
  keyEndsAt(id: RequestId, at: Date | undefined): Promise<void>;
  /**
   * A page at a time, newest first, of what ends the soonest first; `after` is the `next` of the page before. With a
   * filter, those of which a word begins with each of its words; then a page may be short and still have a next one.
   */
  page(whose: Whose, limit: number, after?: string, filter?: string): Promise<Page<Registration>>;
  /** By request id, client id, object id, or else by the exact name (without case). */
  find(text: string): Promise<Registration[]>;
  /** Active ones of this owner for this system, newest first. */
  activeFor(owner: UserId, system: string, limit: number): Promise<Registration[]>;
  change(from: Registration, to: Registration): Promise<boolean>;
  /** Other people own it from now on, and it is found by their names. */
  ownersAre(id: RequestId, owners: Pick<Registration, "owner" | "coOwner">): Promise<void>;
  revoking(): Promise<RequestId[]>;
  restoring(): Promise<RequestId[]>;
  /** Another service principal stands for it in Entra by now. */
  principalIs(id: RequestId, principal: ServicePrincipalId): Promise<void>;
  /** Takes the longest overdue of the active ones, a few at a time: nobody else gets them before `until`. */
  claimChecks(now: Date, until: Date, limit: number): Promise<Registration[]>;
  /** When it was compared with its plan last. */
  lookedAt(id: RequestId): Promise<Date | undefined>;
  markLooked(id: RequestId, at: Date): Promise<void>;
  /** When it is due next. */
  checkAt(id: RequestId, at: Date): Promise<void>;
  /** Whether it was found deleted in Entra, and when. */
  markGone(id: RequestId, since: Date | undefined): Promise<void>;
}

/** In what registrations differ from their approved plans. */
export interface Drifts {
  of(id: RequestId): Promise<Finding[]>;
  /** Those of several registrations at once; one without any is left out. */
  among(ids: readonly RequestId[]): Promise<[RequestId, Finding[]][]>;
  /** The same, held until the end of the transaction: two at once go one after another. */
  hold(id: RequestId): Promise<Finding[]>;
  save(id: RequestId, findings: readonly Finding[]): Promise<void>;
  repairing(): Promise<RequestId[]>;
}
