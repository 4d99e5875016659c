import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { ConversationId, RequestId } from "../../src/domain/ids.ts";
import { createLog } from "../../src/log.ts";
import { startUsher } from "../../src/main.ts";
import type { Schema } from "../../src/store/schema.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { newPost } from "../../src/usecases/telling/new-post.ts";
import { onPostgres, type TestCarrier } from "../support/carriers.ts";
import { channel, priya, says, startJourney } from "../support/journey.ts";

const subjects = Array.from({ length: 10 }, (_, n) => `REQ-PACE0${n}` as RequestId);
const inEach = 10;
const updateEveryMs = 1_000;

/**
 * Whoever waits turns the clock on, but not while somebody asks for a turn, or has one and has not used it: between
 * the two no time passes, as none does that is worth telling where clocks turn by themselves.
 */
function turnedWaiting(now: () => number, turnClock: (ms: number) => void) {
  const busy = new Set<string>();
  const asking = new AsyncLocalStorage<string>();
  const waits: { until: number; go: () => void }[] = [];
  function goOn() {
    if (busy.size > 0) return void setImmediate(goOn);
    const [next] = waits.toSorted((a, b) => a.until - b.until);
    if (!next) return;
    waits.splice(waits.indexOf(next), 1);
    turnClock(Math.max(0, next.until - now()));
    next.go();
  }
  return {
    async pause(ms: number) {
      const who = asking.getStore();
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({
        until: now() + ms,
        go: () => {
          if (who) busy.add(who);
          resolve();
        },
      });
      if (who) busy.delete(who);
      setImmediate(goOn);
      await promise;
    },
    watched: (who: string, sent: { who: string; at: number }[]) => (world: World) => ({
      ...world,
      chat: {
        ...world.chat,
        postTurn(id: ConversationId) {
          busy.add(who);
          return asking.run(who, () => world.chat.postTurn(id));
        },
        post: async (...given: Parameters<World["chat"]["post"]>) => {
          sent.push({ who, at: now() });
          try {
            return await world.chat.post(...given);
          } finally {
            busy.delete(who);
          }
        },
      },
    }),
    idle: (who: string) => void busy.delete(who),
  };
}

describe("two processes that post into one conversation", () => {
  it("keep Teams' limits and the order together, apart from each other, and say nothing twice", async () => {
    let now = () => Date.now();
    let turnClock = (_ms: number) => {};
    const sent: { who: string; at: number }[] = [];
    const waiting = turnedWaiting(
      () => now(),
      (ms) => turnClock(ms),
    );
    let carrier: TestCarrier<Schema> | undefined;
    const journey = await startJourney({
      carrier: async () => {
        carrier = await onPostgres<Schema>();
        return carrier;
      },
      updateEveryMs,
      pause: waiting.pause,
      adjust: waiting.watched("one", sent),
    });
    const { clock } = journey.world;
    now = () => clock.now().getTime();
    turnClock = journey.turnClock;
    const other = await startUsher(
      { ...journey.config, port: 0 },
      {
        carrier: { ...(await (carrier as TestCarrier<Schema>).beside()), close: async () => {} },
        clock,
        log: createLog("silent"),
        updateEveryMs,
        sweeps: false,
        pause: waiting.pause,
        adjust: waiting.watched("two", sent),
      },
    );
    try {
      // Its service address is known once somebody has spoken there.
      await journey.teams.say(priya, channel, "help");
      const { posts } = journey.world.store.tables;
      for (const subject of subjects)
        for (let n = 0; n < inEach; n++)
          await posts.add({
            ...newPost(subject, "note", clock.now()),
            place: { kind: "conversation", conversationId: channel.id as ConversationId },
            message: { kind: "ready", requestId: subject, displayName: `Part ${n}.`, system: "x" },
          });
      const arrivals: number[] = [];
      const refused = new Set<string>();
      journey.teams.onCall(({ method, conversationId, body }) => {
        if (method !== "POST" || conversationId !== channel.id) return undefined;
        arrivals.push(now());
        // Of each subject the fourth is refused at first, as two writes at once are.
        const fourth = /REQ-PACE0\d(?=.*Part 3\.)/.exec(JSON.stringify(body))?.[0];
        if (!fourth || refused.has(fourth)) return undefined;
        refused.add(fourth);
        return { status: 412 };
      });
      const left = async () => {
        const states = await Promise.all(subjects.map((subject) => posts.of(subject)));
        return states.flat().filter(({ state }) => state !== "posted").length;
      };
      const work = async (who: string, world: World, order: readonly RequestId[]) => {
        for (const subject of order) {
          await deliverPosts(world, subject);
          waiting.idle(who);
        }
      };
      for (let round = 0; round < 400 && (await left()) > 0; round++) {
        await Promise.all([
          work("one", journey.world, subjects),
          work("two", other.world, subjects.toReversed()),
        ]);
        // As jobs that are tried again.
        journey.turnClock(500);
      }

      const said = journey.teams.messages.filter((each) => each.conversationId === channel.id);
      for (const subject of subjects) {
        const parts = said
          .filter((each) => says(each, subject))
          .map((each) => Number(/Part (\d)\./.exec(JSON.stringify(each.card))?.[1]));
        assert.deepEqual(
          parts,
          Array.from({ length: inEach }, (_, n) => n),
          subject,
        );
      }
      for (const [windowMs, limit] of [
        [1_000, 7],
        [2_000, 8],
        [30_000, 60],
      ] as const) {
        const most = Math.max(
          ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + windowMs).length),
        );
        assert.ok(most <= limit, `${most} in ${windowMs} ms`);
      }
      assert.deepEqual([...new Set(sent.map(({ who }) => who))].toSorted(), ["one", "two"]);
      for (const [n, { who, at }] of sent.entries()) {
        const before = sent[n - 1];
        if (before && before.who !== who) assert.ok(at - before.at >= 900, `${at - before.at} ms apart`);
      }
    } finally {
      await other.stop();
      await journey.close();
    }
  });
});
