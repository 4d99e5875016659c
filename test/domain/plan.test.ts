import assert from "node:assert/strict";
import { fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import { aPermission, aPlan } from "../support/builders.ts";

/** The same value with the keys of every object the other way round, as a database may give them back. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  ) as T;
}

const plan = aPlan();
const fingerprint = fingerprintOf(plan);

describe("the fingerprint of a plan", () => {
  it("is a SHA-256", () => assert.match(fingerprint, /^[0-9a-f]{64}$/));

  it("is the same whatever the order of keys", () => {
    assert.notEqual(JSON.stringify(reversed(plan)), JSON.stringify(plan));
    assert.equal(fingerprintOf(reversed(plan)), fingerprint);
  });

  it("is the same after being stored as JSON", () =>
    assert.equal(fingerprintOf(JSON.parse(JSON.stringify(plan))), fingerprint));

  it("does not tell a field that is missing from one that is undefined, as JSON does not", () => {
    const [first, ...more] = plan.handover;
    const handover = [{ ...first, where: undefined }, ...more] as Plan["handover"];
    assert.equal(fingerprintOf({ ...plan, handover }), fingerprint);
  });

  const [permission, other] = [
    aPermission(),
    aPermission({ name: "User.ReadBasic.All", kind: "application" }),
  ];
  const changes: Record<string, Partial<Plan>> = {
    "the blueprint's id": { blueprint: { id: "other", title: plan.blueprint.title } },
    "the blueprint's title": { blueprint: { id: plan.blueprint.id, title: "Other" } },
    "the name": { displayName: "Payroll export " },
    "the case of the name": { displayName: "payroll export" },
    "the audience": { audience: "AzureADMultipleOrgs" },
    "a redirect's platform": { redirects: [{ platform: "spa", uri: "https://payroll.example/signin" }] },
    "a redirect's address": { redirects: [{ platform: "web", uri: "https://payroll.example/Signin" }] },
    "a redirect more": { redirects: [...plan.redirects, { platform: "web", uri: "https://b.example" }] },
    "no redirect": { redirects: [] },
    "id tokens": { idTokens: true },
    "access tokens": { accessTokens: true },
    "a permission's API": {
      permissions: [{ ...permission, api: "00000000-0000-0000-0000-000000000000" }, other],
    },
    "a permission's API's name": { permissions: [{ ...permission, apiName: "Graph" }, other] },
    "a permission's name": { permissions: [{ ...permission, name: "User.ReadWrite" }, other] },
    "a permission's kind": { permissions: [{ ...permission, kind: "application" }, other] },
    "a permission less": { permissions: [permission] },
    "the order of permissions": { permissions: [other, permission] },
    consent: { consent: "none" },
    "the secret's label": { credential: { kind: "secret", label: "Other", months: 12 } },
    "the secret's months": { credential: { kind: "secret", label: "Payroll export", months: 24 } },
    "another credential": { credential: { kind: "none" } },
    "the version of tokens": { tokenVersion: 2 },
    "group claims": { groupClaims: "All" },
    "a directory role": { directoryRoles: [{ name: "Global Reader", templateId: "r" }] },
    "a role in Azure": { azureRoles: [{ role: "Reader", scope: "one subscription" }] },
    "an app role": { appRoles: [{ value: "A", name: "A", description: "A", members: ["User"] }] },
    "an identifier URI": { expose: { scopes: [] } },
    "a missing API": { missingApis: [{ clientId: "a", name: "A", createdBy: "usher" }] },
    "that it was not checked": { isUnchecked: true },
    "who owns it": { owner: "requester" },
    "what a permission allows": { permissions: [{ ...permission, allows: "Reads." }, other] },
    "what is beyond the minimum": { permissions: [{ ...permission, beyondMinimum: true }, other] },
    "a handover value": { handover: [{ label: "Client ID", value: "tenantId" }] },
    "a handover label": { handover: plan.handover.map((entry) => ({ ...entry, label: "Other" })) },
    "a handover place": { handover: plan.handover.map((entry) => ({ ...entry, where: "Elsewhere" })) },
    "a next step": { next: ["Other."] },
  };
  for (const [what, change] of Object.entries(changes))
    it(`changes with ${what}`, () => assert.notEqual(fingerprintOf({ ...plan, ...change }), fingerprint));

  it("is tried with a change of every field of a plan", () => {
    const tried = new Set(Object.values(changes).flatMap((change) => Object.keys(change)));
    assert.deepEqual(
      Object.keys(plan).filter((field) => !tried.has(field)),
      [],
    );
  });

  it("tells texts apart that join to the same", () =>
    assert.notEqual(fingerprintOf({ ...plan, next: ["a,b"] }), fingerprintOf({ ...plan, next: ["a", "b"] })));
});
