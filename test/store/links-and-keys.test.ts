import assert from "node:assert/strict";
import type { SecretLink } from "../../src/domain/secret-link.ts";
import type { KeyRow } from "../../src/usecases/ports/registrations.ts";
import { afterNoon, aKey, aRequestId, aSealedLink, aTokenHash, minutes, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps keys", ({ stored, tables }) => {
  it("as they were written, in every state", async () => {
    const { id: requestId } = await stored();
    for (const state of ["intended", "current", "abandoned", "removed", "left"] as const) {
      const key: KeyRow = aKey({ requestId, state, ...(state !== "intended" && { keyId: odd }) });
      await tables().keys.insert(key);
      assert.deepEqual(
        (await tables().keys.of(requestId)).find(({ marker }) => marker === key.marker),
        key,
      );
    }
  });

  it("and follows one from its intent until it is removed", async () => {
    const { id: requestId } = await stored();
    const intended = aKey({ requestId });
    await tables().keys.insert(intended);
    const steps: KeyRow[] = [
      { ...intended, state: "current", keyId: "k1", changedAt: later },
      { ...intended, state: "abandoned", changedAt: later },
      { ...intended, state: "removed", keyId: "k1", changedAt: later },
    ];
    for (const step of steps) {
      await tables().keys.update(step);
      assert.deepEqual(await tables().keys.of(requestId), [step]);
    }
  });

  it("and changes it only from the state in which it was seen", async () => {
    const { id: requestId } = await stored();
    const seen = aKey({ requestId, state: "abandoned" });
    await tables().keys.insert(seen);
    const removed: KeyRow = { ...seen, state: "removed", changedAt: later };
    assert.equal(await tables().keys.change(seen, removed), true);
    assert.equal(await tables().keys.change(seen, { ...seen, state: "left" }), false);
    assert.deepEqual(await tables().keys.of(requestId), [removed]);
  });

  it("once by each marker", async () => {
    const { id: requestId } = await stored();
    const key = aKey({ requestId });
    await tables().keys.insert(key);
    await assert.rejects(tables().keys.insert(key));
  });

  it("and finds those that were abandoned, of all requests", async () => {
    const abandoned: string[] = [];
    for (const state of ["abandoned", "current", "abandoned"] as const) {
      const key = aKey({ requestId: (await stored()).id, state });
      await tables().keys.insert(key);
      if (state === "abandoned") abandoned.push(key.marker);
    }
    const found = (await tables().keys.abandoned()).map(({ marker }) => marker);
    for (const marker of abandoned) assert.ok(found.includes(marker));
    assert.ok((await tables().keys.abandoned()).every(({ state }) => state === "abandoned"));
  });
});

forEachStore("the store keeps one-time links", ({ beside, db, one, store, stored, tables }) => {
  type Sealed = SecretLink & { state: "sealed" };
  async function linked(given: Partial<Sealed> = {}, isDelivered = true): Promise<Sealed> {
    const { id: requestId } = await stored();
    const link = aSealedLink({ requestId, ...given });
    await tables().links.insert(link);
    if (isDelivered) await tables().links.markDelivered(link.tokenHash, noon);
    return link;
  }
  const ciphertextOf = (link: SecretLink) =>
    db()
      .selectFrom("links")
      .select(["cipher", "nonce", "tag"])
      .where("token_hash", "=", link.tokenHash)
      .executeTakeFirst();
  const gone = { cipher: null, nonce: null, tag: null };
  const unsealed = ({ sealed: _, deliveredAt: __, ...rest }: Sealed) => rest;

  it("as they were written, sealed and delivered", async () => {
    const link = await linked({}, false);
    assert.deepEqual(await tables().links.find(link.tokenHash), link);
    await tables().links.markDelivered(link.tokenHash, later);
    assert.deepEqual(await tables().links.find(link.tokenHash), { ...link, deliveredAt: later });
  });

  it("as they become, revealed, expired or cancelled, without their ciphertext", async () => {
    const [revealed, expired, cancelled] = [
      await linked(),
      await linked({ expiresAt: afterNoon(-1) }),
      await linked(),
    ];
    assert.deepEqual(await tables().links.claim(revealed.tokenHash, later), revealed.sealed);
    assert.ok(await tables().links.expire(expired.tokenHash, noon));
    await tables().links.cancel({ tokenHash: cancelled.tokenHash });
    const now = (link: SecretLink) => tables().links.find(link.tokenHash);
    assert.deepEqual(await now(revealed), {
      ...unsealed(revealed),
      state: "revealed",
      revealedAt: later,
    });
    assert.deepEqual(await now(expired), { ...unsealed(expired), state: "expired" });
    assert.deepEqual(await now(cancelled), { ...unsealed(cancelled), state: "cancelled" });
    for (const link of [revealed, expired, cancelled]) assert.deepEqual(await ciphertextOf(link), gone);
  });

  it("and gives the seal to one of twenty who claim at once", async () => {
    const link = await linked();
    const seals = await Promise.all(
      twenty.map((n) =>
        n % 4 < 2
          ? one(n).tables.links.claim(link.tokenHash, later)
          : one(n).inTransaction(({ links }) => links.claim(link.tokenHash, later)),
      ),
    );
    assert.deepEqual(
      seals.filter((seal) => seal !== undefined),
      [link.sealed],
    );
    assert.deepEqual(await ciphertextOf(link), gone);
  });

  it("and gives no seal before the link's message has arrived", async () => {
    const link = await linked({}, false);
    assert.equal(await tables().links.claim(link.tokenHash, later), undefined);
    assert.deepEqual(await ciphertextOf(link), link.sealed);
    await tables().links.markDelivered(link.tokenHash, later);
    assert.deepEqual(await tables().links.claim(link.tokenHash, later), link.sealed);
  });

  it("and gives a seal until the millisecond before it expires", async () => {
    const [inTime, late] = [await linked({ expiresAt: later }), await linked({ expiresAt: later })];
    const justBefore = new Date(later.getTime() - 1);
    assert.equal(await tables().links.claim(late.tokenHash, later), undefined);
    assert.deepEqual(await tables().links.claim(inTime.tokenHash, justBefore), inTime.sealed);
  });

  it("and gives no seal of one that is expired, cancelled, revealed or unknown", async () => {
    const [expired, cancelled] = [await linked({ expiresAt: afterNoon(-1) }), await linked()];
    assert.ok(await tables().links.expire(expired.tokenHash, noon));
    await tables().links.cancel({ requestId: cancelled.requestId });
    const before = afterNoon(-minutes);
    for (const { tokenHash } of [expired, cancelled])
      assert.equal(await tables().links.claim(tokenHash, before), undefined);
    assert.equal(await tables().links.claim(aTokenHash(), before), undefined);
  });

  it("and is whole again when the transaction of a claim fails", async () => {
    const link = await linked();
    const failing = store().inTransaction(async ({ links }) => {
      assert.ok(await links.claim(link.tokenHash, later));
      throw new Error("the seal does not open");
    });
    await assert.rejects(failing, /does not open/);
    assert.deepEqual(await tables().links.claim(link.tokenHash, later), link.sealed);
  });

  it("and lets one of a claim and a cancel at once win", async () => {
    const link = await linked();
    const [seal] = await Promise.all([
      store().tables.links.claim(link.tokenHash, later),
      beside().tables.links.cancel({ tokenHash: link.tokenHash }),
    ]);
    const now = await tables().links.find(link.tokenHash);
    assert.equal(now?.state, seal ? "revealed" : "cancelled");
    assert.deepEqual(await ciphertextOf(link), gone);
  });

  it("and leaves a revealed link revealed, whatever comes after", async () => {
    const link = await linked();
    await tables().links.claim(link.tokenHash, later);
    await tables().links.cancel({ requestId: link.requestId });
    await tables().links.markDelivered(link.tokenHash, later);
    assert.equal(await tables().links.expire(link.tokenHash, afterNoon(1e12)), false);
    assert.equal((await tables().links.find(link.tokenHash))?.state, "revealed");
  });

  it("and cancels all of a request, and none of another", async () => {
    const [first, other] = [await linked(), await linked()];
    const second = aSealedLink({ requestId: first.requestId, expiresAt: afterNoon(1e9) });
    await tables().links.insert(second);
    assert.deepEqual(await tables().links.newestOf(first.requestId), second);
    await tables().links.cancel({ requestId: first.requestId });
    for (const { tokenHash } of [first, second])
      assert.equal((await tables().links.find(tokenHash))?.state, "cancelled");
    assert.equal((await tables().links.find(other.tokenHash))?.state, "sealed");
  });

  it("and knows which are past their time, and expires each once", async () => {
    const [late, young] = [await linked({ expiresAt: later }), await linked({ expiresAt: afterNoon(1e9) })];
    const overdue = (await tables().links.overdue(later)).map(({ tokenHash }) => tokenHash);
    assert.deepEqual(
      [late, young].map(({ tokenHash }) => overdue.includes(tokenHash)),
      [true, false],
    );
    const expired = await Promise.all(twenty.map((n) => one(n).tables.links.expire(late.tokenHash, later)));
    assert.equal(expired.filter(Boolean).length, 1);
    assert.equal(await tables().links.expire(young.tokenHash, later), false);
    assert.equal((await tables().links.find(young.tokenHash))?.state, "sealed");
  });

  it("and lists those of a request in the order in which they were made", async () => {
    const second = await linked({ madeAt: later });
    const first = aSealedLink({ requestId: second.requestId, madeAt: noon, expiresAt: afterNoon(1e12) });
    await tables().links.insert(first);
    assert.deepEqual(
      (await tables().links.of(second.requestId)).map(({ tokenHash }) => tokenHash),
      [first.tokenHash, second.tokenHash],
    );
    assert.deepEqual((await tables().links.newestOf(second.requestId))?.tokenHash, second.tokenHash);
  });

  it("and knows the newest of a request, the sealed one among those that expire together", async () => {
    const first = await linked();
    await tables().links.cancel({ tokenHash: first.tokenHash });
    for (let n = 0; n < 3; n++) {
      const next = aSealedLink({ requestId: first.requestId, expiresAt: first.expiresAt });
      await tables().links.insert(next);
      assert.deepEqual(await tables().links.newestOf(first.requestId), next);
      await tables().links.cancel({ tokenHash: next.tokenHash });
    }
    assert.equal(await tables().links.newestOf(aRequestId()), undefined);
  });
});
