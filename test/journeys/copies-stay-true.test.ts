import assert from "node:assert/strict";
import { sql } from "kysely";
import type { CardJson, ChatMessage } from "../../src/local/teams-stand-in.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
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
} from "../support/journey.ts";

describe("every copy of a card", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const writes = (method: string, activityId?: string) =>
    journey.teams.calls.filter(
      (call) => call.method === method && (activityId === undefined || call.activityId === activityId),
    );
  const saysNow = (message: ChatMessage, text: string) =>
    journey.until(
      async () => JSON.stringify(journey.teams.shared(message) ?? {}).includes(text),
      `"${text}" on ${message.conversationId}`,
    );
  const inChat = (place: { id: string }, text: string, but: ChatMessage[] = []) =>
    journey.teams.find(
      (each) => each.conversationId === place.id && says(each, text) && but.every(({ id }) => id !== each.id),
      `"${text}" in ${place.id}`,
    );

  /** The card in the channel, the copy that an approver asked for, and the requester's own. */
  async function asked(): Promise<{ id: string; copies: Record<"channel" | "copy" | "own", ChatMessage> }> {
    const { id, card: own } = await journey.ask();
    const posted = await journey.approvalCard(id);
    await journey.teams.say(tomas, personalChat(tomas), "pending");
    const copy = await inChat(personalChat(tomas), id);
    await journey.until(
      async () => (await journey.world.store.tables.posts.of(id)).every(({ drawn }) => drawn),
      "everything drawn",
    );
    return { id, copies: { channel: posted, copy, own } };
  }
  /** In how many seconds each delivery of the subject is due. */
  async function waitingDeliveries(subject: string): Promise<number[]> {
    const { rows } = await sql<{ start_after: Date; data: { subject: string } }>`
      select start_after, data from pgboss.job where name = 'deliver' and state in ('created', 'retry')
    `.execute(journey.carrier.db);
    return rows
      .filter(({ data }) => data.subject === subject)
      .map(({ start_after }) => (start_after.getTime() - Date.now()) / 1000);
  }
  const deny = (card: ChatMessage) =>
    journey.teams.press(priya, channel, card, "approval/deny", { denial: "Not needed." });

  it("tells of a decision, wherever it stands", async () => {
    const { copies } = await asked();
    await deny(copies.channel);
    for (const copy of Object.values(copies)) await saysNow(copy, "Not needed.");
  });

  for (const lost of ["channel", "own"] as const) {
    it(`is posted anew when Teams has lost it, remembered, and kept true from then on: ${lost}`, async () => {
      const { id, copies } = await asked();
      journey.teams.onCall(({ method, activityId }) =>
        method === "PUT" && activityId === copies[lost].id ? { status: 404 } : undefined,
      );
      const question = { question: "Which team is it for?" };
      await journey.teams.press(priya, channel, copies.channel, "approval/return", question);
      const place = { id: copies[lost].conversationId };
      const anew = await inChat(place, "Which team is it for?", Object.values(copies));
      const lostUpdates = writes("PUT", copies[lost].id).length;
      await journey.until(
        async () =>
          (await journey.world.store.tables.posts.of(id)).some(
            ({ posted }) => posted?.activityId === anew.id,
          ),
        "the new one remembered",
      );
      await journey.teams.press(priya, channel, copies.channel, "approval/deny", { denial: "Not needed." });
      await saysNow(anew, "Not needed.");
      assert.equal(writes("PUT", copies[lost].id).length, lostUpdates);
    });
  }

  it("that was only a further one is given up when Teams has lost it, and the others stay true", async () => {
    const { id, copies } = await asked();
    journey.teams.onCall(({ method, activityId }) =>
      method === "PUT" && activityId === copies.copy.id ? { status: 404 } : undefined,
    );
    const before = writes("POST").filter(
      ({ conversationId }) => conversationId === personalChat(tomas).id,
    ).length;
    await deny(copies.channel);
    for (const copy of [copies.channel, copies.own]) await saysNow(copy, "Not needed.");
    await journey.until(
      async () =>
        (await journey.world.store.tables.posts.of(id)).some(({ state }) => state === "undeliverable"),
      "the copy given up",
    );
    const after = writes("POST").filter(
      ({ conversationId }) => conversationId === personalChat(tomas).id,
    ).length;
    assert.equal(after, before);
  });

  for (const [what, fault] of [
    ["412", { status: 412 }],
    ["429", { status: 429, retryAfter: 1 }],
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["cut", { status: 0 }],
  ] as const) {
    it(`is updated again after ${what}, and no message is posted for it`, async () => {
      const { copies } = await asked();
      let faults = 0;
      journey.teams.onCall(({ method, activityId }) =>
        method === "PUT" && activityId === copies.channel.id && faults++ < 1 ? fault : undefined,
      );
      const posts = writes("POST").filter(({ conversationId }) => conversationId === channel.id).length;
      await deny(copies.channel);
      await saysNow(copies.channel, "Not needed.");
      assert.ok(writes("PUT", copies.channel.id).length >= 2);
      assert.equal(
        writes("POST").filter(({ conversationId }) => conversationId === channel.id).length,
        posts,
      );
    });
  }

  it("is left alone for as long as Teams says, and then updated", async () => {
    const { id, copies } = await asked();
    journey.teams.onCall(({ method, activityId }) =>
      method === "PUT" && activityId === copies.channel.id ? { status: 429, retryAfter: 600 } : undefined,
    );
    await deny(copies.channel);
    await saysNow(copies.own, "Not needed.");
    const jobs = () => waitingDeliveries(id);
    await journey.until(async () => (await jobs()).length > 0, "the job that waits");
    for (const waitS of await jobs()) assert.ok(waitS > 500 && waitS <= 600, `tried again in ${waitS} s`);
    // The sweep, or whatever else changes, asks for a delivery before that.
    await deliverPosts(journey.world, id);
    assert.equal(writes("PUT", copies.channel.id).length, 1);
    journey.teams.onCall(() => undefined);
    journey.turnClock(601_000);
    await deliverPosts(journey.world, id);
    await saysNow(copies.channel, "Not needed.");
  });

  it("is not posted twice when it is unclear whether the first arrived", async () => {
    journey.teams.onCall(({ method, conversationId }) =>
      method === "POST" && conversationId === channel.id ? { status: 504, afterwards: true } : undefined,
    );
    const { id } = await journey.ask();
    await journey.teams.find((each) => says(each, "may not have reached"), "the warning");
    journey.teams.onCall(() => undefined);
    await journey.world.store.tables.jobs.wake("deliver", id);
    await journey.teams.say(tomas, personalChat(tomas), "pending");
    await inChat(personalChat(tomas), id);
    assert.equal(writes("POST").filter(({ conversationId }) => conversationId === channel.id).length, 1);
  });

  it("is decided from as from the first, also where it stands in somebody's own chat", async () => {
    const { copies } = await asked();
    await journey.teams.press(tomas, personalChat(tomas), copies.copy, "approval/deny", {
      denial: "Not needed.",
    });
    await saysNow(copies.channel, "Not needed.");
    await saysNow(copies.own, "Not needed.");
  });
});

describe("writing into one conversation", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  /** The connector holds what is written into a channel or its threads, and counts what is there at once. */
  function holding() {
    const gate = Promise.withResolvers<void>();
    const held = { now: 0, most: 0, begun: 0, letGo: gate.resolve };
    journey.teams.onCall(async ({ method, conversationId }) => {
      if (method === "GET" || !conversationId.startsWith(channel.id)) return undefined;
      held.begun += 1;
      held.now += 1;
      held.most = Math.max(held.most, held.now);
      await gate.promise;
      held.now -= 1;
      return undefined;
    });
    return held;
  }
  const answers = (card: CardJson | undefined) => readingOf({ ...(card && { card }) });

  it("goes one after another: cards, replies in a turn, and replies in threads of the channel", async () => {
    const held = holding();
    const { id } = await journey.ask();
    await journey.until(async () => held.begun === 1, "the card under way");
    const thread = { ...channel, id: `${channel.id};messageid=1` };
    const replies = [
      journey.teams.say(priya, channel, "help"),
      journey.teams.say(jonas, thread, `status ${id}`),
      journey.teams.say(mina, channel, "list"),
    ];
    // Elsewhere nothing waits for this channel.
    await journey.teams.say(mina, personalChat(mina), "help");
    assert.equal(held.begun, 1);
    held.letGo();
    await Promise.all(replies);
    await journey.approvalCard(id);
    assert.equal(held.most, 1);
    assert.ok(held.begun >= 4);
  });

  it("ends, when a reply is said while a card of the same conversation waits to be redrawn", async () => {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    const held = holding();
    await journey.teams.press(priya, channel, card, "approval/deny", { denial: "Not needed." });
    const reply = journey.teams.say(priya, channel, "pending");
    await journey.until(async () => held.begun === 1, "something under way");
    held.letGo();
    await reply;
    await journey.until(
      async () => answers(journey.teams.shared(card)).includes("Not needed."),
      "the card drawn",
    );
    await journey.teams.find((each) => says(each, "Nothing waits for a decision"), "the reply");
    assert.equal(held.most, 1);
  });

  for (const [why, status] of Object.entries({ "412": 412, "429": 429, "its connection was cut": 0 })) {
    it(`says a reply again that Teams has not taken (${why})`, async () => {
      let refusals = 0;
      journey.teams.onCall(({ method }) =>
        method === "POST" && refusals++ < 1 ? { status, retryAfter: 0 } : undefined,
      );
      await journey.teams.say(mina, personalChat(mina), "list");
      const said = journey.teams.messages.filter((each) => each.conversationId === personalChat(mina).id);
      assert.ok(said.length >= 1, "nothing was said");
      assert.equal(
        said.some((each) => says(each, "went wrong")),
        false,
      );
    });
  }

  it("does not say a reply again when it is unclear whether it arrived", async () => {
    await journey.teams.say(mina, personalChat(mina), "help");
    const posts = () => journey.teams.calls.filter(({ method }) => method === "POST").length;
    const before = posts();
    let faults = 0;
    journey.teams.onCall(({ method }) =>
      method === "POST" && faults++ < 1 ? { status: 503, afterwards: true } : undefined,
    );
    await journey.teams.say(mina, personalChat(mina), "list");
    // The second is the word that something went wrong.
    assert.equal(posts() - before, 2);
  });
});
