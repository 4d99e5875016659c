import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type AuditEvent, auditKey, auditLine, chainHash, firstHash } from "../../src/domain/audit.ts";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { ada, ben, noon } from "../support/builders.ts";

const keys: SecretKeys = [randomBytes(32)];
const key = auditKey(keys);

const event = (given: Partial<AuditEvent> = {}): AuditEvent => ({
  at: noon,
  who: ada.userId,
  what: "request.submitted",
  surface: "card",
  subject: "REQ-7K3M9Q",
  revision: 1,
  outcome: "pending",
  detail: { fingerprint: "abc" },
  ...given,
});

/** The hashes of events number 1 and on. */
function chain(events: readonly AuditEvent[], under = key): string[] {
  let previous = firstHash;
  return events.map((each, at) => {
    previous = chainHash(under, previous, auditLine(at + 1, each));
    return previous;
  });
}

const events = [event(), event({ who: ben.userId, what: "request.approved", outcome: "approved" }), event()];
const hashes = chain(events);
const brokenFrom = (altered: readonly AuditEvent[]) => {
  const other = chain(altered);
  return hashes.map((hash, at) => hash === other[at]);
};

describe("the audit chain", () => {
  it("gives each event a hash of its own, the same each time", () => {
    assert.deepEqual(chain(events), hashes);
    assert.equal(new Set(hashes).size, 3);
  });

  const changes: Record<keyof AuditEvent, Partial<AuditEvent>> = {
    at: { at: new Date(noon.getTime() + 1) },
    who: { who: "usher" },
    what: { what: "request.denied" },
    surface: { surface: "command" },
    subject: { subject: "REQ-000000" },
    revision: { revision: 2 },
    outcome: { outcome: "denied" },
    detail: { detail: { fingerprint: "abd" } },
  };
  for (const [field, change] of Object.entries(changes))
    it(`breaks from the event on whose ${field} was altered`, () =>
      assert.deepEqual(brokenFrom([event(), event({ ...events[1], ...change }), event()]), [
        true,
        false,
        false,
      ]));

  it("breaks where an event was dropped", () =>
    assert.deepEqual(brokenFrom([events[0]!, events[2]!]), [true, false, false]));

  it("breaks where two events were swapped", () =>
    assert.deepEqual(brokenFrom([events[1]!, events[0]!, events[2]!]), [false, false, false]));

  it("breaks where one was put in", () =>
    assert.deepEqual(brokenFrom([events[0]!, event(), events[1]!, events[2]!]), [true, false, false]));

  it("cannot be made without the key", () => {
    const others = chain(events, auditKey([randomBytes(32)]));
    assert.ok(others.every((hash, at) => hash !== hashes[at]));
  });

  it("has a key apart from the one that seals", () => assert.ok(!key.equals(keys[0])));

  it("does not take a text that moved from one field to the next for the same", () =>
    assert.notEqual(
      auditLine(1, event({ who: "ab", what: "c" })),
      auditLine(1, event({ who: "a", what: "bc" })),
    ));
});

describe("the line of an event", () => {
  const line = (detail: AuditEvent["detail"]) => auditLine(1, event(detail ? { detail } : {}));

  it("is the same whatever the order of keys, at any depth", () =>
    assert.equal(
      line({ b: 1, aa: { y: [{ d: 1, cc: 2 }], xx: 2 } }),
      line({ aa: { xx: 2, y: [{ cc: 2, d: 1 }] }, b: 1 }),
    ));

  it("tells the order of a list", () => assert.notEqual(line({ a: [1, 2] }), line({ a: [2, 1] })));

  it("is the same once it was stored as JSON", () => {
    const detail = { at: noon, gone: undefined, list: [undefined, 1], deep: { gone: undefined, at: noon } };
    assert.equal(line(detail), line(JSON.parse(JSON.stringify(detail))));
    assert.notEqual(line(detail), line({ ...detail, at: new Date(0) }));
  });

  it("is the same without a detail and with an empty one, which is what the table holds", () => {
    const { detail: _, ...bare } = event();
    assert.equal(auditLine(1, bare), auditLine(1, { ...bare, detail: {} }));
  });

  it("never holds a secret", () =>
    assert.ok(
      !line({ slip: new SecretText("canary"), deep: [new SecretText("canary")] }).includes("canary"),
    ));
});
