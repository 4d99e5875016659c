import assert from "node:assert/strict";
import { provisioningSteps } from "../../src/domain/provisioning.ts";
import { type Lease, LeaseLost, type StepRow } from "../../src/usecases/ports/steps.ts";
import { afterNoon, aStep, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps the steps of a request", ({ one, stored, storedApproved, tables }) => {
  async function claimed(until = later): Promise<Lease> {
    const { id } = await stored();
    const lease = await tables().steps.claim(id, noon, until);
    assert.ok(lease);
    return lease;
  }

  it("as they were written, in every state", async () => {
    const lease = await claimed();
    const rows: StepRow[] = [
      aStep(),
      aStep({ step: "service-principal", state: "done", outcome: { id: odd }, doneAt: later }),
      aStep({
        step: "credential",
        state: "waiting",
        attempts: 7,
        nextAttemptAt: afterNoon(1),
        note: odd,
      }),
      aStep({ step: "personal-chat", state: "failed", intent: {}, note: "nobody is there" }),
    ];
    for (const row of rows) await tables().steps.write(lease, row);
    const read = await tables().steps.all(lease.subject);
    const inOrder = (all: StepRow[]) => all.toSorted((a, b) => (a.step < b.step ? -1 : 1));
    assert.deepEqual(inOrder(read), inOrder(rows));
  });

  it("once each: writing a step again replaces it", async () => {
    const lease = await claimed();
    for (const step of provisioningSteps)
      await tables().steps.write(lease, aStep({ step, note: "first", nextAttemptAt: noon }));
    const done = aStep({ state: "done", attempts: 2, doneAt: later });
    await tables().steps.write(lease, done);
    const read = await tables().steps.all(lease.subject);
    assert.equal(read.length, provisioningSteps.length);
    assert.deepEqual(
      read.find(({ step }) => step === "application"),
      done,
    );
  });

  it("and gives the work to one of twenty at once", async () => {
    const { id } = await stored();
    const leases = await Promise.all(twenty.map((n) => one(n).tables.steps.claim(id, noon, later)));
    assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
  });

  it("and gives away at once what its holder gives up, who writes nothing more", async () => {
    const old = await claimed(later);
    await tables().steps.giveUp(old);
    const lease = await tables().steps.claim(old.subject, noon, later);
    assert.ok(lease);
    await assert.rejects(tables().steps.write(old, aStep({ note: "late" })), LeaseLost);
    // Given up again, it is somebody else's by now.
    await tables().steps.giveUp(old);
    await tables().steps.check(lease);
    assert.equal(await tables().steps.claim(old.subject, noon, later), undefined);
  });

  it("and refuses the work while somebody holds it, to the millisecond", async () => {
    const { subject } = await claimed(later);
    const justBefore = new Date(later.getTime() - 1);
    assert.equal(await tables().steps.claim(subject, justBefore, afterNoon(1e7)), undefined);
    assert.ok(await tables().steps.claim(subject, later, afterNoon(1e7)));
  });

  it("and takes the work from whoever holds it, for good, and only with the rest of its transaction", async () => {
    const old = await claimed(later);
    const undone = one(1).inTransaction(async ({ steps }) => {
      await steps.takeOver(old.subject);
      throw new Error("overtaken");
    });
    await assert.rejects(undone, /overtaken/);
    await tables().steps.write(old, aStep({ note: "still mine" }));
    const lease = await tables().steps.takeOver(old.subject);
    await tables().steps.write(lease, aStep({ note: "by the new one" }));
    await assert.rejects(tables().steps.write(old, aStep({ note: "late" })), LeaseLost);
    assert.ok(await tables().steps.claim(old.subject, noon, later));
    await assert.rejects(tables().steps.write(lease, aStep({ note: "late" })), LeaseLost);
  });

  it("and takes the work where nobody ever held it", async () => {
    const { id } = await stored();
    await tables().steps.write(await tables().steps.takeOver(id), aStep());
    assert.equal((await tables().steps.all(id)).length, 1);
  });

  it("and gives the work to one of twenty at once when its holder's time is up", async () => {
    const { subject, number } = await claimed(later);
    const leases = await Promise.all(
      twenty.map((n) => one(n).tables.steps.claim(subject, later, afterNoon(1e7))),
    );
    const taken = leases.filter((lease) => lease !== undefined);
    assert.deepEqual(taken, [{ subject, number: number + 1 }]);
  });

  it("and lets who was taken over neither write, check nor renew", async () => {
    const old = await claimed(later);
    await tables().steps.write(old, aStep({ note: "by the old one" }));
    const lease = await tables().steps.claim(old.subject, later, afterNoon(1e7));
    assert.ok(lease);
    await assert.rejects(tables().steps.write(old, aStep({ note: "late" })), LeaseLost);
    await assert.rejects(tables().steps.check(old), LeaseLost);
    await assert.rejects(tables().steps.renew(old, afterNoon(2e7)), LeaseLost);
    assert.equal((await tables().steps.all(old.subject))[0]?.note, "by the old one");
    await tables().steps.write(lease, aStep({ note: "by the new one" }));
    assert.equal((await tables().steps.all(old.subject))[0]?.note, "by the new one");
  });

  it("and does not let who was taken over release the work of the new one", async () => {
    const old = await claimed(later);
    assert.ok(await tables().steps.claim(old.subject, later, afterNoon(1e7)));
    await tables().steps.release(old);
    assert.equal(await tables().steps.claim(old.subject, later, afterNoon(1e7)), undefined);
  });

  it("and gives the work anew once it is released, under a newer lease", async () => {
    const lease = await claimed(later);
    await tables().steps.release(lease);
    const next = await tables().steps.claim(lease.subject, noon, later);
    assert.deepEqual(next, { ...lease, number: lease.number + 1 });
    await assert.rejects(tables().steps.write(lease, aStep()), LeaseLost);
  });

  it("and keeps it longer for who renews", async () => {
    const lease = await claimed(afterNoon(1));
    await tables().steps.renew(lease, later);
    assert.equal(await tables().steps.claim(lease.subject, afterNoon(2), afterNoon(1e7)), undefined);
  });

  it("and knows no lease of what nobody ever claimed", async () => {
    const { id } = await stored();
    await assert.rejects(tables().steps.check({ subject: id, number: 1 }), LeaseLost);
  });

  it("and makes a waiting step due at once, no other", async () => {
    const lease = await claimed();
    const waiting = aStep({ step: "personal-chat", state: "waiting", nextAttemptAt: later });
    const intended = aStep({ nextAttemptAt: later });
    await tables().steps.write(lease, waiting);
    await tables().steps.write(lease, intended);
    for (const step of ["personal-chat", "application"] as const)
      await tables().steps.hasten(lease.subject, step, noon);
    const read = await tables().steps.all(lease.subject);
    assert.deepEqual(
      read.find(({ step }) => step === "personal-chat"),
      { ...waiting, nextAttemptAt: noon },
    );
    assert.deepEqual(
      read.find(({ step }) => step === "application"),
      intended,
    );
  });

  it("and finds the approved requests that are due: unheld, with a step to try or none yet", async () => {
    const worked = async (held: boolean, ...rows: StepRow[]) => {
      const id = await storedApproved();
      const lease = await tables().steps.claim(id, noon, later);
      assert.ok(lease);
      for (const row of rows) await tables().steps.write(lease, row);
      if (!held) await tables().steps.release(lease);
      return id;
    };
    const past = aStep({ state: "waiting", nextAttemptAt: noon });
    const future = aStep({ step: "personal-chat", state: "waiting", nextAttemptAt: afterNoon(1) });
    const done = aStep({ state: "done", doneAt: noon });
    const isDue = {
      untouched: await storedApproved(),
      tried: await worked(false, past),
      triedBesideOther: await worked(false, past, future),
      betweenSteps: await worked(false, done),
    };
    const isNot = {
      held: await worked(true, past),
      later: await worked(false, done, future),
      pending: (await stored()).id,
    };
    const due = await tables().steps.due(noon);
    for (const [what, id] of Object.entries(isDue)) assert.ok(due.includes(id), `${what} is not due`);
    for (const [what, id] of Object.entries(isNot)) assert.ok(!due.includes(id), `${what} is due`);
    const afterwards = await tables().steps.due(later);
    for (const id of [isNot.held, isNot.later]) assert.ok(afterwards.includes(id));
  });
});
