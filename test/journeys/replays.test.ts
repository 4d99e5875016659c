import assert from "node:assert/strict";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  startJourney,
  verbsOf,
} from "../support/journey.ts";

const hourMs = 3_600_000;

describe("an activity that comes again", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  let ids = 0;
  const message = (text: string, who = mina, id = `m-${++ids}`) => ({
    ...journey.teams.envelope(who, personalChat(who)),
    type: "message",
    text,
    id,
  });
  const kept = async () => (await journey.carrier.db.selectFrom("activities").selectAll().execute()).length;
  /** How many messages came of it. */
  async function said(activities: object[], inOrder = true): Promise<number> {
    const count = journey.teams.messages.length;
    const statuses: number[] = [];
    const send = async (activity: object) => statuses.push((await journey.teams.send(activity)).status);
    if (inOrder) for (const activity of activities) await send(activity);
    else await Promise.all(activities.map(send));
    assert.deepEqual(new Set(statuses), new Set([200]));
    return journey.teams.messages.length - count;
  }

  it("is answered once, with 200 each time: a message", async () => {
    await journey.teams.say(mina, personalChat(mina), "help");
    const help = message("help");
    const once = await said([help]);
    assert.ok(once > 0);
    assert.equal(await said([help, help]), 0);
    assert.match(journey.log.at(-1) ?? "", /came again and was left alone/);
  });

  it("is answered once when it comes twice at the same moment", async () => {
    const once = await said([message("help")]);
    const twice = message("help");
    assert.equal(await said([twice, twice], false), once);
  });

  it("is known by another process, or after a restart", async () => {
    const list = message("list");
    assert.ok((await said([list])) > 0);
    await journey.restart();
    // The connections to the one before are closed, and the first call only learns of it.
    await journey.teams.say(jonas, personalChat(jonas), "help").catch(() => {});
    assert.equal(await said([list]), 0);
  });

  it("is another in another conversation, and another with another id", async () => {
    await said([message("help", jonas)]);
    assert.ok((await said([message("help", mina, "m-same"), message("help", jonas, "m-same")])) > 1);
    assert.ok((await said([message("help", mina, "m-other")])) > 0);
  });

  it("is carried out again within a minute when it is a press, since the first may have died, and not after it", async () => {
    const place = personalChat(mina);
    await journey.teams.say(mina, place, "request");
    const chooser = await journey.teams.find(
      (each) => each.conversationId === place.id && verbsOf(each).includes("intake/choose"),
      "the chooser",
    );
    const choose = () =>
      journey.teams.press(mina, place, chooser, "intake/choose", { blueprint: "custom" }, "f:choose");
    const first = await choose();
    assert.ok(first.card);
    journey.turnClock(15_000);
    assert.ok((await choose()).card);
    journey.turnClock(hourMs);
    const drafts = () => journey.carrier.db.selectFrom("drafts").selectAll().execute();
    const before = await drafts();
    assert.deepEqual(await choose(), {
      status: 200,
      text: "Usher got this press before, so nothing was done now. Say status or pending to see how things stand.",
    });
    assert.deepEqual(await drafts(), before);
  });

  it("is not kept when it has no id, and is acted upon", async () => {
    const count = await kept();
    const { id: _, ...nameless } = message("help");
    assert.ok((await said([nameless, nameless])) > 1);
    assert.equal(await kept(), count);
  });

  it("is not kept when it is a card's refresh, which only reads", async () => {
    journey.teams.setRoster(channel, [mina, jonas, priya]);
    const { id } = await journey.ask(jonas);
    const card = await journey.approvalCard(id);
    const count = await kept();
    assert.ok((await journey.teams.refresh(mina, channel, card)).card);
    assert.ok((await journey.teams.refresh(mina, channel, card)).card);
    assert.equal(await kept(), count);
  });

  it("is forgotten after a day", async () => {
    assert.ok((await kept()) > 0);
    journey.turnClock(23 * hourMs);
    const help = message("help");
    await said([help]);
    await sweep(journey.world, journey.world.clock.now());
    assert.equal(await said([help]), 0);
    journey.turnClock(2 * hourMs);
    await sweep(journey.world, journey.world.clock.now());
    assert.equal(await kept(), 1);
    journey.turnClock(23 * hourMs);
    await sweep(journey.world, journey.world.clock.now());
    assert.equal(await kept(), 0);
  });
});
