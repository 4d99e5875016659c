import assert from "node:assert/strict";
import type { SecretLink } from "../../src/domain/secret-link.ts";
import {
  ada,
  afterNoon,
  aPass,
  aRequestId,
  aSealedLink,
  aTokenHash,
  ben,
  noon,
} from "../support/builders.ts";
import { forEachStore, later, odd } from "./each-store.ts";

forEachStore("the store finds what a token stands for", ({ stored, tables }) => {
  async function linked(given: Partial<SecretLink & { state: "sealed" }> = {}) {
    const { id: requestId } = await stored();
    const link = aSealedLink({ requestId, ...given });
    await tables().links.insert(link);
    return link.tokenHash;
  }
  async function delivered(given: Partial<SecretLink & { state: "sealed" }> = {}) {
    const hash = await linked(given);
    await tables().links.markDelivered(hash, afterNoon(7));
    return hash;
  }

  it("a secret's link in each of its states, as it is read alone", async () => {
    const [revealed, cancelled] = [await delivered(), await delivered()];
    await tables().links.claim(revealed, later);
    await tables().links.cancel({ tokenHash: cancelled });
    for (const hash of [
      await linked(),
      await delivered(),
      await linked({ openedBy: { person: ben.userId } }),
      revealed,
      cancelled,
    ]) {
      const link = await tables().links.find(hash);
      assert.ok(link);
      assert.deepEqual(await tables().tokens.behind(hash), { link });
    }
  });

  it("a link to an act, unused and used, as it is read alone", async () => {
    const unused = aPass({ tokenHash: aTokenHash(), reason: odd });
    const used = aPass({ tokenHash: aTokenHash() });
    const common = { tokenHash: aTokenHash(), userId: ada.userId, madeAt: noon, expiresAt: later };
    const audit = { ...common, kind: "audit", format: "csv", subject: aRequestId() } as const;
    for (const pass of [unused, used, audit]) await tables().passes.insert(pass);
    await tables().passes.use(used.tokenHash, afterNoon(7));
    for (const { tokenHash } of [unused, used, audit]) {
      const pass = await tables().passes.find(tokenHash);
      assert.ok(pass);
      assert.deepEqual(await tables().tokens.behind(tokenHash), { pass });
    }
  });

  it("or nothing", async () => assert.deepEqual(await tables().tokens.behind(aTokenHash()), {}));
});
