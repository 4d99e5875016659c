import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { days, hours } from "../support/builders.ts";
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
  verbsOf,
} from "../support/journey.ts";
import { catalogWithPolicy } from "../support/policy.ts";
import { aStanding } from "../support/standing.ts";

const plan: Partial<Plan> = { permissions: [], owner: "nobody", credential: { kind: "none" } };

describe("a second owner, where policy wants two", () => {
  let journey: Journey;
  before(async () => {
    const owners = { owners: 2 } as const;
    const catalogDir = catalogWithPolicy({ ranks: { low: owners, medium: owners, high: owners } });
    journey = await startJourney({ config: { catalogDir } });
    for (const who of [mina, jonas, priya]) await journey.teams.say(who, personalChat(who), "help");
  });
  after(() => journey.close());

  const sweepNow = () => sweep(journey.world, journey.world.clock.now());
  const findIn = (place: { id: string }, id: string, text: string): Promise<ChatMessage> =>
    journey.teams.find(
      (each) => each.conversationId === place.id && says(each, id) && says(each, text),
      `a message in ${place.id} about ${id} that says ${text}`,
    );
  const posts = async (id: RequestId) =>
    (await journey.world.store.tables.posts.of(id)).filter(({ purpose }) => purpose === "second-owner");
  const title = "Name a second owner";

  it("is said to the approvers with the request", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    assert.match(readingOf(card), /Policy wants two owners: once it is made, Usher asks the requester/);
  });

  it("is asked for at once, and asked no more once somebody is", async () => {
    const { id } = await aStanding(journey, { plan });
    await sweepNow();
    const card = await findIn(personalChat(mina), id, title);
    assert.match(readingOf(card), /Policy wants two owners for what is as dangerous as this/);
    assert.deepEqual(verbsOf(card), ["ownership/co-owner"]);
    await journey.teams.press(mina, personalChat(mina), card, "ownership/co-owner", { coOwner: jonas.id });
    const question = await findIn(personalChat(jonas), id, "Will you own this registration too?");
    await journey.until(
      async () => readingOf(journey.stands(card)).includes("A second owner is asked"),
      "the card of the one who is asked",
    );
    await journey.teams.press(jonas, personalChat(jonas), question, "ownership/accept");
    await journey.until(
      async () => readingOf(journey.stands(card)).includes("No further owner is wanted"),
      "the card of the one who was asked",
    );
    for (let day = 1; day <= 15; day++) {
      journey.turnClock(1 * days);
      await sweepNow();
    }
    assert.equal((await posts(id)).length, 1);
  });

  it("is asked for each week, by day, and the approvers hear of it once after four weeks", async () => {
    const { id } = await aStanding(journey, { plan });
    await sweepNow();
    for (let hour = 1; hour <= 24 * 44; hour += 4) {
      journey.turnClock(4 * hours);
      await sweepNow();
    }
    const all = await posts(id);
    const toOwner = all.filter(({ place }) => place.kind === "personal");
    assert.equal(toOwner.length, 7);
    for (const { place } of toOwner.slice(1)) assert.ok(new Date(place.copy ?? "").getUTCHours() >= 9);
    assert.equal(all.length, 8);
    const card = await findIn(channel, id, "A registration has one owner, and policy wants two");
    assert.match(readingOf(card), /asked its owner for four weeks/);
    assert.deepEqual(verbsOf(card), []);
    const lines = (await journey.audited(id)).filter(({ what }) => what === "owners.wanted");
    assert.equal(lines.filter(({ outcome }) => outcome === "approvers told").length, 1);
  });
});
