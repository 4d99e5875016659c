import assert from "node:assert/strict";
import { type In, policyActor, type RequestState } from "../../src/domain/request.ts";
import { allPowersCard, approvalCard, type Card, messageCard, threadCard } from "../../src/teams/cards.ts";
import type { RequestView } from "../../src/usecases/telling/request-views.ts";
import { aWaiting, someTermsNow } from "../support/builders.ts";
import { assertGoodCard, elements, linesOf, verbsOf, wordsOf } from "./reading.ts";
import {
  alan,
  allDifferences,
  allStates,
  aPermission,
  aPlan,
  aRequest,
  aRole,
  aSaid,
  aView,
  aVote,
  grace,
  later,
  noon,
  requestId,
} from "./views.ts";

type Changes = Partial<RequestView> & { of?: Partial<In<"pending">> };
const pending = ({ of, ...changes }: Changes = {}) =>
  aView({ ...(aRequest("pending") as In<"pending">), ...of }, changes);
const drawn = (changes: Changes = {}) => {
  const card = approvalCard(pending(changes));
  assertGoodCard(card);
  return card;
};
const words = (changes: Changes = {}) => wordsOf(drawn(changes));

describe("the approvers' card", () => {
  it("says since when it waits and until when, how often it was reminded, and who may decide too by now", () => {
    const waiting = aWaiting({ expiresAt: later, reminders: 2, escalatedAt: later });
    const text = words({ of: { waiting }, alternates: [alan.name] });
    assert.match(text, /\nWaits since: 20 Nov 2026, 12:00 UTC\nWaits until: 20 Nov 2026, 14:05 UTC, then/);
    assert.match(text, /\nReminded 2 times\.\n/);
    assert.match(
      text,
      /since 20 Nov 2026, 14:05 UTC the alternates may decide too\.\nAlternates: Alan Turing/,
    );
    assert.doesNotMatch(words(), /Reminded|alternate/i);
  });

  it("says why this reader is asked", () => {
    assert.match(
      words({ decidersGroup: "Identity approvers", terms: someTermsNow({ rank: "tier0" }) }),
      /\nYou are asked: because you are in the group that decides on highest-risk requests: Identity approvers\n/,
    );
    assert.match(words(), /because you are in the approvers' group, which decides on medium-risk requests\./);
    const escalated = words({ of: { waiting: aWaiting({ escalatedAt: later }) } });
    assert.match(escalated, /medium-risk requests, or because you are an alternate\./);
    assert.match(
      wordsOf(approvalCard(pending(), { for: "alternate" })),
      /because you are an alternate: nobody/,
    );
  });

  it("counts the approvals where more than one is needed, and says whose there are", () => {
    const terms = someTermsNow({ approvals: 2 });
    assert.match(words({ terms, missingVotes: 2 }), /\n0 of 2 approvals\. Different people/);
    const text = words({ terms, of: { votes: [aVote({ reason: "Needed." })] } });
    assert.match(
      text,
      /\n1 of 2 approvals\. .*\nApproved on 20 Nov 2026, 14:05 UTC by: Grace Hopper\nReason: Needed\.\n/,
    );
    assert.doesNotMatch(words(), /of 1 approval/);
  });

  it("names everybody who approved once it is decided, with their reasons", () => {
    const votes = [
      aVote({ approver: alan, reason: "Looks right." }),
      aVote({ approver: grace, reason: "Agreed." }),
    ];
    const text = wordsOf(approvalCard(aView({ ...aRequest("approved"), votes })));
    assert.match(
      text,
      /by: Alan Turing\nReason: Looks right\.\nApproved on .* by: Grace Hopper\nReason: Agreed\./,
    );
  });

  it("says when policy approved it, and nobody", () => {
    const approved = { ...(aRequest("approved") as In<"approved">), decidedBy: policyActor };
    const text = wordsOf(approvalCard(aView(approved)));
    assert.match(text, /\nApproved on 20 Nov 2026, 14:05 UTC by policy: a rule .* without a person\.\n/);
  });

  it("says in words what has changed since the revision before", () => {
    const text = words({ changes: allDifferences });
    for (const expected of [
      "No longer asked for: Mail.Read (acts by itself), Global Reader (directory role)",
      "New: Mail.ReadBasic (acts by itself), Reports Reader (directory role)",
      "Sign-in no longer returns to: https://old.example/signin",
      "New: sign-in returns to: https://new.example/signin",
      "The secret lives 6 months, not 12.",
      "New name: New one\nName before: Old name",
      "Now people of this organisation only can sign in; before it was people of any organisation",
      "Usher alone now owns it in Entra.",
      "It now signs in with a certificate; before it was a secret.",
      "Something else has changed too",
    ]) {
      assert.ok(text.includes(expected), expected);
    }
    assert.doesNotMatch(words(), /What has changed/);
  });

  it("says what policy has against it, what still holds and what can be done, and then has no Approve", () => {
    const card = drawn({ policyRefusals: ["Nobody may read all mail."] });
    assert.match(
      wordsOf(card),
      /\nNobody may read all mail\.\nSo this cannot be approved as it is\. The request still waits: narrow it/,
    );
    assert.deepEqual(verbsOf(card), [
      "approval/narrow",
      "approval/return",
      "approval/deny",
      "approval/refresh",
    ]);
    assert.doesNotMatch(wordsOf(card), /say to Usher: approve/);
  });

  it("says what policy has made stricter since it was asked for", () => {
    const terms = someTermsNow({ changes: ["Policy has changed: it needs 2 approvals now, not 1."] });
    const card = drawn({ terms });
    assert.match(
      wordsOf(card),
      /What policy says now\nPolicy has changed: it needs 2 approvals now, not 1\./,
    );
    assert.ok(verbsOf(card).includes("approval/approve"));
  });

  it("asks for a reason before an approval only where policy wants one", () => {
    const inputs = (card: Card) => elements(card).flatMap(({ id }) => id ?? []);
    const strict = drawn({ terms: someTermsNow({ reasonToApprove: true }) });
    assert.deepEqual(inputs(strict), ["reason", "question", "denial"]);
    const approve = elements(strict).find(({ verb }) => verb === "approval/approve");
    assert.equal(approve?.associatedInputs, undefined);
    assert.match(wordsOf(strict), /approve REQ-7K3M9Q r2 and your reason/);
    assert.deepEqual(inputs(drawn()), ["question", "denial"]);
  });

  it("says that a sign-in comes first where policy wants one", () => {
    assert.match(words({ terms: someTermsNow({ freshSignIn: true }) }), /Approve leads to a sign-in first/);
    assert.doesNotMatch(words(), /sign-in first/);
  });

  it("says how to decide where a button does nothing", () => {
    assert.match(
      words(),
      /say to Usher: approve REQ-7K3M9Q r2, return REQ-7K3M9Q r2 and your question or deny REQ-7K3M9Q r2 and your/,
    );
  });

  it("makes what is beyond the vendor's minimum stand out", () => {
    const wide = { ...aPermission("Sites.Read.All"), beyondMinimum: true as const };
    const card = drawn({ permissions: [wide, aPermission("User.Read")] });
    assert.match(wordsOf(card), /Low risk \(2 permissions\): .* Beyond the vendor's minimum: 1\./);
    const run = elements(card).find(({ text }) => text === " · beyond the vendor's minimum");
    assert.equal(run?.weight, "Bolder");
  });

  it("says what became of a press, right under its title", () => {
    const card = approvalCard(pending(), { note: "Your approval is counted." });
    assertGoodCard(card);
    assert.equal(linesOf(card)[1], "Your approval is counted.");
  });
});

describe("somebody who cannot decide", () => {
  it("sees the same in every state, but no decision to press", () => {
    for (const state of allStates) {
      const card = approvalCard(aView(aRequest(state)), { for: "onlooker" });
      assertGoodCard(card);
      const canChange = ["pending", "returned", "offered", "expired", "approved", "cleaning"].includes(state);
      assert.deepEqual(verbsOf(card), canChange ? ["approval/refresh"] : [], state);
    }
  });

  it("reads who can decide, and nothing about how to", () => {
    const text = wordsOf(approvalCard(pending(), { for: "onlooker" }));
    assert.match(text, /^Waits for an approver\n/);
    assert.match(text, /\nCan decide: Grace Hopper, Alan Turing\nYou cannot decide on this request/);
    assert.doesNotMatch(text, /say to Usher|You are asked/);
  });

  it("has the card fetched anew by their client, for sixty people at most, while it is open", () => {
    const many = Array.from({ length: 70 }, (_, at) => `29:person-${at}`);
    const open = ["pending", "returned", "offered"];
    for (const state of allStates) {
      const { card } = messageCard({ kind: "approval", view: aView(aRequest(state)), refreshFor: many });
      assertGoodCard(card!);
      const refresh = card?.refresh as { userIds: string[]; action: object } | undefined;
      assert.equal(refresh?.userIds.length, open.includes(state) ? 60 : undefined, state);
      if (refresh) {
        assert.deepEqual(refresh.action, {
          type: "Action.Execute",
          title: "Refresh",
          verb: "approval/refresh",
          data: { verb: "approval/refresh", request: requestId },
        });
      }
    }
    assert.ok(!("refresh" in approvalCard(pending(), { refreshFor: [] })));
  });
});

describe("a request that waits for its requester", () => {
  const titles: [RequestState, RegExp, RegExp][] = [
    [
      "returned",
      /^Sent back with a question\nAsked on .* by: Grace Hopper\n/,
      /requester's turn: they answer/,
    ],
    [
      "offered",
      /^Narrowed, waits for the requester\nNarrowed on .* by: Grace/,
      /requester's turn: they accept/,
    ],
    [
      "expired",
      /^Expired: nobody decided in time\nExpired on 20 Nov 2026, 14:05 UTC\. Nothing was made\./,
      /./,
    ],
  ];
  for (const [state, title, turn] of titles) {
    it(`says so to approvers: ${state}`, () => {
      const text = wordsOf(approvalCard(aView(aRequest(state))));
      assert.match(text, title);
      assert.match(text, turn);
    });
  }
});

describe("what was said about a request", () => {
  const thread = [1, 2, 3, 4, 5].map((n) =>
    aSaid({ text: `Text ${n}.`, kind: n % 2 ? "question" : "answer" }),
  );

  it("shows its newest three whole, and counts what came before", () => {
    const text = words({ of: { thread } });
    assert.match(
      text,
      /2 earlier entries are not shown here\. To read all, say: status REQ-7K3M9Q\nQuestion, /,
    );
    assert.match(text, /Question, 20 Nov 2026, 14:05 UTC, revision 2: Grace Hopper\nText 5\.\n/);
    assert.doesNotMatch(text, /Text [12]\./);
    assert.match(words({ of: { thread: thread.slice(1) } }), /1 earlier entry is not shown here/);
  });

  it("is all on a card of its own, or the newest that fits", () => {
    const all = threadCard({ ...aRequest("pending"), thread });
    assertGoodCard(all);
    for (const { text } of thread) assert.ok(wordsOf(all).includes(text!), text);
    const many = Array.from({ length: 60 }, (_, n) => aSaid({ text: `${n} ${"漢".repeat(900)}` }));
    const cut = threadCard({ ...aRequest("pending"), thread: many });
    assertGoodCard(cut);
    assert.match(wordsOf(cut), /54 earlier entries left out: an admin can say audit REQ-7K3M9Q\./);
    assert.ok(wordsOf(cut).includes(many[59]!.text!));
  });
});

describe("sixty permissions", () => {
  const permissions = Array.from({ length: 60 }, (_, at) => ({
    ...aPermission(`SomeRatherLongResourceName${at}.ReadWrite.All`, at % 2 ? "application" : "delegated"),
    sentence: "s".repeat(160),
  }));
  const roles = [aRole("Global Reader")];
  const plan = aPlan({ permissions });
  const long = "漢".repeat(1000);
  const thread = [1, 2, 3].map((n) => aSaid({ text: `${n}${long.slice(1)}` }));
  const view = pending({ of: { plan, reason: long, thread }, permissions, roles });

  it("with a long reason and a long thread fit the card, and can be approved", () => {
    const card = approvalCard(view);
    assertGoodCard(card);
    for (const { name } of permissions) assert.ok(wordsOf(card).includes(name), name);
    assert.ok(wordsOf(card).includes(`Why: ${long}`));
    assert.ok(verbsOf(card).includes("approval/approve"));
    const list = elements(card).find(({ verb }) => verb === "approval/list");
    assert.equal(list?.title, "Show all: 60 permissions and 1 directory role");
  });

  it("leave out people for whom it is refreshed rather than anything of the plan", () => {
    const many = Array.from({ length: 60 }, (_, at) => `29:1${"x".repeat(100)}${at}`);
    const idsOn = (card: Card) => (card.refresh as { userIds: string[] } | undefined)?.userIds.length ?? 0;
    const card = approvalCard(view, { refreshFor: many });
    assertGoodCard(card);
    assert.ok(verbsOf(card).includes("approval/approve"));
    for (const { name } of permissions) assert.ok(wordsOf(card).includes(name), name);
    const few = idsOn(card);
    assert.ok(few > 0 && few <= 60, String(few));
    assert.equal(idsOn(approvalCard(pending(), { refreshFor: many })), 60);
    const wide = (count: number) => {
      const all = Array.from({ length: count }, (_, at) => aPermission(`${"n".repeat(90)}${at}`));
      return pending({ of: { plan: aPlan({ permissions: all }) }, permissions: all });
    };
    const canBeApproved = (count: number) => verbsOf(approvalCard(wide(count))).includes("approval/approve");
    let most = 60;
    while (canBeApproved(most + 8)) most += 8;
    const full = approvalCard(wide(most), { refreshFor: many });
    assertGoodCard(full);
    assert.ok(verbsOf(full).includes("approval/approve"));
    assert.ok(idsOn(full) < 60, String(idsOn(full)));
  });

  it("with texts of a thousand letters are shown with the thread whole", () => {
    const short = pending({
      of: {
        plan,
        reason: "r".repeat(1000),
        thread: thread.map((entry) => ({ ...entry, text: "t".repeat(1000) })),
      },
      permissions,
    });
    const card = approvalCard(short);
    assertGoodCard(card);
    assert.equal(linesOf(card).filter((line) => line === "t".repeat(1000)).length, 3);
  });

  it("are listed one press away with a sentence each, a page at a time", () => {
    const names = new Set<string>();
    for (let page = 0; page < 6; page++) {
      const card = allPowersCard(view, page);
      assertGoodCard(card);
      const text = wordsOf(card);
      for (const { name } of [...permissions, ...roles]) if (text.includes(`${name} · `)) names.add(name);
      assert.equal(text.includes("s".repeat(160)), true);
      const next = page < 5 ? ["approval/list"] : [];
      const before = page > 0 ? ["approval/list"] : [];
      assert.deepEqual(verbsOf(card), [...next, ...before, "approval/back"]);
    }
    assert.equal(names.size, 61);
    assert.deepEqual(allPowersCard(view, 99), allPowersCard(view, 5));
    assert.doesNotMatch(wordsOf(allPowersCard(view, 5)), /say to Usher/);
  });

  it("can be approved by command from the last page, where the card has no room for all of them", () => {
    const many = Array.from({ length: 600 }, (_, at) =>
      aPermission(`SomeRatherLongResourceName${at}.Read.All`),
    );
    const huge = pending({ of: { plan: aPlan({ permissions: many }) }, permissions: many });
    assert.ok(!verbsOf(approvalCard(huge)).includes("approval/approve"));
    const [first, last] = [allPowersCard(huge, 0), allPowersCard(huge, 49)];
    assert.doesNotMatch(wordsOf(first), /say to Usher/);
    assert.match(wordsOf(last), /Page 50 of 50[\s\S]*To approve it, say to Usher: approve REQ-7K3M9Q r2$/);
  });

  it("take no more room where somebody has sentences of another publisher in them", () => {
    const foreign = permissions.map((each) => ({
      ...each,
      sentence: "Nobody has described this permission to Usher yet: treat it as dangerous.",
      allows: "漢".repeat(600),
    }));
    assertGoodCard(allPowersCard(pending({ of: { plan, submittedAt: noon }, permissions: foreign }), 0));
  });
});
