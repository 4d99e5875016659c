import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { LeaseLost } from "../../src/usecases/ports/steps.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import { ada, aRegistration, noon } from "../support/builders.ts";
import { forEachStore, later } from "./each-store.ts";

/** Goes on once both have come so far; alone on its database, one of them never waits for the other. */
function meeting(of: number, withinMs: number) {
  let here = 0;
  let open = () => {};
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    if (++here >= of) open();
    return Promise.race([all, new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref())]);
  };
}

forEachStore("a transaction that another one stood in the way of", ({ stored, tables, one, logged }) => {
  it("is repeated from its beginning, and both are done once", async () => {
    const { id } = await stored();
    await tables().registrations.insert(aRegistration({ id, owner: ada }));
    const lease = await tables().steps.claim(id, noon, later);
    assert.ok(lease);
    const met = meeting(2, 300);
    const line = (outcome: string) =>
      ({ at: noon, who: "usher", what: "test", surface: "system", subject: id, outcome }) as const;
    const first = one(0).inTransaction(async (inside: Tables) => {
      await inside.registrations.hold(id as RequestId);
      await met();
      await inside.steps.takeOver(id);
      await inside.audit.append(line("taken over"));
    });
    const second = one(1).inTransaction(async (inside: Tables) => {
      await inside.steps.check(lease);
      await met();
      await inside.registrations.hold(id as RequestId);
      await inside.audit.append(line("checked"));
    });
    const ends = await Promise.allSettled([first, second]);
    // Whoever comes second may find the lease taken over, which is an answer; a deadlock is none.
    for (const end of ends)
      if (end.status === "rejected") assert.ok(end.reason instanceof LeaseLost, String(end.reason));
    const lines = (await tables().audit.read({ limit: 10, subject: id })).map(({ n }) => n);
    assert.equal(lines.length, ends.filter(({ status }) => status === "fulfilled").length);
    for (const n of lines) assert.equal(logged.filter((each) => each.n === n).length, 1, `line ${n}`);
  });
});
