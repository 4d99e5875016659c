import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import type { ConversationId } from "../../src/domain/ids.ts";
import { chatPace } from "../../src/store/chat-pace.ts";
import type { Schema } from "../../src/store/schema.ts";
import { noon } from "../support/builders.ts";
import { forEachStore } from "./each-store.ts";

let conversations = 0;
const fresh = () => `19:${++conversations}@thread.tacv2` as ConversationId;

forEachStore("turns in a conversation", ({ db, besideDb }) => {
  let ms: number;
  let channel: ConversationId;
  const clock = { now: () => new Date(noon.getTime() + ms) };
  const open = (of: Kysely<Schema>, holder = "one") =>
    chatPace(of, { holder, clock, updateEveryMs: 1000, random: () => 1 });
  beforeEach(async () => {
    // The tenant is the same in all of these: its bucket is full again by then.
    await db().deleteFrom("chat_paces").execute();
    ms = 0;
    channel = fresh();
  });

  describe("to post", () => {
    /** Posts of so many processes, each as fast as it gets turns: when each was sent, and by whom. */
    async function sent(count: number, pace: ReturnType<typeof chatPace>[], to = () => channel) {
      const all: { at: number; by: number }[] = [];
      for (let n = 0; all.length < count; n++) {
        const by = n % pace.length;
        const turn = await pace[by]!.postTurn(to());
        if (turn.isTaken) all.push({ at: ms + turn.inMs, by });
        else ms += 100;
      }
      return all;
    }
    const most = (all: { at: number }[], windowMs: number) =>
      Math.max(...all.map(({ at }) => all.filter((x) => x.at >= at && x.at < at + windowMs).length));

    function areKept(all: { at: number }[]) {
      for (const [windowMs, limit] of [
        [1_000, 7],
        [2_000, 8],
        [30_000, 60],
      ] as const)
        assert.ok(most(all, windowMs) <= limit, `${most(all, windowMs)} in ${windowMs} ms`);
    }

    it("keep the limits of a conversation in every window, over all processes, and apart from each other", async () => {
      const all = await sent(30, [open(db()), open(besideDb(), "two")]);
      areKept(all);
      for (const [n, { at, by }] of all.entries()) {
        const before = all[n - 1];
        if (!before) continue;
        assert.ok(at >= before.at, "turns come in the order in which they were asked for");
        if (before.by !== by) assert.ok(at - before.at >= 1_000, `${at - before.at} ms apart`);
      }
    });

    it("come four at once, and use up what Teams takes in half a minute", async () => {
      const all = await sent(80, [open(db())]);
      areKept(all);
      assert.deepEqual(
        all.slice(0, 4).map(({ at }) => at),
        [0, 0, 0, 0],
      );
      assert.ok((all[58]?.at ?? 0) <= 30_000, `${all[58]?.at} ms for 59`);
    });

    it("come every four seconds once nine hundred were sent in a short time, which is 1,800 in an hour", async () => {
      const pace = open(db());
      await pace.count(channel);
      const hourFullAt = noon.getTime() + 900 * 4_000;
      await db()
        .updateTable("chat_paces")
        .set({ hour_full_at: hourFullAt })
        .where("id", "=", channel)
        .execute();
      assert.equal((await pace.postTurn(channel)).isTaken, false);
      ms = 4_000;
      assert.deepEqual(await pace.postTurn(channel), { inMs: 0, isTaken: true });
      assert.equal((await pace.postTurn(channel)).isTaken, false);
    });

    it("are thirty a second at most in the whole tenant", async () => {
      const all = await sent(100, [open(db()), open(besideDb(), "two")], fresh);
      assert.ok(most(all, 1_000) <= 30, `${most(all, 1_000)} in a second`);
    });

    it("take their part from answers, which wait for nothing", async () => {
      const pace = open(db());
      for (let n = 0; n < 6; n++) await pace.count(channel);
      assert.equal((await pace.postTurn(channel)).isTaken, false);
      ms += 5_000;
      assert.deepEqual(await pace.postTurn(channel), { inMs: 0, isTaken: true });
    });

    it("are charged the same for answers that come together as for those that come one by one", async () => {
      const [one, other] = [channel, fresh()];
      const charged = async (
        count: (pace: ReturnType<typeof chatPace>, answers: ConversationId[]) => unknown,
      ) => {
        await db().deleteFrom("chat_paces").execute();
        const pace = open(db());
        await pace.count(one);
        ms += 1_000;
        await count(pace, [one, other, one, other, one]);
        const rows = await db().selectFrom("chat_paces").selectAll().orderBy("id").execute();
        ms -= 1_000;
        return rows;
      };
      const alone = await charged(async (pace, answers) => {
        for (const answer of answers) await pace.count(answer);
      });
      const together = await charged((pace, answers) => Promise.all(answers.map((id) => pace.count(id))));
      assert.equal(alone.length, 3);
      assert.deepEqual(together, alone);
    });

    it("count also the answers after one that the database would not take", async () => {
      const pace = open(db());
      await assert.rejects(pace.count("a\0b" as ConversationId));
      await pace.count(channel);
      assert.equal(
        (await db().selectFrom("chat_paces").select("id").where("id", "=", channel).execute()).length,
        1,
      );
    });

    it("are not to be had in any process while Teams wants to be left alone", async () => {
      const [one, two] = [open(db()), open(besideDb(), "two")];
      assert.equal(await one.close(channel, 60_000), 60_000);
      assert.deepEqual(await two.postTurn(channel), { inMs: 60_000, isTaken: false });
      assert.equal((await two.updateTurn(channel, true)).closedForMs, 60_000);
      assert.equal((await two.postTurn(fresh())).isTaken, true);
      ms += 60_000;
      assert.equal((await two.postTurn(channel)).isTaken, true);
    });

    it("are put off for longer each time where Teams does not say for how long", async () => {
      const pace = open(db());
      const waits: number[] = [];
      for (let n = 0; n < 10; n++) {
        waits.push(await pace.close(channel, undefined));
        ms += waits.at(-1) ?? 0;
      }
      assert.deepEqual(waits.slice(0, 4), [4_000, 8_000, 16_000, 32_000]);
      assert.equal(waits.at(-1), 300_000);
      ms += 601_000;
      assert.equal(await pace.close(channel, undefined), 4_000);
    });

    it("come again when the clock was set back", async () => {
      const pace = open(db());
      ms = 86_400_000;
      for (let n = 0; n < 5; n++) await pace.postTurn(channel);
      ms = 0;
      assert.deepEqual(await pace.postTurn(channel), { inMs: 0, isTaken: true });
    });
  });

  describe("to redraw cards", () => {
    const turn = (isFinal: boolean, id = channel, of = db()) => open(of).updateTurn(id, isFinal);
    const progress = (id?: ConversationId) => turn(false, id).then(({ inMs }) => inMs);
    const final = (id?: ConversationId) => turn(true, id).then(({ inMs }) => inMs);

    it("come at once, and then one each second, over all processes", async () => {
      assert.deepEqual(
        [await progress(), (await turn(false, channel, besideDb())).inMs, await progress()],
        [0, 1000, 2000],
      );
      ms = 3500;
      assert.equal(await progress(), 0);
    });

    it("are each conversation's own", async () => {
      assert.equal(await progress(), 0);
      assert.equal(await progress(fresh()), 0);
    });

    it("are not waited for in a long line: who finds one asks again", async () => {
      for (let n = 0; n <= 30; n++) assert.ok((await turn(false)).isTaken);
      assert.deepEqual(await turn(false), { inMs: 30_000, isTaken: false });
      assert.deepEqual(await turn(false), { inMs: 30_000, isTaken: false });
    });

    it("go past the line for what is final, a second after the last at the latest", async () => {
      for (let n = 0; n < 10; n++) await progress();
      ms = 300;
      assert.equal(await final(), 700);
      ms = 4_600;
      assert.equal(await final(), 400);
      assert.ok((await final()) <= 1000);
      assert.ok((await final()) <= 1000);
    });

    it("come at once for what is final when nothing was redrawn within the second", async () => {
      assert.equal(await progress(), 0);
      ms = 1000;
      assert.equal(await final(), 0);
      assert.equal(await progress(), 1000);
    });

    it("wait for Teams' limits too, also for what is final", async () => {
      const pace = open(db());
      for (let n = 0; n < 6; n++) await pace.count(channel);
      assert.ok((await final()) > 1_000);
    });
  });
});
