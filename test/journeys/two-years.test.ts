import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { drawn } from "../../src/local/tenant/drawn.ts";
import type { Schema } from "../../src/store/schema.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { days, minutes } from "../support/builders.ts";
import { type TestCarrier, usherOnDisk, usherOnPostgres } from "../support/carriers.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { aMortal } from "../support/mortal.ts";
import { aHandedOver, linksTo, works } from "../support/new-keys.ts";
import { markOf } from "../support/owned.ts";

type Person = typeof mina;
type Act = {
  /** What people do; again where nothing has come of it. */
  act?: () => Promise<unknown>;
  /** What has come of it by the end. */
  isDone: () => boolean | Promise<boolean>;
};

/** The furthest point of an act at which it is killed; most acts have fewer. */
const lastPoint = 8;

const lives = [
  ["the embedded database", usherOnDisk, 1],
  ["PostgreSQL", usherOnPostgres, 2],
] as const;

for (const [name, open, seed] of lives) {
  describe(`two years of a registration on ${name}`, function () {
    this.timeout(300_000);
    it(`come to the same end when Usher is killed in each of their acts (seed ${seed})`, async () => {
      await twoYears(open, seed);
    });
  });
}

async function twoYears(open: () => Promise<TestCarrier<Schema>>, seed: number): Promise<void> {
  const mortal = aMortal();
  const journey = await startJourney({
    carrier: open,
    adjust(world) {
      mortal.revive();
      return mortal.adjust(world);
    },
  });
  try {
    const life = aLife(journey, mortal, seed);
    await live(journey, life);
    const deaths = life.deaths();
    assert.ok(deaths >= 6, `killed ${deaths} times`);
  } finally {
    await journey.close();
  }
}

/** Lets time and acts pass; in each act Usher dies once, at a point that the seed draws. */
function aLife(journey: Journey, mortal: ReturnType<typeof aMortal>, seed: number) {
  let aheadMs = 0;
  let deaths = 0;
  const turn = (ms: number) => {
    aheadMs += ms;
    journey.turnClock(ms);
  };
  const sweepNow = () => sweep(journey.world, journey.world.clock.now()).catch(() => undefined);
  return {
    deaths: () => deaths,
    turn,
    sweepNow,
    async act(name: string, { act, isDone }: Act): Promise<void> {
      mortal.arm(1 + Math.floor(drawn(seed, name) * lastPoint));
      await act?.().catch(() => undefined);
      await sweepNow();
      await journey.until(async () => mortal.isDead || (await isDone()), `${name}, or a death`);
      if (mortal.isDead) {
        deaths += 1;
        await journey.restart();
        // As long as what the dead one held is waited for.
        turn(61_000);
      } else mortal.revive();
      let round = 0;
      await journey.until(async () => {
        await sweepNow();
        if (await isDone()) return true;
        // What was not heard is said again by whoever said it.
        if (++round % 25 === 0) await act?.().catch(() => undefined);
        if (round % 50 === 0) turn(5 * minutes);
        return false;
      }, name);
    },
    /** Day by day, at ten in the morning. */
    async days(count: number): Promise<void> {
      for (let day = 0; day < count; day++) {
        turn(1 * days);
        await sweepNow();
      }
    },
    /** The sign-in service has a clock of its own, which nobody turns. */
    async today<T>(work: () => Promise<T>): Promise<T> {
      journey.turnClock(-aheadMs);
      try {
        return await work();
      } finally {
        journey.turnClock(aheadMs);
      }
    },
  };
}

async function live(journey: Journey, life: ReturnType<typeof aLife>): Promise<void> {
  const { teams } = journey;
  const newestTo = (who: Person, text: string, since = 0) =>
    teams.messages
      .slice(since)
      .findLast((each) => each.conversationId === personalChat(who).id && says(each, text));
  const newestInChannel = (text: string) =>
    teams.messages.findLast((each) => each.conversationId === channel.id && says(each, text));
  /** Says it, and presses the button of what is answered. */
  const sayAndPress = (who: Person, text: string, verb: string) => async () => {
    const since = teams.messages.length;
    await teams.say(who, personalChat(who), text);
    const question = teams.messages
      .slice(since)
      .find((each) => each.conversationId === personalChat(who).id && verbsOf(each).includes(verb));
    if (question) await teams.press(who, personalChat(who), question, verb);
  };
  const say = (who: Person, text: string) => () => teams.say(who, personalChat(who), text);

  // Nobody is told of anything at night, so all days begin at ten in the morning.
  const morning = new Date(journey.world.clock.now());
  morning.setUTCHours(10, 0, 0, 0);
  life.turn(morning.getTime() + days - journey.world.clock.now().getTime());
  for (const who of [mina, jonas, priya, tomas]) await say(who, "help")();
  const handed = await aHandedOver(journey);
  const { id, requestId, clientId } = handed;
  const registered = async (): Promise<Registration> =>
    (await journey.world.store.tables.registrations.get(requestId)) ?? assert.fail();
  const isIn = (state: Registration["state"]) => async () => (await registered()).state === state;
  const revealed = (who: Person, links: readonly string[]) =>
    life.today(async () => {
      const link = linksTo(journey, who).findLast((each) => !links.includes(each)) ?? assert.fail();
      const page = await journey.openAs(link, who);
      assert.equal(page.status, 200, page.body);
      const { body } = await page.reveal();
      return /<input\b[^>]*id="secret"[^>]*value="([^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    });
  const hasNewLink = (who: Person, links: readonly string[]) => async () =>
    linksTo(journey, who).some((each) => !links.includes(each)) &&
    (await journey.world.store.tables.newKeys.get(requestId)) === undefined;
  const first = await revealed(mina, []);
  assert.equal(await works(journey.tenant, clientId, first), true);

  // The first year: its secret is rotated when its end comes near.
  life.turn(334 * days);
  await life.act("the reminder", {
    act: () => life.days(2),
    isDone: () => newestTo(mina, "stops working soon") !== undefined,
  });
  let before = linksTo(journey);
  await life.act("the rotation", {
    act: sayAndPress(mina, `rotate ${id}`, "rotation/confirm"),
    isDone: hasNewLink(mina, before),
  });
  const second = await revealed(mina, before);
  for (const secret of [first, second]) assert.equal(await works(journey.tenant, clientId, secret), true);
  await life.act("the switch", {
    act: say(mina, `switched ${id}`),
    isDone: async () => (await handed.keyIds()).length === 1,
  });
  assert.equal(await works(journey.tenant, clientId, first), false);
  assert.equal(await works(journey.tenant, clientId, second), true);

  // Each year its owner is asked whether it is needed.
  life.turn(28 * days);
  await life.act("the yearly question", {
    act: () => life.days(2),
    isDone: () => newestTo(mina, "still needed") !== undefined,
  });
  const isConfirmed = async () => (await journey.audited(id)).some(({ what }) => what === "need.confirmed");
  await life.act("its answer", { act: say(mina, `needed ${id}`), isDone: isConfirmed });

  // She leaves; her manager is asked to take it over, and an approver agrees.
  life.turn(120 * days);
  await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false, managerId: jonas.id });
  await life.act("the leaver", {
    act: () => life.days(3),
    isDone: () => newestTo(jonas, "Will you take this registration over?") !== undefined,
  });
  const offered = async () => (await journey.world.store.tables.ownership.of(requestId)).at(-1)?.state;
  await life.act("the yes of who takes it over", {
    act: async () => say(jonas, `accept ownership ${id} ${await markOf(journey, requestId)}`)(),
    isDone: async () => (await offered()) !== "offered",
  });
  await life.act("the approver's yes", {
    act: async () => say(priya, `approve ownership ${id} ${await markOf(journey, requestId)}`)(),
    isDone: async () => (await offered()) === "done",
  });
  assert.equal((await registered()).owner.userId, jonas.id);
  assert.equal(await works(journey.tenant, clientId, second), true);

  // Nobody answers the reminders of the second secret: the approvers hear of it, and one of them revokes.
  life.turn(200 * days);
  await life.act("the word to the approvers", {
    act: () => life.days(2),
    isDone: () => newestInChannel("stops working soon") !== undefined,
  });
  await life.act("the revocation", {
    act: sayAndPress(priya, `revoke ${id}`, "registration/confirm-revoke"),
    isDone: isIn("revoked"),
  });
  assert.equal(await works(journey.tenant, clientId, second), false);

  // It was needed after all.
  await life.days(3);
  before = linksTo(journey, jonas);
  await life.act("the restoration", {
    act: sayAndPress(tomas, `restore ${id}`, "registration/confirm-restore"),
    isDone: async () => (await isIn("active")()) && (await hasNewLink(jonas, before)()),
  });
  const third = await revealed(jonas, before);
  assert.deepEqual(
    await Promise.all([first, second, third].map((secret) => works(journey.tenant, clientId, secret))),
    [false, false, true],
  );

  // The end.
  await life.days(10);
  await life.act("the last revocation", {
    act: sayAndPress(jonas, `revoke ${id}`, "registration/confirm-revoke"),
    isDone: isIn("revoked"),
  });
  life.turn(29 * days);
  await life.act("its removal", { act: () => life.days(1), isDone: isIn("removed") });
  assert.equal(await works(journey.tenant, clientId, third), false);
  assert.deepEqual(await journey.world.store.tables.duties.of(requestId), []);
  await assertToldOnce(journey, requestId);
}

/** Nobody was told twice on one day of one thing. */
async function assertToldOnce(journey: Journey, id: RequestId): Promise<void> {
  const lines = await journey.audited(id);
  const once = [
    ["registration.revoke", "revoked"],
    ["registration.restore", "restored"],
    ["registration.removed", "removed"],
  ];
  const counted = once.map(
    ([what, outcome]) => lines.filter((line) => line.what === what && line.outcome === outcome).length,
  );
  assert.deepEqual(
    counted,
    [2, 1, 1],
    JSON.stringify(lines.map(({ what, outcome }) => `${what} ${outcome}`)),
  );
  const said = journey.teams.messages
    .filter((each: ChatMessage) => each.conversationId === personalChat(jonas).id)
    .map((each) => readingOf(each))
    .filter((text) => text.includes(id) && text.includes("stops working soon"));
  assert.equal(new Set(said).size, said.length, "no reminder twice");
}
