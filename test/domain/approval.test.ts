import assert from "node:assert/strict";
import { type Decider, refusalToDecide } from "../../src/domain/approval.ts";
import type { Request } from "../../src/domain/request.ts";
import { ada, aPendingRequest, aPerson, ben, noon } from "../support/builders.ts";

const request = aPendingRequest({ requester: ada, revision: 2 });
const decider: Decider = { actor: ben, person: aPerson(ben), isApprover: true };
const requester = aPerson(ada);

const refusal = (
  given: {
    request?: Request;
    verdict?: "approve" | "deny";
    revision?: number;
    decider?: Partial<Decider>;
    requester?: typeof requester | undefined;
  } = {},
) =>
  refusalToDecide(
    given.request ?? request,
    given.verdict ?? "approve",
    given.revision ?? 2,
    { ...decider, ...given.decider },
    "requester" in given ? given.requester : requester,
  );

const decided: Request = { ...request, state: "approved", decidedBy: ben, decidedAt: noon };
const everyEnd: Exclude<Request, { state: "pending" }>[] = [
  decided,
  { ...decided, state: "denied", denial: "no" },
  { ...decided, state: "provisioned" },
  { ...decided, state: "failed", failure: "nothing was made" },
  { ...request, state: "withdrawn", withdrawnAt: noon },
];

describe("deciding on a request", () => {
  for (const verdict of ["approve", "deny"] as const) {
    it(`is open to an approver who wants to ${verdict}`, () => assert.equal(refusal({ verdict }), undefined));

    it(`is refused to the requester who wants to ${verdict}, even when listed as approver`, () =>
      assert.deepEqual(refusal({ verdict, decider: { actor: ada, person: aPerson(ada) } }), {
        refused: "own-request",
      }));

    it(`is refused to whoever is no approver and wants to ${verdict}`, () =>
      assert.deepEqual(refusal({ verdict, decider: { isApprover: false } }), { refused: "not-approver" }));

    it(`is refused on a card of an older revision that says ${verdict}`, () =>
      assert.deepEqual(refusal({ verdict, revision: 1 }), { refused: "old-revision", revision: 2 }));

    for (const end of everyEnd)
      it(`is refused once it is ${end.state}, to whoever wants to ${verdict}`, () =>
        assert.deepEqual(refusal({ verdict, request: end }), { refused: "already-decided", request: end }));
  }

  it("is refused to the requester before anything else is told", () => {
    for (const each of [request, ...everyEnd])
      assert.deepEqual(
        refusal({
          request: each,
          revision: 1,
          decider: { actor: ada, person: undefined, isApprover: false },
        }),
        { refused: "own-request" },
      );
  });

  it("goes by the id, not by the name, of who presses", () => {
    const namesake = { ...ada, userId: ben.userId };
    assert.equal(refusal({ decider: { actor: namesake, person: aPerson(namesake) } }), undefined);
    assert.deepEqual(refusal({ decider: { actor: { ...ada, name: "Somebody else" } } }), {
      refused: "own-request",
    });
  });

  it("is refused to a disabled approver", () =>
    assert.deepEqual(refusal({ decider: { person: aPerson(ben, { isEnabled: false }) } }), {
      refused: "account-disabled",
    }));

  it("is refused to an approver whom the directory does not know", () =>
    assert.deepEqual(refusal({ decider: { person: undefined } }), { refused: "account-disabled" }));

  it("is refused to a guest, even when listed as approver", () =>
    assert.deepEqual(refusal({ decider: { person: aPerson(ben, { isGuest: true }) } }), {
      refused: "guest",
    }));

  it("tells nobody but approvers how it was decided", () =>
    assert.deepEqual(refusal({ request: decided, decider: { isApprover: false } }), {
      refused: "not-approver",
    }));

  const gone = {
    "has left": undefined,
    "was disabled": aPerson(ada, { isEnabled: false }),
    "is a guest": aPerson(ada, { isGuest: true }),
  };
  for (const [how, person] of Object.entries(gone)) {
    it(`approves nothing for a requester who ${how}`, () =>
      assert.deepEqual(refusal({ requester: person }), { refused: "requester-gone" }));
    it(`may still deny a requester who ${how}`, () =>
      assert.equal(refusal({ requester: person, verdict: "deny" }), undefined));
  }
});
