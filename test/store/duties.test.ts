import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Duty } from "../../src/usecases/ports/duties.ts";
import { afterNoon, aRegistration, minutes, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps what is due for registrations", ({ one, stored, tables }) => {
  async function registered(): Promise<RequestId> {
    const { id } = await stored();
    await tables().registrations.insert(aRegistration({ id }));
    return id;
  }
  const aDuty = (id: RequestId, given: Partial<Duty> = {}): Duty => ({
    id,
    kind: "expiry",
    dueAt: noon,
    data: {},
    ...given,
  });

  it("one of each kind, the newest in the place of the one before", async () => {
    const id = await registered();
    await tables().duties.set(aDuty(id));
    await tables().duties.set(aDuty(id, { kind: "confirm", dueAt: later }));
    const again = aDuty(id, { dueAt: later, data: { said: odd } });
    await tables().duties.set(again);
    const all = await tables().duties.of(id);
    assert.deepEqual(
      all.toSorted((a, b) => a.kind.localeCompare(b.kind)),
      [aDuty(id, { kind: "confirm", dueAt: later }), again],
    );
    await tables().duties.remove(id, "confirm");
    assert.deepEqual(await tables().duties.of(id), [again]);
  });

  it("which is moved or removed by the one of twenty that sees it first", async () => {
    const id = await registered();
    const seen = aDuty(id);
    await tables().duties.set(seen);
    const next = { ...seen, dueAt: later, data: { told: "30" } };
    const moves = await Promise.all(twenty.map((n) => one(n).tables.duties.move(seen, next)));
    assert.equal(moves.filter(Boolean).length, 1);
    assert.deepEqual(await tables().duties.of(id), [next]);
    assert.equal(await tables().duties.move(seen, undefined), false);
    const removals = await Promise.all(twenty.map((n) => one(n).tables.duties.move(next, undefined)));
    assert.equal(removals.filter(Boolean).length, 1);
    assert.deepEqual(await tables().duties.of(id), []);
  });

  it("and finds what is due by a moment, longest overdue first, so many at a time", async () => {
    const ids = [await registered(), await registered(), await registered()];
    const early = afterNoon(-1000 * minutes);
    for (const [n, id] of ids.entries())
      await tables().duties.set(aDuty(id, { kind: "purge", dueAt: new Date(early.getTime() + n) }));
    const due = await tables().duties.due(new Date(early.getTime() + 1), 10, "others");
    assert.deepEqual(
      due.map(({ id }) => id),
      ids.slice(0, 2),
    );
    assert.equal((await tables().duties.due(new Date(early.getTime() + 2), 1, "others"))[0]?.id, ids[0]);
  });
});
