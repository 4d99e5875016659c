import assert from "node:assert/strict";
import type { OwnershipOffer } from "../../src/domain/ownership.ts";
import { messageCard } from "../../src/teams/cards.ts";
import type { Message } from "../../src/usecases/telling/messages.ts";
import type { SecondOwnerView, UnownedView } from "../../src/usecases/telling/registration-views.ts";
import { assertGoodCard, hostile, verbsOf, wordsOf } from "./reading.ts";
import { ada, alan, aPlan, aRegistration, later, noon, requestId } from "./views.ts";

const registration = aRegistration("active", { plan: aPlan({ displayName: hostile }) });
const anOffer = (given: Partial<OwnershipOffer> = {}): OwnershipOffer => ({
  id: "drawn-by-usher",
  registrationId: requestId,
  kind: "take-over",
  to: { ...alan, name: hostile },
  from: ada,
  by: "usher",
  at: noon,
  state: "offered",
  changedAt: later,
  ...given,
});
const unowned = (given: Partial<UnownedView> = {}): Message => ({
  kind: "unowned",
  view: {
    registration,
    gone: [{ name: hostile, why: "disabled" }],
    needsApprover: false,
    isOld: false,
    ...given,
  },
});
const second = (given: Partial<SecondOwnerView> = {}): Message => ({
  kind: "second-owner",
  view: { registration, isStillWanted: true, isForOwner: true, isOld: false, ...given },
});
const revoke = "registration/revoke";
const choice = ["owners/take-over", "owners/hand-over", revoke];

const cases: [string, Message, string[], RegExp][] = [
  [
    "says who has left, and what can be done",
    unowned(),
    choice,
    /^Nobody owns this registration .*account disabled:.*It works as before.*take over REQ-7K3M9Q, or hand over REQ-7K3M9Q(?!.*high risk)/s,
  ],
  [
    "says that another approver must agree, and who was asked before",
    unowned({
      needsApprover: true,
      asked: anOffer({ state: "declined" }),
      gone: [
        { name: "Ada", why: "deleted" },
        { name: "Ben", why: "may-not-ask" },
      ],
    }),
    choice,
    /account deleted: .*may not ask for it any more: .*Asked as the manager.*of high risk: another approver/s,
  ],
  [
    "offers nothing but to revoke it while somebody is asked",
    unowned({ open: anOffer() }),
    [revoke],
    /somebody is asked.*They have 7 days/s,
  ],
  [
    "says who wants it while an approver must agree",
    unowned({ open: anOffer({ state: "accepted" }) }),
    [revoke],
    /Wants to own it:.*An approver who has no part in it must agree/s,
  ],
  ["says that somebody owns it again", unowned({ gone: [] }), [], /Somebody owns this registration again/],
  ["points to the newer one", unowned({ isOld: true }), [], /There is a newer card/],
  [
    "has nothing to press once it is revoked",
    unowned({ registration: aRegistration("revoked") }),
    [],
    /does not run any more/,
  ],
  [
    "asks its owner for another one",
    second(),
    ["ownership/co-owner"],
    /^Name a second owner.*Policy wants two owners.*co-owner REQ-7K3M9Q/s,
  ],
  ["asks nothing while somebody is asked", second({ open: anOffer() }), [], /A second owner is asked/],
  [
    "tells the approvers",
    second({ isForOwner: false }),
    [],
    /has one owner, and policy wants two.*four weeks/s,
  ],
  [
    "says when no further owner is wanted",
    second({ isStillWanted: false }),
    [],
    /No further owner is wanted/,
  ],
  ["points to the newer question", second({ isOld: true }), [], /There is a newer card/],
  [
    "tells the owner who stays, and how to give it a new secret",
    {
      kind: "owner-left",
      requestId,
      displayName: hostile,
      left: { ...ada, name: hostile },
      why: "deleted",
      isAnotherWanted: true,
    },
    ["ownership/ask"],
    /You are its only owner now.*account deleted:.*rotate REQ-7K3M9Q.*Policy wants two owners/s,
  ],
  [
    "tells the owner who stays that a secret which nobody had opened is replaced",
    {
      kind: "owner-left",
      requestId,
      displayName: hostile,
      left: ada,
      why: "disabled",
      isAnotherWanted: false,
      isNewSecretMade: true,
    },
    ["ownership/ask"],
    /newest secret, so that one is given up.*its link comes in this chat/s,
  ],
  [
    "tells whoever was asked that the owner is back",
    { kind: "owner-back", requestId, displayName: hostile, owner: { ...ada, name: hostile } },
    [],
    /Its owner is back.*You need do nothing/s,
  ],
];

describe("a card about owners who are missing", () => {
  for (const [what, message, verbs, words] of cases)
    it(what, () => {
      const { card, summary } = messageCard(message);
      assert.ok(card);
      assertGoodCard(card, { mayHoldExpressions: true });
      assert.deepEqual(verbsOf(card), verbs);
      assert.match(wordsOf(card).replaceAll(/\s+/g, " "), words);
      assert.match(summary, /^REQ-7K3M9Q: .*\.$/);
    });
});
