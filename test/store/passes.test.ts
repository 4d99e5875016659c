import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ActivityId, ConversationId, DraftId } from "../../src/domain/ids.ts";
import type { Posted } from "../../src/usecases/ports/chat.ts";
import type { Pass } from "../../src/usecases/ports/store.ts";
import { ada, afterNoon, aPass, aRequestId, aTokenHash, minutes, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

const ofAudit = (given: { subject?: string } = {}): Pass => ({
  kind: "audit",
  format: "csv",
  tokenHash: aTokenHash(),
  userId: ada.userId,
  madeAt: noon,
  expiresAt: later,
  ...given,
});

const ofForm = (given: { draftId?: DraftId; card?: Posted } = {}): Pass => ({
  kind: "certificate",
  draftId: randomUUID() as DraftId,
  question: "certificate",
  tokenHash: aTokenHash(),
  userId: ada.userId,
  madeAt: noon,
  expiresAt: later,
  ...given,
});

forEachStore("the store keeps one-time links to acts", ({ store, tables, one }) => {
  async function kept(pass: Pass): Promise<Pass> {
    await tables().passes.insert(pass);
    return pass;
  }
  const now = ({ tokenHash }: Pass) => tables().passes.find(tokenHash);
  const use = ({ tokenHash }: Pass, at = noon) => tables().passes.use(tokenHash, at);

  for (const [what, pass] of Object.entries({
    "to a vote": aPass(),
    "to a vote with a reason": aPass({ reason: odd, revision: 7 }),
    "to an export of all": ofAudit(),
    "to an export of one subject": ofAudit({ subject: aRequestId() }),
    "to a certificate": ofForm(),
    "to a certificate for a card": ofForm({
      card: { conversationId: "19:x" as ConversationId, activityId: odd as ActivityId },
    }),
  }))
    it(`as they were written, ${what}`, async () => {
      // The same table of passes goes to each carrier: a hash of its own for each.
      const mine = await kept({ ...pass, tokenHash: aTokenHash() });
      assert.deepEqual(await now(mine), mine);
      assert.equal(await use(mine, afterNoon(1)), true);
      assert.deepEqual(await now(mine), { ...mine, usedAt: afterNoon(1) });
    });

  it("and knows none of a token that it never gave", async () => {
    assert.equal(await tables().passes.find(aTokenHash()), undefined);
    assert.equal(await tables().passes.use(aTokenHash(), noon), false);
  });

  it("and lets one be used once, by one of twenty at once", async () => {
    const pass = await kept(aPass());
    const used = await Promise.all(
      twenty.map((n) =>
        n % 4 < 2
          ? one(n).tables.passes.use(pass.tokenHash, afterNoon(n))
          : one(n).inTransaction(({ passes }) => passes.use(pass.tokenHash, afterNoon(n))),
      ),
    );
    assert.equal(used.filter(Boolean).length, 1);
    assert.deepEqual((await now(pass))?.usedAt, afterNoon(used.indexOf(true)));
    assert.equal(await use(pass), false);
  });

  it("and lets one be used until the millisecond before it expires", async () => {
    const [inTime, late] = [await kept(aPass({ expiresAt: later })), await kept(aPass({ expiresAt: later }))];
    assert.equal(await use(late, later), false);
    assert.equal((await now(late))?.usedAt, undefined);
    assert.equal(await use(inTime, new Date(later.getTime() - 1)), true);
  });

  it("and is whole again when the transaction that used it fails", async () => {
    const pass = await kept(aPass());
    const failing = store().inTransaction(async ({ passes }) => {
      assert.equal(await passes.use(pass.tokenHash, noon), true);
      throw new Error("the vote does not count");
    });
    await assert.rejects(failing, /does not count/);
    assert.equal(await use(pass), true);
  });

  it("and spends those of a form that was given up, and no others", async () => {
    const draftId = randomUUID() as DraftId;
    const [one, used] = [await kept(ofForm({ draftId })), await kept(ofForm({ draftId }))];
    const others = [await kept(ofForm()), await kept(aPass()), await kept(ofAudit())];
    await use(used, afterNoon(1));
    await tables().passes.useAllFor(draftId, afterNoon(2));
    assert.equal(await use(one, afterNoon(3)), false);
    assert.deepEqual((await now(one))?.usedAt, afterNoon(2));
    assert.deepEqual((await now(used))?.usedAt, afterNoon(1));
    for (const other of others) assert.equal(await use(other, afterNoon(3)), true);
  });

  it("one for each token", async () => {
    const pass = await kept(aPass());
    await assert.rejects(tables().passes.insert({ ...ofAudit(), tokenHash: pass.tokenHash }));
    assert.deepEqual(await now(pass), pass);
  });

  it("until they have expired for long, used or not", async () => {
    const expiresAt = afterNoon(-minutes);
    const [old, used] = [await kept(aPass({ expiresAt })), await kept(aPass({ expiresAt }))];
    const young = await kept(aPass({ expiresAt: noon }));
    await use(used, afterNoon(-2 * minutes));
    await tables().passes.deleteExpiredBefore(noon);
    for (const gone of [old, used]) assert.equal(await now(gone), undefined);
    assert.deepEqual(await now(young), young);
  });
});
