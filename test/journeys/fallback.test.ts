import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { markUndrawn } from "../../src/usecases/telling/mark-undrawn.ts";
import { newPost } from "../../src/usecases/telling/new-post.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  aiko,
  channel,
  groupChat,
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
import { aMortal } from "../support/mortal.ts";

const question = "Which warehouse is it for?";
const reason = "The identity warehouse reads it.";
const atMinas = personalChat(mina);
const atAikos = personalChat(aiko);

/** From now on these take no messages of Usher's own; those in brackets still take what is said before. */
function refuse(
  journey: Journey,
  places: { id: string }[],
  code = "BotNotInConversationRoster",
  methods = ["POST"],
) {
  const closed = new Set(places.map(({ id }) => id));
  journey.teams.onCall(({ method, conversationId }) =>
    methods.includes(method) && closed.has(conversationId) ? { status: 403, code } : undefined,
  );
  return {
    reopen(place: { id: string }) {
      closed.delete(place.id);
    },
  };
}
const inPlace = ({ teams }: Journey, { id }: { id: string }, text: string) =>
  teams.messages.filter((each) => each.conversationId === id && says(each, text));
const found = ({ teams }: Journey, { id }: { id: string }, text: string) =>
  teams.find((each) => each.conversationId === id && says(each, text), `"${text}" in ${id}`);
const isSettled = (journey: Journey, id: string) =>
  journey.until(async () => {
    const posts = await journey.world.store.tables.posts.of(id);
    return posts.every(({ state }) => state !== "due" && state !== "sending");
  }, "everything said or given up");
async function asksBack(journey: Journey, id: string) {
  const card = await journey.approvalCard(id);
  await journey.teams.press(priya, channel, card, "approval/return", { question });
}
/** Where an admin can be told. */
const meetAdmin = (journey: Journey) => journey.teams.say(aiko, atAikos, "help");

describe("a message to a person whose newest chat takes none", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("goes to the next newest, and the newest is forgotten", async () => {
    const older = { ...atMinas, id: "a:mina-before" };
    await journey.teams.say(mina, older, "help");
    await journey.teams.say(mina, atMinas, "help");
    const { id } = await journey.ask(mina, groupChat);
    refuse(journey, [atMinas]);
    await asksBack(journey, id);
    await found(journey, older, question);
    const { conversations } = journey.world.store.tables;
    assert.equal((await conversations.personal(mina.id as UserId))?.id, older.id);
    await isSettled(journey, id);
    assert.equal(journey.teams.messages.filter((each) => isByName(each)).length, 0);
  });

  it("is said by name where the request was made, and there only its person presses", async () => {
    await journey.teams.say(mina, atMinas, "help");
    const { id } = await journey.ask(mina, groupChat);
    const refused = refuse(journey, [atMinas], "MessageWritesBlocked");
    await asksBack(journey, id);
    const said = await journey.teams.find(
      (each) => each.conversationId === groupChat.id && isByName(each),
      "the question by name",
    );
    assert.ok(says(said, question));
    const edit = verbsOf(said).find((verb) => verb.includes("withdraw")) ?? verbsOf(said)[0] ?? "";
    await journey.teams.press(jonas, groupChat, said, edit);
    assert.equal((await journey.request(id)).state, "returned");
    await isSettled(journey, id);
    assert.equal(inPlace(journey, channel, "Usher could not reach").length, 0);

    refused.reopen(atMinas);
    await journey.teams.say(mina, atMinas, "hello");
    await isSettled(journey, id);
    assert.equal(inPlace(journey, atMinas, question).length, 0, "it can be read in the thread");
  });

  it("is redrawn where it stands once its place takes messages again", async () => {
    const { id, card } = await journey.ask(mina);
    const approval = await journey.approvalCard(id);
    await isSettled(journey, id);
    const refused = refuse(journey, [atMinas, channel], "MessageWritesBlocked", ["POST", "PUT"]);
    await journey.teams.say(priya, personalChat(priya), `deny ${id} r1 Reading is enough.`);
    await isSettled(journey, id);
    assert.match(readingOf(journey.stands(card)), /Waiting for an approver/);
    for (const place of [atMinas, channel]) refused.reopen(place);
    await journey.teams.say(mina, atMinas, "hello");
    await journey.teams.say(priya, channel, "help");
    for (const each of [card, approval])
      await journey.teams.find(
        ({ id, card: now }) => id === each.id && /^Denied/.test(readingOf({ card: now ?? {} })),
        "the denial",
      );
    assert.equal(inPlace(journey, channel, id).length, 1);
  });

  it("is said once more in their own chat when they are back, where it is a card that is kept true", async () => {
    const { id } = await journey.ask(mina, groupChat);
    await journey.approve(id);
    await found(journey, groupChat, "cannot write to you alone");
    await journey.teams.say(mina, atMinas, "hello");
    await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end");
    await isSettled(journey, id);
    const refused = refuse(journey, [atMinas], "MessageWritesBlocked");
    const { posts } = journey.world.store.tables;
    await posts.add({
      ...newPost(id, "need", journey.world.clock.now()),
      place: { kind: "personal", userId: mina.id as UserId, copy: "2026-11-21" },
    });
    await deliverPosts(journey.world, id);
    const isAsked = (each: ChatMessage) => verbsOf(each).some((verb) => verb.startsWith("need/"));
    const inThread = await journey.teams.find(
      (each) => each.conversationId === groupChat.id && isAsked(each) && isByName(each),
      "the question by name",
    );
    refused.reopen(atMinas);
    await journey.teams.say(mina, atMinas, "hello");
    const own = await journey.teams.find(
      (each) => each.conversationId === atMinas.id && isAsked(each),
      "the question in her own chat",
    );
    assert.ok(!isByName(own));
    assert.deepEqual(verbsOf(inThread), verbsOf(own));
    await isSettled(journey, id);
    assert.equal(journey.teams.messages.filter(isAsked).length, 2);
  });

  it("is not said where it was asked for, once that is somebody else's thread", async () => {
    const { id } = await journey.ask(mina, groupChat);
    await journey.approve(id);
    await journey.teams.say(mina, atMinas, "hello");
    await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end");
    await journey.teams.say(jonas, personalChat(jonas), "help");
    const { registrations, posts } = journey.world.store.tables;
    await registrations.ownersAre(id as RequestId, {
      owner: { userId: jonas.id as UserId, name: jonas.name },
    });
    await isSettled(journey, id);
    const refused = refuse(journey, [personalChat(jonas)]);
    const need = { ...newPost(id, "need", journey.world.clock.now()), subject: id };
    await posts.add({ ...need, place: { kind: "personal", userId: jonas.id as UserId, copy: "2026-11-21" } });
    await deliverPosts(journey.world, id);
    await found(journey, channel, "Usher could not reach");
    assert.equal(
      journey.teams.messages.filter((each) => each.conversationId === groupChat.id && isByName(each)).length,
      0,
    );
    refused.reopen(personalChat(jonas));
    await journey.teams.say(jonas, personalChat(jonas), "hello");
    await journey.teams.find(
      (each) =>
        each.conversationId === personalChat(jonas).id &&
        verbsOf(each).some((verb) => verb.startsWith("need/")),
      "the question in his own chat",
    );
  });

  it("goes on to the chat whose app is only replaced by its next version", async () => {
    await journey.teams.say(mina, atMinas, "help");
    const { conversations } = journey.world.store.tables;
    const installation = (action: string) =>
      journey.teams.send({ ...journey.teams.envelope(mina, atMinas), type: "installationUpdate", action });
    await installation("remove-upgrade");
    assert.equal((await conversations.personal(mina.id as UserId))?.id, atMinas.id);
    await installation("remove");
    assert.equal(await conversations.personal(mina.id as UserId), undefined);
  });

  it("is said in the approvals channel without what it says, where it was asked for alone; in person once they write", async () => {
    const { id } = await journey.ask();
    const refused = refuse(journey, [atMinas]);
    await asksBack(journey, id);
    const notice = await found(journey, channel, "Usher could not reach somebody");
    assert.ok(says(notice, mina.name) && says(notice, id));
    for (const text of [question, reason]) assert.ok(!says(notice, text), text);
    assert.deepEqual(verbsOf(notice), []);
    await isSettled(journey, id);
    const before = inPlace(journey, atMinas, question).filter((each) => !isOwnCard(each)).length;

    refused.reopen(atMinas);
    await journey.teams.say(mina, atMinas, "hello");
    await journey.teams.say(mina, atMinas, "hello");
    await isSettled(journey, id);
    const after = inPlace(journey, atMinas, question).filter((each) => !isOwnCard(each));
    assert.equal(after.length - before, 1, "told once");
    assert.equal(inPlace(journey, channel, "Usher could not reach").length, 1);
  });

  it("is told of to the admins where the channel takes none either, and they are asked to install Usher", async () => {
    await meetAdmin(journey);
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    refuse(journey, [atMinas, channel]);
    await asksBack(journey, id);
    const notice = await found(journey, atAikos, "Usher could not reach somebody");
    assert.ok(says(notice, mina.name) && says(notice, "install Usher"));
    for (const text of [question, reason]) assert.ok(!says(notice, text), text);
    await isSettled(journey, id);
    assert.equal(inPlace(journey, atAikos, "Usher could not reach somebody").length, 1);
  });

  it("is kept where it reaches nobody, counted and logged, and said once they write", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    const refused = refuse(journey, [atMinas, channel]);
    await asksBack(journey, id);
    await journey.until(
      async () => journey.log.some((line) => line.includes("a message reached nobody")),
      "the line in the log",
    );
    const { port } = new URL(journey.world.settings.publicUrl);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(metrics, /^usher_messages_undelivered_total [1-9]/m);
    refused.reopen(atMinas);
    const before = inPlace(journey, atMinas, question).length;
    await journey.teams.say(mina, atMinas, "hello");
    await isSettled(journey, id);
    assert.equal(inPlace(journey, atMinas, question).length - before, 1);
  });
});

/** Its first line says whom it is for. */
const isByName = (message: ChatMessage) => says(message, '"For: "') && says(message, mina.name);
/** The card that the requester got as an answer, which is redrawn. */
const isOwnCard = ({ version }: ChatMessage) => version > 1;

describe("an approval card that the channel does not take", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  for (const moves of [false, true]) {
    it(`is told of to requester and admins, and stands as soon as ${moves ? "another" : "the"} channel is set`, async () => {
      await meetAdmin(journey);
      const refused = refuse(journey, [channel]);
      const { id } = await journey.ask();
      await found(journey, atMinas, "may not have reached");
      const notice = await found(journey, atAikos, "The approvals channel takes no messages");
      assert.ok(says(notice, id) && says(notice, "approvals here"));
      const next = moves ? { ...channel, id: "19:next@thread.tacv2" } : channel;
      if (!moves) refused.reopen(channel);
      await journey.teams.say(aiko, next, "approvals here");
      const card = await found(journey, next, id);
      assert.ok(verbsOf(card).includes("approval/approve"));
      await isSettled(journey, id);
      assert.equal(inPlace(journey, next, id).length, 1);
    });
  }
});

describe("an approval card in a channel that is gone by the time it has to change", () => {
  it("is told of to requester and admins", async () => {
    const journey = await startJourney();
    try {
      await meetAdmin(journey);
      const { id } = await journey.ask();
      const card = await journey.approvalCard(id);
      await isSettled(journey, id);
      journey.teams.onCall(({ conversationId }) =>
        conversationId === channel.id ? { status: 403, code: "BotNotInConversationRoster" } : undefined,
      );
      const post = await markUndrawn(journey.world, {
        conversationId: channel.id as never,
        activityId: card.id as never,
      });
      assert.ok(post);
      await deliverPosts(journey.world, id);
      await found(journey, atMinas, "may not have reached");
      const notice = await found(journey, atAikos, "The approvals channel takes no messages");
      assert.ok(says(notice, id));
    } finally {
      await journey.close();
    }
  });
});

describe("a one-time link", () => {
  it("never leaves its person's own chat, whatever takes no messages", async () => {
    const journey = await startJourney();
    try {
      const { id } = await journey.ask(mina, groupChat);
      const refused = refuse(journey, [groupChat]);
      await journey.approve(id);
      const notice = await found(journey, channel, "Usher could not reach somebody");
      assert.ok(says(notice, "A secret waits until they open a personal chat"));
      refused.reopen(groupChat);
      await journey.teams.say(mina, atMinas, "hello");
      await journey.link();
      const links = journey.teams.messages.filter((each) => JSON.stringify(each).includes("/s/"));
      assert.ok(links.length > 0 && links.every(({ conversationId }) => conversationId === atMinas.id));
    } finally {
      await journey.close();
    }
  });
});

forEachUsherDatabase((name, open) => {
  describe("a process that dies on the way from one place to the next", () => {
    it("leaves each place told once, whichever moment it was", async () => {
      const mortal = aMortal();
      const journey = await startJourney({ carrier: open, adjust: mortal.adjust });
      try {
        await meetAdmin(journey);
        await journey.teams.say(mina, atMinas, "help");
        const { id } = await journey.ask(mina, groupChat);
        await isSettled(journey, id);
        const requestId = id as RequestId;
        const { world } = journey;
        const { posts, conversations } = world.store.tables;
        let survived = false;
        // Some of the moments, and each with `EVERY_KILL_POINT=1`; fewer where a database computes in this process.
        const stride = process.env.EVERY_KILL_POINT === "1" ? 1 : name === "PostgreSQL" ? 3 : 6;
        for (let round = 1; !survived; round++) {
          const displayName = `Round ${round}`;
          refuse(journey, [atMinas, groupChat, channel]);
          await conversations.remember({
            id: atMinas.id as never,
            kind: "personal",
            serviceUrl: journey.teams.serviceUrl,
            tenantId: world.settings.tenantId,
            userId: mina.id as UserId,
            seenAt: world.clock.now(),
          });
          await posts.add({
            ...newPost(requestId, "note", world.clock.now()),
            place: { kind: "personal", userId: mina.id as UserId },
            message: { kind: "ready", requestId, displayName, system: "x" },
          });
          mortal.arm(1 + (round - 1) * stride);
          await deliverPosts(world, requestId).catch(() => undefined);
          for (let more = 0; more < 4; more++) {
            if (!mortal.isDead) await deliverPosts(world, requestId).catch(() => undefined);
          }
          survived = !mortal.isDead;
          mortal.revive();
          journey.turnClock(61_000);
          await sweep(world, world.clock.now());
          await isSettled(journey, id);
          const notes = (await posts.of(requestId)).filter(({ insteadOf }) => insteadOf !== undefined);
          const toldOf = notes.filter(({ message }) => message?.kind === "unreached");
          assert.equal(inPlace(journey, atAikos, "Usher could not reach").length, round, mortal.diedAt);
          assert.equal(toldOf.length, 2 * round, "the channel and the admin, once each");
        }
      } finally {
        await journey.close();
      }
    });
  });
});
