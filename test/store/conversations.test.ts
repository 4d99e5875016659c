import assert from "node:assert/strict";
import type { ConversationId, UserId } from "../../src/domain/ids.ts";
import type { TimeZone } from "../../src/domain/local-day.ts";
import type { Conversation } from "../../src/usecases/ports/conversations.ts";
import { afterNoon, noon, tenant } from "../support/builders.ts";
import { forEachStore, later, twenty } from "./each-store.ts";

forEachStore("the store keeps conversations", ({ one, tables }) => {
  let count = 0;
  const conversation = (given: Partial<Conversation> = {}): Conversation => ({
    id: `19:${++count}@thread.tacv2` as ConversationId,
    kind: "channel",
    serviceUrl: "https://smba.example/emea/",
    tenantId: tenant,
    seenAt: noon,
    ...given,
  });

  it("as they were told, and says once that one is new", async () => {
    const channel = conversation();
    assert.equal(await tables().conversations.remember(channel), true);
    assert.deepEqual(await tables().conversations.get(channel.id), channel);
    const moved = { ...channel, serviceUrl: "https://smba.example/amer/", seenAt: later };
    assert.equal(await tables().conversations.remember(moved), false);
    assert.equal(await tables().conversations.remember(moved), false);
    assert.deepEqual(await tables().conversations.get(channel.id), moved);
    assert.equal(await tables().conversations.get("19:none" as ConversationId), undefined);
  });

  it("and says to one of twenty at once that it is new", async () => {
    const channel = conversation();
    const isNew = await Promise.all(twenty.map((n) => one(n).tables.conversations.remember(channel)));
    assert.equal(isNew.filter(Boolean).length, 1);
  });

  it("and the time zone of a person until they say another", async () => {
    const personal = conversation({
      kind: "personal",
      userId: "aaaaaaaa-0000-4000-8000-0000000000de" as UserId,
      timeZone: "Europe/Berlin" as TimeZone,
    });
    const { timeZone: _, ...silent } = personal;
    for (const each of [personal, silent]) await tables().conversations.remember(each);
    assert.deepEqual(await tables().conversations.get(personal.id), personal);
    const moved = { ...personal, timeZone: "Asia/Tokyo" as TimeZone };
    await tables().conversations.remember(moved);
    assert.deepEqual(await tables().conversations.get(personal.id), moved);
  });

  it("and knows the newest personal chat of a person, and no other kind", async () => {
    const userId = "aaaaaaaa-0000-4000-8000-0000000000dd" as UserId;
    assert.equal(await tables().conversations.personal(userId), undefined);
    const [old, young] = [
      conversation({ kind: "personal", userId }),
      conversation({ kind: "personal", userId, seenAt: later }),
    ];
    const group = conversation({ kind: "group", userId, seenAt: afterNoon(1e9) });
    for (const each of [young, old, group]) await tables().conversations.remember(each);
    assert.deepEqual(await tables().conversations.personal(userId), young);
    const back = { ...old, seenAt: afterNoon(1e8) };
    await tables().conversations.remember(back);
    assert.deepEqual(await tables().conversations.personal(userId), back);
    assert.deepEqual(await tables().conversations.newest(), group);
  });

  it("and the approvals channel, answering which one it was before", async () => {
    const [first, second] = ["19:a@thread.tacv2", "19:b@thread.tacv2"] as ConversationId[];
    assert.equal(await tables().conversations.approvalsChannel(), undefined);
    assert.equal(await tables().conversations.setApprovalsChannel(first!), undefined);
    assert.equal(await tables().conversations.setApprovalsChannel(second!), first);
    assert.equal(await tables().conversations.approvalsChannel(), second);
  });
});
