import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Request } from "../../src/domain/request.ts";
import type { ChatMessage, ConnectorCall } from "../../src/local/teams-stand-in.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { channel, mina, personalChat, priya, readingOf, says, tomas, verbsOf } from "../support/journey.ts";

/** What was saved counts, whatever happens to the process that saved it before anybody is told. */
describe("a bot that is killed between an act and its telling", function () {
  this.timeout(120_000);
  let fleet: Fleet;
  let id: RequestId;
  let card: ChatMessage;
  let approval: ChatMessage;
  /** Calls to Teams that get no answer. */
  let isHeld: (call: ConnectorCall) => boolean;
  let held: ConnectorCall[];
  beforeEach(async () => {
    fleet = await startFleet(1);
    isHeld = () => false;
    held = [];
    fleet.teams.onCall((call) => {
      if (!isHeld(call)) return undefined;
      held.push(call);
      return new Promise(() => {});
    });
    const asked = await fleet.ask(mina, { q_fulfill: "true" });
    id = asked.id as RequestId;
    card = asked.card;
    approval = await fleet.teams.find(
      (each) => each.conversationId === channel.id && says(each, id),
      "the approval card",
    );
    await fleet.until(fleet.isQuiet, "the request to be told");
  });
  afterEach(() => fleet.close());

  const press = (who: typeof priya, verb: string, inputs: object = {}, message = approval) =>
    fleet.teams.press(who, channel, message, verb, inputs);
  const request = async () => (await fleet.tables.requests.get(id)) as Request;
  const shared = (message: ChatMessage) => ({ ...message, card: fleet.teams.shared(message) ?? {} });
  const inPersonalChat = () =>
    fleet.teams.messages.filter(({ conversationId }) => conversationId === personalChat(mina).id);

  /** Kills it as soon as it tells of what was saved, and starts another, after the minute that a dead one is waited for. */
  async function killedWhileTelling(what: string): Promise<void> {
    await fleet.until(() => held.length > 0, what);
    await fleet.kill(0);
    isHeld = () => false;
    await fleet.start();
    fleet.turnClock(61_000);
    fleet.sweep();
  }
  const linesOf = async () =>
    (await fleet.tables.audit.read({ subject: id, limit: 100 })).map(({ what, who }) => `${what} ${who}`);

  it("keeps the vote, and shows it; the second approver decides", async () => {
    isHeld = ({ method }) => method === "PUT";
    await press(priya, "approval/approve");
    await killedWhileTelling("the vote to be told");
    await fleet.until(() => readingOf(shared(approval)).includes("1 of 2"), "the vote on the channel's card");
    await fleet.until(() => readingOf(shared(card)).includes("1 of 2"), "the vote on the requester's card");
    assert.equal((await request()).votes.length, 1);
    await press(priya, "approval/approve");
    await press(tomas, "approval/approve");
    await fleet.until(async () => (await request()).state === "provisioned", "the registration");
    await fleet.until(
      () => /^Approved and ready/.test(readingOf(shared(approval))),
      "the end in the channel",
    );
    assert.deepEqual(await fleet.applications(), [{ requestId: id, keys: 1 }]);
    assert.deepEqual(await linesOf(), [
      `request.submitted ${mina.id}`,
      `request.voted ${priya.id}`,
      `request.decided ${tomas.id}`,
      "request.provisioning usher",
    ]);
  });

  it("keeps a denial, and tells the requester once", async () => {
    isHeld = () => true;
    await press(priya, "approval/deny", { denial: "Ask for less." });
    await killedWhileTelling("the denial to be told");
    for (const message of [approval, card])
      await fleet.until(() => /^Denied/.test(readingOf(shared(message))), "the denial on every card");
    const told = () =>
      inPersonalChat().filter((each) => each.id !== card.id && says(each, "Ask for less.")).length;
    await fleet.until(() => told() > 0, "the denial as a message");
    await fleet.until(fleet.isQuiet, "everything to be told");
    assert.equal(told(), 1);
    await press(tomas, "approval/approve");
    assert.equal((await request()).state, "denied");
    assert.deepEqual(await linesOf(), [`request.submitted ${mina.id}`, `request.decided ${priya.id}`]);
    assert.deepEqual(await fleet.applications(), []);
  });

  it("keeps a question, which the requester gets and answers", async () => {
    isHeld = () => true;
    await press(priya, "approval/return", { question: "Why must it write?" });
    await killedWhileTelling("the question to be told");
    await fleet.until(() => verbsOf(shared(card)).includes("request/answer"), "the question on the card");
    await fleet.until(
      () => inPersonalChat().some((each) => each.id !== card.id && says(each, "Why must it write?")),
      "the question as a message",
    );
    const answered = await fleet.teams.press(mina, personalChat(mina), shared(card), "request/answer", {
      answer: "It creates accounts.",
    });
    assert.equal(answered.status, 200);
    const { state, revision, thread } = await request();
    assert.deepEqual([state, revision], ["pending", 2]);
    assert.deepEqual(
      thread.map(({ kind, text }) => `${kind}: ${text}`),
      ["question: Why must it write?", "answer: It creates accounts."],
    );
  });
});
