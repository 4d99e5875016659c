import assert from "node:assert/strict";
import { hearsOfMore, type ToldTry, waitsTooLong, withTry } from "../../src/domain/link-news.ts";
import { ada, afterNoon, ben, cleo, hours, minutes, noon } from "../support/builders.ts";

describe("what the requester hears of those who try a link that is not for them", () => {
  const told = (...tries: [who: { userId: ToldTry["who"] }, after: number][]): ToldTry[] =>
    tries.map(([{ userId }, after]) => ({ who: userId, at: afterNoon(after).toISOString() }));

  it("is the first try of each person", () => {
    const first = withTry([], ben.userId, noon);
    assert.deepEqual(first, told([ben, 0]));
    assert.deepEqual(withTry(first ?? [], cleo.userId, noon), told([ben, 0], [cleo, 0]));
  });

  it("is nothing of the same person within the hour, and one more after it", () => {
    const first = told([ben, 0]);
    for (const after of [0, minutes, hours - 1])
      assert.equal(withTry(first, ben.userId, afterNoon(after)), undefined, `${after}`);
    assert.deepEqual(withTry(first, ben.userId, afterNoon(hours)), told([ben, 0], [ben, hours]));
  });

  it("is nothing any more after five of them, whoever it is", () => {
    const four = told([ben, 0], [ben, hours], [ben, 2 * hours], [ben, 3 * hours]);
    assert.equal(hearsOfMore(four), true);
    const five = withTry(four, cleo.userId, afterNoon(3 * hours)) ?? [];
    assert.equal(five.length, 5);
    assert.equal(hearsOfMore(five), false);
    for (const who of [ada, ben, cleo])
      assert.equal(withTry(five, who.userId, afterNoon(99 * hours)), undefined);
  });
});

describe("a link that waits", () => {
  const link = { madeAt: noon, expiresAt: afterNoon(72 * hours) };
  const waits = (after: number) => waitsTooLong(link, afterNoon(after));

  it("waits too long from two thirds of its life on, and no longer once it is over", () => {
    assert.deepEqual([0, 48 * hours - 1, 48 * hours, 72 * hours - 1, 72 * hours, 99 * hours].map(waits), [
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it("does so however short its life is", () => {
    const short = { madeAt: noon, expiresAt: afterNoon(hours) };
    assert.deepEqual(
      [40 * minutes - 1, 40 * minutes].map((after) => waitsTooLong(short, afterNoon(after))),
      [false, true],
    );
  });
});
