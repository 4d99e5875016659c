import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import type { ConnectorCall } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { handoverDesk } from "../../src/usecases/handover/open-link.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { handedOver } from "../support/handed-over.ts";
import {
  aiko,
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

const hour = 3_600_000;
const secretIn = (page: string) => /<input id="secret"[^>]*value="([^"]*)"/.exec(page)?.[1] ?? "";
const edgeOnWindows =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0";
const moment = /\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC/;

const sweepNow = ({ world }: Journey) => sweep(world, world.clock.now());
const linkOf = ({ world }: Journey, id: string) => world.store.tables.links.newestOf(id as RequestId);
const messages = ({ teams }: Journey, id: string, what: string, who = mina) =>
  teams.messages.filter(
    (each) => each.conversationId === personalChat(who).id && says(each, id) && says(each, what),
  );
const tried = (journey: Journey, id: string) =>
  messages(journey, id, "Somebody else tried to open your link");
const reminders = (journey: Journey, id: string) => messages(journey, id, "A link still waits to be opened");
const audited = async (journey: Journey, id: string, what: string) =>
  (await journey.audited(id)).filter((line) => line.what === what).length;
/** Waits until all that is due in chat was said. */
const delivered = (journey: Journey, id: string) =>
  journey.until(async () => {
    const posts = await journey.world.store.tables.posts.of(id);
    return posts.every(({ state }) => state !== "due" && state !== "sending");
  }, `all messages about ${id}`);

/** Made so many hours ago; the clock is right again afterwards, since the sign-in service does not go by it. */
async function madeBefore(journey: Journey, hours: number) {
  journey.turnClock(-hours * hour);
  try {
    return await handedOver(journey);
  } finally {
    journey.turnClock(hours * hour);
  }
}

describe("the requester of a link", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is told once that somebody tried, however often, and neither side learns who the other is", async () => {
    const { id, link } = await handedOver(journey);
    const pages = await Promise.all(Array.from({ length: 10 }, () => journey.openAs(link, jonas)));
    for (let n = 0; n < 5; n++) pages.push(await journey.openAs(link, jonas));
    for (const page of pages) {
      assert.equal(page.status, 403);
      for (const name of [mina.name, mina.id, id, "Identity Manager", "Larkfield"])
        assert.ok(!page.body.includes(name), name);
    }
    const presses = await Promise.all(pages.slice(0, 5).map((page) => page.reveal()));
    assert.deepEqual(
      presses.map(({ status }) => status),
      [403, 403, 403, 403, 403],
      "a press without the form is refused, too",
    );
    await delivered(journey, id);
    const [told, ...more] = tried(journey, id);
    assert.deepEqual(more, []);
    assert.match(readingOf(told ?? {}), moment);
    for (const name of [jonas.name, jonas.id]) assert.ok(!says(told as never, name), name);
    assert.deepEqual(verbsOf(told as never), ["key/not-me"]);
    assert.equal(await audited(journey, id, "secret.refused"), 15);
    assert.equal((await linkOf(journey, id))?.state, "sealed");

    const page = await journey.openAs(link, mina);
    assert.notEqual(secretIn((await page.reveal()).body), "", "the right one still gets it");
  });

  it("is told again of the same person after an hour, and five times at most", async () => {
    const { id, link } = await handedOver(journey);
    const { tenantId } = journey.config;
    const look = (who: { id: string }) =>
      handoverDesk(journey.world).look(new SecretText(link.slice(-43)), {
        userId: who.id as never,
        tenantId,
      });
    const count = async () => {
      await delivered(journey, id);
      return tried(journey, id).length;
    };
    const seen: number[] = [];
    for (const [people, afterMs] of [
      [[jonas, jonas], 0],
      [[priya], 0],
      [[jonas, priya], hour - 60_000],
      [[jonas, priya], 60_000],
      [[tomas, aiko], 0],
      [[jonas, priya, tomas, aiko], 5 * hour],
    ] as const) {
      journey.turnClock(afterMs);
      for (const who of people) assert.equal((await look(who)).kind, "somebody-else");
      seen.push(await count());
    }
    journey.turnClock(-6 * hour);
    assert.deepEqual(seen, [1, 2, 2, 4, 5, 5]);
    const last = tried(journey, id).map((each) => /no more tries on this link/.test(readingOf(each)));
    assert.deepEqual(last, [false, false, false, false, true]);
    assert.equal(await audited(journey, id, "secret.refused"), 13);
  });

  it("is told that it was opened: when, with which kind of device, and what to do if that is wrong", async () => {
    const { id, card, link } = await handedOver(journey);
    const page = await journey.openAs(link, mina, createBrowser({ userAgent: edgeOnWindows }));
    await page.reveal();
    await page.reveal();
    const told = await journey.teams.find(
      (each) => messages(journey, id, "Device: Windows").includes(each) && says(each, "shown once"),
      "the message",
    );
    const opened = /The secret was opened on .*UTC\. Device: Windows, Edge\./;
    assert.match(readingOf(told), opened);
    assert.match(readingOf(told), moment);
    assert.ok(!/Opened by/.test(readingOf(told)));
    assert.deepEqual(verbsOf(told), ["key/not-me"]);
    await journey.until(async () => opened.test(readingOf(journey.stands(card))), "the card that says it");
    await delivered(journey, id);
    assert.equal(messages(journey, id, "If that was not you, press").length, 1);
    const written = JSON.stringify([
      await journey.carrier.db.selectFrom("links").selectAll().execute(),
      await journey.carrier.db.selectFrom("posts").selectAll().execute(),
      await journey.world.store.tables.audit.read({ limit: 1000 }),
      journey.log,
    ]);
    for (const part of ["Mozilla", "AppleWebKit", "Edg/131"]) assert.ok(!written.includes(part), part);
  });

  it("is reminded once when two thirds of its life are over, however many sweeps look", async () => {
    const { id } = await handedOver(journey);
    journey.turnClock(48 * hour - 60_000);
    await sweepNow(journey);
    await delivered(journey, id);
    assert.equal(reminders(journey, id).length, 0);
    journey.turnClock(120_000);
    await Promise.all([1, 2, 3, 4, 5].map(() => sweepNow(journey)));
    await delivered(journey, id);
    await sweepNow(journey);
    await delivered(journey, id);
    const [reminder, ...more] = reminders(journey, id);
    assert.deepEqual(more, []);
    assert.match(readingOf(reminder ?? {}), moment);
    assert.deepEqual(verbsOf(reminder as never), ["key/lost"]);
    assert.equal(await audited(journey, id, "secret.reminded"), 1);
    journey.turnClock(-48 * hour - 60_000);
  });

  it("is reminded by whoever runs after an outage across that moment, and not again", async () => {
    const other = await startJourney({ sweeps: true });
    try {
      const { id, link } = await madeBefore(other, 60);
      await other.restart();
      await other.teams.find((each) => reminders(other, id).includes(each), "the reminder");
      await other.restart();
      await sweepNow(other);
      await delivered(other, id);
      assert.equal(reminders(other, id).length, 1);
      const page = await other.openAs(link, mina);
      assert.notEqual(secretIn((await page.reveal()).body), "", "it still opens");
    } finally {
      await other.close();
    }
  });

  it("is reminded of nothing that was opened, revoked or is over by then", async () => {
    const opened = await handedOver(journey);
    await (await journey.openAs(opened.link, mina)).reveal();
    const revoked = await handedOver(journey);
    await journey.teams.say(mina, personalChat(mina), `revoke ${revoked.id}`);
    const question = await journey.teams.find(
      (each) => says(each, revoked.id) && verbsOf(each).includes("registration/confirm-revoke"),
      "the question",
    );
    await journey.teams.press(mina, personalChat(mina), question, "registration/confirm-revoke");
    const over = await madeBefore(journey, 73);
    journey.turnClock(50 * hour);
    await sweepNow(journey);
    for (const { id } of [opened, revoked, over]) {
      await delivered(journey, id);
      assert.deepEqual(reminders(journey, id), []);
      assert.equal(await audited(journey, id, "secret.reminded"), 0);
    }
    journey.turnClock(-50 * hour);
  });

  it("hears of it later where the chat is down, but not of a link that was opened meanwhile", async () => {
    const [waiting, opened] = [await madeBefore(journey, 50), await madeBefore(journey, 50)];
    const isNew = ({ method, conversationId }: ConnectorCall) =>
      method === "POST" && conversationId === personalChat(mina).id;
    journey.teams.onCall((call) => (isNew(call) ? { status: 429, retryAfter: 1 } : undefined));
    await sweepNow(journey);
    for (const { id } of [waiting, opened])
      assert.equal(await audited(journey, id, "secret.reminded"), 1, "it is written down");
    await (await journey.openAs(opened.link, mina)).reveal();
    journey.teams.onCall(() => undefined);
    journey.turnClock(60_000);
    await sweepNow(journey);
    await journey.teams.find((each) => reminders(journey, waiting.id).includes(each), "the reminder");
    await delivered(journey, opened.id);
    assert.deepEqual(reminders(journey, opened.id), []);
    assert.equal(reminders(journey, waiting.id).length, 1);
    journey.turnClock(-60_000);
  });
});
