import assert from "node:assert/strict";
import type { ConversationId, UserId } from "../../src/domain/ids.ts";
import { fingerprintOf } from "../../src/domain/plan.ts";
import type { In, Request } from "../../src/domain/request.ts";
import type { StepRow } from "../../src/usecases/ports/steps.ts";
import {
  aDraftId,
  ada,
  afterNoon,
  aPendingRequest,
  aPermission,
  aPlan,
  aRequestId,
  aVote,
  aWaiting,
  ben,
  chat,
  cleo,
  minutes,
  noon,
  someTerms,
  somethingSaid,
} from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

const oddBen = { ...ben, name: odd };
const of = () => ({ draft: aDraftId(), origin: chat, answers: {} });

/** What was written is one version on. */
const written = (to: Request, from: Request): Request => ({ ...to, version: from.version + 1 });

/** Without what only an open one has. */
function closed({ waiting: _waiting, state: _state, ...asked }: In<"pending">) {
  return asked;
}

forEachStore("the store keeps requests", ({ one, store, stored, tables }) => {
  const now = (request: Request) => tables().requests.get(request.id);
  const decided = { decidedBy: oddBen, decidedAt: afterNoon(1234) };
  const turned = { by: oddBen, at: afterNoon(4321) };
  const ends: ((request: In<"pending">) => Request)[] = [
    (request) => ({ ...closed(request), ...decided, state: "approved" }),
    (request) => ({ ...closed(request), ...decided, state: "denied", denial: odd }),
    (request) => ({ ...closed(request), ...decided, state: "provisioned" }),
    (request) => ({ ...closed(request), ...decided, state: "failed", failure: odd }),
    (request) => ({ ...closed(request), ...decided, state: "failed", failure: odd, isHalfUndone: true }),
    (request) => ({
      ...closed(request),
      ...decided,
      state: "cleaning",
      failure: odd,
      cleaningBy: turned.by,
      cleaningSince: turned.at,
    }),
    (request) => ({
      ...closed(request),
      ...decided,
      state: "cleaned",
      failure: odd,
      cleanedBy: turned.by,
      cleanedAt: turned.at,
    }),
    (request) => ({
      ...closed(request),
      ...decided,
      state: "cleaned",
      failure: odd,
      cleanedBy: turned.by,
      cleanedAt: turned.at,
      stays: odd,
    }),
    (request) => ({ ...closed(request), state: "withdrawn", withdrawnAt: later }),
    (request) => ({ ...closed(request), state: "expired", expiredAt: later }),
    (request) => ({
      ...request,
      state: "returned",
      question: odd,
      returnedBy: turned.by,
      returnedAt: turned.at,
    }),
    (request) => ({ ...request, state: "offered", offeredBy: turned.by, offeredAt: turned.at, revision: 2 }),
    (request) => ({ ...request, revision: 2 }),
  ];

  it("and knows which are being cleaned up, and which could not be made", async () => {
    const cleaned = (request: In<"pending">): Request[] => {
      const failed = { ...closed(request), ...decided, failure: odd };
      const by = { cleaningBy: turned.by, cleaningSince: turned.at };
      return [
        { ...failed, state: "failed", isHalfUndone: true },
        { ...failed, ...by, state: "cleaning" },
        { ...failed, state: "cleaned", cleanedBy: turned.by, cleanedAt: turned.at },
      ];
    };
    const before = await tables().requests.cleaning();
    const wanted: string[] = [];
    for (const at of [0, 1, 2]) {
      const request = await stored();
      const to = cleaned(request)[at] as Request;
      assert.equal(await tables().requests.change(request, to), true);
      if (to.state === "cleaning") wanted.push(to.id);
    }
    const failed = await tables().requests.failed(1000);
    assert.ok(
      failed.every(({ state }) => state === "failed") && failed.some(({ isHalfUndone }) => isHalfUndone),
    );
    const after = (await tables().requests.cleaning()).filter((id) => !before.includes(id));
    assert.deepEqual(after, wanted);
  });

  it("and finds those whose making or cleaning up waits, and says so", async () => {
    const by = { decidedBy: ben, decidedAt: later };
    const row = { step: "application", intent: {}, outcome: {}, attempts: 1, firstAttemptAt: noon } as const;
    const made = async (rows: Partial<StepRow>[]) => {
      const request = await stored();
      await tables().requests.change(request, { ...request, ...by, state: "approved" });
      const lease = await tables().steps.claim(request.id, noon, later);
      for (const each of rows)
        await tables().steps.write(lease ?? assert.fail("no lease"), { ...row, state: "waiting", ...each });
      return request.id;
    };
    const [waits, works, done] = [
      await made([{ note: odd }]),
      await made([{ state: "intended" }]),
      await made([{ state: "done", note: odd }]),
    ];
    const found = (await tables().requests.waiting(1000)).map(({ id }) => id);
    assert.deepEqual(
      [waits, works, done].map((id) => found.filter((each) => each === id).length),
      [1, 0, 0],
    );
  });

  it("as they were written, while pending", async () => {
    const request = await stored({
      reason: odd,
      requester: { ...ada, name: odd },
      plan: aPlan({ next: [odd] }),
      terms: someTerms({
        rank: "tier0",
        approvals: 3,
        reasonToApprove: true,
        freshSignIn: true,
        linkHours: 1,
      }),
    });
    assert.deepEqual(await now(request), request);
  });

  it("as they were written, when no group of approvers was named", async () => {
    const { approvers: _, ...terms } = someTerms();
    const request = await stored({ terms });
    assert.deepEqual(await now(request), request);
  });

  it("with votes, thread, the plan before and all that they wait for, whose moments are moments again", async () => {
    const request = await stored({
      votes: [aVote(oddBen, { reason: odd, at: afterNoon(1) }), aVote(cleo, { surface: "web" })],
      thread: [
        somethingSaid({ text: odd, by: oddBen, at: afterNoon(2) }),
        somethingSaid({ kind: "answer", by: ada, revision: 2 }),
        { at: noon, by: ada, kind: "accept", revision: 3 },
      ],
      before: aPlan({ displayName: odd }),
      waiting: aWaiting({
        remindAt: afterNoon(3),
        escalateAt: afterNoon(4),
        escalatedAt: afterNoon(5),
        nudgedAt: afterNoon(6),
        reminders: 7,
      }),
    });
    assert.deepEqual(await now(request), request);
  });

  for (const end of ends) {
    const { state, revision } = end(aPendingRequest());
    it(`as they were written, once ${state} at revision ${revision}`, async () => {
      const request = await stored({ votes: [aVote()], thread: [somethingSaid()] });
      const to = end(request);
      assert.equal(await tables().requests.change(request, to), true);
      assert.deepEqual(await now(request), written(to, request));
    });
  }

  it("and turns one round to the requester and back, without what was before", async () => {
    let from: Request = await stored();
    const pending = from as In<"pending">;
    const plan = aPlan({ permissions: [aPermission()] });
    const changed = { plan, fingerprint: fingerprintOf(plan), before: pending.plan, revision: 2 };
    const round: Request[] = [
      { ...pending, state: "returned", question: odd, returnedBy: ben, returnedAt: later },
      { ...pending, ...changed, reason: odd, terms: someTerms({ rank: "low" }) },
      { ...pending, ...changed, state: "offered", offeredBy: ben, offeredAt: later, votes: [aVote()] },
      { ...pending, ...changed, votes: [aVote(), aVote(cleo)] },
      { ...closed(pending), ...changed, state: "withdrawn", withdrawnAt: later },
    ];
    for (const to of round) {
      assert.equal(await tables().requests.change(from, to), true);
      const read = await now(from);
      assert.deepEqual(read, written(to, from));
      from = read as Request;
    }
  });

  it("and knows neither one that was never stored nor what belongs to it", async () => {
    const id = aRequestId();
    assert.equal(await tables().requests.get(id), undefined);
    assert.equal(await tables().requests.ofDraft(aDraftId()), undefined);
    assert.equal(await tables().requests.origin(id), undefined);
    assert.equal(await tables().requests.answers(id), undefined);
    assert.equal(await tables().requests.knownDeciders(id), undefined);
  });

  it("one for each draft, with what was typed and the conversation that it came from", async () => {
    const [first, second] = [aPendingRequest(), aPendingRequest()];
    const draft = aDraftId();
    const origin = "19:origin@thread.tacv2" as ConversationId;
    const answers = { q_text: `${odd}\0`, q_many: ["a", "b"], q_flag: "true" };
    assert.equal(await tables().requests.insert(first, { draft, origin, answers }), true);
    assert.equal(await tables().requests.insert(second, { ...of(), draft }), false);
    assert.deepEqual(await tables().requests.ofDraft(draft), first);
    assert.equal(await now(second), undefined);
    assert.equal(await tables().requests.origin(first.id), origin);
    assert.deepEqual(await tables().requests.answers(first.id), { ...answers, q_text: odd });
  });

  it("one for each id, and leaves the first as it is", async () => {
    const request = await stored();
    const repeated = { ...request, requester: ben };
    assert.equal(await tables().requests.insert(repeated, of()), false);
    assert.deepEqual(await now(request), request);
  });

  it("one, when a draft is submitted twenty times at once", async () => {
    const draft = aDraftId();
    const taken = await Promise.all(
      twenty.map((n) => one(n).tables.requests.insert(aPendingRequest(), { ...of(), draft })),
    );
    assert.equal(taken.filter(Boolean).length, 1);
  });

  it("a new revision once for its draft, which then leads to it beside the first, with what was typed anew", async () => {
    const request = aPendingRequest();
    const [first, draft] = [aDraftId(), aDraftId()];
    await tables().requests.insert(request, { ...of(), draft: first });
    const revised = { ...request, revision: 2, reason: "It reads groups too." };
    const won = await Promise.all(
      twenty.map((n) =>
        one(n).tables.requests.change(request, revised, { draft, answers: { q_n: String(n) } }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.deepEqual(await tables().requests.ofDraft(draft), written(revised, request));
    assert.deepEqual(await tables().requests.ofDraft(first), written(revised, request));
    assert.equal(await tables().requests.insert(aPendingRequest(), { ...of(), draft: first }), false);
    assert.deepEqual(await tables().requests.answers(request.id), { q_n: String(won.indexOf(true)) });
  });

  it("and keeps what was typed when it only changes its state", async () => {
    const request = aPendingRequest();
    const draft = aDraftId();
    await tables().requests.insert(request, { ...of(), draft, answers: { q_text: odd } });
    const withdrawn = { ...closed(request), state: "withdrawn", withdrawnAt: later } as const;
    await tables().requests.change(request, withdrawn);
    assert.deepEqual(await tables().requests.answers(request.id), { q_text: odd });
    assert.equal((await tables().requests.ofDraft(draft))?.id, request.id);
  });

  it("and lets one of twenty deciders at once win, whose decision it then is", async () => {
    const request = await stored();
    const ways = twenty.map((n): Request => {
      const decision = { decidedBy: { ...ben, name: `Approver ${n}` }, decidedAt: afterNoon(n) };
      return n % 3
        ? { ...closed(request), ...decision, state: "approved" }
        : { ...closed(request), ...decision, state: "denied", denial: `No ${n}` };
    });
    const won = await Promise.all(
      ways.map((way, n) => one(n).inTransaction(({ requests }) => requests.change(request, way))),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.deepEqual(await now(request), written(ways[won.indexOf(true)] as Request, request));
  });

  it("and loses no vote: of twenty voters who saw none, one writes and the others must read again", async () => {
    const request = await stored();
    const voters = twenty.map((n) => ({ userId: `voter ${n}` as UserId, name: `Voter ${n}` }));
    const voteUntilCounted = async (voter: (typeof voters)[number], n: number) => {
      for (let tries = 1; ; tries++) {
        const seen = (await one(n).tables.requests.get(request.id)) as In<"pending">;
        const to = { ...seen, votes: [...seen.votes, aVote(voter)] };
        if (await one(n).inTransaction(({ requests }) => requests.change(seen, to))) return tries;
      }
    };
    await Promise.all(voters.map(voteUntilCounted));
    const read = (await now(request)) as In<"pending">;
    const names = read.votes.map(({ approver }) => approver.name);
    assert.deepEqual(names.toSorted(), voters.map(({ name }) => name).toSorted());
    assert.equal(read.version, request.version + 20);
  });

  it("and changes nothing over another change, even where state and revision are the same", async () => {
    const request = await stored();
    const voted = { ...request, votes: [aVote()] };
    assert.equal(await tables().requests.change(request, voted), true);
    const nudged = { ...request, waiting: aWaiting({ nudgedAt: noon }) };
    const withdrawn = { ...closed(request), state: "withdrawn", withdrawnAt: later } as const;
    for (const late of [nudged, withdrawn])
      assert.equal(await tables().requests.change(request, late), false);
    assert.deepEqual(await now(request), written(voted, request));
  });

  it("and is as it was when the transaction of a change fails", async () => {
    const request = await stored();
    const failing = store().inTransaction(async ({ requests }) => {
      assert.ok(await requests.change(request, { ...request, revision: 2 }));
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(await now(request), request);
  });

  it("and finds the oldest pending and a person's newest", async () => {
    const requester = { userId: "aaaaaaaa-0000-4000-8000-0000000000aa" as UserId, name: "Dana" };
    const at = (minute: number) => stored({ requester, submittedAt: afterNoon(minute * minutes - 1e9) });
    const [first, second, third] = [await at(1), await at(2), await at(3)];
    await tables().requests.change(second, { ...closed(second), state: "withdrawn", withdrawnAt: later });
    const ids = (found: Request[]) => found.map(({ id }) => id);
    assert.deepEqual(ids(await tables().requests.pending(2)), [first.id, third.id]);
    assert.deepEqual(ids(await tables().requests.newestOf(requester.userId, 2)), [third.id, second.id]);
  });
});
