import type { ExpectedRoles, Granted } from "../../domain/consent-check.ts";
import type { Drift, Found } from "../../domain/drift.ts";
import type { Expected } from "../../domain/drift-expected.ts";
import type {
  ApplicationObjectId,
  ClientId,
  GroupId,
  RequestId,
  ServicePrincipalId,
  UserId,
} from "../../domain/ids.ts";
import type { Permission } from "../../domain/permission.ts";
import type { Person } from "../../domain/person.ts";
import type { Credential, DirectoryRole, MissingApi, Plan } from "../../domain/plan.ts";
import type { Registration } from "../../domain/registration.ts";
import type { SecretText } from "../../domain/secret-text.ts";
import type { CredentialRules, PublishedApi } from "../../domain/tenant-facts.ts";

/** People and groups, asked at the moment of the act. Throws `DirectoryFailure` when the directory does not answer. */
export interface Directory {
  person(userId: UserId): Promise<Person | undefined>;
  /** By their email address or user principal name; undefined where it is nobody's, or of several. */
  personNamed(address: string): Promise<Person | undefined>;
  /** Many in few requests; whoever is not in the answer has no account. Who could not be read stands with why. */
  people(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Person | DirectoryFailure>>;
  /** Whoever stands above them in the directory, if anybody does. */
  manager(userId: UserId): Promise<Person | undefined>;
  /** `memberOf` for many people, in few requests. Who could not be read stands with why. */
  membersAmong(
    ids: readonly UserId[],
    groups: readonly GroupId[],
  ): Promise<ReadonlyMap<UserId, ReadonlySet<GroupId> | DirectoryFailure>>;
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
  /** Likewise for the owners of an application that is made already. */
  mayChangeOwners(): Promise<boolean | undefined>;
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
  /** It was refused at once: nothing of what was to be made exists. */
  readonly isUnmade: boolean;

  /** `sentence` is for people: what happened, and who can do what about it. */
  constructor(
    sentence: string,
    options: {
      kind: "retry" | "final";
      retryAfterMs?: number;
      isLag?: boolean;
      isForeign?: boolean;
      isUnmade?: boolean;
      cause?: unknown;
    },
  ) {
    super(sentence, { cause: options.cause });
    this.name = "DirectoryFailure";
    this.kind = options.kind;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.isLag = options.isLag ?? false;
    this.isForeign = options.isForeign ?? false;
    this.isUnmade = options.isUnmade ?? false;
  }
}

/** Whether the directory does not agree with itself yet. */
export const isLag = (error: unknown): error is DirectoryFailure =>
  error instanceof DirectoryFailure && error.isLag;

/** Whether Entra will refuse it however often it is tried. */
export const isFinal = (error: unknown): error is DirectoryFailure =>
  error instanceof DirectoryFailure && error.kind === "final";

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

/** What Usher made, as Entra alone tells of it. */
export type Stray = {
  clientId: ClientId;
  applicationObjectId: ApplicationObjectId;
  servicePrincipalId?: ServicePrincipalId;
  displayName: string;
  madeAt: Date;
  /** As its tag has it. */
  requestId?: RequestId;
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
    requestId: RequestId,
  ): Promise<Pick<MadeApplication, "applicationObjectId" | "clientId"> | undefined>;
  /** The application of that client id, if Usher made and owns it, whatever Usher's own records say. */
  findStray(clientId: ClientId): Promise<Stray | undefined>;
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
  /**
   * Names a person as an owner in Entra in the place of these; success when it is so already. `left`: Usher has no
   * right to, and nothing was changed.
   */
  changeOwner(
    application: ApplicationObjectId,
    owner: { from: readonly UserId[]; to: UserId },
    since: Date,
  ): Promise<"changed" | "left">;
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
  /**
   * Removes the key without a look, since reads lag. `since` is when it was made: while it is young, what Entra does not
   * find may only not be seen yet, so that is tried again.
   */
  removeKey(application: ApplicationObjectId, keyId: string, since: Date): Promise<void>;
  /** Likewise for a federated credential. */
  removeFederatedCredential(application: ApplicationObjectId, name: string, since: Date): Promise<void>;
  /** Secrets, certificates and federated credentials that are listed: a restore would bring them back. */
  removeAllKeys(application: ApplicationObjectId, since: Date): Promise<void>;
  /** Soft: Entra keeps it for 30 days. */
  deleteApplication(application: ApplicationObjectId, since: Date): Promise<void>;
  /**
   * Takes it back from what was deleted; success when it stands there already. `since` is when that was wanted first:
   * while that is young, what cannot be found may only not be seen. "gone": Entra keeps nothing of it.
   */
  restoreApplication(application: ApplicationObjectId, since: Date): Promise<"there" | "gone">;
  /**
   * Likewise for its service principal, which lets nobody in then. Another one is made, or taken, where Entra does not
   * keep that one.
   */
  restoreServicePrincipal(
    principal: ServicePrincipalId,
    clientId: ClientId,
    since: Date,
  ): Promise<ServicePrincipalId>;
  /** From now on it gets tokens, if it has anything to prove itself with. */
  enableServicePrincipal(principal: ServicePrincipalId, since: Date): Promise<void>;
}

/** Keeps the writes of one of Usher's identities under what Graph allows it, together with every other process. */
export interface WriteQuota {
  /** Waits a little until so many writes may go. Answers 0, or the milliseconds to come back after when that is long. */
  pass(writes: number): Promise<number>;
  /** Graph itself has had enough: nobody writes for so long. */
  close(forMs: number): Promise<void>;
}

/** What Entra has seen of sign-ins by apps, where it lets Usher read that. */
export interface SignIns {
  /**
   * When each of the app's keys was used last since then, by the key's id. A key that is not in it may have been used
   * all the same; undefined where nothing can be read. Throws nothing.
   */
  lastByKey(clientId: ClientId, since: Date): Promise<ReadonlyMap<string, Date> | undefined>;
}

/** Compares what stands in Entra with what was approved, and puts it back. Throws `DirectoryFailure`. */
export interface Inspector {
  inspect(registration: Registration): Promise<Found>;
  /**
   * Brings what is `repairedTogether` back to what is expected; success when it is so already. `left`: Usher has no
   * right to, an administrator must.
   */
  undo(registration: Registration, drifts: readonly Drift[], expected: Expected): Promise<"undone" | "left">;
}
