import assert from "node:assert/strict";
import type { CallerMark } from "../../src/domain/caller-mark.ts";
import { afterNoon, aTokenHash, minutes, noon } from "../support/builders.ts";
import { forEachStore, twenty } from "./each-store.ts";

const [one, other] = ["one", "other"] as unknown as CallerMark[] as [CallerMark, CallerMark];
const windowAt = (now: Date) => new Date(now.getTime() - 10 * minutes);

forEachStore("the store counts attempts", ({ db, one: process, tables }) => {
  const count = (hash: ReturnType<typeof aTokenHash>, caller: CallerMark, now = noon) =>
    tables().attempts.count(hash, caller, now, windowAt(now));

  it("for each link and each caller by itself", async () => {
    const [link, another] = [aTokenHash(), aTokenHash()];
    assert.deepEqual([await count(link, one), await count(link, one), await count(link, one)], [1, 2, 3]);
    assert.equal(await count(link, other), 1);
    assert.equal(await count(another, one), 1);
    assert.equal(await count(link, one), 4);
  });

  it("and loses none of twenty at once, in two processes", async () => {
    const link = aTokenHash();
    const counts = await Promise.all(
      twenty.map((n) => process(n).tables.attempts.count(link, one, noon, windowAt(noon))),
    );
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      twenty.map((n) => n + 1),
    );
  });

  it("and begins anew ten minutes after the first, not after the last", async () => {
    const link = aTokenHash();
    await count(link, one);
    assert.equal(await count(link, one, afterNoon(10 * minutes - 1)), 2);
    assert.equal(await count(link, one, afterNoon(10 * minutes)), 1);
    assert.equal(await count(link, one, afterNoon(20 * minutes - 1)), 2);
    assert.equal(await count(link, one, afterNoon(20 * minutes)), 1);
  });

  it("and forgets them when their time is over", async () => {
    const [old, young] = [aTokenHash(), aTokenHash()];
    await count(old, one, afterNoon(-1));
    await count(young, one, noon);
    await tables().attempts.forgetBefore(noon);
    const rows = await db().selectFrom("link_attempts").select("token_hash").execute();
    const left = rows.map(({ token_hash }) => token_hash);
    assert.ok(left.includes(young) && !left.includes(old));
  });
});
