import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { sayRequest } from "../support/asking.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  readingOf,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { catalogWithPolicy } from "../support/policy.ts";

const hour = 3_600_000;
const day = 24 * hour;
const oneApproval = { approvals: 1 };
const catalogDir = () =>
  catalogWithPolicy({
    ranks: { low: oneApproval, medium: oneApproval, high: oneApproval, tier0: oneApproval },
  });

const copies = (journey: Journey, id: string) =>
  journey.teams.messages.filter((each) => each.conversationId === channel.id && says(each, id));
const delivered = (journey: Journey, id: string) =>
  journey.until(async () => {
    const posts = await journey.world.store.tables.posts.of(id);
    return posts.every(({ state }) => state !== "due" && state !== "sending");
  }, `all messages about ${id}`);
/** Says it and answers what comes back in the person's own chat. */
async function answerTo(journey: Journey, text: string, who = mina) {
  const before = new Set(journey.teams.messages.map(({ id }) => id));
  await journey.teams.say(who, personalChat(who), text);
  return journey.teams.find(
    (each) => each.conversationId === personalChat(who).id && !before.has(each.id),
    `the answer to ${text}`,
  );
}
const nudges = async (journey: Journey, id: string) =>
  (await journey.audited(id)).filter(({ what }) => what === "request.nudged");

forEachUsherDatabase((_, open) => {
  describe("a nudge", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open, config: { catalogDir: catalogDir() } });
    });
    after(() => journey.close());

    it("shows the card in the channel anew, once for presses at once, and again only after a day", async () => {
      const { id, card } = await journey.ask();
      await journey.approvalCard(id);
      const answers = await Promise.all(
        [1, 2, 3].map(() => journey.teams.press(mina, personalChat(mina), card, "request/nudge")),
      );
      assert.deepEqual(
        answers.map(({ text }) => text),
        [undefined, undefined, undefined],
        "the same press gets the same answer",
      );
      await delivered(journey, id);
      assert.equal(copies(journey, id).length, 2);
      assert.deepEqual(await nudges(journey, id), [
        { what: "request.nudged", who: mina.id, outcome: "pending", surface: "card" },
      ]);
      journey.turnClock(day - hour);
      assert.match(readingOf(await answerTo(journey, `nudge ${id}`)), /nudge again from|You can again from/);
      assert.equal((await nudges(journey, id)).length, 1);
      journey.turnClock(hour);
      await answerTo(journey, `nudge ${id}`);
      await delivered(journey, id);
      assert.equal((await nudges(journey, id)).length, 2);
      assert.equal(copies(journey, id).length, 3);
      await journey.approve(id);
      await journey.until(
        async () => copies(journey, id).every((each) => !verbsOf(each).includes("approval/approve")),
        "all copies without buttons",
      );
    });
  });
});

describe("a nudge", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ config: { catalogDir: catalogDir() } });
  });
  after(() => journey.close());

  it("is the requester's only; to others there is no such request", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    assert.match(readingOf(await answerTo(journey, `nudge ${id}`, jonas)), /no such request/);
    assert.match(readingOf(await answerTo(journey, `nudge ${id}`, tomas)), /no such request/);
    assert.deepEqual(await nudges(journey, id), []);
    assert.equal(copies(journey, id).length, 1);
  });

  it("does nothing once it is decided, or while it is the requester's turn", async () => {
    const { id, card } = await journey.ask();
    await journey.approve(id);
    await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
    await answerTo(journey, `nudge ${id}`);
    const second = await journey.ask();
    await journey.teams.press(tomas, channel, await journey.approvalCard(second.id), "approval/return", {
      question: "Which warehouse?",
    });
    await answerTo(journey, `nudge ${second.id}`);
    assert.deepEqual(await nudges(journey, id), []);
    assert.deepEqual(await nudges(journey, second.id), []);
    assert.notEqual(card.id, second.card.id);
  });
});

describe("a nudge before a question was answered", () => {
  it("counts for the day after the answer too", async () => {
    const journey = await startJourney({ config: { catalogDir: catalogDir() } });
    try {
      const { id, card } = await journey.ask();
      await journey.teams.press(mina, personalChat(mina), card, "request/nudge");
      await journey.teams.press(tomas, channel, await journey.approvalCard(id), "approval/return", {
        question: "Which warehouse?",
      });
      await answerTo(journey, `answer ${id} The one in Leeds.`);
      assert.equal((await journey.request(id)).revision, 2);
      journey.turnClock(hour);
      await answerTo(journey, `nudge ${id}`);
      assert.equal((await nudges(journey, id)).length, 1);
    } finally {
      await journey.close();
    }
  });
});

describe("the requester", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney({ config: { catalogDir: catalogDir() } });
  });
  afterEach(() => journey.close());

  it("reads who can decide, since when it waits and until when", async () => {
    const { id } = await journey.ask();
    const text = readingOf(await answerTo(journey, `status ${id}`));
    const request = await journey.request(id);
    assert.ok(request.state === "pending");
    for (const name of ["Priya Nair", "Tomás Rivera"]) assert.ok(text.includes(name), name);
    assert.match(text, /Waits since/);
    const until = request.waiting.expiresAt;
    assert.ok(Math.abs(until.getTime() - request.submittedAt.getTime() - 14 * day) < 1000);
    const dayOf = new Intl.DateTimeFormat("en-GB", { day: "numeric", timeZone: "UTC" }).format(until);
    assert.match(text, new RegExp(`Waits until.{0,4}${dayOf} `));
  });

  it("is shown first what waits already for the same system, and may ask anyway", async () => {
    const { id } = await journey.ask();
    const first = await answerTo(journey, "request netwrix-identity-manager");
    assert.ok(says(first, id));
    assert.ok(!verbsOf(first).includes("intake/review"), "no form before that");
    await journey.teams.press(mina, personalChat(mina), first, "intake/anyway");
    assert.ok(verbsOf(journey.stands(first)).includes("intake/review"));
    const chooser = await answerTo(journey, "request");
    await journey.teams.press(mina, personalChat(mina), chooser, "intake/choose", {
      blueprint: "netwrix-identity-manager",
    });
    assert.ok(says(journey.stands(chooser), id), "and also where it was chosen");
    assert.ok(verbsOf(journey.stands(chooser)).includes("intake/anyway"));
  });

  it("is shown first what is made already, and only while it is active", async () => {
    const { id } = await journey.provisioned();
    const first = await answerTo(journey, "request netwrix-identity-manager");
    assert.ok(says(first, id));
    assert.ok(verbsOf(first).includes("intake/anyway"));
    const question = await answerTo(journey, `revoke ${id}`);
    await journey.teams.press(mina, personalChat(mina), question, "registration/confirm-revoke");
    await journey.until(
      async () => (await journey.graph("/directory/deletedItems/microsoft.graph.application")).status === 200,
      "the recycle bin",
    );
    await journey.teams.find((each) => each.id === question.id && says(each, "Revoked"), "the revocation");
    const second = await answerTo(journey, "request netwrix-identity-manager");
    assert.ok(verbsOf(second).includes("intake/review"));
  });

  it("is not shown what others have, or what is for another system", async () => {
    const { id } = await journey.ask(jonas);
    const own = await answerTo(journey, "request netwrix-identity-manager");
    assert.ok(!says(own, id));
    assert.ok(verbsOf(own).includes("intake/review"));
    const other = await sayRequest(journey, "custom", jonas);
    assert.ok(verbsOf(other).includes("intake/review"));
    assert.equal((await journey.request(id)).requester.userId, company.people.secondRequester);
  });

  it("goes on with nobody else's form", async () => {
    await journey.ask();
    const first = await answerTo(journey, "request netwrix-identity-manager");
    const answer = await journey.teams.press(jonas, personalChat(mina), first, "intake/anyway");
    assert.match(answer.text ?? "", /Somebody else/);
  });
});
