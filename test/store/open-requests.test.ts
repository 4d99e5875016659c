import assert from "node:assert/strict";
import type { UserId } from "../../src/domain/ids.ts";
import type { In, Request } from "../../src/domain/request.ts";
import type { KnownDeciders } from "../../src/usecases/ports/requests.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import {
  aDraftId,
  afterNoon,
  anOfferedRequest,
  aPendingRequest,
  aPlan,
  aRequestId,
  aReturnedRequest,
  aWaiting,
  ben,
  chat,
  cleo,
  minutes,
  noon,
} from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

let people = 0;
/** Somebody who has asked for nothing yet. */
const somebody = () => ({
  userId: `aaaaaaaa-0000-4000-8000-1${String(++people).padStart(11, "0")}` as UserId,
  name: "Dana",
});

/** What a request becomes once nobody has to do anything about it, one for each state. */
const ended = ({ waiting: _waiting, ...asked }: In<"pending">): Request[] => {
  const decided = { ...asked, decidedBy: ben, decidedAt: noon };
  return [
    { ...asked, state: "withdrawn", withdrawnAt: later },
    { ...asked, state: "expired", expiredAt: later },
    { ...decided, state: "denied", denial: "no" },
    { ...decided, state: "approved" },
    { ...decided, state: "provisioned" },
    { ...decided, state: "failed", failure: "nothing was made" },
    { ...decided, state: "cleaning", failure: "half was made", cleaningBy: ben, cleaningSince: later },
    { ...decided, state: "cleaned", failure: "half was made", cleanedBy: ben, cleanedAt: later },
  ];
};
const opened = ({ id, requester, plan, waiting, submittedAt }: In<"pending">): Request[] => [
  aReturnedRequest({ id, requester, plan, waiting, submittedAt }),
  anOfferedRequest({ id, requester, plan, waiting, submittedAt }),
];

forEachStore("the store knows which requests are open", ({ one, store, stored, tables }) => {
  it("and counts those of one person, in every state that is open and none that is not", async () => {
    const [requester, other] = [somebody(), somebody()];
    await stored({ requester: other });
    const count = () => store().inTransaction(({ requests }) => requests.countOpen(requester.userId));
    assert.equal(await count(), 0);
    const pending = await stored({ requester });
    for (const turn of [0, 1]) {
      const request = await stored({ requester });
      assert.ok(await tables().requests.change(request, opened(request)[turn] as Request));
    }
    for (const at of ended(pending).keys()) {
      const request = await stored({ requester });
      assert.ok(await tables().requests.change(request, ended(request)[at] as Request));
    }
    assert.equal(await count(), 3);
  });

  /** Asks once more unless five are open, as the submission does. */
  const askOnceMore = async ({ requests }: Tables, requester: In<"pending">["requester"]) => {
    if ((await requests.countOpen(requester.userId)) >= 5) return false;
    return requests.insert(aPendingRequest({ requester }), { draft: aDraftId(), origin: chat, answers: {} });
  };

  it("and holds the count, so that twenty at once cannot make a sixth", async () => {
    const requester = somebody();
    for (let n = 0; n < 4; n++) await stored({ requester });
    const made = await Promise.all(
      twenty.map((n) => one(n).inTransaction((its) => askOnceMore(its, requester))),
    );
    assert.equal(made.filter(Boolean).length, 1);
    assert.equal((await tables().requests.newestOf(requester.userId, 10)).length, 5);
  });

  it("and lets the next one count once the one before has failed", async () => {
    const requester = somebody();
    for (let n = 0; n < 4; n++) await stored({ requester });
    const failing = store().inTransaction(async (its) => {
      assert.ok(await askOnceMore(its, requester));
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    assert.equal(await one(0).inTransaction((its) => askOnceMore(its, requester)), true);
  });

  it("and finds those of one person for one system, also what is being made, newest first", async () => {
    const [requester, other] = [somebody(), somebody()];
    const payroll = aPlan({ blueprint: { id: "payroll", title: "Payroll" } });
    const at = (minute: number, given: Partial<In<"pending">> = {}) =>
      stored({ requester, plan: payroll, submittedAt: afterNoon(minute * minutes), ...given });
    const [old, young] = [await at(1), await at(3)];
    await at(2, { requester: other });
    await at(2, { plan: aPlan() });
    const turnedRound = await at(2);
    const offered = opened(turnedRound)[1] as Request;
    await tables().requests.change(turnedRound, offered);
    for (const which of ended(old).keys()) {
      const request = await at(4);
      await tables().requests.change(request, ended(request)[which] as Request);
    }
    const [made, ...open] = await tables().requests.openFor(requester.userId, "payroll");
    assert.equal(made?.state, "approved", "what is being made counts as there already");
    assert.deepEqual(open, [young, { ...offered, version: 2 }, old]);
    assert.deepEqual(await tables().requests.openFor(somebody().userId, "payroll"), []);
  });

  it("and follows a request whose new revision is for another system", async () => {
    const requester = somebody();
    const request = await stored({ requester, plan: aPlan({ blueprint: { id: "old", title: "Old" } }) });
    const plan = aPlan({ blueprint: { id: "new", title: "New" } });
    assert.ok(await tables().requests.change(request, { ...request, plan, revision: 2 }));
    assert.deepEqual(await tables().requests.openFor(requester.userId, "old"), []);
    assert.equal((await tables().requests.openFor(requester.userId, "new")).length, 1);
  });
});

forEachStore("the store knows what is due", ({ stored, tables }) => {
  const due = (now: Date, limit = 100) => tables().requests.due(now, limit);

  it("by the first of its dates, to the millisecond, longest overdue first", async () => {
    const at = (ms: number) => new Date(afterNoon(ms).getTime() - 1e12);
    const expires = await stored({ waiting: aWaiting({ expiresAt: at(30) }) });
    const reminds = await stored({ waiting: aWaiting({ expiresAt: at(1e9), remindAt: at(10) }) });
    const escalates = await stored({
      waiting: aWaiting({ expiresAt: at(1e9), remindAt: at(1e8), escalateAt: at(20) }),
    });
    const escalatedAlready = await stored({
      waiting: aWaiting({ expiresAt: at(1e9), escalateAt: at(5), escalatedAt: at(6) }),
    });
    assert.deepEqual(await due(at(9)), []);
    assert.deepEqual(await due(at(10)), [reminds.id]);
    assert.deepEqual(await due(at(20)), [reminds.id, escalates.id]);
    assert.deepEqual(await due(at(40)), [reminds.id, escalates.id, expires.id]);
    assert.deepEqual(await due(at(40), 2), [reminds.id, escalates.id]);
    assert.equal((await due(at(1e9))).filter((id) => id === escalatedAlready.id).length, 1);
  });

  it("and no more what has been done about, or is open no longer", async () => {
    const past = { waiting: aWaiting({ expiresAt: noon }) };
    const moved = await stored(past);
    assert.ok(await tables().requests.change(moved, { ...moved, waiting: aWaiting() }));
    const over: Request[] = [];
    for (const at of ended(aPendingRequest()).keys()) {
      const request = await stored(past);
      assert.ok(await tables().requests.change(request, ended(request)[at] as Request));
      over.push(request);
    }
    const turned = await stored(past);
    assert.ok(await tables().requests.change(turned, opened(turned)[0] as Request));
    const found = await due(noon);
    assert.ok(found.includes(turned.id), "the requester's turn runs out as well");
    for (const { id } of [moved, ...over]) assert.ok(!found.includes(id));
  });
});

forEachStore("the store remembers who could decide", ({ stored, tables }) => {
  const known: KnownDeciders = {
    at: later,
    approvers: [{ ...ben, name: odd }, cleo],
    groupName: odd,
    alternates: [],
  };

  it("as it was told last, without changing the request", async () => {
    const request = await stored();
    assert.equal(await tables().requests.knownDeciders(request.id), undefined);
    await tables().requests.rememberDeciders(request.id, known);
    assert.deepEqual(await tables().requests.knownDeciders(request.id), known);
    const { groupName: _, ...nameless } = { ...known, at: noon, approvers: [], alternates: [cleo] };
    await tables().requests.rememberDeciders(request.id, nameless);
    assert.deepEqual(await tables().requests.knownDeciders(request.id), nameless);
    assert.deepEqual(await tables().requests.get(request.id), request);
    assert.equal(await tables().requests.change(request, { ...request, revision: 2 }), true);
    assert.deepEqual(await tables().requests.knownDeciders(request.id), nameless);
  });

  it("and of nothing for a request that is not there", async () => {
    const id = aRequestId();
    await tables().requests.rememberDeciders(id, known);
    assert.equal(await tables().requests.knownDeciders(id), undefined);
  });
});
