import type { Blueprint, Question } from "../../src/domain/blueprint.ts";
import type {
  ApplicationObjectId,
  ClientId,
  ConversationId,
  DraftId,
  GroupId,
  RequestId,
  ServicePrincipalId,
  TenantId,
  UserId,
} from "../../src/domain/ids.ts";
import type { Permission } from "../../src/domain/permission.ts";
import type { Person } from "../../src/domain/person.ts";
import { fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import type { RankPolicy, Terms, TermsNow } from "../../src/domain/policy.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { Actor, In, Said, Vote, Waiting } from "../../src/domain/request.ts";
import type { SecretLink, TokenHash } from "../../src/domain/secret-link.ts";
import type { Post } from "../../src/usecases/ports/conversations.ts";
import type { KeyRow } from "../../src/usecases/ports/registrations.ts";
import type { StepRow } from "../../src/usecases/ports/steps.ts";
import type { Pass } from "../../src/usecases/ports/store.ts";

export const noon = new Date("2027-03-01T12:00:00.000Z");

/** So many milliseconds after noon. */
export const afterNoon = (milliseconds: number) => new Date(noon.getTime() + milliseconds);
export const minutes = 60_000;
export const hours = 60 * minutes;
export const days = 24 * hours;

export const ada: Actor = { userId: "aaaaaaaa-0000-4000-8000-000000000001" as UserId, name: "Ada Asker" };
export const ben: Actor = { userId: "aaaaaaaa-0000-4000-8000-000000000003" as UserId, name: "Ben Boss" };
export const cleo: Actor = { userId: "aaaaaaaa-0000-4000-8000-000000000004" as UserId, name: "Cleo Chief" };
export const approversGroup = "bbbbbbbb-0000-4000-8000-000000000001" as GroupId;
export const tenant = "11111111-1111-4111-8111-111111111111" as TenantId;
export const chat = "a:ada" as ConversationId;
export const graphApi = "00000003-0000-0000-c000-000000000000";

/** A person as the directory has them: enabled and no guest, unless said otherwise. */
export function aPerson({ userId, name }: Actor, given: Partial<Person> = {}): Person {
  return { userId, name, isEnabled: true, isGuest: false, ...given };
}

export function aPermission(given: Partial<Permission> = {}): Permission {
  return { api: graphApi, apiName: "Microsoft Graph", name: "User.Read", kind: "delegated", ...given };
}

export function aPlan(given: Partial<Plan> = {}): Plan {
  return {
    blueprint: { id: "custom", title: "Something else" },
    displayName: "Payroll export",
    audience: "AzureADMyOrg",
    redirects: [{ platform: "web", uri: "https://payroll.example/signin" }],
    idTokens: false,
    accessTokens: false,
    permissions: [aPermission(), aPermission({ name: "User.ReadBasic.All", kind: "application" })],
    consent: "admin",
    credential: { kind: "secret", label: "Payroll export", months: 12 },
    handover: [
      { label: "Client ID", value: "clientId" },
      { label: "Region", value: "=westeurope", where: "Settings > Region" },
    ],
    next: ["Put the values where your system asks for them."],
    ...given,
  };
}

let made = 0;
/** A number that no other call in this run gives, for ids that must differ. */
const fresh = () => ++made;

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function aRequestId(): RequestId {
  let left = fresh();
  let name = "";
  for (let place = 0; place < 6; place++) {
    name = `${crockford[left % 32]}${name}`;
    left = Math.floor(left / 32);
  }
  return `REQ-${name}` as RequestId;
}

const aGuid = () => `dddddddd-0000-4000-8000-${String(fresh()).padStart(12, "0")}`;
export const aDraftId = () => aGuid() as DraftId;
export const aTokenHash = () => `hash-${fresh()}` as TokenHash;

/** What policy says of one rank: one approver, two weeks, and nothing special, unless said otherwise. */
export function aRankPolicy(given: Partial<RankPolicy> = {}): RankPolicy {
  return {
    approvals: 1,
    expireAfterHours: 14 * 24,
    reasonToApprove: false,
    secretMonths: 24,
    linkHours: 72,
    overlapDays: 7,
    owners: 1,
    owner: "requester",
    freshSignIn: false,
    ...given,
  };
}

export function someTerms(given: Partial<Terms> = {}): Terms {
  return {
    rank: "medium",
    approvals: 1,
    approvers: approversGroup,
    reasonToApprove: false,
    freshSignIn: false,
    linkHours: 72,
    ...given,
  };
}

/** The same terms, as they count when policy has not changed. */
export function someTermsNow(given: Partial<TermsNow> = {}): TermsNow {
  return { ...someTerms(), approvers: [approversGroup], alternates: [], changes: [], ...given };
}

export function aVote(approver: Actor = ben, given: Partial<Vote> = {}): Vote {
  return { approver, at: noon, surface: "card", ...given };
}

export function somethingSaid(given: Partial<Said> = {}): Said {
  return { at: noon, by: ben, kind: "question", text: "Why all of them?", revision: 1, ...given };
}

/** Waits for two weeks from noon, without a reminder or an escalation. */
export function aWaiting(given: Partial<Waiting> = {}): Waiting {
  return { expiresAt: afterNoon(14 * days), reminders: 0, ...given };
}

export function aPendingRequest(given: Partial<In<"pending">> = {}): In<"pending"> {
  const plan = given.plan ?? aPlan();
  return {
    state: "pending",
    id: aRequestId(),
    revision: 1,
    version: 1,
    requester: ada,
    reason: "The payroll is exported by hand each month.",
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: noon,
    terms: someTerms(),
    votes: [],
    thread: [],
    waiting: aWaiting(),
    ...given,
  };
}

/** One that an approver asked a question about. */
export function aReturnedRequest(given: Partial<In<"returned">> = {}): In<"returned"> {
  const { state: _, ...asked } = aPendingRequest();
  return {
    ...asked,
    state: "returned",
    question: "Why all of them?",
    returnedBy: ben,
    returnedAt: noon,
    ...given,
  };
}

/** One whose plan an approver narrowed: the second revision, with that approver's vote. */
export function anOfferedRequest(given: Partial<In<"offered">> = {}): In<"offered"> {
  const before = given.before ?? aPlan();
  const plan = given.plan ?? aPlan({ permissions: [aPermission()] });
  const { state: _, ...asked } = aPendingRequest({ plan, before, revision: 2, votes: [aVote()] });
  return { ...asked, state: "offered", offeredBy: ben, offeredAt: noon, ...given };
}

/** A link to a fresh sign-in before a vote. */
export function aPass(given: Partial<Extract<Pass, { kind: "vote" }>> = {}): Pass {
  return {
    kind: "vote",
    tokenHash: aTokenHash(),
    userId: ben.userId,
    requestId: aRequestId(),
    revision: 1,
    madeAt: noon,
    expiresAt: afterNoon(15 * minutes),
    ...given,
  };
}

type Active = Registration & { state: "active" };

export function aRegistration(given: Partial<Active> = {}): Active {
  return {
    state: "active",
    id: aRequestId(),
    owner: ada,
    plan: aPlan(),
    clientId: aGuid() as ClientId,
    applicationObjectId: aGuid() as ApplicationObjectId,
    servicePrincipalId: aGuid() as ServicePrincipalId,
    createdAt: noon,
    expiresAt: afterNoon(365 * 86_400_000),
    ...given,
  };
}

type SealedLink = SecretLink & { state: "sealed" };

export function aSealedLink(given: Partial<SealedLink> = {}): SealedLink {
  return {
    state: "sealed",
    tokenHash: aTokenHash(),
    requestId: aRequestId(),
    requester: ada.userId,
    keyId: aGuid(),
    sealed: { cipher: "Y2lwaGVy", nonce: "bm9uY2U=", tag: "dGFn" },
    madeAt: noon,
    expiresAt: afterNoon(72 * 60 * minutes),
    ...given,
  };
}

export function aKey(given: Partial<KeyRow> = {}): KeyRow {
  return {
    marker: `[${fresh()}]`,
    requestId: aRequestId(),
    applicationObjectId: aGuid() as ApplicationObjectId,
    state: "intended",
    expiresAt: afterNoon(365 * 86_400_000),
    changedAt: noon,
    ...given,
  };
}

export function aStep(given: Partial<StepRow> = {}): StepRow {
  return {
    step: "application",
    state: "intended",
    intent: { uniqueName: "usher-0123456789abcdef" },
    outcome: {},
    attempts: 1,
    firstAttemptAt: noon,
    ...given,
  };
}

export function aPost(given: Partial<Post> = {}): Post {
  return {
    id: aGuid(),
    subject: "REQ-000000",
    purpose: "request",
    place: { kind: "conversation", conversationId: chat },
    state: "due",
    changedAt: noon,
    ...given,
  };
}

/** A blueprint that asks only these questions and makes the simplest app of them. */
export function aBlueprint(ask: Question[] = [], given: Partial<Blueprint> = {}): Blueprint {
  return {
    id: "example",
    title: "Example",
    ask,
    app: { name: "Example", audience: "AzureADMyOrg", redirects: [], idTokens: false, accessTokens: false },
    grant: [],
    consent: "admin",
    credentials: [{ kind: "secret", label: "Example", months: 12 }],
    handover: [],
    next: [],
    refuse: [],
    ...given,
  };
}
