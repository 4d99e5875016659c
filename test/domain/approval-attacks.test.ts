import assert from "node:assert/strict";
import type { GroupId } from "../../src/domain/ids.ts";
import { type Policy, type Terms, termsNow, termsOfRevision } from "../../src/domain/policy.ts";
import { requestColumns } from "../../src/store/request-rows.ts";
import {
  afterNoon,
  anOfferedRequest,
  aPendingRequest,
  approversGroup,
  aRankPolicy,
  aReturnedRequest,
  aWaiting,
  days,
  hours,
  someTerms,
} from "../support/builders.ts";

const otherGroup = "bbbbbbbb-0000-4000-8000-000000000009" as GroupId;

describe("the next revision of a request that waits", () => {
  const strict = someTerms({ approvals: 2, reasonToApprove: true, freshSignIn: true, linkHours: 4 });
  const lax = someTerms({ linkHours: 168 });

  it("keeps what was stricter when it was asked for, although policy has become laxer", () => {
    assert.deepEqual(termsOfRevision(strict, lax), strict);
  });

  it("takes what has become stricter since", () => {
    assert.deepEqual(termsOfRevision(lax, strict), strict);
  });

  it("needs what the lower risk needs today, once it asks for less", () => {
    const high: Terms = { ...strict, rank: "high" };
    assert.deepEqual(termsOfRevision(high, lax), lax);
  });

  it("needs what the higher risk needs today, once it asks for more", () => {
    const low: Terms = { ...strict, rank: "low", approvers: otherGroup };
    assert.deepEqual(termsOfRevision(low, lax), lax);
  });

  it("gets no alternates and no approvers that it did not have, even in two steps", () => {
    const before = someTerms();
    const today = someTerms({ approvers: otherGroup, alternates: otherGroup });
    const revised = termsOfRevision(termsOfRevision(before, today), today);
    assert.deepEqual(revised, before);
    const ranked = aRankPolicy({ approvers: otherGroup, alternates: otherGroup });
    const policy: Policy = {
      mayAsk: [],
      openRequests: 5,
      forbid: [],
      autoApprove: [],
      handover: [],
      ranks: { low: ranked, medium: ranked, high: ranked, tier0: ranked },
    };
    const { approvers, alternates } = termsNow(
      revised,
      policy,
      { rank: "medium", system: "custom" },
      undefined,
    );
    assert.deepEqual(approvers, [approversGroup, otherGroup], "whoever decides is in both");
    assert.deepEqual(alternates, []);
  });

  it("takes today's approvers where none were named at that time", () => {
    const { approvers: _approvers, ...without } = someTerms();
    assert.equal(termsOfRevision(without, someTerms()).approvers, approversGroup);
  });
});

describe("when a sweep looks at a request next", () => {
  const waiting = aWaiting({ escalateAt: afterNoon(hours), remindAt: afterNoon(days) });

  it("is at its escalation while approvers are to act", () => {
    assert.deepEqual(requestColumns(aPendingRequest({ waiting })).due_at, afterNoon(hours));
  });

  it("passes over the escalation while the requester is to act, or it would be due for ever", () => {
    for (const request of [aReturnedRequest({ waiting }), anOfferedRequest({ waiting })]) {
      assert.deepEqual(requestColumns(request).due_at, afterNoon(days), request.state);
    }
  });
});
