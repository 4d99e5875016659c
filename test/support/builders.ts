import type { Blueprint, Question } from "../../src/domain/blueprint.ts";
import type {
  ApplicationObjectId,
  ClientId,
  ConversationId,
  DraftId,
  RequestId,
  ServicePrincipalId,
  TenantId,
  UserId,
} from "../../src/domain/ids.ts";
import type { Permission } from "../../src/domain/permission.ts";
import type { Person } from "../../src/domain/person.ts";
import { fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { Actor, In } from "../../src/domain/request.ts";
import type { SecretLink, TokenHash } from "../../src/domain/secret-link.ts";
import type { KeyRow, Post, StepRow } from "../../src/usecases/ports.ts";

export const noon = new Date("2027-03-01T12:00:00.000Z");

/** So many milliseconds after noon. */
export const afterNoon = (milliseconds: number) => new Date(noon.getTime() + milliseconds);
export const minutes = 60_000;

export const ada: Actor = { userId: "aaaaaaaa-0000-4000-8000-000000000001" as UserId, name: "Ada Asker" };
export const ben: Actor = { userId: "aaaaaaaa-0000-4000-8000-000000000003" as UserId, name: "Ben Boss" };
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

export function aPendingRequest(given: Partial<In<"pending">> = {}): In<"pending"> {
  const plan = given.plan ?? aPlan();
  return {
    state: "pending",
    id: aRequestId(),
    revision: 1,
    requester: ada,
    reason: "The payroll is exported by hand each month.",
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: noon,
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
