import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { NewKey } from "../../src/domain/new-key.ts";
import { ada, afterNoon, aRegistration, aRequestId, ben, cleo, minutes, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps new keys that are being made", ({ one, store, stored, tables }) => {
  async function registered(): Promise<RequestId> {
    const { id } = await stored();
    await tables().registrations.insert(aRegistration({ id }));
    return id;
  }
  const aNewKey = (id: RequestId, given: Partial<NewKey> = {}): NewKey => ({
    id,
    why: "lost",
    by: ada,
    at: noon,
    attempts: 0,
    ...given,
  });

  it("as they were written, and as they become", async () => {
    const id = await registered();
    const before = aNewKey(id, { by: { ...ada, name: odd } });
    assert.equal(await tables().newKeys.insert(before), true);
    assert.deepEqual(await tables().newKeys.get(id), before);
    const states: NewKey[] = [
      { ...before, attempts: 1 },
      { ...before, why: "not-me", attempts: 2, nextAttemptAt: later, note: odd },
      { ...before, why: "unopened", attempts: 3 },
    ];
    for (const state of states) {
      await tables().newKeys.update(state);
      assert.deepEqual(await tables().newKeys.get(id), state);
    }
    assert.equal(await tables().newKeys.get(aRequestId()), undefined);
  });

  it("one for each registration, whoever of twenty is first", async () => {
    const id = await registered();
    const won = await Promise.all(
      twenty.map((n) => one(n).inTransaction(({ newKeys }) => newKeys.insert(aNewKey(id, { attempts: n })))),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await tables().newKeys.get(id))?.attempts, won.indexOf(true));
  });

  it("until they are removed, which is told once; what comes later writes nothing", async () => {
    const id = await registered();
    await tables().newKeys.insert(aNewKey(id));
    const removed = await Promise.all(twenty.map((n) => one(n).tables.newKeys.remove(id)));
    assert.equal(removed.filter(Boolean).length, 1);
    await tables().newKeys.update(aNewKey(id, { attempts: 7 }));
    assert.equal(await tables().newKeys.get(id), undefined);
  });

  it("and knows which are due: those that wait for no later time, and that nobody works on", async () => {
    const [now, waiting, over, held] = [
      await registered(),
      await registered(),
      await registered(),
      await registered(),
    ];
    await tables().newKeys.insert(aNewKey(now));
    await tables().newKeys.insert(aNewKey(waiting, { nextAttemptAt: afterNoon(10 * minutes) }));
    await tables().newKeys.insert(aNewKey(over, { nextAttemptAt: later }));
    await tables().newKeys.insert(aNewKey(held));
    const lease = await tables().steps.claim(held, noon, afterNoon(10 * minutes));
    assert.ok(lease);
    const dueAt = async (moment: Date) => {
      const due = await tables().newKeys.due(moment);
      return [now, waiting, over, held].map((id) => due.includes(id));
    };
    assert.deepEqual(await dueAt(afterNoon(1)), [true, false, false, false]);
    assert.deepEqual(await dueAt(later), [true, false, true, false]);
    assert.deepEqual(await dueAt(afterNoon(10 * minutes)), [true, true, true, true]);
  });

  it("and makes those of one person due", async () => {
    const [mine, other] = [await registered(), await registered()];
    const nextAttemptAt = afterNoon(10 * minutes);
    const by = { ...ada, userId: ben.userId };
    await tables().newKeys.insert(aNewKey(mine, { by, nextAttemptAt, note: odd }));
    await tables().newKeys.insert(aNewKey(other, { nextAttemptAt }));
    assert.deepEqual(await tables().newKeys.hasten(ben.userId, later), [mine]);
    assert.deepEqual(
      await tables().newKeys.get(mine),
      aNewKey(mine, { by, nextAttemptAt: later, note: odd }),
    );
    assert.deepEqual((await tables().newKeys.get(other))?.nextAttemptAt, nextAttemptAt);
  });

  it("and those of an owner, whoever asked: their chat is what a link waits for", async () => {
    const { id: own } = await stored();
    const owner = { ...ada, userId: cleo.userId };
    await tables().registrations.insert(aRegistration({ id: own, owner }));
    const { id: shared } = await stored();
    await tables().registrations.insert(aRegistration({ id: shared }));
    const nextAttemptAt = afterNoon(10 * minutes);
    const by = { ...ada, userId: ben.userId };
    await tables().newKeys.insert(aNewKey(own, { by, why: "rotate", nextAttemptAt }));
    await tables().newKeys.insert(aNewKey(shared, { by, why: "rotate", nextAttemptAt }));
    assert.deepEqual(await tables().newKeys.hasten(owner.userId, later), [own]);
    assert.deepEqual((await tables().newKeys.get(shared))?.nextAttemptAt, nextAttemptAt);
  });

  it("while whoever holds the registration goes first", async () => {
    const id = await registered();
    const seen: boolean[] = [];
    await Promise.all(
      twenty.map((n) =>
        one(n).inTransaction(async ({ registrations, newKeys }) => {
          await registrations.hold(id);
          const isThere = (await newKeys.get(id)) !== undefined;
          seen.push(isThere);
          await (isThere ? newKeys.remove(id) : newKeys.insert(aNewKey(id)));
        }),
      ),
    );
    assert.deepEqual(
      seen,
      twenty.map((n) => n % 2 === 1),
    );
    assert.equal(await store().tables.registrations.hold(aRequestId()), undefined);
  });

  it("and when the key of a registration ends, or that none works", async () => {
    const id = await registered();
    const endsAt = async () => (await tables().registrations.get(id))?.expiresAt;
    await tables().registrations.keyEndsAt(id, undefined);
    assert.equal(await endsAt(), undefined);
    await tables().registrations.keyEndsAt(id, later);
    assert.deepEqual(await endsAt(), later);
  });

  it("of whose end people are told anew then, without forgetting what they were told", async () => {
    const id = await registered();
    const duty = async () => (await tables().duties.of(id)).find(({ kind }) => kind === "expiry");
    await tables().registrations.keyEndsAt(id, undefined);
    assert.equal(await duty(), undefined);
    await tables().registrations.keyEndsAt(id, later);
    assert.deepEqual((await duty())?.data, { isNew: "true" });
    await tables().duties.set({ id, kind: "expiry", dueAt: later, data: { daysLeft: "7" } });
    await tables().registrations.keyEndsAt(id, afterNoon(1e9));
    const planned = await duty();
    assert.deepEqual(planned?.data, { isNew: "true", daysLeft: "7" });
    assert.ok(planned.dueAt < noon, "whoever looks next plans it");
  });
});
