import assert from "node:assert/strict";
import type { Draft } from "../../src/usecases/ports/requests.ts";
import { aDraftId, ada, afterNoon, aRequestId, chat, noon } from "../support/builders.ts";
import { forEachStore, odd } from "./each-store.ts";

forEachStore("the store keeps drafts", ({ tables }) => {
  const draft = (given: Partial<Draft> = {}): Draft => ({
    id: aDraftId(),
    version: 1,
    requester: ada,
    conversationId: chat,
    startedAt: noon,
    ...given,
  });
  const answers = { text: odd, number: 12, flag: false, many: ["a", "b"], none: [] };

  it("as they were written, at the beginning and when filled in", async () => {
    const begun = draft();
    await tables().drafts.insert(begun);
    assert.deepEqual(await tables().drafts.get(begun.id), begun);
    const filled = { ...begun, blueprintId: "custom", answers, reason: odd };
    assert.ok(await tables().drafts.update(filled));
    assert.deepEqual(await tables().drafts.get(begun.id), { ...filled, version: 2 });
    assert.ok(await tables().drafts.update({ ...begun, answers: {}, version: 2 }));
    assert.deepEqual(await tables().drafts.get(begun.id), { ...begun, answers: {}, version: 3 });
  });

  it("and keeps the one that is there when another comes with its id", async () => {
    const begun = draft({ reason: "first" });
    await tables().drafts.insert(begun);
    await tables().drafts.insert({ ...begun, reason: "second" });
    assert.deepEqual(await tables().drafts.get(begun.id), begun);
  });

  it("and are not written over what has been written since", async () => {
    const begun = draft();
    await tables().drafts.insert(begun);
    assert.ok(await tables().drafts.update({ ...begun, reason: "newer" }));
    assert.ok(!(await tables().drafts.update({ ...begun, reason: "late" })));
    assert.equal((await tables().drafts.get(begun.id))?.reason, "newer");
  });

  it("as they were written, when they come filled in", async () => {
    const filled = draft({ blueprintId: "custom", answers, reason: "why" });
    await tables().drafts.insert(filled);
    assert.deepEqual(await tables().drafts.get(filled.id), filled);
  });

  it("with the request that is being changed, as it stood then", async () => {
    const changes = { requestId: aRequestId(), revision: 3 };
    const begun = draft({ blueprintId: "custom", answers, changes });
    await tables().drafts.insert(begun);
    assert.deepEqual(await tables().drafts.get(begun.id), begun);
    assert.ok(await tables().drafts.update({ ...begun, reason: odd }));
    assert.deepEqual(await tables().drafts.get(begun.id), { ...begun, reason: odd, version: 2 });
  });

  it("with whatever was typed, but for what PostgreSQL cannot hold", async () => {
    const typed = {
      "q_na\0me": "a\0b \ud83d c \udce6 📦 \\u0000 \\\ud800 \u2028",
      q_more: ["\0", { "\udc00": 1 }],
    };
    const filled = draft({ answers: typed, reason: "why\0 not\ud83d 📦 \\0" });
    await tables().drafts.insert(filled);
    assert.deepEqual(await tables().drafts.get(filled.id), {
      ...filled,
      answers: { q_name: "ab  c  📦 \\u0000 \\ \u2028", q_more: ["", { "": 1 }] },
      reason: "why not 📦 \\0",
    });
  });

  it("until they are too old", async () => {
    const [old, young] = [draft({ startedAt: afterNoon(-1) }), draft()];
    await tables().drafts.insert(old);
    await tables().drafts.insert(young);
    await tables().drafts.deleteStartedBefore(noon);
    assert.equal(await tables().drafts.get(old.id), undefined);
    assert.deepEqual(await tables().drafts.get(young.id), young);
  });
});
