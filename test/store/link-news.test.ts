import assert from "node:assert/strict";
import type { GroupId, UserId } from "../../src/domain/ids.ts";
import type { SecretLink } from "../../src/domain/secret-link.ts";
import { ada, afterNoon, aSealedLink, ben, hours, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps of a one-time link", ({ db, one, store, stored, tables }) => {
  type Sealed = SecretLink & { state: "sealed" };
  async function linked(given: Partial<Sealed> = {}, isDelivered = true): Promise<Sealed> {
    const { id: requestId } = await stored();
    const link = aSealedLink({ requestId, ...given });
    await tables().links.insert(link);
    if (isDelivered) await tables().links.markDelivered(link.tokenHash, noon);
    return link;
  }
  const unreminded = async (now: Date) =>
    (await tables().links.unreminded(now)).map(({ tokenHash }) => tokenHash);

  it("who opens it in the place of the requester, and what they were called", async () => {
    for (const openedBy of [
      { person: ben.userId as UserId },
      { group: "bbbbbbbb-0000-4000-8000-000000000001" as GroupId },
    ]) {
      const link = await linked({ openedBy, openerName: odd }, false);
      assert.deepEqual(await tables().links.find(link.tokenHash), link);
      assert.deepEqual((await tables().tokens.behind(link.tokenHash)).link, link);
    }
  });

  it("how it was opened", async () => {
    for (const opening of [{ device: "Windows, Edge" }, { device: odd, by: { ...ben, name: odd } }]) {
      const link = await linked();
      await tables().links.claim(link.tokenHash, later, opening);
      const found = await tables().links.find(link.tokenHash);
      assert.deepEqual(found?.state === "revealed" && found.opening, opening);
    }
  });

  it("which tries the requester was told of, one after another", async () => {
    const link = await linked();
    assert.deepEqual(await tables().links.holdTold(link.tokenHash), []);
    await Promise.all(
      twenty.map((n) =>
        one(n).inTransaction(async ({ links }) => {
          const told = await links.holdTold(link.tokenHash);
          await links.saveTold(link.tokenHash, [...told, { who: ada.userId, at: `${n}` }]);
        }),
      ),
    );
    const told = await tables().links.holdTold(link.tokenHash);
    assert.deepEqual(
      told.map(({ at }) => Number(at)).toSorted((a, b) => a - b),
      twenty,
    );
  });

  it("that somebody was reminded of it, which one of twenty does", async () => {
    const link = await linked();
    assert.ok((await unreminded(later)).includes(link.tokenHash));
    const won = await Promise.all(
      twenty.map((n) =>
        n % 4 < 2
          ? one(n).tables.links.remind(link.tokenHash, later)
          : one(n).inTransaction(({ links }) => links.remind(link.tokenHash, later)),
      ),
    );
    assert.deepEqual(won.filter(Boolean), [true]);
    assert.ok(!(await unreminded(later)).includes(link.tokenHash));
    assert.deepEqual((await tables().links.find(link.tokenHash))?.remindedAt, later);
  });

  it("nothing of a reminder that was rolled back", async () => {
    const link = await linked();
    const broken = store().inTransaction(async ({ links }) => {
      await links.remind(link.tokenHash, later);
      throw new Error("broken");
    });
    await assert.rejects(broken, /broken/);
    assert.ok((await unreminded(later)).includes(link.tokenHash));
  });

  it("that there is nothing to remind of where it is not there, cannot be opened yet or any more", async () => {
    const [opened, cancelled, undelivered, over] = [
      await linked(),
      await linked(),
      await linked({}, false),
      await linked({ expiresAt: afterNoon(hours) }),
    ];
    await tables().links.claim(opened.tokenHash, later);
    await tables().links.cancel({ tokenHash: cancelled.tokenHash });
    for (const { tokenHash } of [opened, cancelled, undelivered, over]) {
      assert.ok(!(await unreminded(afterNoon(hours))).includes(tokenHash));
      assert.equal(await tables().links.remind(tokenHash, afterNoon(hours)), false);
    }
    assert.equal(await tables().links.remind(aSealedLink().tokenHash, later), false);
    const reminded = await db()
      .selectFrom("links")
      .select("token_hash")
      .where("reminded_at", "is not", null)
      .where(
        "token_hash",
        "in",
        [opened, cancelled, undelivered, over].map(({ tokenHash }) => tokenHash),
      )
      .execute();
    assert.deepEqual(reminded, []);
  });
});
