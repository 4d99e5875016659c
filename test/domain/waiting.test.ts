import assert from "node:assert/strict";
import {
  beginWaiting,
  dueNow,
  escalated,
  nextDue,
  nudgeAgainAt,
  reminded,
} from "../../src/domain/waiting.ts";
import { afterNoon, aRankPolicy, aWaiting, days, hours, noon } from "../support/builders.ts";

const policy = aRankPolicy({ remindAfterHours: 24, escalateAfterHours: 72, expireAfterHours: 336 });
const at = (hour: number) => afterNoon(hour * hours);

describe("a request that begins to wait", () => {
  it("has its moments from then on, by the hours that policy names", () => {
    assert.deepEqual(beginWaiting(policy, noon), {
      remindAt: at(24),
      escalateAt: at(72),
      expiresAt: at(336),
      reminders: 0,
    });
  });

  it("keeps when it was nudged, when it begins anew", () => {
    const before = aWaiting({ nudgedAt: at(1), reminders: 3, escalatedAt: at(72) });
    assert.deepEqual(beginWaiting(aRankPolicy({ expireAfterHours: 1 }), at(80), before), {
      expiresAt: at(81),
      nudgedAt: at(1),
      reminders: 0,
    });
  });

  it("has an end, also where policy wants no reminder and no escalation", () => {
    assert.deepEqual(beginWaiting(aRankPolicy({ expireAfterHours: 1 }), noon), {
      expiresAt: at(1),
      reminders: 0,
    });
  });
});

describe("what is due", () => {
  const waiting = beginWaiting(policy, noon);
  const table = [
    ["nothing before the first moment", waiting, afterNoon(24 * hours - 1), undefined],
    ["a reminder at its moment", waiting, at(24), "remind"],
    ["the escalation before a reminder", waiting, at(72), "escalate"],
    ["a reminder once it is escalated", escalated(waiting, at(72)), at(73), "remind"],
    [
      "nothing a moment before the end, when all else was done",
      aWaiting({ expiresAt: at(336) }),
      afterNoon(336 * hours - 1),
      undefined,
    ],
    ["the end at its moment, before all else", waiting, at(336), "expire"],
    ["the end only, after an outage of a month", waiting, afterNoon(30 * days), "expire"],
  ] as const;
  for (const [what, of, now, due] of table) {
    it(`is ${what}`, () => assert.equal(dueNow(of, now), due));
  }
});

describe("the moment at which something is due next", () => {
  const waiting = beginWaiting(policy, noon);
  const table = [
    ["the reminder's, when that comes first", waiting, at(24)],
    ["the escalation's, when the reminder comes later", { ...waiting, remindAt: at(80) }, at(72)],
    [
      "not that of an escalation that was carried out",
      escalated({ ...waiting, remindAt: at(80) }, at(72)),
      at(80),
    ],
    ["the end's, when nothing else is left", aWaiting({ expiresAt: at(336) }), at(336)],
    [
      "the end's, when the reminder would come later",
      { ...waiting, remindAt: at(400), escalateAt: at(400) },
      at(336),
    ],
  ] as const;
  for (const [what, of, moment] of table) {
    it(`is ${what}`, () => assert.deepEqual(nextDue(of), moment));
  }
});

describe("a reminder", () => {
  it("is counted, and the next comes a whole interval after it, however late it was", () => {
    const late = reminded(beginWaiting(policy, noon), policy, at(240));
    assert.equal(late.reminders, 1);
    assert.deepEqual(late.remindAt, at(264));
    assert.equal(dueNow(escalated(late, at(240)), at(263)), undefined);
  });

  it("is the last where policy wants none any more", () => {
    const last = reminded(beginWaiting(policy, noon), aRankPolicy(), at(24));
    assert.equal("remindAt" in last, false);
  });
});

describe("a nudge", () => {
  const table = [
    ["may come when there was none", undefined, noon, undefined],
    ["may not come again within a day", noon, afterNoon(days - 1), afterNoon(days)],
    ["may come again after a day", noon, afterNoon(days), undefined],
  ] as const;
  for (const [what, nudgedAt, now, again] of table) {
    it(what, () => assert.deepEqual(nudgeAgainAt(aWaiting(nudgedAt && { nudgedAt }), now), again));
  }
});
