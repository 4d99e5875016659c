import assert from "node:assert/strict";
import type { OwnershipOffer } from "../../src/domain/ownership.ts";
import { askedCard, messageCard, ownersCard, ownersNowCard } from "../../src/teams/cards.ts";
import { type OwnershipRefusal, ownershipSentence } from "../../src/teams/ownership-words.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import type { OwnershipView } from "../../src/usecases/telling/registration-views.ts";
import { assertGoodCard, hostile, verbsOf, wordsOf } from "./reading.ts";
import { ada, alan, aRegistration, grace, later, noon, requestId, somePermissions } from "./views.ts";

const [accept, decline] = ["ownership/accept", "ownership/decline"];
const withdraw = "ownership/withdraw";
const decide = ["ownership/approve", "ownership/deny"];

const anOffer = (given: Partial<OwnershipOffer> = {}): OwnershipOffer => ({
  id: "drawn-by-usher",
  registrationId: requestId,
  kind: "transfer",
  to: { ...alan, name: hostile },
  from: ada,
  by: ada,
  at: noon,
  state: "offered",
  changedAt: later,
  ...given,
});
const aView = (offer: Partial<OwnershipOffer>, given: Partial<OwnershipView> = {}): OwnershipView => ({
  offer: anOffer(offer),
  registration: aRegistration("active"),
  rank: "high",
  permissions: somePermissions,
  roles: [],
  reader: "person",
  hasApprovalsChannel: true,
  ...given,
});
const drawn = (view: OwnershipView) => messageCard({ kind: "ownership", view });

describe("the card of an offer to own a registration", () => {
  const cases: [string, OwnershipView, (string | undefined)[], RegExp][] = [
    [
      "asks the person, with what they would answer for",
      aView({}),
      [accept, decline],
      /Will you take this registration over\?.*In the place of: Ada.*Group\.ReadWrite\.All \(acts by itself\).*works until.*an approver must agree after you.*accept ownership REQ-7K3M9Q [0-9a-f]{6}, or decline ownership REQ-7K3M9Q [0-9a-f]{6}\./s,
    ],
    [
      "asks nobody for an approver where the risk is low",
      aView({ kind: "co-owner" }, { rank: "low" }),
      [accept, decline],
      /Will you own this registration too\?(?!.*approver must).*Nothing changes before you accept/s,
    ],
    [
      "says when Usher asks",
      aView({ by: "usher", kind: "take-over" }),
      [accept, decline],
      /Its owner has left/,
    ],
    [
      "lets an owner take it back",
      aView({}, { reader: "owner" }),
      [withdraw],
      /Waiting for their answer.*until 27 Nov 2026/s,
    ],
    [
      "asks an approver",
      aView({ state: "accepted" }, { reader: "approver" }),
      decide,
      /Approve this change of owner\?.*High risk.*approve ownership REQ-7K3M9Q [0-9a-f]{6}, or deny ownership REQ-7K3M9Q [0-9a-f]{6} and why/s,
    ],
    [
      "tells an approver that whoever asked may have left",
      aView(
        { state: "accepted" },
        { reader: "approver", askerGone: { name: "Ada Lovelace", why: "deleted" } },
      ),
      decide,
      /Ada Lovelace, who asked for this, had no account any more.*nobody becomes its owner/s,
    ],
    [
      "lets the person change their mind while an approver decides",
      aView({ state: "accepted" }),
      [decline],
      /An approver must agree.*You own nothing of it yet/s,
    ],
    [
      "says where nobody sees it",
      aView({ state: "accepted" }, { reader: "owner", hasApprovalsChannel: false }),
      [withdraw],
      /No approvals channel is set/,
    ],
    ["shows an approver nothing to press before", aView({}, { reader: "approver" }), [], /Waiting/],
    [
      "says whom Entra names still",
      aView(
        { state: "done" },
        { entraOwner: { registrationId: requestId, named: grace, state: "left", attempts: 1 } },
      ),
      [],
      /The owner has changed.*Entra still names as owner: Grace Hopper.*may not change that/s,
    ],
    ["says that it was declined", aView({ state: "declined" }), [], /^Declined.*stays as it was/s],
    ["says who took it back", aView({ state: "withdrawn", endedBy: ada }), [], /^Taken back.*by: Ada/s],
    [
      "says who denied it, and why",
      aView({ state: "denied", endedBy: grace, reason: hostile }),
      [],
      /^Not approved.*by: Grace Hopper.*Why: /s,
    ],
    ["says that nobody answered", aView({ state: "expired" }), [], /^Nobody answered in time/],
    [
      "has nothing to press once it is stopped",
      aView({}, { registration: aRegistration("revoked") }),
      [],
      /^Nothing to decide any more/,
    ],
  ];
  for (const [what, view, verbs, words] of cases) {
    it(what, () => {
      const { card, summary } = drawn(view);
      assert.ok(card);
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.deepEqual(verbsOf(card), verbs);
      assert.match(wordsOf(card), words);
      assert.ok(wordsOf(card).includes(hostile));
      assert.ok(summary.startsWith(requestId) && !summary.includes("\n"), summary);
    });
  }

  it("says at once what was asked", () => {
    const card = askedCard(aView({}));
    assertGoodCard(card, { mayHoldExpressions: true });
    assert.match(wordsOf(card), /accept, and an approver agrees.*7 days.*withdraw ownership REQ-7K3M9Q/s);
    assert.doesNotMatch(wordsOf(askedCard(aView({}, { rank: "low" }))), /approver/);
  });
});

describe("the card of the owners", () => {
  it("lets one choose a colleague from the directory, and remove the second owner where there is one", () => {
    const alone = ownersCard(aRegistration("active"));
    const two = ownersCard(aRegistration("active", { coOwner: { ...grace, name: hostile } }));
    for (const card of [alone, two]) assertGoodCard(card, { mayHoldExpressions: true });
    assert.deepEqual(verbsOf(alone), ["ownership/transfer", "ownership/co-owner", "ownership/leave"]);
    assert.deepEqual(verbsOf(two), ["ownership/transfer", "ownership/remove", "ownership/leave"]);
    assert.match(wordsOf(two), /Second owner: /);
    assert.match(wordsOf(ownersNowCard(aRegistration("active"), "As it was")), /Owner: Ada Lovelace/);
  });
});

describe("what owners are told", () => {
  const about = {
    kind: "ownership-told",
    requestId,
    displayName: hostile,
    offer: "transfer",
    to: alan,
  } as const;
  const messages: [Message, string[], RegExp][] = [
    [
      { ...about, outcome: "done", from: ada, isOwner: true, hasSecret: true },
      ["rotation/ask"],
      /owner has changed.*still has it.*rotate/s,
    ],
    [{ ...about, outcome: "done", from: ada, isOwner: true }, [], /show REQ-7K3M9Q to see/],
    [{ ...about, outcome: "done", from: ada, hasSecret: true }, [], /They answer for it from now on/],
    [{ ...about, outcome: "done", from: ada, isOwner: true, isNewSecretMade: true }, [], /is given up/],
    [
      { ...about, outcome: "done", from: ada, isOwner: true, isNewSecretUnderWay: true, hasSecret: true },
      [],
      /is making a new secret.*the new owner's personal chat.*still has it/s,
    ],
    [
      { ...about, outcome: "done", offer: "co-owner", isOwner: true },
      [],
      /A second owner was added.*Either owner/s,
    ],
    [{ ...about, outcome: "accepted" }, [], /an approver must agree.*Nothing has changed yet/s],
    [{ ...about, outcome: "declined" }, [], /They declined/],
    [{ ...about, outcome: "denied", by: grace, reason: hostile }, [], /not approved.*By: Grace.*Why: /s],
    [{ ...about, outcome: "expired" }, [], /Nobody answered/],
    [{ ...about, outcome: "withdrawn", by: ada }, [], /taken back/],
    [{ ...about, outcome: "removed", by: ada }, [], /The first owner stays/],
    [
      { ...about, outcome: "removed", by: ada, isNewSecretMade: true },
      [],
      /is given up.*the first owner's personal chat.*The first owner stays/s,
    ],
    [
      { kind: "entra-owner", requestId, displayName: hostile, named: ada, owner: alan, outcome: "changed" },
      [],
      /Entra names the new owner/,
    ],
    [
      {
        kind: "entra-owner",
        requestId,
        displayName: hostile,
        named: ada,
        owner: alan,
        outcome: "left",
        note: "Slow.",
      },
      [],
      /still names as owner: Ada.*could not change.*Slow\./s,
    ],
  ];
  for (const [message, verbs, words] of messages)
    it(`is plain: ${message.kind} ${"outcome" in message ? message.outcome : ""}`, () => {
      const { card } = messageCard(message);
      assert.ok(card);
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.deepEqual(verbsOf(card), verbs);
      assert.match(wordsOf(card), words);
    });
});

describe("what is refused about owners", () => {
  const id = requestId;
  const system = hostile;
  const refusals: Parameters<typeof ownershipSentence>[0][] = [
    ...(["unknown", "guest", "disabled", "may-not-ask"] as const).map(
      (why) => ({ refused: "cannot-own", id, why, system, name: hostile }) as const,
    ),
    { refused: "cannot-own", id, why: "guest", system },
    { refused: "not-yours-to-give", id },
    { refused: "owner-already", id, name: hostile },
    { refused: "two-owners", id },
    { refused: "no-second-owner", id },
    { refused: "unknown-offer" },
    { refused: "offer-lapsed", id },
    { refused: "asker-gone", id, name: hostile },
    { refused: "own-offer", id },
    { refused: "not-approver-of-offer", id },
  ] satisfies OwnershipRefusal[];
  for (const refusal of refusals)
    it(`says what stays and what to do: ${refusal.refused}`, () => {
      const sentence = ownershipSentence(refusal);
      assert.match(sentence, /Nothing was (changed|decided)|nothing was (changed|decided)/);
      assert.doesNotMatch(sentence, /<at>|\n|undefined/);
      assert.ok(sentence.split(". ").length >= 2, sentence);
    });
});
