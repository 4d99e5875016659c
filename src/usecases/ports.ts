import type { RawAnswers } from "../domain/answers.ts";
import type { AuditEvent } from "../domain/audit.ts";
import type { ApiCatalog, Blueprint } from "../domain/blueprint.ts";
import type { ExpectedRoles, Granted } from "../domain/consent-check.ts";
import type { Drift, Found } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-of.ts";
import type { Finding } from "../domain/finding.ts";
import type {
  ActivityId,
  ApplicationObjectId,
  ClientId,
  ConversationId,
  DraftId,
  GroupId,
  RequestId,
  ServicePrincipalId,
  TenantId,
  UserId,
} from "../domain/ids.ts";
import type { Permission, PermissionFact, RoleFact } from "../domain/permission.ts";
import type { Person } from "../domain/person.ts";
import type { Credential, DirectoryRole, MissingApi, Plan } from "../domain/plan.ts";
import type { Policy } from "../domain/policy.ts";
import type { StepName, StepState } from "../domain/provisioning.ts";
import type { Registration } from "../domain/registration.ts";
import type { Actor, In, OpenState, Request } from "../domain/request.ts";
import type { Sealed, SecretKeys, SecretLink, TokenHash } from "../domain/secret-link.ts";
import type { SecretText } from "../domain/secret-text.ts";
import type { CredentialRules, PublishedApi } from "../domain/tenant-facts.ts";
import type { Message } from "./telling/messages.ts";

/** What the use cases need of the world. `main.ts` hands it to them; tests replace the network, not these. */
export type World = {
  clock: Clock;
  log: Log;
  store: Store;
  directory: Directory;
  tenant: Tenant;
  registrar: Registrar;
  inspector: Inspector;
  chat: Chat;
  catalog: Catalog;
  settings: Settings;
};

export interface Clock {
  now(): Date;
}

/** Structured lines; never a secret, a token or an error's raw request. */
export interface Log {
  info(fields: Record<string, unknown>, text: string): void;
  warn(fields: Record<string, unknown>, text: string): void;
  error(fields: Record<string, unknown>, text: string): void;
}

export type Settings = {
  tenantId: TenantId;
  approversGroup: GroupId | undefined;
  adminsGroup: GroupId | undefined;
  /** Whether Usher may grant consent itself. */
  mayConsent: boolean;
  /** What people's browsers reach, without a slash at the end. */
  publicUrl: string;
  /** Sign-in, without the tenant and without a slash at the end. */
  authorityUrl: string;
  secretKeys: SecretKeys;
};

/** Read anew when its files change: ask for its parts when they are needed, never keep them. */
export type Catalog = {
  readonly blueprints: readonly Blueprint[];
  readonly apis: ApiCatalog;
  readonly permissionFacts: readonly PermissionFact[];
  readonly roleFacts: readonly RoleFact[];
  readonly policy: Policy;
};

// ---- Entra -----------------------------------------------------------------------------------------------

/** People and groups, asked at the moment of the act. Throws `DirectoryFailure` when the directory does not answer. */
export interface Directory {
  person(userId: UserId): Promise<Person | undefined>;
  /** Those of the groups that the person is in, also by way of other groups. Twenty groups at most. */
  memberOf(userId: UserId, groups: readonly GroupId[]): Promise<ReadonlySet<GroupId>>;
  /** Members of the group and of the groups in it. */
  members(group: GroupId): Promise<Person[]>;
  /** What the group is called; undefined when there is none. */
  groupName(group: GroupId): Promise<string | undefined>;
}

/** What the tenant publishes and forbids, asked before an approver is asked. Throws `DirectoryFailure`. */
export interface Tenant {
  /** APIs by client id, remembered for a while; null where the tenant has no service principal. What could not be asked is left out. */
  apis(clientIds: readonly string[]): Promise<ReadonlyMap<string, PublishedApi | null>>;
  /** The tenant's rules on credentials of new applications; undefined when Usher has no right to read them. */
  credentialRules(): Promise<CredentialRules | undefined>;
  /** Whether Usher's own rights let it make the service principal of another publisher's API; undefined when it cannot tell. */
  mayCreateServicePrincipals(): Promise<boolean | undefined>;
}

/** Something at Graph or at the sign-in service went wrong, in words of ours. */
export class DirectoryFailure extends Error {
  /** `retry`: it may go through later. `final`: it will not, whatever we do. */
  readonly kind: "retry" | "final";
  readonly retryAfterMs: number;
  /** It was answered, but the directory does not agree with itself yet: that ends within half an hour, or never. */
  readonly isLag: boolean;
  /** In the place of what was to be made stands something that Usher did not make. */
  readonly isForeign: boolean;

  /** `sentence` is for people: what happened, and who can do what about it. */
  constructor(
    sentence: string,
    options: {
      kind: "retry" | "final";
      retryAfterMs?: number;
      isLag?: boolean;
      isForeign?: boolean;
      cause?: unknown;
    },
  ) {
    super(sentence, { cause: options.cause });
    this.name = "DirectoryFailure";
    this.kind = options.kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.isLag = options.isLag ?? false;
    this.isForeign = options.isForeign ?? false;
  }
}

export type NewApplication = {
  uniqueName: string;
  requestId: RequestId;
  plan: Plan;
  /** A person who becomes owner in Entra beside Usher, where policy says so. */
  owner: UserId | undefined;
};
export type MadeApplication = {
  applicationObjectId: ApplicationObjectId;
  clientId: ClientId;
  /** True when the person could not be made an owner in Entra; they are in Usher's records. */
  ownerLeftOut: boolean;
};

/** What a new secret was seen to do. */
export type SecretProof =
  | { proof: "works" }
  /** No token yet, or one without these roles: both come some seconds to minutes after what they stand on. */
  | { proof: "not-yet"; missing: string[] }
  /** Its tokens hold roles that nobody approved. */
  | { proof: "too-wide"; beyond: string[] };

/** Changes the tenant. Each call can be repeated; each throws `DirectoryFailure`. `since` is when the object was made. */
export interface Registrar {
  /** `mayExist`: an earlier attempt may have made it, so look first. Takes only what Usher itself made. */
  createApplication(application: NewApplication, mayExist: boolean): Promise<MadeApplication>;
  /** The application of this name, if Usher made it; a foreign one throws as in `createApplication`. */
  findApplication(
    uniqueName: string,
  ): Promise<Pick<MadeApplication, "applicationObjectId" | "clientId"> | undefined>;
  ensureServicePrincipal(clientId: ClientId, since: Date): Promise<ServicePrincipalId>;
  /** Makes the service principals that the plan leaves to Usher; answers what an administrator must still make. */
  ensureApis(apis: readonly MissingApi[]): Promise<{ left: MissingApi[] }>;
  /** Sets `api://<client id>` as the identifier URI, which is known only once the application is made. */
  setIdentifierUri(application: ApplicationObjectId, clientId: ClientId, since: Date): Promise<void>;
  /** Answers the names of those that Usher has no right to give: an administrator must. */
  assignDirectoryRoles(
    principal: ServicePrincipalId,
    roles: readonly DirectoryRole[],
    since: Date,
  ): Promise<{ left: string[] }>;
  addCertificate(
    application: ApplicationObjectId,
    certificate: Extract<Credential, { kind: "certificate" }>,
    since: Date,
  ): Promise<void>;
  addFederatedCredential(
    application: ApplicationObjectId,
    credential: Extract<Credential, { kind: "federated" }>,
    since: Date,
  ): Promise<void>;
  grantApplicationPermissions(
    client: ServicePrincipalId,
    permissions: readonly Permission[],
    since: Date,
  ): Promise<void>;
  grantDelegatedPermissions(
    client: ServicePrincipalId,
    permissions: readonly Permission[],
    since: Date,
  ): Promise<void>;
  /** All that the app was granted in the tenant, by whomever: also what is in no plan. */
  granted(client: ServicePrincipalId, planned: readonly Permission[], since: Date): Promise<Granted[]>;
  /** Never repeated blindly: after an unknown outcome remove what bears the marker, then add anew. */
  addKey(
    application: ApplicationObjectId,
    key: { displayName: string; expiresAt: Date },
    since: Date,
  ): Promise<{ keyId: string; secret: SecretText }>;
  /** Removes every key whose display name holds the marker; answers how many there were. Nothing there is success. */
  removeKeysMarked(application: ApplicationObjectId, marker: string): Promise<number>;
  /** Obtains a token with the secret for each of these APIs, and looks which roles are in it. */
  proveSecret(
    clientId: ClientId,
    secret: SecretText,
    expected: readonly ExpectedRoles[],
  ): Promise<SecretProof>;
  /**
   * Stops new tokens at once. Success when it is already gone; but what is young and cannot be seen may only not be
   * seen yet, so that is tried again.
   */
  disableServicePrincipal(id: ServicePrincipalId, since: Date): Promise<void>;
  /** Consents and directory roles. What Usher has no right to take away goes with the service principal. */
  removeGrants(principal: ServicePrincipalId, since: Date): Promise<void>;
  /** Secrets, certificates and federated credentials: a restore would bring them back. */
  removeAllKeys(application: ApplicationObjectId, since: Date): Promise<void>;
  /** Soft: Entra keeps it for 30 days. */
  deleteApplication(application: ApplicationObjectId, since: Date): Promise<void>;
}

/** Keeps the writes of one of Usher's identities under what Graph allows it, together with every other process. */
export interface WriteQuota {
  /** Waits a little until so many writes may go. Answers 0, or the milliseconds to come back after when that is long. */
  pass(writes: number): Promise<number>;
  /** Graph itself has had enough: nobody writes for so long. */
  close(forMs: number): Promise<void>;
}

/** Compares what stands in Entra with what was approved, and puts it back. Throws `DirectoryFailure`. */
export interface Inspector {
  inspect(registration: Registration): Promise<Found>;
  /**
   * Brings one thing back to what is expected; success when it is so already. `left`: Usher has no right to, an
   * administrator must.
   */
  undo(registration: Registration, drift: Drift, expected: Expected): Promise<"undone" | "left">;
}

// ---- Chat ------------------------------------------------------------------------------------------------

export type Place =
  /** `copy`: a further copy of a card in the same conversation, by its message or by what it was posted for. */
  | { kind: "conversation"; conversationId: ConversationId; copy?: ActivityId }
  /** The person's own chat with Usher; `fallback` is where to say it when there is none. */
  | { kind: "personal"; userId: UserId; fallback?: ConversationId; copy?: string };

export type Posted = { conversationId: ConversationId; activityId: ActivityId };

/** A message did not get through. `unreachable`: this place takes no messages. `unknown`: it may have been posted. */
export class ChatFailure extends Error {
  readonly kind: "retry" | "unreachable" | "unknown";
  /** How long Teams wants to be left alone; 0 where it does not say. */
  readonly retryAfterMs: number;

  constructor(
    text: string,
    kind: "retry" | "unreachable" | "unknown",
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(text, { cause: options.cause });
    this.name = "ChatFailure";
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Three verbs into the chat. Throws `ChatFailure`. */
export interface Chat {
  /** Creates a message once; never repeated after an unknown outcome. */
  post(conversation: ConversationId, message: Message): Promise<Posted>;
  update(posted: Posted, message: Message): Promise<"updated" | "gone">;
  /** The person's own chat with Usher, opened if it may be; undefined when it may not. */
  personalChat(userId: UserId): Promise<ConversationId | undefined>;
  /**
   * Asks for a turn to redraw a card in this conversation, and takes it unless the line is too long: then ask again
   * after `inMs`. What is final does not stand in line.
   */
  updateTurn(conversation: ConversationId, isFinal: boolean): Promise<{ inMs: number; isTaken: boolean }>;
  /** Who is in a channel, as far as Teams says it within some hundred people; `chatId` is their id in Teams. */
  roster(conversation: ConversationId): Promise<{ userId: UserId; chatId: string }[]>;
}

// ---- Store -----------------------------------------------------------------------------------------------

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

/** A form that is being filled in, by the person who began it. */
export type Draft = {
  id: DraftId;
  /** Counts its changes. */
  version: number;
  requester: Actor;
  conversationId: ConversationId;
  blueprintId?: string;
  /** As they were typed, so that Back shows them again even when they must be mended. */
  answers?: RawAnswers;
  reason?: string;
  /** What the answers led to when they were reviewed: this is what is submitted, whatever the catalogue says by then. */
  plan?: Plan;
  /** The request that is being changed, as it stood when that was begun. */
  changes?: { requestId: RequestId; revision: number };
  startedAt: Date;
};
export interface Drafts {
  /** Nothing happens if a draft has this id already. */
  insert(draft: Draft): Promise<void>;
  get(id: DraftId): Promise<Draft | undefined>;
  /** Writes only over what was read; false when another press has written since. */
  update(draft: Draft): Promise<boolean>;
  deleteStartedBefore(moment: Date): Promise<void>;
}

/** A claim on the work for one request or registration: only the newest lease may write. */
export type Lease = { subject: RequestId; number: number };

/** Who could decide when the directory was asked last: for cards that must not ask it. */
export type KnownDeciders = {
  at: Date;
  approvers: { userId: UserId; name: string }[];
  /** What the approvers' group is called, where there is one. */
  groupName?: string;
  alternates: { userId: UserId; name: string }[];
};

export interface Requests {
  /** False when the id is taken, or the draft was already submitted. */
  insert(
    request: In<"pending">,
    of: { draft: DraftId; origin: ConversationId; answers: RawAnswers },
  ): Promise<boolean>;
  get(id: RequestId): Promise<Request | undefined>;
  /** The request that this draft led to, as a new one or as a new revision. */
  ofDraft(draft: DraftId): Promise<Request | undefined>;
  origin(id: RequestId): Promise<ConversationId | undefined>;
  /** What was typed into its form, and for which system. */
  answers(id: RequestId): Promise<RawAnswers | undefined>;
  /**
   * Writes the next state only if nothing has changed since `from` was read; false when something has. `of`: the draft
   * that a new revision came from.
   */
  change(from: Request, to: Request, of?: { draft: DraftId; answers: RawAnswers }): Promise<boolean>;
  pending(limit: number): Promise<In<"pending">[]>;
  /** Those that could not be made and wait for somebody to retry them or clean them up, oldest first. */
  failed(limit: number): Promise<In<"failed">[]>;
  newestOf(requester: UserId, limit: number): Promise<Request[]>;
  /** How many requests of this person are open; held until the end of the transaction, so that two at once count. */
  countOpen(requester: UserId): Promise<number>;
  /** Those of this person for this system that are open or being made, newest first. */
  openFor(requester: UserId, system: string): Promise<In<OpenState | "approved">[]>;
  /** Open ones with something due by now, longest overdue first. */
  due(now: Date, limit: number): Promise<RequestId[]>;
  /** Those that are being cleaned up. */
  cleaning(): Promise<RequestId[]>;
  /** Not a change of the request: only what its cards may say without asking the directory. */
  rememberDeciders(id: RequestId, known: KnownDeciders): Promise<void>;
  knownDeciders(id: RequestId): Promise<KnownDeciders | undefined>;
}

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

export type StepRow = {
  step: StepName;
  state: StepState;
  intent: Readonly<Record<string, string>>;
  outcome: Readonly<Record<string, string>>;
  attempts: number;
  firstAttemptAt: Date;
  nextAttemptAt?: Date;
  doneAt?: Date;
  /** What it waits for or why it failed, as a sentence for people. */
  note?: string;
};
/** Rows of a saga, unique by (request, step). Every write names the lease, and fails with `LeaseLost` under an old one. */
export interface Steps {
  /** Takes the work if nobody holds it, or if its holder's time is up; undefined otherwise. */
  claim(subject: RequestId, now: Date, until: Date): Promise<Lease | undefined>;
  /** Takes the work from whoever holds it, in a transaction that also takes away what they worked for. */
  takeOver(subject: RequestId): Promise<Lease>;
  /** Throws `LeaseLost` under an old lease; inside a transaction it holds the lease until its end. */
  check(lease: Lease): Promise<void>;
  renew(lease: Lease, until: Date): Promise<void>;
  release(lease: Lease): Promise<void>;
  all(subject: RequestId): Promise<StepRow[]>;
  write(lease: Lease, row: StepRow): Promise<void>;
  /** Makes a waiting step due now; needs no lease, since it only hurries. */
  hasten(subject: RequestId, step: StepName, now: Date): Promise<void>;
  /** Requests with a step whose next attempt is due. */
  due(now: Date): Promise<RequestId[]>;
}
export class LeaseLost extends Error {
  constructor(lease: Lease) {
    super(`another process has taken over ${lease.subject}`);
    this.name = "LeaseLost";
  }
}

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

/** A message that is to stand in a conversation, or stands there. `live` ones are redrawn when what they show changes. */
export type Post = {
  id: string;
  subject: string;
  purpose:
    | "approval"
    | "request"
    /** Said once to the requester: a decision, a question or an offer; `place.copy` tells them apart. */
    | "decision"
    | "failure"
    | "link"
    | "revocation"
    /** One for each time that something new was found; `place.copy` tells them apart. */
    | "drift"
    | "note";
  place: Place;
  state: "due" | "sending" | "posted" | "unclear" | "undeliverable";
  /** Where it was posted. */
  posted?: Posted;
  /** Fingerprint of what was drawn last; empty while it is not known what stands there. */
  drawn?: string;
  /** The whole message, for what is not drawn from its subject. */
  message?: Message;
  changedAt: Date;
};
export interface Posts {
  /** Nothing happens if the same purpose already has a post in that place for the subject (notes may repeat). */
  add(post: Post): Promise<void>;
  of(subject: string): Promise<Post[]>;
  /** The post that this message is, if it is one. */
  standingAt(posted: Posted): Promise<Post | undefined>;
  /** Writes only over what was seen; false when another has changed it since. */
  change(seen: Post, to: Post): Promise<boolean>;
  /** What may not have arrived at a place is due there again. */
  postAgain(place: Place, at: Date): Promise<string[]>;
  /** Subjects with posts that are due, whose sender died before `stuckBefore`, or whose card could not be redrawn. */
  dueSubjects(stuckBefore: Date): Promise<string[]>;
}

export type Conversation = {
  id: ConversationId;
  kind: "personal" | "group" | "channel";
  serviceUrl: string;
  tenantId: TenantId;
  /** Whose personal chat it is. */
  userId?: UserId;
  seenAt: Date;
};
export interface Conversations {
  /** Answers whether it was new. */
  remember(conversation: Conversation): Promise<boolean>;
  get(id: ConversationId): Promise<Conversation | undefined>;
  /** The newest wins: a person may have removed the app and installed it again. */
  personal(userId: UserId): Promise<Conversation | undefined>;
  newest(): Promise<Conversation | undefined>;
  /** It takes no messages any more. */
  forget(id: ConversationId): Promise<void>;
  approvalsChannel(): Promise<ConversationId | undefined>;
  /** Answers the channel that was set before. */
  setApprovalsChannel(id: ConversationId): Promise<ConversationId | undefined>;
}

/** Wake-ups. The rows are the truth: a job that comes twice or late finds nothing more to do. */
export interface Jobs {
  wake(
    queue: "deliver" | "provision" | "revoke" | "clean" | "repair",
    subject: string,
    after?: Date,
  ): Promise<void>;
}
