import assert from "node:assert/strict";
import {
  isNewKeyTooLate,
  judgeNewKey,
  type NewKey,
  type NewKeyPress,
  type NewKeyVerdict,
  noKey,
} from "../../src/domain/new-key.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { ada, afterNoon, aPlan, aRegistration, aRequestId, ben, minutes, noon } from "../support/builders.ts";

const secret = aPlan({ credential: { kind: "secret", label: "payroll", months: 12 } });
const active = aRegistration({ plan: secret });
const { state: _, ...made } = active;
const revoking: Registration = { ...made, state: "revoking", revokedBy: ben };
const revoked: Registration = { ...made, state: "revoked", revokedBy: ben, revokedAt: noon };
const newKey = (given: Partial<NewKey> = {}): NewKey => ({
  id: aRequestId(),
  why: "lost",
  by: ada,
  at: noon,
  attempts: 1,
  ...given,
});
const lost: NewKeyPress = { why: "lost", keyId: "k1" };

describe("a new key", () => {
  const cases: [string, Registration, NewKey | undefined, string | undefined, NewKeyPress, NewKeyVerdict][] =
    [
      ["is begun for the key that the card showed", active, undefined, "k1", lost, "begin"],
      ["is begun by a command, whichever key works", active, undefined, "k7", { why: "not-me" }, "begin"],
      ["is begun where none works", active, undefined, undefined, { why: "unopened", keyId: noKey }, "begin"],
      ["is begun by a command where none works", active, undefined, undefined, { why: "lost" }, "begin"],
      ["is not begun by a card that shows another key", active, undefined, "k2", lost, "key-changed"],
      [
        "is not begun twice by a card without a key",
        active,
        undefined,
        "k2",
        { why: "unopened", keyId: noKey },
        "key-changed",
      ],
      ["is not begun for a key that was removed since", active, undefined, undefined, lost, "key-changed"],
      ["is not begun while one is made", active, newKey(), undefined, lost, "under-way"],
      [
        "is not begun by a command while one is made",
        active,
        newKey(),
        undefined,
        { why: "lost" },
        "under-way",
      ],
      [
        "that is made already still raises the alarm",
        active,
        newKey(),
        undefined,
        { why: "not-me", keyId: "k1" },
        "alarm",
      ],
      [
        "raises the alarm once",
        active,
        newKey({ why: "not-me" }),
        undefined,
        { why: "not-me", keyId: "k1" },
        "under-way",
      ],
      ["is not begun while it is being revoked", revoking, undefined, "k1", lost, "not-active"],
      ["is not begun once it was revoked", revoked, undefined, "k1", lost, "not-active"],
      [
        "is not begun where there is no secret",
        aRegistration({ plan: aPlan({ credential: { kind: "none" } }) }),
        undefined,
        undefined,
        { why: "lost" },
        "no-secret",
      ],
    ];
  for (const [title, registration, underWay, current, press, verdict] of cases)
    it(title, () => assert.equal(judgeNewKey(registration, underWay, current, press), verdict));

  it("is given up only by a directory that answers and never agrees with itself, after half an hour and three attempts", () => {
    const late = afterNoon(31 * minutes);
    const tried = newKey({ attempts: 3 });
    assert.deepEqual(
      [
        isNewKeyTooLate(tried, true, late),
        isNewKeyTooLate(tried, false, late),
        isNewKeyTooLate(newKey({ attempts: 2 }), true, late),
        isNewKeyTooLate(tried, true, afterNoon(29 * minutes)),
      ],
      [true, false, false, false],
    );
  });
});
