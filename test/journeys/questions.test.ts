import assert from "node:assert/strict";
import { inputsOf } from "../../src/local/teams-stand-in.ts";
import { sentOf } from "../support/asking.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
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

const question = "Which warehouse is it? @all [click](https://evil.example) **now**";
const dangerous = { q_fulfill: "true" };

forEachUsherDatabase((_, open) => {
  describe("asking for a change", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open });
    });
    after(() => journey.close());

    async function sendBack(id: string, who = tomas) {
      return journey.teams.press(who, channel, await journey.approvalCard(id), "approval/return", {
        question,
      });
    }
    const askedBack = (id: string) =>
      journey.teams.find(
        (each) =>
          each.conversationId === personalChat(mina).id &&
          says(each, id) &&
          verbsOf(each).includes("request/answer"),
        "the question in the requester's chat",
      );

    it("puts the question to the requester, and brings the answer back at the next revision", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), dangerous);
      await journey.approve(id, priya);
      const old = await journey.approvalCard(id);
      assert.match(readingOf(await sendBack(id)), /Tomás/);
      assert.equal((await journey.request(id)).state, "returned");
      const card = await askedBack(id);
      assert.ok(readingOf(card).includes(question), "as it was typed");

      const answer = "The one in Bergen, which replaces two older ones.";
      const sent = await journey.teams.press(mina, personalChat(mina), card, "request/answer", { answer });
      assert.match(readingOf(sent), /Waiting for an approver/);
      const request = await journey.request(id);
      assert.equal(request.revision, 2);
      assert.deepEqual(request.votes, [], "the vote on the old revision lapsed");

      const late = await journey.teams.press(priya, channel, old, "approval/approve");
      assert.match(late.text ?? readingOf(late), /changed since/);
      assert.deepEqual((await journey.request(id)).votes, []);
      const now = await journey.teams.find((each) => each.id === old.id && says(each, answer), "the thread");
      assert.ok(readingOf(now).includes(question));
      await journey.teams.press(priya, channel, now, "approval/approve");
      await journey.teams.press(tomas, channel, now, "approval/approve");
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
      const acts = (await journey.audited(id)).map(({ what }) => what);
      for (const act of ["request.returned", "request.answered", "request.decided"]) {
        assert.equal(acts.filter((each) => each === act).length, 1, act);
      }
    });

    it("lets the request be changed in the same form, with everything as it was typed", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), { ...dangerous, q_organization: "Oslo" });
      await sendBack(id);
      const card = await askedBack(id);
      const opened = await journey.teams.press(mina, personalChat(mina), card, "request/edit");
      const form = { ...card, card: opened.card ?? {} };
      assert.match(readingOf(form), new RegExp(`You are changing ${id}`));
      const shown = [...inputsOf(form.card)].map(([name, { value }]) => [name, String(value)]);
      assert.deepEqual(Object.fromEntries(shown), {
        q_organization: "Oslo",
        q_fulfill: "true",
        q_secretMonths: "12",
        reason: "The identity warehouse reads it.",
      });
      const review = await journey.teams.press(mina, personalChat(mina), form, "intake/review", {
        ...sentOf(form, { fulfill: false }),
        reason: "It only reads after all.",
      });
      const again = { ...card, card: review.card ?? {} };
      const submitted = await journey.teams.press(mina, personalChat(mina), again, "intake/submit");
      assert.match(readingOf(submitted), /Waiting for an approver/);
      assert.ok(readingOf(submitted).includes(id), "the same request");
      const request = await journey.request(id);
      assert.equal(request.revision, 2);
      assert.equal(request.reason, "It only reads after all.");
      assert.equal(request.terms.approvals, 1);

      const channelCard = await journey.teams.find(
        (each) => each.conversationId === channel.id && says(each, id) && says(each, "only reads after all"),
        "the redrawn card",
      );
      assert.match(
        readingOf(channelCard),
        /Directory\.ReadWrite\.All/,
        "what is no longer asked for is said",
      );
      await journey.teams.press(priya, channel, channelCard, "approval/approve");
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
      const made = await journey.request(id);
      assert.deepEqual(
        made.plan.permissions.map(({ name }) => name),
        ["Directory.Read.All"],
      );
    });

    it("submits an edit once, and not over a request that has moved on", async () => {
      const { id } = await journey.ask();
      await sendBack(id);
      const card = await askedBack(id);
      const reviewed = async (organization: string) => {
        const opened = await journey.teams.press(mina, personalChat(mina), card, "request/edit");
        const form = { ...card, card: opened.card ?? {} };
        const inputs = sentOf(form, { organization });
        const review = await journey.teams.press(mina, personalChat(mina), form, "intake/review", inputs);
        return { ...card, card: review.card ?? {} };
      };
      const first = await reviewed("Edit 0");
      const second = await reviewed("Edit 1");
      const one = await journey.teams.press(mina, personalChat(mina), second, "intake/submit");
      assert.match(readingOf(one), /Waiting for an approver/);
      const twice = await journey.teams.press(mina, personalChat(mina), second, "intake/submit");
      assert.match(readingOf(twice), /Waiting for an approver/);
      const other = await journey.teams.press(mina, personalChat(mina), first, "intake/submit");
      assert.match(other.text ?? readingOf(other), /does not wait for a change any more/);
      assert.equal((await journey.request(id)).revision, 2);
      assert.match((await journey.request(id)).plan.displayName, /Edit 1/);
      await journey.teams.say(mina, personalChat(mina), `withdraw ${id}`);
    });

    it("is done by commands too, where cards do not work", async () => {
      const { id } = await journey.ask();
      await journey.teams.say(priya, personalChat(priya), `return ${id} r1 Which warehouse?`);
      await journey.until(async () => (await journey.request(id)).state === "returned", "the question");
      await journey.teams.say(jonas, personalChat(jonas), `answer ${id} I am not the requester`);
      await journey.teams.find(
        (each) => each.conversationId === personalChat(jonas).id && says(each, "no such request"),
        "the refusal",
      );
      await journey.teams.say(mina, personalChat(mina), `answer ${id} The one in Bergen.`);
      await journey.until(async () => (await journey.request(id)).revision === 2, "the answer");
      await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`);
      await journey.teams.find(
        (each) => each.conversationId === personalChat(priya).id && says(each, "changed since"),
        "the refusal of the old revision",
      );
      await journey.teams.say(priya, personalChat(priya), `approve ${id} r2`);
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
    });
  });
});
