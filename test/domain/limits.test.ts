import assert from "node:assert/strict";
import { certificateLimits, limitsOf } from "../../src/domain/limits.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { aPermission, aPlan, noon } from "../support/builders.ts";

const personal = { audience: "AzureADandPersonalMicrosoftAccount" } as const;
const uris = (count: number, tail = "") =>
  Array.from(
    { length: count },
    (_, n) => ({ platform: "web", uri: `https://h.example/${n}${tail}` }) as const,
  );
const permissions = (count: number, apis = 1) =>
  Array.from({ length: count }, (_, n) =>
    aPermission({ name: `P.${n}`, api: `api-${n % apis}`, apiName: `API ${n % apis}` }),
  );
const certificate = (expiresAt: string) =>
  ({ kind: "certificate", label: "C", der: "", thumbprint: "", expiresAt }) as const;
const secret = (months: number) => ({ kind: "secret", label: "S", months }) as const;

describe("the limits of a plan", () => {
  const fine: [string, Partial<Plan>][] = [
    ["a name of 120 characters", { displayName: "x".repeat(120) }],
    ["a name of 90 with personal accounts", { ...personal, displayName: "x".repeat(90) }],
    ["256 addresses", { redirects: uris(256) }],
    ["100 addresses with personal accounts", { ...personal, redirects: uris(100) }],
    ["a query without personal accounts", { redirects: uris(1, "?a=b") }],
    ["400 permissions of 50 APIs", { permissions: permissions(400, 50) }],
    ["30 permissions of one API with personal accounts", { ...personal, permissions: permissions(30) }],
    ["a certificate that ends tomorrow", { credential: certificate("2027-03-02T12:00:00Z") }],
  ];
  for (const [what, given] of fine)
    it(`let pass ${what}`, () => assert.deepEqual(limitsOf(aPlan(given), undefined, noon), []));

  const refused: [string, Partial<Plan>, RegExp][] = [
    ["no name", { displayName: "" }, /no name/],
    ["a name of 121 characters", { displayName: "x".repeat(121) }, /121 characters.*takes 120/],
    ["a name of 91 with personal accounts", { ...personal, displayName: "x".repeat(91) }, /takes 90/],
    ["257 addresses", { redirects: uris(257) }, /257 redirect.*256/],
    ["101 addresses with personal accounts", { ...personal, redirects: uris(101) }, /101 redirect.*100/],
    ["an address of 257 characters", { redirects: uris(1, "x".repeat(257)) }, /longer than the 256/],
    ["a query with personal accounts", { ...personal, redirects: uris(1, "?a=b") }, /query/],
    ["permissions of 51 APIs", { permissions: permissions(51, 51) }, /50 APIs; these are 51/],
    ["401 permissions", { permissions: permissions(401, 20) }, /401 permissions/],
    [
      "201 permissions with personal accounts",
      { ...personal, permissions: permissions(201, 20) },
      /201 permissions/,
    ],
    [
      "31 permissions of one API with personal accounts",
      { ...personal, permissions: permissions(31) },
      /31.*API 0.*30/,
    ],
    [
      "permissions of 51 APIs that are called the same",
      { permissions: permissions(51, 51).map((each) => ({ ...each, apiName: "Payroll" })) },
      /50 APIs; these are 51/,
    ],
    ["a certificate that has ended", { credential: certificate("2027-03-01T11:59:59Z") }, /expired/],
  ];
  for (const [what, given, sentence] of refused)
    it(`refuse ${what}`, () => {
      const sentences = limitsOf(aPlan(given), undefined, noon);
      assert.equal(sentences.length, 1);
      assert.match(sentences[0] ?? "", sentence);
    });

  it("count for a certificate as soon as it is given: not before its first day, but for a fast clock", () => {
    const days = (count: number) => new Date(noon.getTime() + count * 86_400_000);
    const given = (beginsAt: Date) => certificateLimits({ beginsAt, expiresAt: days(300) }, undefined, noon);
    assert.deepEqual(given(days(-1)), []);
    assert.deepEqual(given(days(0.9)), []);
    assert.match(given(days(1.1)).join(""), /not valid yet/);
  });

  it("are the tenant's own too: no secrets, shorter ones, shorter certificates", () => {
    const rules = { secretsForbidden: false, longestSecretDays: 180, longestCertificateDays: 90 };
    const check = (credential: Plan["credential"], given = rules) =>
      limitsOf(aPlan({ credential }), given, noon).join(" ");
    assert.equal(check(secret(5)), "");
    assert.match(check(secret(6)), /180 days.*fewer months than 6/);
    assert.match(check(secret(1), { ...rules, secretsForbidden: true }), /forbids client secrets/);
    assert.equal(check(certificate("2027-05-30T12:00:00Z")), "");
    assert.match(check(certificate("2027-05-31T12:00:00Z")), /90 days at most; this one lasts 91/);
  });
});
