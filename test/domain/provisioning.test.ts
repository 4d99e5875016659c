import assert from "node:assert/strict";
import type { Plan } from "../../src/domain/plan.ts";
import {
  isConsented,
  keyDisplayName,
  newKeyMarker,
  newUniqueName,
  nextDelayMs,
  nextLookMs,
  readySteps,
  type StepName,
  stepNeeds,
  stepsOf,
} from "../../src/domain/provisioning.ts";
import { aPlan } from "../support/builders.ts";

const steps = stepsOf(aPlan(), true);
const ready = (...done: StepName[]) => readySteps(steps, new Set(done));

describe("the steps that a plan has", () => {
  const usual: readonly StepName[] = [
    "application",
    "service-principal",
    "application-permissions",
    "delegated-permissions",
    "personal-chat",
    "credential",
  ];
  const withoutChat = usual.filter((step) => step !== "personal-chat");
  const role = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };
  const api = { clientId: "c5393580-f805-4401-95e8-94b7a6ef2fc2", name: "Office 365 Management APIs" };
  const federated: Plan["credential"] = {
    kind: "federated",
    name: "main",
    issuer: "https://token.example",
    subject: "repo:main",
    audience: "api://AzureADTokenExchange",
  };
  const table: [what: string, given: Partial<Plan>, steps: readonly StepName[]][] = [
    ["a secret", {}, usual],
    ["a federated credential", { credential: federated }, withoutChat],
    ["no credential", { credential: { kind: "none" } }, withoutChat],
    ["directory roles", { directoryRoles: [role] }, usual.toSpliced(4, 0, "directory-roles")],
    ["an empty list of directory roles", { directoryRoles: [] }, usual],
    ["an identifier URI", { expose: { scopes: [] } }, usual.toSpliced(2, 0, "identifier-uri")],
    [
      "an API that Usher makes known to the tenant",
      { missingApis: [{ ...api, createdBy: "usher" }] },
      ["missing-apis", ...usual],
    ],
    [
      "an API that an administrator makes known to the tenant",
      { missingApis: [{ ...api, createdBy: "administrator" }] },
      ["missing-apis", ...usual],
    ],
  ];
  for (const [what, given, expected] of table)
    it(`with ${what} are ${expected.join(", ")}`, () =>
      assert.deepEqual(stepsOf(aPlan(given), true), expected));

  it("wait for an administrator, instead of consenting, where Usher may not consent to what there is", () => {
    const withoutConsent = [
      "application",
      "service-principal",
      "admin-consent",
      "personal-chat",
      "credential",
    ];
    assert.deepEqual(stepsOf(aPlan(), false), withoutConsent);
    const nothings: Partial<Plan>[] = [{ permissions: [] }, { consent: "optional" }, { consent: "none" }];
    for (const nothing of nothings) assert.deepEqual(stepsOf(aPlan(nothing), false), usual);
  });

  it("begin with the APIs that the tenant lacks, since the application asks for them", () => {
    const missing = stepsOf(aPlan({ missingApis: [{ ...api, createdBy: "usher" }] }), true);
    assert.deepEqual(readySteps(missing, new Set()), ["missing-apis", "personal-chat"]);
    assert.deepEqual(readySteps(missing, new Set<StepName>(["missing-apis", "personal-chat"])), [
      "application",
    ]);
  });

  it("set the identifier URI beside the consent, and end with the credential", () => {
    const all = stepsOf(
      aPlan({ expose: { scopes: [] }, directoryRoles: [role], credential: federated }),
      true,
    );
    const made = new Set<StepName>(["application", "service-principal"]);
    const beside = readySteps(all, made);
    assert.deepEqual(beside, [
      "identifier-uri",
      "application-permissions",
      "delegated-permissions",
      "directory-roles",
    ]);
    assert.deepEqual(readySteps(all, new Set([...made, ...beside])), ["credential"]);
  });
});

describe("the steps of provisioning", () => {
  it("begin with the application and the personal chat, beside each other", () =>
    assert.deepEqual(ready(), ["application", "personal-chat"]));

  it("go on with the service principal", () =>
    assert.deepEqual(ready("application", "personal-chat"), ["service-principal"]));

  it("give both kinds of permissions beside each other", () =>
    assert.deepEqual(ready("application", "personal-chat", "service-principal"), [
      "application-permissions",
      "delegated-permissions",
    ]));

  const beforeKey = steps.filter((step) => step !== "credential");
  it("end with the key", () => {
    assert.deepEqual(ready(...beforeKey), ["credential"]);
    assert.deepEqual(ready(...steps), []);
  });

  for (const missing of stepNeeds.credential.filter((step) => steps.includes(step)))
    it(`make no key while ${missing} is not done`, () =>
      assert.ok(!ready(...beforeKey.filter((step) => step !== missing)).includes("credential")));

  it("all get their turn, level by level, and none before its needs", () => {
    const done = new Set<StepName>();
    const levels: number[] = [];
    for (let level = ready(); level.length > 0; level = ready(...done)) {
      for (const step of level) {
        for (const need of stepNeeds[step]) assert.ok(done.has(need) || !steps.includes(need));
      }
      for (const step of level) done.add(step);
      levels.push(level.length);
    }
    assert.deepEqual(levels, [2, 1, 2, 1]);
    assert.equal(done.size, steps.length);
  });

  it("give consent only where the plan says so", () => {
    assert.equal(isConsented(aPlan({ consent: "admin" })), true);
    assert.equal(isConsented(aPlan({ consent: "optional" })), false);
    assert.equal(isConsented(aPlan({ consent: "none" })), false);
  });
});

describe("the time until an administrator's part is looked for again", () => {
  const began = new Date("2026-11-20T12:00:00Z");
  const table: [minutes: number, next: number][] = [
    [0, 1],
    [59, 1],
    [60, 10],
    [60 * 24 * 365, 10],
  ];
  for (const [minutes, next] of table)
    it(`is ${next} min after ${minutes} min`, () =>
      assert.equal(nextLookMs(began, new Date(began.getTime() + minutes * 60_000)), next * 60_000));
});

describe("the delay before the next attempt", () => {
  const table: [attempts: number, retryAfter: number | undefined, delay: number][] = [
    [0, undefined, 1000],
    [1, undefined, 1000],
    [2, undefined, 2000],
    [3, undefined, 4000],
    [6, undefined, 32_000],
    [7, undefined, 60_000],
    [5000, undefined, 60_000],
    [1, 17_000, 17_000],
    [7, 17_000, 60_000],
    [7, 150_000, 150_000],
  ];
  for (const [attempts, retryAfter, delay] of table)
    it(`is ${delay} ms after ${attempts} attempts when Graph asks for ${retryAfter ?? "nothing"}`, () =>
      assert.equal(nextDelayMs(attempts, retryAfter), delay));
});

describe("the names that Usher gives in Entra", () => {
  it("are 128 random bits for an application", () => {
    assert.match(newUniqueName(), /^usher-[0-9a-f]{32}$/);
    assert.notEqual(newUniqueName(), newUniqueName());
  });

  it("end with the marker for a key, however long its label", () => {
    const marker = newKeyMarker();
    assert.match(marker, /^\[[0-9a-f]{16}\]$/);
    assert.notEqual(newKeyMarker(), marker);
    assert.equal(keyDisplayName("Payroll", marker), `Payroll ${marker}`);
    assert.equal(keyDisplayName("x".repeat(500), marker), `${"x".repeat(80)} ${marker}`);
  });

  it("never end in half an emoji", () =>
    assert.ok(keyDisplayName(`${"x".repeat(79)}📦`, "[0]").isWellFormed()));
});
