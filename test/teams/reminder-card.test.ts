import assert from "node:assert/strict";
import type { Registration } from "../../src/domain/registration.ts";
import { messageCard } from "../../src/teams/cards.ts";
import type { ExpiryView, NeedView } from "../../src/usecases/telling/registration-views.ts";
import { assertGoodCard, hostile, verbsOf, wordsOf } from "./reading.ts";
import { ada, aPlan, aRegistration, later, noon } from "./views.ts";

const endsAt = new Date("2027-11-20T12:00:00Z");
const anEnd = (given: Partial<ExpiryView> = {}): ExpiryView => ({
  registration: aRegistration("active"),
  endsAt,
  daysLeft: 7,
  stands: "ends",
  isForOwner: true,
  isOld: false,
  ...given,
});
const aNeed = (given: Partial<NeedView> = {}): NeedView => ({
  registration: aRegistration("active"),
  askedOn: noon,
  isForOwner: true,
  isOld: false,
  ...given,
});
const expiry = (given: Partial<ExpiryView> = {}) => messageCard({ kind: "expiry", view: anEnd(given) });
const need = (given: Partial<NeedView> = {}) => messageCard({ kind: "need", view: aNeed(given) });
const known = { by: hostile, at: later };
const certificate = aRegistration("active", {
  plan: aPlan({
    credential: {
      kind: "certificate",
      label: hostile,
      der: "MIIB",
      thumbprint: "AB".repeat(20),
      expiresAt: endsAt.toISOString(),
    },
  }),
});
const rotate = "rotation/ask";
const know = "expiry/know";
const revoke = "registration/revoke";

describe("the card that a credential ends", () => {
  const states: Record<
    string,
    { given: Partial<ExpiryView>; buttons: string[]; says: RegExp; summary: RegExp }
  > = {
    "to its owner": {
      given: {},
      buttons: [rotate, know, revoke],
      says: /^A secret stops working soon[\s\S]*20 Nov 2027, 12:00 UTC[\s\S]*say rotate REQ-[\s\S]*say know REQ-/,
      summary: /^REQ-\w+: its secret stops working in 7 days\.$/,
    },
    "a day before": {
      given: { daysLeft: 1 },
      buttons: [rotate, know, revoke],
      says: /soon/,
      summary: /in 1 day\.$/,
    },
    "on its last day": {
      given: { daysLeft: 0 },
      buttons: [rotate, know, revoke],
      says: /soon/,
      summary: /today\.$/,
    },
    "to the approvers": {
      given: { isForOwner: false },
      buttons: [rotate, revoke],
      says: /Owner/,
      summary: /stops working in 7 days/,
    },
    "that its owner knows of": {
      given: { known },
      buttons: [rotate, revoke],
      says: /Its owner knows since 20 Nov 2026, 14:05 UTC/,
      summary: /in 7 days/,
    },
    "that is being replaced": {
      given: { isBeingReplaced: true },
      buttons: [know, revoke],
      says: /A new secret is being made already/,
      summary: /in 7 days/,
    },
    "once it has ended": {
      given: { stands: "ended" },
      buttons: [rotate, revoke],
      says: /^A secret has stopped working[\s\S]*Worked until/,
      summary: /A secret has stopped working\.$/,
    },
    "that was replaced": {
      given: { stands: "replaced" },
      buttons: [],
      says: /^This secret was replaced[\s\S]*Another one works until/,
      summary: /was replaced/,
    },
    "of a certificate": {
      given: { registration: certificate },
      buttons: [know, revoke],
      says: /^A certificate stops working soon[\s\S]*Usher cannot renew a certificate/,
      summary: /its certificate stops working in 7 days/,
    },
    "that a newer one follows": {
      given: { isOld: true },
      buttons: [],
      says: /newer card/,
      summary: /newer card/,
    },
  };
  for (const [which, { given, buttons, says, summary }] of Object.entries(states))
    it(`${which} says so, and has the buttons that help`, () => {
      const drawn = expiry(given);
      assert.ok(drawn.card);
      assertGoodCard(drawn.card, { mayHoldExpressions: true });
      assert.deepEqual(verbsOf(drawn.card), buttons);
      assert.match(wordsOf(drawn.card), says);
      assert.match(drawn.summary, summary);
    });
});

describe("the card that asks whether it is still needed", () => {
  it("has one press for yes and one that asks once more before it stops anything", () => {
    const { card, summary } = need();
    assert.ok(card);
    assertGoodCard(card);
    assert.deepEqual(verbsOf(card), ["need/confirm", revoke]);
    assert.match(wordsOf(card), /^Is this still needed\?[\s\S]*say needed REQ-[\s\S]*say revoke REQ-/);
    assert.match(summary, /Is this still needed\?$/);
  });

  it("tells the approvers that nobody answers, and lets them stop it", () => {
    const { card } = need({ isForOwner: false });
    assert.ok(card);
    assert.deepEqual(verbsOf(card), [revoke]);
    assert.match(wordsOf(card), /^Nobody says whether this is needed[\s\S]*Ada/);
  });

  it("says who has said yes, and then asks nothing", () => {
    const { card } = need({ confirmed: { by: hostile, at: later } });
    assert.ok(card);
    assertGoodCard(card, { mayHoldExpressions: true });
    assert.deepEqual(verbsOf(card), []);
    assert.match(wordsOf(card), /^Still needed[\s\S]*Said on 20 Nov 2026, 14:05 UTC by/);
  });
});

describe("the cards about a registration that was stopped", () => {
  const words: Record<Exclude<Registration["state"], "active">, RegExp> = {
    revoking: /^Being revoked\n/,
    revoked: /^Revoked\n/,
    restoring: /^Being restored\n/,
    removed: /^Revoked\n/,
  };
  for (const [state, says] of Object.entries(words))
    it(`say that it is ${state}, and have nothing to press`, () => {
      const registration = aRegistration(state as Registration["state"], { owner: ada });
      for (const { card } of [expiry({ registration }), need({ registration })]) {
        assert.ok(card);
        assertGoodCard(card);
        assert.deepEqual(verbsOf(card), []);
        assert.match(wordsOf(card), says);
      }
    });
});
