import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Drift } from "../../src/domain/drift.ts";
import type { Finding } from "../../src/domain/finding.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import { checkEveryMs, type Registration } from "../../src/domain/registration.ts";
import { afterNoon, aRegistration, aRequestId, ben, minutes, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

const drift: Drift = { what: "owner", change: "added", id: "x", name: odd };
const seen = { key: odd, drift, firstSeen: noon };

forEachStore("the store keeps what differs from an approved plan", ({ db, one, store, stored, tables }) => {
  async function registered(given: Partial<Registration & { state: "active" }> = {}): Promise<RequestId> {
    const { id } = await stored();
    await tables().registrations.insert(aRegistration({ id, ...given }));
    return id;
  }
  const states: Finding[] = [
    { ...seen, state: "open" },
    { ...seen, state: "open", confirmedAt: later, note: odd },
    { ...seen, state: "repairing", confirmedAt: later, by: { ...ben, name: odd }, at: later },
    { ...seen, state: "repaired", confirmedAt: later, by: ben, at: later },
    { ...seen, state: "accepted", by: ben, at: later },
    { ...seen, state: "gone", at: later },
  ];

  it("as it was written, in every state, one row for each difference", async () => {
    const id = await registered();
    for (const finding of states) {
      await tables().drifts.save(id, [finding, { ...finding, key: "another" }]);
      const both = await tables().drifts.of(id);
      assert.deepEqual(
        both.toSorted((a, b) => (a.key < b.key ? 1 : -1)),
        [{ ...finding, key: "another" }, finding].toSorted((a, b) => (a.key < b.key ? 1 : -1)),
      );
    }
    assert.deepEqual(await tables().drifts.of(aRequestId()), []);
  });

  it("and finds those of several registrations at once", async () => {
    const [id, other, without] = [await registered(), await registered(), await registered()];
    await tables().drifts.save(id, [states[0]!, { ...states[1]!, key: "another" }]);
    await tables().drifts.save(other, [states[4]!]);
    const found = new Map(await tables().drifts.among([id, other, without]));
    assert.deepEqual([...found.keys()].toSorted(), [id, other].toSorted());
    assert.deepEqual([found.get(id)?.length, found.get(other)], [2, [states[4]]]);
  });

  it("and when it was looked for last", async () => {
    const id = await registered();
    assert.equal(await tables().registrations.lookedAt(id), undefined);
    await tables().registrations.markLooked(id, later);
    assert.deepEqual(await tables().registrations.lookedAt(id), later);
  });

  it("and knows which are being repaired", async () => {
    const [id, other] = [await registered(), await registered()];
    await tables().drifts.save(id, [states[2]!, { ...states[2]!, key: "another" }]);
    await tables().drifts.save(other, [states[1]!]);
    const repairing = await tables().drifts.repairing();
    assert.deepEqual(
      [id, other].map((each) => repairing.filter((found) => found === each).length),
      [1, 0],
    );
  });

  it("so that twenty who decide at once go one after another", async () => {
    const id = await registered();
    await tables().drifts.save(id, [{ ...seen, state: "open" }]);
    const won = await Promise.all(
      twenty.map((n) =>
        one(n).inTransaction(async ({ drifts }) => {
          const [finding] = await drifts.hold(id);
          if (finding?.state !== "open") return false;
          await drifts.save(id, [{ ...finding, state: "accepted", by: ben, at: later }]);
          return true;
        }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
  });

  it("and that a registration was found deleted, until it is found again", async () => {
    const id = await registered();
    const goneSince = async () => (await tables().registrations.get(id))?.goneSince;
    await tables().registrations.markGone(id, later);
    assert.deepEqual(await goneSince(), later);
    await tables().registrations.markGone(id, undefined);
    assert.equal(await goneSince(), undefined);
  });

  it("and gives two thousand that are due to two processes, a few at a time, none twice", async () => {
    const id = await registered({ createdAt: afterNoon(-2 * checkEveryMs) });
    const many = 2_000;
    const copies = (table: "requests" | "registrations", own: string) =>
      sql`insert into ${sql.table(table)} select (jsonb_populate_record(made, jsonb_build_object(
        'id', 'REQ-S' || lpad(n::text, 5, '0'), ${own}::text, ${own}::text || n))).*
        from ${sql.table(table)} made, generate_series(1, ${many - 1}::int) n where made.id = ${id}`.execute(
        db(),
      );
    await copies("requests", "draft_id");
    await copies("registrations", "client_id");

    const [now, until] = [afterNoon(-minutes), afterNoon(10 * minutes)];
    const claimed: string[] = [];
    const claimAll = async (n: number) => {
      for (;;) {
        const some = await one(n).tables.registrations.claimChecks(now, until, 40);
        if (some.length === 0) return;
        assert.ok(some.length <= 40);
        claimed.push(...some.map((each) => each.id));
      }
    };
    await Promise.all([0, 1].map(claimAll));
    assert.deepEqual([claimed.length, new Set(claimed).size], [many, many]);

    // Half of them were looked at when both processes died.
    const looked = claimed.slice(0, many / 2) as RequestId[];
    await store().inTransaction(async ({ registrations }) => {
      for (const each of looked) await registrations.checkAt(each, afterNoon(checkEveryMs));
    });
    claimed.length = 0;
    const after = afterNoon(11 * minutes);
    for (;;) {
      const some = await tables().registrations.claimChecks(after, afterNoon(30 * minutes), 500);
      if (some.length === 0) break;
      claimed.push(...some.map((each) => each.id));
    }
    assert.deepEqual(
      [claimed.length, claimed.some((each) => looked.includes(each as RequestId))],
      [many / 2, false],
    );
  });

  it("and looks at no registration before its first day is over, nor at one that is revoked", async () => {
    const early = afterNoon(-100 * checkEveryMs);
    const id = await registered({ createdAt: early });
    const revoked = await registered({ createdAt: early });
    const registration = (await tables().registrations.get(revoked))!;
    await tables().registrations.change(registration, { ...registration, state: "revoking", revokedBy: ben });
    const claim = (ms: number) =>
      tables().registrations.claimChecks(new Date(early.getTime() + ms), afterNoon(checkEveryMs), 5);
    assert.deepEqual(await claim(checkEveryMs - 1), []);
    assert.deepEqual(
      (await claim(checkEveryMs)).map((each) => each.id),
      [id],
    );
  });
});
