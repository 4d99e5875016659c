import assert from "node:assert/strict";
import {
  isUnowned,
  judgeOwners,
  nextLook,
  type OwnersLook,
  type OwnersState,
  type WhyGone,
  whyGone,
} from "../../src/domain/leavers.ts";
import type { Actor } from "../../src/domain/request.ts";
import { ada, afterNoon, ben, cleo, days, hours, minutes, noon } from "../support/builders.ts";

const nothing: OwnersState = { absences: [] };
const look = (owners: Actor[], gone: Actor[] = [], rest: Partial<OwnersLook> = {}): OwnersLook => ({
  owners,
  gone: new Map(gone.map(({ userId }) => [userId, "disabled" as WhyGone])),
  wanted: 1,
  hasOpenOffer: false,
  ...rest,
});
const absence = ({ userId }: Actor, isConfirmed = true) => ({
  userId,
  why: "disabled" as const,
  firstSeen: afterNoon(-1 * hours),
  ...(isConfirmed && { confirmedAt: noon }),
});
const act = (before: OwnersState, at: OwnersLook, now = noon) => judgeOwners(before, at, now).act;

describe("whether an owner can be counted on", () => {
  const person = { userId: ada.userId, name: "Ada", isEnabled: true, isGuest: false };
  const cases: [string, Parameters<typeof whyGone>, WhyGone | undefined][] = [
    ["somebody who is there and may ask", [person, true], undefined],
    ["somebody without an account", [undefined, true], "deleted"],
    ["a disabled account", [{ ...person, isEnabled: false }, true], "disabled"],
    ["somebody who has left the group that may ask", [person, false], "may-not-ask"],
    ["a guest", [{ ...person, isGuest: true }, true], "may-not-ask"],
  ];
  for (const [who, given, why] of cases)
    it(`is answered for ${who}`, () => assert.equal(whyGone(...given), why));
});

describe("owners who are looked up", () => {
  it("need nothing while they are there", () => {
    assert.deepEqual(judgeOwners(nothing, look([ada]), noon), { act: { act: "none" }, state: nothing });
  });

  it("are looked at again half an hour later when one is gone, and nothing is done before", () => {
    const first = judgeOwners(nothing, look([ada], [ada]), noon);
    assert.deepEqual(first.act, { act: "look-again", at: afterNoon(30 * minutes) });
    const early = judgeOwners(first.state, look([ada], [ada]), afterNoon(29 * minutes));
    assert.deepEqual(early.act, { act: "look-again", at: afterNoon(30 * minutes) });
    const back = judgeOwners(first.state, look([ada]), afterNoon(30 * minutes));
    assert.deepEqual(back, { act: { act: "none" }, state: nothing });
    const second = judgeOwners(first.state, look([ada], [ada]), afterNoon(30 * minutes));
    assert.equal(second.act.act, "find-successor");
    assert.equal(isUnowned([ada], first.state), false);
    assert.equal(isUnowned([ada], second.state), true);
  });

  it("count as gone since the first look, also where the account is deleted meanwhile", () => {
    const first = judgeOwners(nothing, look([ada], [ada]), noon).state;
    const deleted = { ...look([ada]), gone: new Map([[ada.userId, "deleted" as const]]) };
    const { act } = judgeOwners(first, deleted, afterNoon(31 * minutes));
    assert.ok(act.act === "find-successor" && act.gone.why === "deleted" && act.from === ada);
  });

  it("leave the other one as the only owner, whichever it is", () => {
    for (const [gone, stays] of [
      [ada, ben],
      [ben, ada],
    ] as const) {
      const { act, state } = judgeOwners(
        { absences: [absence(gone)] },
        look([ada, ben], [gone], { wanted: 2 }),
        noon,
      );
      assert.deepEqual(act, { act: "remove", gone: absence(gone), from: gone, stays });
      assert.deepEqual(state, nothing);
    }
  });

  it("are not taken off the record while it is in doubt whether the other one is there", () => {
    const before = { absences: [absence(ada)] };
    assert.equal(act(before, look([ada, ben], [ada, ben])).act, "look-again");
  });
});

describe("a registration that nobody owns", () => {
  const unowned = { absences: [absence(ada)] };

  it("waits while somebody is asked, and is told of when that comes to nothing", () => {
    const asked = { ...unowned, offerId: "offer" };
    assert.equal(act(asked, look([ada], [ada], { hasOpenOffer: true })).act, "none");
    assert.equal(act(asked, look([ada], [ada])).act, "tell-approvers");
  });

  it("is nobody's while the one who left had somebody asked, and that ends", () => {
    const offered = (by: Actor) => ({ hasOpenOffer: true, offeredBy: by.userId });
    const ended = judgeOwners(unowned, look([ada], [ada], offered(ada)), noon);
    assert.deepEqual([ended.act.act, ended.endsOffer], ["find-successor", true]);
    const byAnother = judgeOwners(unowned, look([ada], [ada], offered(cleo)), noon);
    assert.deepEqual([byAnother.act.act, byAnother.endsOffer], ["none", undefined]);
    const seenOnce = { absences: [absence(ada, false)] };
    const early = judgeOwners(seenOnce, look([ada], [ada], offered(ada)), afterNoon(-40 * minutes));
    assert.deepEqual([early.act.act, early.endsOffer], ["look-again", undefined]);
    const two = judgeOwners(unowned, look([ada, ben], [ada], offered(ada)), noon);
    assert.deepEqual([two.act.act, two.endsOffer], ["remove", true]);
  });

  it("is looked for again each day while nobody can be told, and owned again as by any other", () => {
    const noted = { ...unowned, leftAt: noon };
    assert.equal(act(noted, look([ada], [ada]), afterNoon(days)).act, "find-successor");
    const { act: back, state } = judgeOwners(noted, look([ada]), afterNoon(days));
    assert.deepEqual(back, { act: "back", owner: ada, wasTold: false });
    assert.deepEqual(state, nothing);
  });

  it("is told of once a week, however often it is looked at", () => {
    let state: OwnersState = { ...unowned, offerId: "offer", toldAt: noon };
    const told: number[] = [];
    for (let day = 1; day <= 21; day++) {
      const judged = judgeOwners(state, look([ada], [ada]), afterNoon(day * days));
      state = judged.state;
      if (judged.act.act !== "tell-approvers") continue;
      told.push(day);
      state = { ...state, toldAt: afterNoon(day * days) };
    }
    assert.deepEqual(told, [7, 14, 21]);
  });

  it("is owned again when its owner comes back, and begins anew should they leave again", () => {
    const told = { ...unowned, offerId: "offer", toldAt: noon };
    const { act, state } = judgeOwners(told, look([ada], [], { hasOpenOffer: true }), afterNoon(days));
    assert.deepEqual(act, { act: "back", owner: ada, wasTold: true });
    assert.deepEqual(state, nothing);
  });

  it("has nothing left of that once somebody took it over", () => {
    const told = { ...unowned, offerId: "offer", toldAt: noon };
    assert.deepEqual(judgeOwners(told, look([cleo]), noon), { act: { act: "none" }, state: nothing });
  });

  it("loses the other gone owner once one of two was taken over from", () => {
    const both = { absences: [absence(ada), absence(ben)], offerId: "offer" };
    const { act } = judgeOwners(both, look([cleo, ben], [ben]), noon);
    assert.ok(act.act === "remove" && act.from === ben && act.stays === cleo);
  });
});

describe("a second owner", () => {
  it("is asked for at once, each week, and after four weeks the approvers hear of it once", () => {
    let state = nothing;
    const asked: string[] = [];
    for (let day = 0; day <= 42; day++) {
      const judged = judgeOwners(state, look([ada], [], { wanted: 2 }), afterNoon(day * days));
      state = judged.state;
      const { act } = judged;
      if (act.act === "ask-for-another")
        asked.push(`${day}${act.isFirst ? " first" : ""}${act.tellsApprovers ? " told" : ""}`);
    }
    assert.deepEqual(asked, ["0 first", "7", "14", "21", "28 told", "35", "42"]);
  });

  it("is not asked for while somebody has yet to answer, nor once there are two, nor where one is enough", () => {
    assert.equal(act(nothing, look([ada], [], { wanted: 2, hasOpenOffer: true })).act, "none");
    assert.equal(act(nothing, look([ada, ben], [], { wanted: 2 })).act, "none");
    const asked = { absences: [], askedFirst: noon, askedAt: noon };
    assert.deepEqual(judgeOwners(asked, look([ada, ben], [], { wanted: 2 }), noon).state, nothing);
    assert.deepEqual(judgeOwners(asked, look([ada]), noon).state, nothing);
  });
});

describe("the look of the day", () => {
  it("comes at a time of its own for each registration, and at the same time every day", () => {
    const first = nextLook("REQ-000001", noon);
    assert.ok(first > noon && first.getTime() - noon.getTime() <= days);
    assert.deepEqual(nextLook("REQ-000001", first), new Date(first.getTime() + days));
    const hoursTaken = new Set(
      Array.from({ length: 500 }, (_, n) => nextLook(`REQ-${n}`, noon).getUTCHours()),
    );
    assert.equal(hoursTaken.size, 24);
  });
});
