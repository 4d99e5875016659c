import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { ConnectorFault } from "../../src/local/teams-stand-in.ts";
import { drawn } from "../../src/local/tenant/drawn.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
} from "../support/journey.ts";
import { linksTo } from "../support/new-keys.ts";
import { faultsSeed, isShort } from "./seed.ts";

const count = isShort ? 6 : 40;
/** One call in four is struck. */
const share = 0.25;
const kinds: readonly ConnectorFault[] = [
  { status: 403, code: "BotNotInConversationRoster" },
  { status: 403, code: "MessageWritesBlocked" },
  { status: 403, code: "BotDisabledByAdmin" },
  { status: 404, code: "ConversationNotFound" },
  { status: 408 },
  { status: 408, afterwards: true },
  { status: 412, code: "PreconditionFailed" },
  { status: 429, retryAfter: 1 },
  { status: 500 },
  { status: 502, afterwards: true },
  { status: 503 },
  { status: 504, afterwards: true },
  // A connection that is cut, before and after it was taken.
  { status: 0 },
  { status: 0, afterwards: true },
];

describe(`a storm at the connector (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(20 * 60_000);
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const struck: Record<string, number> = {};
  /** It rages from `begin` to `end`, over and over. */
  function storm() {
    let n = 0;
    let rages = false;
    journey.teams.onCall(({ method }) => {
      if (!rages || method === "GET") return undefined;
      n += 1;
      if (drawn(faultsSeed, `call ${n}`) > share) return undefined;
      const fault = kinds[Math.floor(drawn(faultsSeed, `kind ${n}`) * kinds.length)];
      const name = `${fault?.status || "cut"}${fault?.afterwards ? " afterwards" : ""}`;
      struck[name] = (struck[name] ?? 0) + 1;
      return fault;
    });
    return {
      begin() {
        rages = true;
      },
      end() {
        rages = false;
      },
    };
  }

  it(`leaves ${count} requests right, and every message told, once, or known not to be`, async () => {
    const ids: RequestId[] = [];
    const { begin, end } = storm();
    while (ids.length < count) {
      // Policy lets a person have five open at a time.
      const wave: RequestId[] = [];
      end();
      for (let n = 0; n < Math.min(6, count - ids.length); n++)
        wave.push((await journey.ask(n % 2 ? mina : jonas)).id as RequestId);
      begin();
      for (const id of wave) {
        await journey.until(async () => {
          // Said until something comes of it, as a person does who hears nothing.
          await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`).catch(() => undefined);
          return (await journey.request(id)).state !== "pending";
        }, `the approval of ${id}`);
      }
      ids.push(...wave);
    }
    const { posts, links, registrations } = journey.world.store.tables;
    const settled = async (id: RequestId) =>
      (await journey.request(id)).state === "provisioned" &&
      (await posts.of(id)).every(({ state }) => state !== "due" && state !== "sending");
    const allSettled = async () => (await Promise.all(ids.map(settled))).every(Boolean);
    let looks = 0;
    await goOn(async () => {
      looks += 1;
      return looks > 400;
    }, "some minutes of it");
    end();
    // Whoever could not be written to reads elsewhere that they have to say something.
    for (const who of [mina, jonas, priya]) await journey.teams.say(who, personalChat(who), "help");
    await journey.teams.say(priya, channel, "help");
    await goOn(allSettled, "the end of all of them");
    // What is wrong with a card that stands is mended by the looks that follow.
    const isDrawn = async () =>
      (await Promise.all(ids.map((id) => posts.of(id))))
        .flat()
        .every(({ state, drawn: text, purpose }) => state !== "posted" || purpose === "note" || text !== "");
    await goOn(async () => (await allSettled()) && (await isDrawn()), "the cards");

    for (const id of ids) {
      const registration = await registrations.get(id);
      assert.equal(registration?.state, "active", id);
      const mine = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
      assert.deepEqual(
        mine.map(({ passwordCredentials }) => passwordCredentials.length),
        [1],
        id,
      );
      // A link that did not come is cancelled, and another is sent.
      const open = (await links.of(id)).filter(({ state }) => state === "sealed");
      assert.equal(open.length, 1, id);
      for (const post of await posts.of(id)) {
        if (post.state === "undeliverable" && post.purpose === "link")
          assert.ok(
            (await posts.of(id)).some(({ purpose, state }) => purpose !== "link" && state === "posted"),
            `${id} is told nowhere`,
          );
      }
      // Of those that it knows: one that was posted although the answer said no stands as it was, and answers by the rows.
      for (const { purpose, posted, state } of await posts.of(id)) {
        const card = journey.teams.messages.find((each) => each.id === posted?.activityId);
        // What Teams called gone is gone.
        if (purpose === "approval" && card && state === "posted")
          assert.match(readingOf(card), /Approved and ready/, id);
      }
    }
    const twice = Object.entries(struck).reduce(
      (sum, [name, n]) => sum + (/afterwards/.test(name) ? n : 0),
      0,
    );
    assert.ok(linksTo(journey).length + linksTo(journey, jonas).length <= count + twice);
    process.stdout.write(`      struck: ${JSON.stringify(struck)}\n`);
  });

  /** A minute after the other, as cron does. */
  async function goOn(isOver: () => Promise<boolean>, what: string): Promise<void> {
    let looks = 0;
    await journey.until(async () => {
      if (await isOver()) return true;
      // What is under way has its time; what waits is due a minute later.
      looks += 1;
      if (looks % 20 === 0) {
        journey.turnClock(61_000);
        await sweep(journey.world, journey.world.clock.now()).catch(() => undefined);
      }
      return false;
    }, what);
  }
});
