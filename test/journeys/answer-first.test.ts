import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { actionsOf, type CardJson, type ChatMessage } from "../../src/local/teams-stand-in.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { heldDirectory } from "../support/held-directory.ts";
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
} from "../support/journey.ts";

describe("a press while Microsoft Graph does not answer", () => {
  const directory = heldDirectory();
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney({ adjust: directory.adjust });
  });
  afterEach(async () => {
    directory.letGo();
    await journey.close();
  });

  const isWorking = (card: CardJson | undefined) =>
    readingOf({ ...(card && { card }) }).includes("Usher is working on it");
  const reading = (card: CardJson | undefined) => readingOf({ ...(card && { card }) });

  /** Asks, and holds the directory from the moment that the approvers' card stands. */
  async function waits(): Promise<{ id: string; card: ChatMessage; own: ChatMessage }> {
    const { id, card: own } = await journey.ask();
    const card = await journey.approvalCard(id);
    await settled(id);
    directory.hold();
    return { id, card, own };
  }
  const settled = (id: string) =>
    journey.until(
      async () =>
        (await journey.world.store.tables.posts.of(id)).every(
          ({ state, drawn }) => state === "posted" && drawn,
        ),
      "everything drawn",
    );
  async function pressHeld(who: typeof priya, card: ChatMessage, verb: string, inputs: object = {}) {
    const place = card.conversationId === channel.id ? channel : personalChat(who);
    const answer = await journey.teams.press(who, place, card, verb, inputs);
    assert.ok(directory.waiting > 0, "the directory has answered by now");
    return answer;
  }

  for (const [verb, inputs, button, outcome] of [
    ["approval/approve", {}, "Approve", /Approved/],
    ["approval/deny", { denial: "Too much." }, "Deny", /Denied/],
    ["approval/return", { question: "Which team is it for?" }, "Ask for a change", /Which team is it for/],
  ] as const) {
    it(`is answered by a card that says so, and changes by itself: ${verb}`, async () => {
      const { card } = await waits();
      const answer = await pressHeld(priya, card, verb, inputs);
      assert.ok(isWorking(answer.card), reading(answer.card));
      assert.match(reading(answer.card), new RegExp(`You pressed: +${button}`));
      assert.deepEqual(actionsOf(answer.card), []);
      assert.equal(isWorking(journey.teams.shared(card)), false);
      directory.letGo();
      await journey.teams.find(
        (each) => each.id === card.id && outcome.test(reading(each.card)),
        "the outcome for everybody",
      );
      const seen = await journey.teams.lookAt(priya, channel, card);
      assert.match(reading(seen), outcome);
    });
  }

  it("is refused to the person, and their card comes back although nothing was changed", async () => {
    const { card } = await waits();
    const { version } = journey.stands(card);
    const answer = await pressHeld(jonas, card, "approval/approve");
    assert.ok(isWorking(answer.card));
    directory.letGo();
    const refusal = await journey.teams.find((each) => says(each, "not one of the approvers"), "the refusal");
    assert.match(readingOf(refusal), /To Jonas/);
    await journey.until(async () => journey.stands(card).version > version, "the card drawn anew");
    assert.equal(isWorking(await journey.teams.lookAt(jonas, channel, card)), false);
  });

  it("comes back to the person also where it was drawn for others before the outcome", async () => {
    const { id, card } = await waits();
    directory.letGo();
    directory.hold(["person", "memberOf"]);
    const { version } = journey.stands(card);
    const answer = await pressHeld(jonas, card, "approval/approve");
    assert.ok(isWorking(answer.card));
    await deliverPosts(journey.world, id);
    assert.equal(journey.stands(card).version, version + 1);
    directory.letGo();
    await journey.until(async () => journey.stands(card).version > version + 1, "the card drawn once more");
  });

  it("is kept true in a channel, whose conversation Teams names by the thread of the card", async () => {
    const { card } = await waits();
    const thread = { ...channel, id: `${channel.id};messageid=${card.id}` };
    const answer = await journey.teams.press(priya, thread, card, "approval/deny", { denial: "No." });
    assert.ok(isWorking(answer.card), answer.text);
  });

  it("is refused in the person's own chat where there is one", async () => {
    const { card } = await waits();
    journey.teams.installFor(jonas.id, personalChat(jonas).id);
    await pressHeld(jonas, card, "approval/approve");
    directory.letGo();
    const refusal = await journey.teams.find((each) => says(each, "not one of the approvers"), "the refusal");
    assert.equal(refusal.conversationId, personalChat(jonas).id);
  });

  it("leaves a card that comes back when Usher dies before it is carried out", async () => {
    const { id, card } = await waits();
    const answer = await pressHeld(priya, card, "approval/approve");
    assert.ok(isWorking(answer.card));
    const posts = await journey.world.store.tables.posts.of(id as RequestId);
    assert.deepEqual(
      posts.filter(({ posted }) => posted?.activityId === card.id).map(({ drawn }) => drawn),
      [""],
    );
    assert.ok((await journey.world.store.tables.posts.dueSubjects(new Date(0))).includes(id));
  });

  it("opens the form for less in the person's own chat when it comes too late for the card", async () => {
    const { card } = await waits();
    journey.teams.installFor(priya.id, personalChat(priya).id);
    const { version } = journey.stands(card);
    await pressHeld(priya, card, "approval/narrow");
    directory.letGo();
    const form = await journey.teams.find(
      (each) => actionsOf(each.card).some(({ verb }) => verb === "approval/offer"),
      "the form",
    );
    assert.equal(form.conversationId, personalChat(priya).id);
    await journey.until(async () => journey.stands(card).version > version, "the card drawn anew");
  });

  it("is told what stands when somebody else was faster meanwhile", async () => {
    const { card, own } = await waits();
    journey.teams.installFor(priya.id, personalChat(priya).id);
    await pressHeld(priya, card, "approval/approve");
    await journey.teams.press(mina, personalChat(mina), own, "request/withdraw");
    directory.letGo();
    const told = await journey.teams.find(
      (each) => each.conversationId === personalChat(priya).id,
      "a word to the approver",
    );
    assert.match(readingOf(told), /withdrawn|taken back/i);
    await journey.teams.find((each) => each.id === card.id && says(each, "Taken back"), "the outcome");
  });

  it("is answered by the same when Teams sends it again, and decided once", async () => {
    const { id, card } = await waits();
    const invoke = "f:repeated";
    const first = await journey.teams.press(priya, channel, card, "approval/approve", {}, invoke);
    const again = await journey.teams.press(priya, channel, card, "approval/approve", {}, invoke);
    assert.deepEqual(again.card, first.card);
    directory.letGo();
    await journey.teams.find((each) => each.id === card.id && says(each, "Approved"), "the outcome");
    const audit = await journey.world.store.tables.audit.read({ limit: 100, subject: id });
    assert.deepEqual(
      audit.filter(({ what }) => what.startsWith("request.deci")).map(({ what }) => what),
      ["request.decided"],
    );
  });

  it("that takes a request back is carried out without it, or says so", async () => {
    const { own } = await waits();
    const answer = await journey.teams.press(mina, personalChat(mina), own, "request/withdraw");
    assert.ok(answer.card, answer.text);
    directory.letGo();
    await journey.teams.find((each) => each.id === own.id && says(each, "Taken back"), "the outcome");
  });
});
