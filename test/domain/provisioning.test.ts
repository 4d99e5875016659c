import assert from "node:assert/strict";
import {
  isConsented,
  keyDisplayName,
  newKeyMarker,
  newUniqueName,
  nextDelayMs,
  provisioningSteps,
  readySteps,
  type StepName,
  stepNeeds,
} from "../../src/domain/provisioning.ts";
import { aPlan } from "../support/builders.ts";

const ready = (...done: StepName[]) => readySteps(new Set(done));

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

  const beforeKey = provisioningSteps.filter((step) => step !== "credential");
  it("end with the key", () => {
    assert.deepEqual(ready(...beforeKey), ["credential"]);
    assert.deepEqual(ready(...provisioningSteps), []);
  });

  for (const missing of stepNeeds.credential)
    it(`make no key while ${missing} is not done`, () =>
      assert.ok(!ready(...beforeKey.filter((step) => step !== missing)).includes("credential")));

  it("all get their turn, level by level, and none before its needs", () => {
    const done = new Set<StepName>();
    const levels: number[] = [];
    for (let level = readySteps(done); level.length > 0; level = readySteps(done)) {
      for (const step of level) for (const need of stepNeeds[step]) assert.ok(done.has(need));
      for (const step of level) done.add(step);
      levels.push(level.length);
    }
    assert.deepEqual(levels, [2, 1, 2, 1]);
    assert.equal(done.size, provisioningSteps.length);
  });

  it("give consent only where the plan says so", () => {
    assert.equal(isConsented(aPlan({ consent: "admin" })), true);
    assert.equal(isConsented(aPlan({ consent: "optional" })), false);
    assert.equal(isConsented(aPlan({ consent: "none" })), false);
  });
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
