import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import {
  judgeAccept,
  judgeApproval,
  mayOffer,
  mayWithdraw,
  type OwnershipOffer,
  ownersAfter,
} from "../../src/domain/ownership.ts";
import type { Actor } from "../../src/domain/request.ts";

const person = (name: string): Actor => ({ userId: name as UserId, name });
const [ada, grace, alan, linus] = ["ada", "grace", "alan", "linus"].map(person) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const noon = new Date("2026-11-20T12:00:00Z");

const offer = (given: Partial<OwnershipOffer> = {}): OwnershipOffer => ({
  id: "drawn-by-usher",
  registrationId: "REQ-7K3M9Q" as RequestId,
  kind: "transfer",
  to: alan,
  from: ada,
  by: ada,
  at: noon,
  state: "offered",
  changedAt: noon,
  ...given,
});
const { from: _ada, ...nobody } = offer({ kind: "co-owner" });
const beside = (given: Partial<OwnershipOffer> = {}): OwnershipOffer => ({ ...nobody, ...given });
const active = { state: "active", owner: ada } as const;
const shared = { ...active, coOwner: grace } as const;

describe("who may be asked to own a registration", () => {
  const cases = [
    ["a colleague in the place of its owner", active, offer(), "may"],
    ["a colleague beside its owner", active, beside(), "may"],
    ["a colleague in the place of the second owner", shared, offer({ from: grace }), "may"],
    ["the second owner in the place of the first", shared, offer({ to: grace }), "may"],
    ["nobody beside two owners", shared, beside(), "two-owners"],
    ["nobody beside themselves", active, beside({ to: ada }), "owner-already"],
    ["nobody in their own place", active, offer({ to: ada }), "owner-already"],
    ["the second owner beside the first, as it is", shared, beside({ to: grace }), "owner-already"],
    ["nobody in the place of whoever owns it no longer", active, offer({ from: grace }), "not-owner"],
    ["nobody, once it is stopped", { ...active, state: "revoking" } as const, offer(), "not-active"],
  ] as const;
  for (const [what, registration, asked, verdict] of cases)
    it(`is ${what}`, () => assert.equal(mayOffer(registration, asked), verdict));
});

describe("who owns a registration afterwards", () => {
  const cases = [
    ["the new one alone", active, offer(), [alan]],
    ["the first and the one beside", active, beside(), [ada, alan]],
    ["the second as before, after the new first one", shared, offer(), [alan, grace]],
    ["the first as before, and a new second one", shared, offer({ from: grace }), [ada, alan]],
    ["the second one alone, once they took over", shared, offer({ to: grace }), [grace]],
    [
      "the first one alone, once they took the second's part over",
      shared,
      offer({ from: grace, to: ada }),
      [ada],
    ],
  ] as const;
  for (const [what, registration, taken, [owner, coOwner]] of cases)
    it(`is ${what}`, () =>
      assert.deepEqual(ownersAfter(registration, taken), { owner, ...(coOwner && { coOwner }) }));
});

describe("the yes of the person", () => {
  it("is enough where the risk is low or medium", () => {
    for (const rank of ["low", "medium"] as const) assert.equal(judgeAccept(offer(), active, rank), "done");
  });
  it("waits for an approver where the risk is high, also of a second owner", () => {
    for (const rank of ["high", "tier0"] as const)
      for (const each of [offer(), beside(), offer({ kind: "take-over", by: "usher" })])
        assert.equal(judgeAccept(each, active, rank), "needs-approver");
  });
  it("counts once, and not after the question has ended", () => {
    for (const state of ["accepted", "done", "declined", "withdrawn", "denied", "expired"] as const)
      assert.equal(judgeAccept(offer({ state }), active, "low"), "passed");
  });
  it("comes too late where it was stopped, or has other owners by now", () => {
    assert.equal(judgeAccept(offer(), { ...active, state: "revoked" }, "low"), "not-active");
    assert.equal(judgeAccept(offer({ from: grace }), active, "low"), "not-owner");
    assert.equal(judgeAccept(beside(), shared, "low"), "two-owners");
  });
});

describe("the yes of an approver", () => {
  const accepted = offer({ state: "accepted" });
  it("counts of whoever has nothing to do with it", () => {
    assert.equal(judgeApproval(accepted, shared, linus), "done");
  });
  it("does not count of an owner, of who is to be one, or of who asked", () => {
    for (const who of [ada, grace, alan]) assert.equal(judgeApproval(accepted, shared, who), "own", who.name);
    assert.equal(judgeApproval({ ...accepted, by: linus }, shared, linus), "own");
  });
  it("counts only after the person's own", () => {
    for (const state of ["offered", "done", "denied"] as const)
      assert.equal(judgeApproval(offer({ state }), shared, linus), "passed");
  });
});

describe("taking a question back", () => {
  it("is for whoever asked and for any owner, and for nobody else", () => {
    const asked = offer({ by: linus });
    assert.deepEqual(
      [ada, grace, linus, alan].map((who) => mayWithdraw(asked, shared, who)),
      [true, true, true, false],
    );
    assert.equal(mayWithdraw(offer({ by: "usher" }), active, linus), false);
  });
});
