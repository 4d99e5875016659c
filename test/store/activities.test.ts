import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { ActivityId, ConversationId, UserId } from "../../src/domain/ids.ts";
import { activitiesTable } from "../../src/store/activities.ts";
import type { Carrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import { postsTable } from "../../src/store/posts.ts";
import type { Schema } from "../../src/store/schema.ts";
import type { Conversation, Post } from "../../src/usecases/ports/conversations.ts";
import { tenant } from "../support/builders.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

const chat = "a:mina" as ConversationId;
const channel = "19:channel@thread.tacv2" as ConversationId;
const caller = "aaaaaaaa-0000-4000-8000-0000000000c1" as UserId;
const colleague = "aaaaaaaa-0000-4000-8000-0000000000c2" as UserId;
const at = new Date("2026-11-26T09:00:00Z");
const later = new Date(at.getTime() + 1000);
const conversation: Conversation = {
  id: chat,
  kind: "personal",
  serviceUrl: "https://smba.example/emea/",
  tenantId: tenant,
  userId: caller,
  seenAt: at,
};

forEachCarrier((_, open) => {
  describe("activities that have arrived", () => {
    let carrier: TestCarrier<Schema>;
    let other: Carrier<Schema>;
    before(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, migrations);
      other = await carrier.beside();
    });
    after(() => carrier.close());

    it("are new once, in however many processes they arrive at the same time", async () => {
      const tables = [activitiesTable(carrier.db), activitiesTable(other.db)];
      const notes = await Promise.all(
        Array.from({ length: 12 }, (_, n) => tables[n % 2]!.note(chat, "1" as ActivityId, at)),
      );
      assert.deepEqual(
        notes.map(({ count }) => count).toSorted((a, b) => a - b),
        Array.from({ length: 12 }, (_, n) => n + 1),
      );
    });

    it("are told with the time at which they came first, and are forgotten after it", async () => {
      const table = activitiesTable(carrier.db);
      await table.note(chat, "2" as ActivityId, at);
      assert.deepEqual(await table.note(chat, "2" as ActivityId, later), { count: 2, firstAt: at });
      await table.forgetBefore(at);
      assert.equal((await table.note(chat, "2" as ActivityId, later)).count, 3);
      await table.forgetBefore(later);
      assert.equal((await table.note(chat, "2" as ActivityId, later)).count, 1);
    });

    it("greet once who is new, and count with it how often the same arrived", async () => {
      const table = activitiesTable(carrier.db);
      const greet = (now: Date) => table.greet({ conversation, caller, activity: "3" as ActivityId, now });
      assert.deepEqual(await greet(at), { isNew: true, again: [], arrivals: { count: 1, firstAt: at } });
      assert.deepEqual(await greet(later), { isNew: false, again: [], arrivals: { count: 2, firstAt: at } });
      assert.deepEqual(await table.greet({ conversation, caller, now: later }), { isNew: false, again: [] });
    });

    it("greet everybody who writes at once with what is true of them", async () => {
      const table = activitiesTable(carrier.db);
      const people = Array.from(
        { length: 30 },
        (_, n) => `aaaaaaaa-0000-4000-8000-0000000001${n + 10}` as UserId,
      );
      const post = (userId: UserId): Post => ({
        id: `untold ${userId}`,
        subject: `for ${userId}`,
        purpose: "note",
        place: { kind: "personal", userId },
        state: "undeliverable",
        fellTo: "admins",
        changedAt: at,
      });
      const posts = postsTable(carrier.db);
      for (const userId of people.slice(0, 3)) await posts.add(post(userId));
      const greet = (userId: UserId) =>
        table.greet({
          conversation: { ...conversation, id: `a:${userId}` as ConversationId, userId },
          caller: userId,
          activity: "first" as ActivityId,
          now: later,
        });
      await greet(people[29]!);
      const greeted = await Promise.all([...people, people[5]!].map(greet));
      for (const [n, { isNew, again, arrivals }] of greeted.entries()) {
        assert.deepEqual(again, n < 3 ? [`for ${people[n]}`] : [], `the one at ${n}`);
        assert.equal(isNew, n < 29, `the one at ${n}`);
        assert.equal(arrivals?.count, n < 29 ? 1 : 2, `the one at ${n}`);
      }
    });

    it("greet everybody else when the database takes what one gave for impossible", async () => {
      const table = activitiesTable(carrier.db);
      const greet = (id: string) =>
        table.greet({
          conversation: { ...conversation, id: id as ConversationId },
          caller,
          activity: id as ActivityId,
          now: at,
        });
      const ids = Array.from({ length: 12 }, (_, n) => (n === 7 ? "a:\u0000" : `a:beside ${n}`));
      const greeted = await Promise.allSettled(ids.map(greet));
      assert.deepEqual(
        greeted.map((each) => (each.status === "fulfilled" ? each.value.arrivals?.count : each.status)),
        ids.map((_, n) => (n === 7 ? "rejected" : 1)),
      );
    });

    it("make due again what could not be said or redrawn where somebody writes now, each once", async () => {
      const posts = postsTable(carrier.db);
      const own = { kind: "personal", userId: caller } as const;
      const post = (id: string, given: Partial<Post>): Post => ({
        id,
        subject: id,
        purpose: "note",
        place: own,
        state: "undeliverable",
        changedAt: at,
        ...given,
      });
      const stands = { posted: { conversationId: chat, activityId: "7" as ActivityId }, drawn: "" };
      for (const each of [
        post("untold", { fellTo: "admins" }),
        post("stale", stands),
        post("both", { fellTo: "admins", ...stands }),
        post("elsewhere", { ...stands, posted: { ...stands.posted, conversationId: channel } }),
        post("somebody else's", { place: { ...own, userId: colleague }, fellTo: "admins" }),
        post("said", { state: "posted", ...stands }),
      ])
        await posts.add(each);
      const stateOf = async (id: string) => (await posts.of(id))[0]?.state;
      const inChannel = { ...conversation, id: channel, kind: "channel" as const };
      const { again } = await activitiesTable(carrier.db).greet({
        conversation: inChannel,
        caller,
        now: later,
      });
      assert.deepEqual(again, ["elsewhere"]);
      const { again: alone } = await activitiesTable(carrier.db).greet({ conversation, caller, now: later });
      assert.deepEqual(alone.toSorted(), ["both", "stale", "untold"]);
      assert.deepEqual(await Promise.all(["untold", "both", "stale", "somebody else's"].map(stateOf)), [
        "due",
        "due",
        "posted",
        "undeliverable",
      ]);
    });

    it("may have ids that are longer than an index takes", async () => {
      const [one, two] = [randomBytes(2000).toString("base64"), randomBytes(2000).toString("base64")];
      const { count } = await activitiesTable(carrier.db).note(one as ConversationId, two as ActivityId, at);
      assert.equal(count, 1);
    });
  });
});
