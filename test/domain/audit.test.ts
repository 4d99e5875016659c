import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  type AuditEvent,
  type AuditKeys,
  auditKeys,
  auditLine,
  chainHash,
  firstHash,
} from "../../src/domain/audit.ts";
import { type ChainBreak, type ChainRow, checkNext, nothingChecked } from "../../src/domain/audit-check.ts";
import { fileLine, fileStart } from "../../src/domain/audit-file.ts";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { ada, ben, noon } from "../support/builders.ts";

const keys: SecretKeys = [randomBytes(32)];
const [key] = auditKeys(keys);

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
    const others = chain(events, auditKeys([randomBytes(32)])[0]);
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

describe("checking the chain", () => {
  const [newer, older, unlisted] = [1, 2, 3].map(() => auditKeys([randomBytes(32)])[0]) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const both: AuditKeys = [newer, older];

  /** Lines as they were appended, each under the key that was first then. */
  function lines(under: readonly Buffer[]): ChainRow[] {
    let previous = firstHash;
    return under.map((each, at) => {
      const row = event({ outcome: `outcome ${at + 1}` });
      previous = chainHash(each, previous, auditLine(at + 1, row));
      return { ...row, n: at + 1, hash: previous };
    });
  }
  const check = (rows: readonly ChainRow[], under: AuditKeys = both, head?: string) =>
    rows.reduce((checked, row) => checkNext(under, checked, row, head), nothingChecked(under));
  const whole = lines([older, older, newer, newer]);
  const altered = (n: number, change: Partial<ChainRow>, rows = whole) =>
    rows.map((row) => (row.n === n ? { ...row, ...change } : row));

  it("goes through lines of an older key, and on under the newer one", () => {
    const { n, hash, broken } = check(whole);
    assert.deepEqual([n, hash, broken], [4, whole[3]?.hash, undefined]);
  });

  it("finds nothing wrong with no lines", () => assert.equal(check([]).broken, undefined));

  const breaks: Record<string, [ChainRow[], ChainBreak]> = {
    "a changed line": [altered(2, { who: "usher" }), { n: 2, wrong: "changed" }],
    "a changed first line": [altered(1, { revision: 9 }), { n: 1, wrong: "changed" }],
    "a changed last line": [altered(4, { outcome: "approved" }), { n: 4, wrong: "changed" }],
    "another hash, which no line follows from": [
      altered(2, { hash: "f".repeat(64) }),
      { n: 2, wrong: "no-key" },
    ],
    "a line that was taken out": [whole.toSpliced(1, 1), { n: 2, wrong: "missing" }],
    "a first line that was taken out": [whole.slice(1), { n: 1, wrong: "missing" }],
    "two lines that were swapped": [
      [whole[0]!, { ...whole[2]!, n: 2 }, { ...whole[1]!, n: 3 }, whole[3]!],
      { n: 2, wrong: "no-key" },
    ],
    "a line under a key that had been replaced": [lines([older, newer, older]), { n: 3, wrong: "older-key" }],
    "lines from there on under a key that is not listed": [
      lines([older, newer, unlisted, unlisted]),
      { n: 3, wrong: "no-key" },
    ],
    "lines from the start under a key that is not listed any more": [
      lines([unlisted, unlisted, newer]),
      { n: 1, wrong: "no-key" },
    ],
  };
  for (const [what, [rows, broken]] of Object.entries(breaks))
    it(`names ${what}`, () => assert.deepEqual(check(rows).broken, broken));

  it("names the first of two breaks", () =>
    assert.deepEqual(check(altered(3, { who: "x" }, altered(1, { who: "x" }))).broken, {
      n: 1,
      wrong: "changed",
    }));

  it("finds a head that was written down, wherever it stands by now, also by its first characters", () => {
    const second = whole[1]!.hash;
    assert.equal(check(whole, both, second).headAt, 2);
    assert.equal(check(whole, both, second.slice(0, 12)).headAt, 2);
    assert.equal(check(whole, both, whole[3]!.hash).headAt, 4);
  });

  it("finds no head whose line was cut off, though what is left is whole", () => {
    const { headAt, broken } = check(whole.slice(0, 3), both, whole[3]!.hash);
    assert.deepEqual([headAt, broken], [undefined, undefined]);
  });
});

describe("an exported file", () => {
  const row: ChainRow = { ...event(), n: 1, hash: "ab12" };
  const cell = (outcome: string) => fileLine("csv", { ...row, outcome }).split('","')[7];

  it("names its columns and has every field of a line, in CSV", () => {
    assert.equal(
      fileStart("csv"),
      '"n","at","who","what","surface","subject","revision","outcome","detail","hash"\r\n',
    );
    assert.equal(
      fileLine("csv", row),
      `"1","${noon.toISOString()}","${ada.userId}","request.submitted","card","REQ-7K3M9Q","1","pending","{""fingerprint"":""abc""}","ab12"\r\n`,
    );
  });

  it("has every field of a line in JSON Lines, one object a line", () => {
    const { revision: _, detail: __, ...bare } = row;
    assert.equal(fileStart("jsonl"), "");
    assert.match(fileLine("jsonl", { ...row, outcome: "two\nlines" }), /^[^\n]+\n$/);
    assert.deepEqual(JSON.parse(fileLine("jsonl", row)), { ...row, at: noon.toISOString() });
    assert.deepEqual(JSON.parse(fileLine("jsonl", bare)), {
      ...bare,
      at: noon.toISOString(),
      revision: null,
      detail: {},
    });
  });

  for (const begins of ["=", "+", "-", "@", "\t", "\r", "\n"])
    it(`makes text of a cell that begins with ${JSON.stringify(begins)}`, () =>
      assert.equal(cell(`${begins}cmd|' /C calc'!A0`), `'${begins}cmd|' /C calc'!A0`));

  it("leaves other cells as they are, and doubles their quotes", () => {
    assert.equal(cell('a "b", c=1\nd'), 'a ""b"", c=1\nd');
  });
});
