import assert from "node:assert/strict";
import {
  askAgainAt,
  type DaysLeft,
  firstTelling,
  judgeExpiry,
  nextCalmMoment,
  nextYearly,
  type Told,
} from "../../src/domain/expiry.ts";
import {
  type Day,
  dayOf,
  daysBetween,
  daysLater,
  nineOn,
  parseTimeZone,
  type TimeZone,
  utc,
} from "../../src/domain/local-day.ts";

const berlin = "Europe/Berlin" as TimeZone;
const newYork = "America/New_York" as TimeZone;
const auckland = "Pacific/Auckland" as TimeZone;
const at = (text: string) => new Date(text);
const day = (text: string) => text as Day;
const told = (daysLeft: DaysLeft, on: string): Told => ({ daysLeft, on: day(on) });

/** When a day with everything told on time would say what. */
function story(endsAt: Date, zone: TimeZone, from: Date) {
  const said: string[] = [];
  let now = firstTelling(endsAt, zone, from);
  let last: Told | undefined;
  for (let look = 0; look < 20; look++) {
    const verdict = judgeExpiry(endsAt, zone, now, last);
    if (verdict === "told-all") return said;
    if ("waitUntil" in verdict) {
      assert.ok(verdict.waitUntil > now, "what is waited for is later");
      now = verdict.waitUntil;
      continue;
    }
    said.push(`${verdict.tell}: ${now.toISOString()}`);
    last = { daysLeft: verdict.tell, on: dayOf(now, zone) };
    if (!verdict.next) return said;
    assert.ok(verdict.next > now, "what comes next is later");
    now = verdict.next;
  }
  throw new Error("it never ends");
}

describe("a day of the calendar", () => {
  for (const [zone, moment, expected] of [
    [utc, "2027-03-01T23:59:59Z", "2027-03-01"],
    [auckland, "2027-03-01T11:00:00Z", "2027-03-02"],
    [newYork, "2027-03-01T04:59:00Z", "2027-02-28"],
    [berlin, "2028-02-29T22:59:59Z", "2028-02-29"],
    [berlin, "2028-02-29T23:00:00Z", "2028-03-01"],
  ] as const)
    it(`is ${expected} at ${moment} in ${zone}`, () => assert.equal(dayOf(at(moment), zone), expected));

  it("is counted over leap days, months and changes of clocks", () => {
    assert.equal(daysLater(day("2028-02-28"), 1), "2028-02-29");
    assert.equal(daysLater(day("2027-02-28"), 1), "2027-03-01");
    assert.equal(daysLater(day("2028-03-01"), -1), "2028-02-29");
    assert.equal(daysBetween(day("2027-03-27"), day("2027-04-26")), 30);
  });
});

describe("nine in the morning", () => {
  for (const [zone, on, expected] of [
    [utc, "2027-03-28", "2027-03-28T09:00:00.000Z"],
    // Clocks go forward in the night to the 28th of March, and back in the one to the 31st of October.
    [berlin, "2027-03-27", "2027-03-27T08:00:00.000Z"],
    [berlin, "2027-03-28", "2027-03-28T07:00:00.000Z"],
    [berlin, "2027-10-30", "2027-10-30T07:00:00.000Z"],
    [berlin, "2027-10-31", "2027-10-31T08:00:00.000Z"],
    [newYork, "2027-03-14", "2027-03-14T13:00:00.000Z"],
    [newYork, "2027-11-07", "2027-11-07T14:00:00.000Z"],
    [auckland, "2027-04-04", "2027-04-03T21:00:00.000Z"],
    ["Asia/Kathmandu" as TimeZone, "2027-01-01", "2027-01-01T03:15:00.000Z"],
    ["Pacific/Kiritimati" as TimeZone, "2027-01-01", "2026-12-31T19:00:00.000Z"],
  ] as const)
    it(`of ${on} in ${zone} is ${expected}`, () =>
      assert.equal(nineOn(day(on), zone).toISOString(), expected));
});

describe("a time zone that a client names", () => {
  it("is taken where this machine knows it", () => {
    assert.equal(parseTimeZone("Europe/Berlin"), berlin);
    assert.equal(parseTimeZone("europe/berlin"), berlin);
  });
  for (const wrong of [
    "",
    "Mars/Olympus",
    "Europe/Berlin; drop table",
    undefined,
    null,
    7,
    {},
    "x".repeat(999),
  ])
    it(`is not taken as ${JSON.stringify(wrong)?.slice(0, 40)}`, () =>
      assert.equal(parseTimeZone(wrong), undefined));
});

describe("the end of a credential", () => {
  it("is told of 30, 14, 7 and 1 days before, in the owner's morning, and once it has come", () => {
    assert.deepEqual(story(at("2027-11-20T14:30:00Z"), utc, at("2026-11-20T14:30:00Z")), [
      "30: 2027-10-21T09:00:00.000Z",
      "14: 2027-11-06T09:00:00.000Z",
      "7: 2027-11-13T09:00:00.000Z",
      "1: 2027-11-19T09:00:00.000Z",
      "0: 2027-11-20T14:30:00.000Z",
    ]);
  });

  it("is told of at nine by the clocks there, also where they were changed between", () => {
    assert.deepEqual(story(at("2027-04-05T01:00:00Z"), berlin, at("2026-04-05T01:00:00Z")), [
      "30: 2027-03-06T08:00:00.000Z",
      "14: 2027-03-22T08:00:00.000Z",
      "7: 2027-03-29T07:00:00.000Z",
      "1: 2027-04-04T07:00:00.000Z",
      "0: 2027-04-05T07:00:00.000Z",
    ]);
    assert.deepEqual(story(at("2027-11-02T12:00:00Z"), berlin, at("2026-11-02T12:00:00Z")).slice(1, 4), [
      "14: 2027-10-19T07:00:00.000Z",
      "7: 2027-10-26T07:00:00.000Z",
      "1: 2027-11-01T08:00:00.000Z",
    ]);
  });

  it("is counted over the 29th of February", () => {
    assert.deepEqual(story(at("2028-02-29T12:00:00Z"), utc, at("2027-02-28T12:00:00Z")), [
      "30: 2028-01-30T09:00:00.000Z",
      "14: 2028-02-15T09:00:00.000Z",
      "7: 2028-02-22T09:00:00.000Z",
      "1: 2028-02-28T09:00:00.000Z",
      "0: 2028-02-29T12:00:00.000Z",
    ]);
    assert.equal(
      story(at("2028-03-01T12:00:00Z"), utc, at("2027-03-01T12:00:00Z"))[3],
      "1: 2028-02-29T09:00:00.000Z",
    );
  });

  it("is not told of to somebody who was given it the day before", () => {
    assert.deepEqual(
      story(at("2027-02-01T12:00:00Z"), utc, at("2027-01-01T12:00:00Z")).map((line) => line.split(":")[0]),
      ["14", "7", "1", "0"],
    );
    assert.deepEqual(story(at("2027-01-02T12:00:00Z"), utc, at("2027-01-01T12:00:00Z")), [
      "0: 2027-01-02T12:00:00.000Z",
    ]);
  });

  const endsAt = at("2027-11-20T14:30:00Z");
  it("is told of once after an outage, with the newest only", () => {
    for (const [now, tell, next] of [
      ["2027-11-10T12:00:00Z", 14, "2027-11-13T09:00:00.000Z"],
      ["2027-11-18T23:59:00Z", 7, "2027-11-19T09:00:00.000Z"],
      ["2027-12-30T12:00:00Z", 0, undefined],
    ] as const) {
      const verdict = judgeExpiry(endsAt, utc, at(now), undefined);
      assert.deepEqual(verdict, { tell, ...(next && { next: at(next) }) });
    }
  });

  it("is not told of in the night, whenever the outage ends", () => {
    assert.deepEqual(judgeExpiry(endsAt, utc, at("2027-11-10T03:00:00Z"), undefined), {
      waitUntil: at("2027-11-10T09:00:00Z"),
    });
    assert.deepEqual(judgeExpiry(endsAt, newYork, at("2027-11-10T13:59:00Z"), told(30, "2027-10-21")), {
      waitUntil: at("2027-11-10T14:00:00Z"),
    });
  });

  it("is never told of twice on one day", () => {
    // Late on its last day: the end itself is told the next morning.
    assert.deepEqual(judgeExpiry(endsAt, utc, at("2027-11-20T10:00:00Z"), told(7, "2027-11-13")), {
      tell: 1,
      next: at("2027-11-21T09:00:00Z"),
    });
    assert.deepEqual(judgeExpiry(endsAt, utc, at("2027-11-20T15:00:00Z"), told(1, "2027-11-20")), {
      waitUntil: at("2027-11-21T09:00:00Z"),
    });
  });

  it("is not told of again where the owner has travelled to another zone", () => {
    // Told in Auckland, where it is nine long before it is in New York.
    const now = nineOn(day("2027-11-06"), auckland);
    assert.deepEqual(judgeExpiry(endsAt, newYork, now, told(14, "2027-11-06")), {
      waitUntil: nineOn(day("2027-11-13"), newYork),
    });
  });

  it("that was told of needs no more looks", () => {
    assert.equal(judgeExpiry(endsAt, utc, at("2027-12-01T12:00:00Z"), told(0, "2027-11-20")), "told-all");
  });

  it("never comes to two messages on one day, whatever the zone and the hour", () => {
    const zones = [
      utc,
      berlin,
      newYork,
      auckland,
      "Pacific/Kiritimati" as TimeZone,
      "Pacific/Pago_Pago" as TimeZone,
    ];
    for (const zone of zones)
      for (let hour = 0; hour < 24; hour++) {
        const end = new Date(at("2027-03-28T00:10:00Z").getTime() + hour * 3_600_000);
        const said = story(end, zone, at("2026-03-28T12:00:00Z"));
        assert.deepEqual(
          said.map((line) => line.split(":")[0]),
          ["30", "14", "7", "1", "0"],
        );
        const on = said.map((line) => dayOf(at(line.slice(line.indexOf(" ") + 1)), zone));
        assert.equal(new Set(on).size, 5, `${zone} ${end.toISOString()}: ${on}`);
        const last = at(said.at(-1)?.slice(3) ?? "");
        assert.ok(last >= end, "nobody hears that it has ended before it has");
      }
  });
});

describe("the yearly question", () => {
  it("comes each year in the morning of the day on which it was made", () => {
    const made = at("2026-11-20T22:30:00Z");
    assert.deepEqual(nextYearly(made, utc, made), at("2027-11-20T09:00:00Z"));
    assert.deepEqual(nextYearly(made, auckland, made), nineOn(day("2027-11-21"), auckland));
    assert.deepEqual(nextYearly(made, utc, at("2027-12-04T10:00:00Z")), at("2028-11-20T09:00:00Z"));
  });

  it("comes on the last of February for what was made on a leap day", () => {
    const made = at("2028-02-29T12:00:00Z");
    assert.deepEqual(nextYearly(made, utc, made), at("2029-02-28T09:00:00Z"));
    assert.deepEqual(nextYearly(made, utc, at("2031-03-01T00:00:00Z")), at("2032-02-29T09:00:00Z"));
  });

  it("does not come again at once to those who answered late", () => {
    const made = at("2026-11-20T12:00:00Z");
    assert.deepEqual(nextYearly(made, utc, at("2028-11-01T12:00:00Z")), at("2029-11-20T09:00:00Z"));
  });

  it("is repeated a week later, in the morning there", () => {
    assert.deepEqual(askAgainAt(at("2027-03-22T15:00:00Z"), berlin), at("2027-03-29T07:00:00Z"));
  });

  it("waits for the morning, and for a day on which nothing else is said", () => {
    const free = () => false;
    const noon = at("2027-03-01T12:00:00Z");
    assert.deepEqual(nextCalmMoment(noon, utc, free), noon);
    assert.deepEqual(nextCalmMoment(at("2027-03-01T02:00:00Z"), utc, free), at("2027-03-01T09:00:00Z"));
    const taken = (each: Day) => each === "2027-03-01" || each === "2027-03-02";
    assert.deepEqual(nextCalmMoment(noon, utc, taken), at("2027-03-03T09:00:00Z"));
  });
});
