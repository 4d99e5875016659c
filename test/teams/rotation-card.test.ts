import assert from "node:assert/strict";
import { confirmRotateCard, messageCard, requestCard } from "../../src/teams/cards.ts";
import { refusalSentence } from "../../src/teams/words.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import type { RetiringView, RotationView } from "../../src/usecases/telling/registration-views.ts";
import { assertGoodCard, verbsOf, wordsOf } from "./reading.ts";
import { ada, aRegistration, aRequest, aView, grace, later, noon, requestId } from "./views.ts";

const displayName = "Payroll [x](https://evil.example)";
const keyId = "99999999-0000-4000-8000-000000000002";
const retiring: RetiringView = {
  keyId: "99999999-0000-4000-8000-000000000001",
  endsAt: later,
  isUnopened: false,
};
const about = { requestId, displayName, owner: ada, keyId };
const newKey = { id: requestId, why: "rotate", by: grace, at: noon, attempts: 1 } as const;
const view = (given: object): Message => ({ kind: "rotation", view: { ...about, ...given } as RotationView });
const over = { kind: "rotation-over", requestId, displayName } as const;
const ends = {
  kind: "overlap-ends",
  requestId,
  displayName,
  keyId,
  endsAt: later.toISOString(),
} as const;
const at = noon.toISOString();

describe("a card about a rotation", () => {
  const messages: [string, Message, string[], RegExp][] = [
    [
      "says what is waited for while the new secret is made",
      view({ state: "making", newKey: { ...newKey, note: "Microsoft Graph is slow." } }),
      ["rotation/cancel"],
      /A new secret is being made.*works as it did.*Microsoft Graph is slow/s,
    ],
    [
      "offers no way back where the one before was lost",
      view({ state: "making", newKey: { ...newKey, why: "lost" } }),
      [],
      /The one before was given up/,
    ],
    [
      "says until when both work, and guesses nothing of their use",
      view({ state: "overlap", retiring }),
      ["rotation/switched", "rotation/cancel"],
      /until 20 Nov 2026, 14:05 UTC(?!.*(?:in use since|last used)).*switched REQ-7K3M9Q.*cancel rotation REQ-7K3M9Q/s,
    ],
    [
      "says what the log of sign-ins has",
      view({ state: "overlap", retiring: { ...retiring, newUsedAt: noon, oldUsedAt: later } }),
      ["rotation/switched", "rotation/cancel"],
      /in use since.*20 Nov 2026, 12:00 UTC.*last used on.*20 Nov 2026, 14:05 UTC/s,
    ],
    [
      "offers no switch to what nobody has",
      view({ state: "overlap", retiring: { ...retiring, isUnopened: true } }),
      ["rotation/cancel"],
      /stays while nobody has opened that link/,
    ],
    ["says that the old secret is gone", view({ state: "over" }), [], /The old secret is removed/],
    ["says that the new secret is gone", view({ state: "gone" }), [], /status REQ-7K3M9Q/],
    [
      "warns a day before",
      ends,
      ["rotation/switched", "rotation/cancel"],
      /The old secret ends soon.*until 20 Nov 2026, 14:05 UTC/s,
    ],
    [
      "warns that the old secret is still in use",
      { ...ends, newUsedAt: at, oldUsedAt: at },
      ["rotation/switched", "rotation/cancel"],
      /is still in use.*last used on.*20 Nov 2026, 12:00 UTC/s,
    ],
    [
      "warns that nobody has the new one",
      { ...ends, isUnopened: true },
      ["rotation/cancel"],
      /It stays until/,
    ],
    ["tells of the end", { ...over, why: "ended" }, [], /Its time beside the new one is over/],
    ["tells who cancelled it", { ...over, why: "cancelled", by: grace }, [], /Grace.*works as it did/s],
    [
      "offers another where nobody opened it",
      { ...over, why: "unopened" },
      ["rotation/ask"],
      /rotate REQ-7K3M9Q/,
    ],
    [
      "says why none could be made",
      { ...over, why: "failed", failure: "Policy forbids *secrets*." },
      ["rotation/ask"],
      /Policy forbids \*secrets\*\..*works as it did.*an admin/s,
    ],
  ];
  for (const [title, message, buttons, says] of messages)
    it(title, () => {
      const { card } = messageCard(message);
      assert.ok(card);
      assertGoodCard(card);
      assert.deepEqual(verbsOf(card), buttons);
      assert.match(wordsOf(card), says);
    });

  it("asks once, and says who gets the link and for how long both work", () => {
    const registration = aRegistration("active");
    const card = confirmRotateCard({ registration, keyId, to: ada, overlapDays: 1 });
    assertGoodCard(card);
    assert.deepEqual(verbsOf(card), ["rotation/confirm", "rotation/leave"]);
    assert.match(wordsOf(card), /Ada Lovelace.*for 1 day more.*Nothing has been changed yet/s);
    const first = confirmRotateCard({ registration, to: ada, overlapDays: 7 });
    assert.match(wordsOf(first), /No secret of it works now/);
  });

  it("stands on the request's own card too", () => {
    const card = (secret: object) => requestCard(aView(aRequest("provisioned"), { secret }));
    const both = card({ keyId, retiring });
    assertGoodCard(both);
    assert.deepEqual(verbsOf(both), ["rotation/switched", "rotation/cancel", "key/lost", "key/not-me"]);
    assert.match(wordsOf(both), /works beside the new one until 20 Nov 2026/);
    const making = card({ keyId, newKey });
    assert.deepEqual(verbsOf(making), ["rotation/cancel"]);
    assert.match(wordsOf(making), /works as it did.*beside it.*Grace/s);
    assert.doesNotMatch(wordsOf(making), /opens nothing any more/);
  });
});

describe("the answer to a press for a rotation", () => {
  it("says what is still true and what to do, whatever stands against it", () => {
    const id = requestId;
    for (const refused of [
      "secret-unopened",
      "new-secret-unopened",
      "no-rotation",
      "not-its-owner",
      "rotation-changed",
    ] as const)
      assert.match(refusalSentence({ refused, id }), /^Nothing was changed.*REQ-7K3M9Q.*\./s);
    const { plan, ...rest } = aRegistration("active");
    const words = (credential: typeof plan.credential) =>
      refusalSentence({
        refused: "nothing-to-rotate",
        registration: { ...rest, plan: { ...plan, credential } },
      });
    assert.match(words({ kind: "none" }), /none to rotate/);
    assert.match(
      words({ kind: "federated", name: "main", issuer: "https://i", subject: "s", audience: "a" }),
      /does not expire/,
    );
    const certificate = { kind: "certificate", label: "c", der: "", thumbprint: "00" } as unknown;
    assert.match(words(certificate as typeof plan.credential), /say request.*revoke REQ-7K3M9Q/s);
  });
});
