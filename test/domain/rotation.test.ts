import assert from "node:assert/strict";
import { judgeNewKey, type NewKey, noKey } from "../../src/domain/new-key.ts";
import type { Registration } from "../../src/domain/registration.ts";
import {
  judgeCancel,
  judgeRotation,
  judgeSwitch,
  type KeysNow,
  nextLook,
  overlapEndsAt,
  warnAt,
} from "../../src/domain/rotation.ts";
import {
  ada,
  afterNoon,
  aPlan,
  aRegistration,
  aRequestId,
  ben,
  days,
  minutes,
  noon,
} from "../support/builders.ts";

const secret = aPlan({ credential: { kind: "secret", label: "payroll", months: 12 } });
const active = aRegistration({ plan: secret });
const { state: _, ...made } = active;
const revoking: Registration = { ...made, state: "revoking", revokedBy: ben };
const withoutSecret = aRegistration({
  plan: aPlan({ credential: { kind: "none" } }),
});
const newKey = (given: Partial<NewKey> = {}): NewKey => ({
  id: aRequestId(),
  why: "rotate",
  by: ada,
  at: noon,
  attempts: 0,
  ...given,
});
const keys = (given: Partial<KeysNow> = {}): KeysNow => ({
  underWay: undefined,
  current: "k1",
  hasRetiring: false,
  isUnopened: false,
  ...given,
});

describe("a rotation", () => {
  const cases: [string, Registration, KeysNow, string | undefined, ReturnType<typeof judgeRotation>][] = [
    ["begins beside the key that the card showed", active, keys(), "k1", "begin"],
    ["begins by a command, whichever key works", active, keys({ current: "k7" }), undefined, "begin"],
    ["begins where none works", active, keys({ current: undefined }), noKey, "begin"],
    ["begins once for a card without a key", active, keys(), noKey, "key-changed"],
    ["begins once for a card with another key", active, keys({ current: "k2" }), "k1", "key-changed"],
    ["begins once while one is made", active, keys({ underWay: newKey() }), "k1", "under-way"],
    [
      "waits for a lost one to be replaced",
      active,
      keys({ underWay: newKey({ why: "lost" }) }),
      "k1",
      "under-way",
    ],
    ["begins once while two work", active, keys({ current: "k2", hasRetiring: true }), "k1", "overlap"],
    ["waits until somebody has the secret that works", active, keys({ isUnopened: true }), "k1", "unopened"],
    ["is nothing for what is being revoked", revoking, keys(), "k1", "not-active"],
    [
      "is nothing for what has no secret",
      withoutSecret,
      keys({ current: undefined }),
      undefined,
      "no-secret",
    ],
  ];
  for (const [title, registration, now, keyId, verdict] of cases)
    it(title, () => assert.equal(judgeRotation(registration, now, keyId), verdict));

  const both = keys({ current: "k2", hasRetiring: true });
  const switches: [string, KeysNow, string | undefined, ReturnType<typeof judgeSwitch>][] = [
    ["removes the old key once the new one is in use", both, "k2", "switch"],
    ["and by a command", both, undefined, "switch"],
    ["but not by a card of a rotation before", both, "k1", "key-changed"],
    ["nor while nobody has opened the new one", { ...both, isUnopened: true }, "k2", "unopened"],
    [
      "nor while a lost one is replaced",
      { ...both, current: undefined, underWay: newKey() },
      "k2",
      "unopened",
    ],
    ["nor where there is only one", keys(), "k1", "no-overlap"],
  ];
  for (const [title, now, keyId, verdict] of switches)
    it(`is ended by a switch, which ${title}`, () => assert.equal(judgeSwitch(now, keyId), verdict));

  const cancels: [string, KeysNow, string | undefined, ReturnType<typeof judgeCancel>][] = [
    ["while the new key is made", keys({ underWay: newKey() }), "k1", "making"],
    ["while the first key is made by it", keys({ current: undefined, underWay: newKey() }), noKey, "making"],
    ["while both work", both, "k2", "overlap"],
    [
      "while a lost new one is replaced",
      { ...both, current: undefined, underWay: newKey({ why: "lost" }) },
      undefined,
      "overlap",
    ],
    ["not by a card of a rotation before", both, "k1", "key-changed"],
    [
      "not where a lost key is replaced",
      keys({ underWay: newKey({ why: "lost" }) }),
      undefined,
      "no-rotation",
    ],
    ["not where there is none", keys(), "k1", "no-rotation"],
  ];
  for (const [title, now, keyId, verdict] of cancels)
    it(`can be cancelled ${title}`, () => assert.equal(judgeCancel(now, keyId), verdict));

  it("gives way to an owner who has lost the secret, or whose secret others have", () => {
    for (const why of ["lost", "not-me"] as const)
      assert.equal(judgeNewKey(active, newKey(), "k1", { why, keyId: "k1" }), "begin");
  });
});

describe("an overlap", () => {
  it("lasts as policy says, and no longer than the old key lives", () => {
    assert.deepEqual(overlapEndsAt(noon, 7, afterNoon(90 * days)), afterNoon(7 * days));
    assert.deepEqual(overlapEndsAt(noon, 7, afterNoon(3 * days)), afterNoon(3 * days));
  });

  it("is looked at each day, a day before its end, and at its end", () => {
    const end = afterNoon(2.5 * days);
    assert.deepEqual(warnAt(end), afterNoon(1.5 * days));
    assert.deepEqual(nextLook(noon, end, false), afterNoon(1 * days));
    assert.deepEqual(nextLook(afterNoon(1 * days), end, false), afterNoon(1.5 * days));
    assert.deepEqual(nextLook(afterNoon(1.5 * days), end, true), end);
    assert.deepEqual(nextLook(noon, afterNoon(1 * days), false), afterNoon(1 * days));
    assert.ok(nextLook(noon, afterNoon(30 * minutes), true) > noon);
  });
});
