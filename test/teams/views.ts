import type { Question } from "../../src/domain/blueprint.ts";
import type { DraftId, RequestId, UserId } from "../../src/domain/ids.ts";
import type { PermissionKind, Rank, RankedPermission, RankedRole } from "../../src/domain/permission.ts";
import { type Credential, fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import type { Difference } from "../../src/domain/plan-difference.ts";
import { permissionKey, redirectKey } from "../../src/domain/plan-difference.ts";
import { type StepName, stepsOf } from "../../src/domain/provisioning.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { Actor, Request, RequestState, Said, Vote } from "../../src/domain/request.ts";
import type {
  DraftView,
  FormView,
  NarrowingView,
  RequestView,
} from "../../src/usecases/telling/request-views.ts";
import { aWaiting, days, someTerms, someTermsNow } from "../support/builders.ts";

export const noon = new Date("2026-11-20T12:00:00Z");
export const later = new Date("2026-11-20T14:05:00Z");
export const requestId = "REQ-7K3M9Q" as RequestId;
export const draftId = "dddddddd-0000-4000-8000-000000000001" as DraftId;

const person = (n: number, name: string): Actor => ({
  userId: `aaaaaaaa-0000-4000-8000-00000000000${n}` as UserId,
  name,
});
export const ada = person(1, "Ada Lovelace");
export const grace = person(3, "Grace Hopper");
export const alan = person(4, "Alan Turing");

/** Every state, in the order of a request's life. */
export const allStates: readonly RequestState[] = [
  "pending",
  "returned",
  "offered",
  "expired",
  "denied",
  "withdrawn",
  "approved",
  "provisioned",
  "failed",
  "cleaning",
  "cleaned",
];

export const aVote = (changes: Partial<Vote> = {}): Vote => ({
  approver: grace,
  at: later,
  surface: "card",
  ...changes,
});

export const aSaid = (changes: Partial<Said> = {}): Said => ({
  at: later,
  by: grace,
  kind: "question",
  text: "Why all of it?",
  revision: 2,
  ...changes,
});

export function aPermission(
  name: string,
  kind: PermissionKind = "delegated",
  rank: Rank = "low",
): RankedPermission {
  const sentence = `What ${name} lets an app do, in one sentence.`;
  return {
    api: "00000003-0000-0000-c000-000000000000",
    apiName: "Microsoft Graph",
    name,
    kind,
    rank,
    sentence,
  };
}

export function aRole(name: string, rank: Rank = "tier0"): RankedRole {
  return { name, rank, sentence: `What ${name} lets an app do, in one sentence.` };
}

export const somePermissions: RankedPermission[] = [
  aPermission("Group.ReadWrite.All", "application", "high"),
  aPermission("User.Read.All", "application", "medium"),
  aPermission("User.Read"),
];

export const aCertificate: Credential = {
  kind: "certificate",
  label: "usher",
  der: "MIIB",
  thumbprint: "A1B2C3",
  expiresAt: "2027-11-20T12:00:00.000Z",
};

export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    blueprint: { id: "netwrix-identity-manager", title: "Netwrix Identity Manager" },
    displayName: "Netwrix Identity Manager Contoso",
    audience: "AzureADMyOrg",
    redirects: [{ platform: "web", uri: "https://identity.contoso.example/signin" }],
    idTokens: true,
    accessTokens: false,
    permissions: somePermissions,
    consent: "admin",
    credential: { kind: "secret", label: "usher", months: 12 },
    handover: [
      { label: "Application ID", value: "clientId", where: "Connections > Entra" },
      { label: "Tenant ID", value: "tenantId" },
      { label: "Client Secret", value: "secret", where: "Connections > Entra" },
    ],
    next: ["Open the connector's settings.", "Paste the three values."],
    ...changes,
  };
}

export function aRequest(
  state: RequestState,
  changes: { plan?: Plan; reason?: string; requester?: Actor } = {},
): Request {
  const plan = changes.plan ?? aPlan();
  const asked = {
    id: requestId,
    revision: 2,
    requester: changes.requester ?? ada,
    reason: changes.reason ?? "The yearly review of access needs it.",
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: noon,
    version: 1,
    terms: someTerms(),
    votes: [],
    thread: [],
  };
  const open = { waiting: aWaiting({ expiresAt: new Date(noon.getTime() + 14 * days) }) };
  const decided = { decidedBy: grace, decidedAt: later };
  const failure = "The application exists, its consent does not.";
  switch (state) {
    case "pending":
      return { ...asked, ...open, state };
    case "returned":
      return { ...asked, ...open, state, question: "Why all of it?", returnedBy: grace, returnedAt: later };
    case "offered":
      return { ...asked, ...open, state, offeredBy: grace, offeredAt: later };
    case "expired":
      return { ...asked, state, expiredAt: later };
    case "denied":
      return { ...asked, ...decided, state, denial: "Ask for less." };
    case "withdrawn":
      return { ...asked, state, withdrawnAt: later };
    case "failed":
      return { ...asked, ...decided, state, failure };
    case "cleaning":
      return { ...asked, ...decided, state, failure, cleaningBy: alan, cleaningSince: later };
    case "cleaned":
      return { ...asked, ...decided, state, failure, cleanedBy: alan, cleanedAt: later };
    case "approved":
    case "provisioned":
      return { ...asked, ...decided, state };
    default:
      return state satisfies never;
  }
}

export function aRegistration(
  state: Registration["state"],
  changes: { plan?: Plan; owner?: Actor; coOwner?: Actor } = {},
): Registration {
  const made = {
    ...(changes.coOwner && { coOwner: changes.coOwner }),
    id: requestId,
    owner: changes.owner ?? ada,
    plan: changes.plan ?? aPlan(),
    clientId: "12345678-0000-4000-8000-000000000001" as Registration["clientId"],
    applicationObjectId: "12345678-0000-4000-8000-000000000002" as Registration["applicationObjectId"],
    servicePrincipalId: "12345678-0000-4000-8000-000000000003" as Registration["servicePrincipalId"],
    createdAt: noon,
    expiresAt: new Date("2027-11-20T12:00:00Z"),
  };
  if (state === "active") return { ...made, state };
  if (state === "revoking") return { ...made, state, revokedBy: grace };
  const revoked = { ...made, revokedBy: grace, revokedAt: later };
  return state === "restoring"
    ? { ...revoked, state, restoredBy: ada, restoredAt: later }
    : { ...revoked, state };
}

export function aView(request: Request, changes: Partial<RequestView> = {}): RequestView {
  const begun = "decidedBy" in request && request.state !== "denied";
  const stateOf = (step: StepName): RequestView["steps"][number] => {
    if (step === "application" || request.state === "provisioned")
      return { step, state: "done", since: later };
    if (step === "service-principal") return { step, state: "intended", since: later };
    if (step === "personal-chat")
      return { step, state: "waiting", since: later, note: "Say hello to Usher alone." };
    return { step, state: request.state === "failed" ? "failed" : "waiting" };
  };
  return {
    request,
    permissions: somePermissions,
    deciders: request.state === "pending" ? [grace.name, "Alan Turing"] : undefined,
    alternates: [],
    terms: someTermsNow(),
    missingVotes: request.state === "pending" ? 1 : 0,
    policyRefusals: [],
    changes: [],
    hasApprovalsChannel: true,
    roles: [],
    isOwnerLeftOut: false,
    missingRoles: [],
    next: request.state === "provisioned" ? request.plan.next : [],
    steps: begun ? stepsOf(request.plan, true).map(stateOf) : [],
    handover:
      request.state === "provisioned"
        ? [
            {
              label: "Application ID",
              value: "12345678-0000-4000-8000-000000000001",
              where: "Connections > Entra",
            },
            { label: "Tenant ID", value: "11111111-1111-4111-8111-111111111111" },
          ]
        : [],
    ...(request.state === "provisioned" && { registration: aRegistration("active") }),
    ...changes,
  };
}

/** What a requester looks over before it is submitted. */
export function aDraft(changes: Partial<DraftView> = {}): DraftView {
  return {
    draftId,
    plan: aPlan(),
    permissions: somePermissions,
    roles: [],
    reason: "The yearly review of access needs it.",
    offers: [],
    ...changes,
  };
}

/** The only page of a form. */
export function aForm(changes: Partial<FormView> = {}): FormView {
  return {
    draftId,
    title: "All questions",
    about: [],
    questions: allQuestions,
    page: 0,
    mayContinue: false,
    asksReason: true,
    values: {},
    errors: {},
    sentences: [],
    ...changes,
  };
}

/** One question of every type. */
export const allQuestions: Question[] = [
  { key: "name", label: "Name", type: "text", required: true, max: 90, help: "As people will see it." },
  { key: "api", label: "API address", type: "url" },
  {
    key: "redirects",
    label: "Redirect addresses",
    type: "urls",
    default: ["https://a.example/x", "https://b.example/y"],
  },
  { key: "months", label: "Months", type: "number", min: 1, max: 24, default: 12 },
  { key: "fulfill", label: "Write back", type: "flag" },
  {
    key: "scope",
    label: "How far",
    type: "one",
    default: "own",
    options: { own: "This tenant", many: "Several" },
  },
  {
    key: "region",
    label: "Region",
    type: "one",
    options: { a: "Asia", b: "Europe", c: "Africa", d: "America", e: "Oceania" },
  },
  {
    key: "parts",
    label: "Parts",
    type: "many",
    required: true,
    always: ["core"],
    options: { core: "Core", mail: "Mail", files: "Files" },
  },
  { key: "tenant", label: "Directory ID", type: "guid", required: true },
  { key: "roles", label: "App roles", type: "lines", default: ["Reader", "Writer"] },
  { key: "graph", label: "Permissions", type: "permissions", kind: "application" },
  { key: "pem", label: "Certificate", type: "certificate" },
];

/** The form for leaving less of a plan, with all of it ticked. */
export function aNarrowing(changes: Partial<NarrowingView> = {}): NarrowingView {
  const plan = changes.plan ?? aPlan();
  const permissions = plan.permissions.map((permission) => ({
    key: permissionKey(permission),
    permission: somePermissions.find(({ name }) => name === permission.name) ?? {
      ...permission,
      rank: "low" as const,
      sentence: "What it lets an app do.",
    },
  }));
  const redirects = plan.redirects.map((redirect) => ({ key: redirectKey(redirect), uri: redirect.uri }));
  return {
    requestId,
    revision: 2,
    requester: ada,
    plan,
    permissions,
    roles: [],
    redirects,
    months: [12, 6, 3, 1],
    counts: true,
    needsNote: false,
    chosen: {
      permissions: permissions.map(({ key }) => key),
      smaller: [],
      roles: [],
      redirects: redirects.map(({ key }) => key),
      months: 12,
    },
    sentences: [],
    ...changes,
  };
}

/** One difference of every kind. */
export const allDifferences: Difference[] = [
  { what: "permission", change: "dropped", permission: aPermission("Mail.Read", "application", "high") },
  { what: "permission", change: "added", permission: aPermission("Mail.ReadBasic", "application") },
  { what: "redirect", change: "dropped", uri: "https://old.example/signin" },
  { what: "redirect", change: "added", uri: "https://new.example/signin" },
  { what: "role", change: "dropped", name: "Global Reader" },
  { what: "role", change: "added", name: "Reports Reader" },
  { what: "life", from: 12, to: 6 },
  { what: "name", from: "Old name", to: "New one" },
  { what: "audience", from: "AzureADMultipleOrgs", to: "AzureADMyOrg" },
  { what: "owner", to: "nobody" },
  { what: "owner", to: "requester" },
  { what: "credential", from: "secret", to: "certificate" },
  { what: "other" },
];
