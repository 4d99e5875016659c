import assert from "node:assert/strict";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import { takeOverAlone } from "../../src/store/store.ts";
import { LeaseLost } from "../../src/usecases/ports/steps.ts";
import { aDraftId, ada, aPendingRequest, aPost, aStep, chat, noon } from "../support/builders.ts";
import { forEachStore, later } from "./each-store.ts";

forEachStore("the store", ({ store, tables, db, stored }) => {
  it("forgets all that a transaction that fails wrote", async () => {
    const request = aPendingRequest();
    const failing = store().inTransaction(async ({ requests, audit }) => {
      await requests.insert(request, { draft: aDraftId(), origin: chat, answers: {} });
      await audit.append({
        at: noon,
        who: ada.userId,
        what: "request.submitted",
        surface: "card",
        subject: request.id,
        outcome: "pending",
      });
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    assert.equal(await tables().requests.get(request.id), undefined);
    assert.deepEqual(await tables().audit.read({ limit: 10, subject: request.id }), []);
  });

  it("lets a process that is alone take over at its start what a dead one held", async () => {
    const request = await stored();
    const lease = await tables().steps.claim(request.id, noon, later);
    assert.ok(lease);
    const post = aPost({ subject: request.id, state: "sending" });
    await tables().posts.add(post);
    await takeOverAlone(db());
    assert.deepEqual(await tables().posts.of(request.id), [{ ...post, state: "due" }]);
    const next = await tables().steps.claim(request.id, noon, later);
    assert.equal(next?.number, lease.number + 1);
    await assert.rejects(tables().steps.write(lease, aStep()), LeaseLost);
  });

  it("has its tables made once, however often it starts", async () =>
    assert.deepEqual(await migrate(db(), migrations), []));
});
