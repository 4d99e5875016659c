import assert from "node:assert/strict";
import { narrowPlan, wholeOf } from "../../src/domain/narrow-plan.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { type Difference, planDifference } from "../../src/domain/plan-difference.ts";
import { aPermission, aPlan } from "../support/builders.ts";

const read = aPermission({ name: "Files.Read.All" });
const write = aPermission({ name: "Files.ReadWrite.All" });
const one = { platform: "web", uri: "https://one.example/" } as const;
const plan = aPlan({ permissions: [read], redirects: [one], owner: "requester" });
const certificate = {
  kind: "certificate",
  label: "c",
  der: "MII",
  thumbprint: "A1",
  expiresAt: "2028-01-01T00:00:00.000Z",
} as const;
const federated = { kind: "federated", name: "f", issuer: "i", subject: "s", audience: "a" } as const;
const other: Difference = { what: "other" };

describe("the difference of two plans", () => {
  const changes: Record<string, [from: Partial<Plan>, to: Partial<Plan>, Difference[]]> = {
    "permissions, what was dropped first": [
      { permissions: [read] },
      { permissions: [write] },
      [
        { what: "permission", change: "dropped", permission: read },
        { what: "permission", change: "added", permission: write },
      ],
    ],
    "a permission of the same name but another kind or API": [
      { permissions: [read, { ...read, kind: "application" }] },
      { permissions: [read, { ...read, api: "99999999-0000-4000-8000-000000000001" }] },
      [
        { what: "permission", change: "dropped", permission: { ...read, kind: "application" } },
        {
          what: "permission",
          change: "added",
          permission: { ...read, api: "99999999-0000-4000-8000-000000000001" },
        },
      ],
    ],
    "roles, by their template": [
      { directoryRoles: [{ name: "Reader", templateId: "1" }] },
      { directoryRoles: [{ name: "Global Reader", templateId: "2" }] },
      [
        { what: "role", change: "dropped", name: "Reader" },
        { what: "role", change: "added", name: "Global Reader" },
      ],
    ],
    "a role where there was none": [
      {},
      { directoryRoles: [{ name: "Reader", templateId: "1" }] },
      [{ what: "role", change: "added", name: "Reader" }],
    ],
    "an address on another platform": [
      { redirects: [one] },
      { redirects: [{ ...one, platform: "spa" }] },
      [
        { what: "redirect", change: "dropped", uri: one.uri },
        { what: "redirect", change: "added", uri: one.uri },
      ],
    ],
    "a secret's life": [
      { credential: { kind: "secret", label: "s", months: 12 } },
      { credential: { kind: "secret", label: "s", months: 24 } },
      [{ what: "life", from: 12, to: 24 }],
    ],
    "another credential": [
      {},
      { credential: certificate },
      [{ what: "credential", from: "secret", to: "certificate" }],
    ],
    "the name": [{ displayName: "A" }, { displayName: "B" }, [{ what: "name", from: "A", to: "B" }]],
    "who can sign in": [
      {},
      { audience: "AzureADMultipleOrgs" },
      [{ what: "audience", from: "AzureADMyOrg", to: "AzureADMultipleOrgs" }],
    ],
    "the owner": [{}, { owner: "nobody" }, [{ what: "owner", to: "nobody" }]],
  };
  for (const [what, [from, to, difference]] of Object.entries(changes))
    it(`says ${what}`, () =>
      assert.deepEqual(planDifference({ ...plan, ...from }, { ...plan, ...to }), difference));

  // Whoever reads "nothing has changed" must be able to rely on it.
  const unnamed: Record<string, [from: Partial<Plan>, to: Partial<Plan>]> = {
    "another certificate": [
      { credential: certificate },
      { credential: { ...certificate, der: "MIJ", thumbprint: "B2" } },
    ],
    "another subject": [{ credential: federated }, { credential: { ...federated, subject: "evil" } }],
    "another label of a secret": [
      {},
      { credential: { ...plan.credential, label: "other" } as Plan["credential"] },
    ],
    "tokens straight to the browser": [{}, { idTokens: true }],
    "groups in tokens": [{}, { groupClaims: "All" }],
    "a role in Azure": [{}, { azureRoles: [{ role: "Owner", scope: "/" }] }],
    "a role of the app's own": [
      {},
      { appRoles: [{ value: "v", name: "v", description: "v", members: ["User"] }] },
    ],
    "a scope of the app's own": [{}, { expose: { scopes: [] } }],
    consent: [{ consent: "admin" }, { consent: "none" }],
    "another system": [{}, { blueprint: { id: "else", title: "Else" } }],
    "what is handed over": [{}, { handover: [] }],
  };
  for (const [what, [from, to]] of Object.entries(unnamed))
    it(`says at least that something differs: ${what}`, () => {
      assert.deepEqual(planDifference({ ...plan, ...from }, { ...plan, ...to }), [other]);
      assert.deepEqual(planDifference({ ...plan, ...to }, { ...plan, ...from }), [other]);
    });

  it("says so beside what it names", () => {
    const to = { ...plan, displayName: "B", idTokens: true };
    assert.deepEqual(planDifference(plan, to), [
      { what: "name", from: plan.displayName, to: "B" },
      { what: "other" },
    ]);
  });

  it("is nothing for the same plan, in whatever order and whatever the tenant says of it by now", () => {
    const many = {
      ...plan,
      permissions: [read, write],
      redirects: [one, { ...one, platform: "spa" as const }],
    };
    assert.deepEqual(planDifference(many, many), []);
    const { owner: _owner, ...again } = {
      ...many,
      permissions: [{ ...write, allows: "Writes.", apiName: "Graph (of the tenant)" }, read],
      redirects: many.redirects.toReversed(),
      missingApis: [{ clientId: read.api, name: "Graph", createdBy: "usher" as const }],
      isUnchecked: true as const,
    };
    assert.deepEqual(planDifference(many, again), []);
  });

  it("says all that an approver left out, and nothing else", () => {
    const from = {
      ...plan,
      permissions: [read, write],
      directoryRoles: [{ name: "Reader", templateId: "1" }],
    };
    const to = narrowPlan(
      from,
      { ...wholeOf(from), permissions: [], roles: [], redirects: [], months: 1 },
      [],
    );
    assert.deepEqual(planDifference(from, to), [
      { what: "permission", change: "dropped", permission: read },
      { what: "permission", change: "dropped", permission: write },
      { what: "role", change: "dropped", name: "Reader" },
      { what: "redirect", change: "dropped", uri: one.uri },
      { what: "life", from: 12, to: 1 },
    ]);
  });
});
