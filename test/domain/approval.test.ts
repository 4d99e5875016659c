import assert from "node:assert/strict";
import {
  type Circumstances,
  countingVotes,
  type Decider,
  type DecisionRefusal,
  hasVoted,
  isDecider,
  missingVotes,
  refusalToDecide,
  type Verdict,
  withVote,
} from "../../src/domain/approval.ts";
import type { GroupId } from "../../src/domain/ids.ts";
import type { TermsNow } from "../../src/domain/policy.ts";
import { type Actor, isOpen, type Request } from "../../src/domain/request.ts";
import {
  ada,
  afterNoon,
  anOfferedRequest,
  aPendingRequest,
  aPerson,
  approversGroup,
  aReturnedRequest,
  aVote,
  aWaiting,
  ben,
  cleo,
  noon,
  someTermsNow,
} from "../support/builders.ts";

const alternatesGroup = "bbbbbbbb-0000-4000-8000-000000000003" as GroupId;
const formerGroup = "bbbbbbbb-0000-4000-8000-000000000004" as GroupId;

const verdicts = {
  approve: { verdict: "approve" },
  deny: { verdict: "deny", reason: "Ask for less." },
  narrow: { verdict: "narrow" },
  return: { verdict: "return", question: "Why all of it?" },
} as const satisfies Record<Verdict["verdict"], Verdict>;
const each = Object.entries(verdicts) as [keyof typeof verdicts, Verdict][];

const request = aPendingRequest({ requester: ada, revision: 2 });
const { waiting: _waiting, state: _state, ...asked } = request;
const returned = aReturnedRequest({ requester: ada, revision: 2 });
const offered = anOfferedRequest({ requester: ada, revision: 2 });
const decided = { ...asked, decidedBy: ben, decidedAt: noon };
const ends: Request[] = [
  { ...decided, state: "approved" },
  { ...decided, state: "denied", denial: "no" },
  { ...decided, state: "provisioned" },
  { ...decided, state: "failed", failure: "nothing was made" },
  { ...asked, state: "withdrawn", withdrawnAt: noon },
  { ...asked, state: "expired", expiredAt: noon },
];

/** How somebody stands in the directory: an enabled member of the approvers, unless said otherwise. */
const standing = (actor: Actor, groups: readonly string[] = [approversGroup]): Decider => ({
  actor,
  person: aPerson(actor),
  groups: new Set(groups),
});

type Given = {
  request?: Request;
  verdict?: Verdict;
  revision?: number;
  decider?: Decider;
  terms?: Partial<TermsNow>;
} & Partial<Omit<Circumstances, "terms">>;
function refusal({
  request: on = request,
  verdict = verdicts.approve,
  revision = 2,
  decider = standing(ben),
  terms = {},
  ...circumstances
}: Given = {}): DecisionRefusal | undefined {
  return refusalToDecide(on, verdict, revision, decider, {
    requester: aPerson(ada),
    policyRefusals: [],
    ...circumstances,
    terms: someTermsNow(terms),
  });
}
const refused = (given: Given) => refusal(given)?.refused;

describe("deciding on a request", () => {
  for (const [name, verdict] of each) {
    it(`is open to an approver who wants to ${name}`, () => assert.equal(refusal({ verdict }), undefined));

    it(`is refused to the requester who wants to ${name}, whatever they are and whatever state it is in`, () => {
      const all = [approversGroup, alternatesGroup];
      for (const on of [request, returned, offered, ...ends])
        for (const decider of [
          standing(ada, all),
          standing(ada, []),
          { ...standing(ada, all), person: undefined },
        ])
          assert.deepEqual(refusal({ request: on, verdict, decider, revision: 1 }), {
            refused: "own-request",
          });
    });

    it(`is refused to whoever wants to ${name} and may not`, () => {
      const gone = { ...standing(ben), person: undefined };
      const disabled = { ...standing(ben), person: aPerson(ben, { isEnabled: false }) };
      const guest = { ...standing(ben), person: aPerson(ben, { isGuest: true }) };
      assert.equal(refused({ verdict, decider: gone }), "account-disabled");
      assert.equal(refused({ verdict, decider: disabled }), "account-disabled");
      assert.equal(refused({ verdict, decider: guest }), "guest");
      assert.equal(refused({ verdict, decider: standing(ben, []) }), "not-approver");
      assert.equal(refused({ verdict, decider: standing(ben, [alternatesGroup]) }), "not-approver");
    });

    it(`is refused to everybody who wants to ${name} when no group is named`, () =>
      assert.equal(refused({ verdict, terms: { approvers: [] } }), "not-approver"));

    it(`is refused at another revision, older or never drawn, that says ${name}`, () => {
      for (const revision of [1, 3, 0, -1, Number.NaN, Infinity])
        assert.deepEqual(refusal({ verdict, revision }), { refused: "old-revision", revision: 2 });
    });

    for (const end of ends)
      it(`is refused once it is ${end.state}, to whoever wants to ${name}`, () => {
        for (const revision of [1, 2])
          assert.deepEqual(refusal({ verdict, request: end, revision }), {
            refused: "already-decided",
            request: end,
          });
      });
  }

  it("tells nobody but who may decide how it was decided, at which revision or whose turn it is", () => {
    for (const on of [returned, offered, ...ends])
      assert.deepEqual(refusal({ request: on, revision: 1, decider: standing(ben, []) }), {
        refused: "not-approver",
      });
  });

  it("waits while it is the requester's turn, but can be denied", () => {
    for (const on of [returned, offered]) {
      for (const [name, verdict] of each)
        assert.deepEqual(
          refusal({ request: on, verdict }),
          name === "deny" ? undefined : { refused: "waits-for-requester", request: on },
          `${name} while ${on.state}`,
        );
    }
  });

  it("approves and narrows nothing for who has left, was disabled or is a guest; denying and asking may go on", () => {
    for (const requester of [
      undefined,
      aPerson(ada, { isEnabled: false }),
      aPerson(ada, { isGuest: true }),
    ]) {
      const by = (verdict: Verdict) => refused({ verdict, requester });
      assert.equal(by(verdicts.approve), "requester-gone");
      assert.equal(by(verdicts.narrow), "requester-gone");
      assert.equal(by(verdicts.deny), undefined);
      assert.equal(by(verdicts.return), undefined);
    }
  });

  it("approves nothing that policy forbids by now; everything else may be done about it", () => {
    const policyRefusals = ["Policy forbids it."];
    for (const [name, verdict] of each)
      assert.deepEqual(
        refusal({ verdict, policyRefusals }),
        name === "approve" ? { refused: "policy", sentences: policyRefusals } : undefined,
        name,
      );
  });

  it("needs a typed reason where policy asks for one, to approve", () => {
    const terms = { reasonToApprove: true };
    const approve = (reason?: string) =>
      refused({ terms, verdict: { verdict: "approve", ...(reason !== undefined && { reason }) } });
    assert.equal(approve(), "reason-missing");
    assert.equal(approve(""), "reason-missing");
    assert.equal(approve("It is needed."), undefined);
    assert.equal(refused({ terms, verdict: verdicts.deny }), undefined);
  });

  it("needs a fresh sign-in where policy asks for one, to approve, and says so last", () => {
    const terms = { reasonToApprove: true, freshSignIn: true };
    const reason = "It is needed.";
    assert.equal(refused({ terms }), "reason-missing");
    assert.equal(refused({ terms, verdict: { verdict: "approve", reason } }), "fresh-sign-in-needed");
    assert.equal(refused({ terms, verdict: { verdict: "approve", isFresh: true } }), "reason-missing");
    assert.equal(refused({ terms, verdict: { verdict: "approve", reason, isFresh: true } }), undefined);
    assert.equal(refused({ terms, verdict: verdicts.deny }), undefined);
  });

  it("is not opened by a reason, a sign-in or a vote that was given before", () => {
    const verdict = { verdict: "approve", reason: "x", isFresh: true } as const;
    const voted = { ...request, votes: [aVote(cleo)] };
    assert.equal(refused({ verdict, request: voted, decider: standing(cleo, []) }), "not-approver");
    assert.equal(refused({ verdict, policyRefusals: ["no"] }), "policy");
    assert.equal(refused({ verdict, requester: undefined }), "requester-gone");
  });
});

describe("who may decide", () => {
  const may = (groups: string[], terms: Partial<TermsNow>, isEscalated = false) =>
    isDecider(standing(ben, groups), someTermsNow(terms), isEscalated);

  it("must be in all groups that policy named while it waited", () => {
    const approvers = [formerGroup, approversGroup];
    assert.equal(may([formerGroup, approversGroup], { approvers }), true);
    assert.equal(may([approversGroup], { approvers }), false);
    assert.equal(may([formerGroup], { approvers }), false);
  });

  it("may be an alternate once it was escalated, in all of their groups likewise", () => {
    const terms = { alternates: [alternatesGroup] };
    assert.equal(may([alternatesGroup], terms), false);
    assert.equal(may([alternatesGroup], terms, true), true);
    assert.equal(may([alternatesGroup], { alternates: [formerGroup, alternatesGroup] }, true), false);
    assert.equal(may([alternatesGroup], { alternates: [] }, true), false);
    assert.equal(may([], { approvers: [], alternates: [] }, true), false);
  });

  it("is not made up of two halves of two groups", () => {
    const terms = { approvers: [formerGroup, approversGroup], alternates: [formerGroup, alternatesGroup] };
    assert.equal(may([approversGroup, alternatesGroup], terms, true), false);
  });

  it("hears as an alternate, too, how it was decided, though not whose turn it is before", () => {
    const terms = { alternates: [alternatesGroup] };
    const decider = standing(ben, [alternatesGroup]);
    const waiting = aWaiting({ escalatedAt: noon });
    assert.equal(refused({ terms, decider }), "not-approver");
    assert.equal(refused({ terms, decider, request: { ...request, waiting } }), undefined);
    assert.equal(refused({ terms, decider, request: offered }), "not-approver");
    for (const end of ends) assert.equal(refused({ terms, decider, request: end }), "already-decided");
  });
});

describe("votes", () => {
  it("count each person once, with what they pressed last", () => {
    const first = withVote([], aVote(ben, { at: noon }));
    const again = withVote(first, aVote({ ...ben, name: "Ben Boss-Married" }, { at: afterNoon(1) }));
    assert.deepEqual(again, [aVote({ ...ben, name: "Ben Boss-Married" }, { at: afterNoon(1) })]);
    const both = withVote(again, aVote(cleo));
    assert.deepEqual(
      both.map(({ approver }) => approver.userId),
      [ben.userId, cleo.userId],
    );
    assert.equal(first.length, 1, "what was before stays as it was");
  });

  it("are known by the person, not by the name", () => {
    const votes = [aVote(ben)];
    assert.equal(hasVoted(votes, ben.userId), true);
    assert.equal(hasVoted(votes, cleo.userId), false);
    assert.equal(hasVoted([], ben.userId), false);
  });

  const missing = (votes: ReturnType<typeof aVote>[], terms: Partial<TermsNow>) =>
    missingVotes({ votes }, someTermsNow(terms));

  it("are missing until there are as many as policy asks for, never fewer than none", () => {
    assert.equal(missing([], { approvals: 2 }), 2);
    assert.equal(missing([aVote()], { approvals: 2 }), 1);
    assert.equal(missing([aVote(), aVote(cleo)], { approvals: 2 }), 0);
    assert.equal(missing([aVote(), aVote(cleo)], { approvals: 1 }), 0);
  });

  it("count no more once policy asks for what they were given without", () => {
    const plain = aVote(ben);
    const reasoned = aVote(cleo, { reason: "It is needed." });
    const whole = aVote(cleo, { reason: "It is needed.", isFresh: true });
    assert.equal(missing([plain, reasoned], { approvals: 2, reasonToApprove: true }), 1);
    assert.equal(missing([plain, reasoned], { approvals: 2, freshSignIn: true }), 2);
    assert.equal(missing([plain, whole], { approvals: 2, freshSignIn: true, reasonToApprove: true }), 1);
    const terms = someTermsNow({ freshSignIn: true });
    assert.deepEqual(countingVotes({ votes: [plain, whole] }, terms), [whole]);
  });
});

describe("a request", () => {
  it("is open while somebody still has something to do", () => {
    for (const on of [request, returned, offered]) assert.equal(isOpen(on), true, on.state);
    for (const end of ends) assert.equal(isOpen(end), false, end.state);
  });
});
