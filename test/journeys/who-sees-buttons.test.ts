import assert from "node:assert/strict";
import { actionsOf, type CardJson, type ChatMessage } from "../../src/local/teams-stand-in.ts";
import {
  aiko,
  channel,
  type Journey,
  jonas,
  lena,
  mina,
  personalChat,
  priya,
  says,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { isQuiet } from "../support/quiet.ts";

const verbs = (card: CardJson | undefined) => actionsOf(card).map(({ verb }) => String(verb));
const decides = (card: CardJson | undefined) =>
  verbs(card).some((verb) => /^approval\/(approve|deny)$/.test(verb));
const namedOn = (card: CardJson | undefined) =>
  ((card?.refresh as { userIds?: string[] } | undefined)?.userIds ?? []).map((id) => id.replace(/^29:/, ""));

describe("the approvers' card in a channel", () => {
  const everybody = [mina, jonas, priya, tomas, aiko];
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
    journey.teams.setRoster(channel, everybody);
  });
  afterEach(() => journey.close());

  async function asked(): Promise<{ id: string; card: ChatMessage }> {
    const { id } = await journey.ask();
    return { id, card: await journey.approvalCard(id) };
  }
  /** What is asked of Graph while it runs. */
  async function askedOfGraph(act: () => Promise<unknown>): Promise<unknown[]> {
    await journey.until(() => isQuiet(journey.carrier.db), "everything drawn");
    await journey.sim("POST", "/requests/clear");
    await act();
    return (await journey.sim("GET", "/requests")).requests as unknown[];
  }

  it("names those who cannot decide, and their clients fetch the state alone", async () => {
    const { card } = await asked();
    assert.deepEqual(namedOn(card.card).toSorted(), [mina, jonas, aiko].map(({ id }) => id).toSorted());
    for (const onlooker of [mina, jonas, aiko]) {
      const seen = await journey.teams.lookAt(onlooker, channel, card);
      assert.equal(decides(seen), false, `${onlooker.name} is shown buttons`);
      assert.ok(verbs(seen).includes("approval/refresh"));
      assert.deepEqual(namedOn(seen), [onlooker.id]);
    }
    for (const approver of [priya, tomas])
      assert.ok(
        decides(await journey.teams.lookAt(approver, channel, card)),
        `${approver.name} has no buttons`,
      );
  });

  it("has the buttons for everybody who is not named, so that nobody who may decide is without", async () => {
    const { card } = await asked();
    assert.ok(decides(journey.teams.shared(card)));
    assert.ok(decides(await journey.teams.lookAt(lena, channel, card)));
  });

  for (const [who, isDecider] of [
    [priya, true],
    [jonas, false],
    [mina, false],
  ] as const) {
    it(`answers Refresh with the view of the person who pressed: ${who.name}`, async () => {
      const { card } = await asked();
      const { card: seen } = await journey.teams.refresh(who, channel, card);
      assert.equal(decides(seen), isDecider);
    });
  }

  it("is refreshed without a question to Microsoft Graph, a message, or a change for others", async () => {
    const { card } = await asked();
    const requests = await askedOfGraph(async () => {
      const stood = journey.teams.shared(card);
      const { length } = journey.teams.calls;
      for (let round = 0; round < 20; round++) {
        for (const who of everybody) await journey.teams.lookAt(who, channel, card);
        await journey.teams.refresh(priya, channel, card);
      }
      assert.deepEqual(journey.teams.shared(card), stood);
      assert.equal(journey.stands(card).version, 1);
      assert.equal(journey.teams.calls.length, length);
    });
    assert.deepEqual(requests, []);
  });

  it("is redrawn for everybody after a decision, also after many views were fetched", async () => {
    const { id, card } = await asked();
    for (let round = 0; round < 5; round++)
      for (const who of everybody) await journey.teams.lookAt(who, channel, card);
    await journey.approve(id);
    await journey.until(
      async () => says({ ...card, card: journey.teams.shared(card) ?? {} }, "Approved"),
      "the decision for everybody",
    );
    for (const who of everybody) {
      const seen = await journey.teams.lookAt(who, channel, card);
      assert.equal(decides(seen), false);
      assert.match(JSON.stringify(seen), /Approved/);
    }
  });

  it("answers a refresh by what the rows say, whatever the card said", async () => {
    const { id, card } = await asked();
    await journey.approve(id);
    const { card: seen } = await journey.teams.press(jonas, channel, card, "approval/refresh");
    assert.equal(decides(seen), false);
    assert.match(JSON.stringify(seen), /Approved/);
  });

  it("is not shown by a refresh to somebody who is nowhere where it stands", async () => {
    const { card } = await asked();
    const own = personalChat(jonas);
    await journey.teams.say(jonas, own, "help");
    const answer = await journey.teams.press(jonas, own, card, "approval/refresh");
    assert.equal(answer.card, undefined);
  });

  it("is not posted once more by Refresh on a client that cannot show views", async () => {
    const { id, card } = await asked();
    const cards = () =>
      journey.teams.messages.filter((each) => says(each, id) && each.conversationId === channel.id);
    await journey.teams.send({
      ...journey.teams.envelope(jonas, channel),
      type: "message",
      replyToId: card.id,
      value: { verb: "approval/refresh", request: id },
    });
    await journey.teams.find((each) => says(each, "changes by itself"), "a word about it");
    assert.equal(cards().length, 1);
  });

  it("is refreshed in its thread, as Teams names the conversation of a press in a channel", async () => {
    const { card } = await asked();
    const thread = { ...channel, id: `${channel.id};messageid=${card.id}` };
    const { card: seen } = await journey.teams.refresh(jonas, thread, card);
    assert.equal(decides(seen), false);
    assert.ok(seen);
  });

  it("names sixty people at most", async () => {
    const crowd = Array.from({ length: 150 }, (_, n) => ({
      id: `ffffffff-0000-4000-8000-${String(n).padStart(12, "0")}`,
      name: `Person ${n}`,
    }));
    journey.teams.setRoster(channel, [...everybody, ...crowd]);
    const { card } = await asked();
    assert.equal(namedOn(card.card).length, 60);
    const pages = journey.teams.calls.filter(({ method }) => method === "GET");
    assert.equal(pages.length, 2);
  });

  it("asks who is there once in ten minutes", async () => {
    const lists = () => journey.teams.calls.filter(({ method }) => method === "GET").length;
    const first = await asked();
    await journey.approve(first.id);
    await asked();
    assert.equal(lists(), 1);
    journey.turnClock(601_000);
    await asked();
    assert.equal(lists(), 2);
  });

  it("stands with its buttons where Teams does not say who is there", async () => {
    journey.teams.onCall(({ method }) => (method === "GET" ? { status: 403 } : undefined));
    const { card } = await asked();
    assert.ok(decides(card.card));
    assert.deepEqual(namedOn(card.card), []);
    assert.ok(journey.log.some((line) => line.includes("who is in the channel could not be asked")));
  });
});
