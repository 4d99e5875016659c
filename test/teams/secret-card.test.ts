import assert from "node:assert/strict";
import type { NewKey } from "../../src/domain/new-key.ts";
import { messageCard, registrationsCard, requestCard } from "../../src/teams/cards.ts";
import { refusalSentence } from "../../src/teams/words.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import type { SecretView } from "../../src/usecases/telling/registration-views.ts";
import { assertGoodCard, elements, verbsOf, wordsOf } from "./reading.ts";
import { ada, aRegistration, aRequest, aView, later, noon, requestId } from "./views.ts";

const keyId = "99999999-0000-4000-8000-000000000001";
const until = new Date("2026-11-23T12:00:00Z");
const newKey: NewKey = { id: requestId, why: "lost", by: ada, at: later, attempts: 1 };
const cardOf = (secret: SecretView) => requestCard(aView(aRequest("provisioned"), { secret }));

describe("the card of a registration with a secret", () => {
  const opening = { device: "Windows, Edge" };
  const states: Record<string, { secret: SecretView; buttons: string[]; says: RegExp[] }> = {
    "whose link waits": {
      secret: { keyId, link: { state: "sealed", expiresAt: until } },
      buttons: ["key/lost", "key/not-me"],
      says: [/^Ready/m, /works until 23 Nov 2026, 12:00 UTC/, /lost REQ-7K3M9Q.*notme REQ-7K3M9Q/],
    },
    "whose link was opened": {
      secret: { keyId, link: { state: "revealed", expiresAt: until, revealedAt: later, opening } },
      buttons: ["key/lost", "key/not-me"],
      says: [/^Ready/m, /opened on 20 Nov 2026, 14:05 UTC/, /Windows, Edge/, /the approvers are told too/],
    },
    "that nobody opened in time": {
      secret: { link: { state: "expired", expiresAt: until } },
      buttons: ["key/new"],
      says: [/^No secret works now/m, /Nobody opened its link by 23 Nov 2026/, /lost REQ-7K3M9Q/],
    },
    "of which none could be made": {
      secret: { link: { state: "cancelled", expiresAt: until } },
      buttons: ["key/new"],
      says: [/^No secret works now/m, /no new one was made/],
    },
    "that was lost": {
      secret: { link: { state: "cancelled", expiresAt: until }, newKey },
      buttons: [],
      says: [/^A new secret is being made/m, /You said that you lost/, /You need do nothing/],
    },
    "that was opened and then lost": {
      secret: { link: { state: "revealed", expiresAt: until, revealedAt: later }, newKey },
      buttons: ["key/not-me"],
      says: [/notme REQ-7K3M9Q/],
    },
    "that somebody else opened": {
      secret: {
        link: { state: "revealed", expiresAt: until, revealedAt: later },
        newKey: { ...newKey, why: "not-me", note: "Graph has **trouble** of its own." },
      },
      buttons: [],
      says: [/The approvers were told/, /Graph has \*\*trouble\*\* of its own\./],
    },
  };
  for (const [which, { secret, buttons, says }] of Object.entries(states))
    it(`${which} says how it stands, and offers what can be done about it`, () => {
      const card = cardOf(secret);
      assertGoodCard(card);
      assert.deepEqual(verbsOf(card), buttons);
      for (const each of says) assert.match(wordsOf(card), each);
    });

  it("names the key that it shows in its buttons, or that none works", () => {
    const keysIn = (secret: SecretView) =>
      elements(cardOf(secret))
        .filter(({ type }) => type === "Action.Execute")
        .map(({ data }) => (data as { keyId?: string }).keyId);
    assert.deepEqual(keysIn({ keyId }), [keyId, keyId]);
    assert.deepEqual(keysIn({}), ["none"]);
  });

  it("offers nothing once it is revoked, or where there is no secret", () => {
    const revoked = aView(aRequest("provisioned"), { registration: aRegistration("revoked") });
    for (const view of [revoked, aView(aRequest("provisioned"))])
      assert.deepEqual(verbsOf(requestCard(view)), []);
  });

  it("in the list says that no secret works", () => {
    const { expiresAt: _, ...row } = aRegistration("active");
    const card = registrationsCard({ listing: { scope: "own" }, rows: [row], now: noon });
    assert.match(wordsOf(card), /Active, but no secret of it works now; say status REQ-7K3M9Q/);
  });
});

describe("a message about a secret", () => {
  const about = { requestId, displayName: "Payroll [x](https://evil.example)" };
  const at = later.toISOString();
  const gone = { kind: "link-gone", ...about } as const;
  const messages: [string, Message, string[], RegExp][] = [
    [
      "tells the approvers who says that it was not them, and when",
      { kind: "not-me", ...about, system: "Netwrix", owner: ada, at, openedAt: noon.toISOString() },
      [],
      /Ada Lovelace\n.*20 Nov 2026, 14:05 UTC\n.*20 Nov 2026, 12:00 UTC\n.*revoke REQ-7K3M9Q/s,
    ],
    ["offers another when nobody opened it", { kind: "unopened", ...about }, ["key/new"], /Get a new link/],
    [
      "says why none could be made, and offers to try again",
      { kind: "new-key-failed", ...about, failure: "Policy forbids *secrets*." },
      ["key/new"],
      /Policy forbids \*secrets\*\..*an admin/s,
    ],
    ["says what to do once it was opened", { ...gone, state: "revealed" }, [], /lost REQ-.*notme REQ-/],
    [
      "does not speak of one that was replaced as if it worked",
      { ...gone, state: "revealed", isReplaced: true },
      [],
      /This secret works no more/,
    ],
    [
      "offers another in the place of a link that expired",
      { ...gone, state: "expired", isReplaced: true, canRenew: true },
      ["key/new"],
      /lost REQ-7K3M9Q/,
    ],
    [
      "leads to the newer one from a link that expired",
      { ...gone, state: "expired" },
      [],
      /message of its own/,
    ],
    [
      "leads to the newer one from a link that was cancelled",
      { ...gone, state: "cancelled" },
      [],
      /opens nothing/,
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

  it("asks for a personal chat, and says what for", () => {
    const text = (isForNewKey?: true) =>
      messageCard({ kind: "open-personal-chat", requestId, ...(isForNewKey && { isForNewKey }) }).text ?? "";
    assert.match(text(true), /needs a new secret.*Open a personal chat/);
    assert.match(text(), /is approved.*Open a personal chat/);
  });
});

describe("the answer to a press for a new secret", () => {
  const id = requestId;
  it("says what is still true and what to do, whatever stands against it", () => {
    for (const refusal of [
      { refused: "no-secret", id },
      { refused: "new-key-under-way", id },
      { refused: "key-changed", id },
    ] as const)
      assert.match(refusalSentence(refusal), /^Nothing was changed.*REQ-7K3M9Q.*\./s);
  });
});
