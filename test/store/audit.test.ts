import assert from "node:assert/strict";
import { sql } from "kysely";
import { type AuditEvent, auditKeys, auditLine, chainHash, firstHash } from "../../src/domain/audit.ts";
import { ada, afterNoon, aRequestId, noon } from "../support/builders.ts";
import { forEachStore, keys, odd, twenty } from "./each-store.ts";

function anEvent(n = 0): AuditEvent {
  return {
    at: afterNoon(n),
    who: ada.userId,
    what: "request.submitted",
    surface: "card",
    subject: aRequestId(),
    outcome: odd,
    ...(n % 2 && { revision: n }),
    // Its keys come back from jsonb by length, at every depth; a moment comes back as text.
    ...(n % 3 && {
      detail: { zz: n, longer: { yy: [{ b: 1, aaa: 2 }], x: null, at: noon, gone: undefined }, a: odd },
    }),
  };
}

forEachStore("the store keeps the audit", ({ db, logged, one, store, tables }) => {
  async function rows() {
    const all = await db().selectFrom("audit").selectAll().orderBy("n").execute();
    return all.map(({ n, hash, revision, ...event }) => ({
      n,
      hash,
      event: { ...event, ...(revision !== null && { revision }) } as AuditEvent,
    }));
  }
  /** The number of the first event that does not follow from those before it. */
  function brokenAt(all: Awaited<ReturnType<typeof rows>>): number | undefined {
    const [key] = auditKeys(keys);
    let previous = firstHash;
    for (const [at, { n, hash, event }] of all.entries()) {
      if (n !== at + 1 || hash !== chainHash(key, previous, auditLine(n, event))) return at + 1;
      previous = hash;
    }
    return undefined;
  }

  it("in one chain without a gap, also when twenty append at once", async () => {
    const before = (await rows()).length;
    const events = twenty.map(anEvent);
    await Promise.all(events.map((event, n) => one(n).inTransaction(({ audit }) => audit.append(event))));
    const all = await rows();
    assert.equal(all.length, before + 20);
    assert.equal(brokenAt(all), undefined);
    for (const event of events) {
      const row = all.find(({ event: { subject } }) => subject === event.subject);
      assert.ok(row);
      assert.equal(auditLine(row.n, row.event), auditLine(row.n, event));
    }
  });

  it("so that an altered or dropped event shows", async () => {
    await store().inTransaction(({ audit }) => audit.append(anEvent(1)));
    await store().inTransaction(({ audit }) => audit.append(anEvent(2)));
    const all = await rows();
    const altered = all.with(2, { ...all[2]!, event: { ...all[2]!.event, outcome: "approved" } });
    assert.equal(brokenAt(altered), 3);
    assert.equal(brokenAt(all.toSpliced(1, 1)), 2);
  });

  it("and says the newest number and hash to the log, where a cut tail shows", async () => {
    await store().inTransaction(({ audit }) => audit.append(anEvent(3)));
    const { n, hash } = (await rows()).at(-1)!;
    assert.deepEqual(logged.at(-1), { n, hash });
  });

  describe("and reads it", () => {
    const subject = aRequestId();
    const about = [5, 6, 7, 8].map((n) => ({ ...anEvent(n), subject }));
    const append = (event: AuditEvent) => store().inTransaction(({ audit }) => audit.append(event));
    before(async () => {
      for (const event of about) {
        await append(event);
        await append(anEvent());
      }
    });

    it("in order, a page at a time, without a gap", async () => {
      const all = await tables().audit.read({ limit: 1000 });
      assert.deepEqual(
        all.map(({ n, hash }) => ({ n, hash })),
        (await rows()).map(({ n, hash }) => ({ n, hash })),
      );
      const read: typeof all = [];
      for (let page = all; page.length > 0; ) {
        page = await tables().audit.read({ after: read.at(-1)?.n ?? 0, limit: 3 });
        read.push(...page);
      }
      assert.deepEqual(read, all);
    });

    it("of one subject, as it was appended", async () => {
      const read = await tables().audit.read({ limit: 10, subject });
      const lines = read.map(({ n, hash: _, ...event }) => auditLine(n, event));
      assert.deepEqual(
        lines,
        about.map((event, at) => auditLine(read[at]?.n ?? 0, event)),
      );
      assert.deepEqual(
        read.map((row) => "revision" in row),
        [true, false, true, false],
      );
      assert.deepEqual(await tables().audit.read({ limit: 2, subject }), read.slice(0, 2));
      const after = read[1]?.n ?? 0;
      assert.deepEqual(await tables().audit.read({ after, limit: 9, subject }), read.slice(2));
      assert.deepEqual(await tables().audit.read({ limit: 9, subject: aRequestId() }), []);
    });

    it("with what the chain is checked by", async () => {
      const [key] = auditKeys(keys);
      let previous = firstHash;
      for (const { hash, n, ...event } of await tables().audit.read({ limit: 1000 })) {
        assert.equal(hash, chainHash(key, previous, auditLine(n, event)));
        previous = hash;
      }
    });
  });

  it("and says nothing to the log of what was undone, since that would look like a cut tail", async () => {
    const before = logged.length;
    const undone = store().inTransaction(async ({ audit }) => {
      await audit.append(anEvent(4));
      throw new Error("undone");
    });
    await assert.rejects(undone, /undone/);
    assert.equal(logged.length, before);
  });

  it("and knows its head", async () => {
    await store().inTransaction(({ audit }) => audit.append(anEvent(5)));
    const { n, hash } = (await rows()).at(-1)!;
    const head = await store().tables.audit.newest();
    assert.deepEqual([head?.n, head?.hash], [n, hash]);
  });

  for (const [what, statement] of Object.entries({
    "an update": sql`update audit set outcome = 'approved'`,
    "an update of nothing": sql`update audit set outcome = 'approved' where n = -1`,
    "a delete": sql`delete from audit where n = 1`,
    "a truncate": sql`truncate audit`,
  }))
    it(`and refuses ${what}`, async () => {
      const before = await rows();
      await assert.rejects(statement.execute(db()), /append-only/);
      assert.deepEqual(await rows(), before);
    });
});
