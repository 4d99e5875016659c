import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { NewKey } from "../../src/domain/new-key.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { personOf } from "../support/approved.ts";
import { days, minutes } from "../support/builders.ts";
import {
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
import { aboutToReveal, linksTo } from "../support/new-keys.ts";
import { ask, inChatOf, meet, owned, ownersNow, said } from "../support/owned.ts";
import { aStanding } from "../support/standing.ts";

type Person = typeof mina;
const people = [mina, jonas, priya];
const secret = { credential: { kind: "secret", label: "Payroll export", months: 12 } } as const;

describe("what an owner had of a registration", () => {
  let journey: Journey;
  let seen: string[];
  before(async () => {
    journey = await startJourney();
    await meet(journey, ...people);
    seen = [];
  });
  after(() => journey.close());

  /** A link that came to somebody and that they have not opened in a test. */
  async function nextLink(id: RequestId, who: Person): Promise<string> {
    const { newKeys } = journey.world.store.tables;
    const next = () => linksTo(journey, who).findLast((url) => !seen.includes(url));
    await journey.until(async () => !(await newKeys.get(id)) && next() !== undefined, "the link");
    seen.push(next() ?? "");
    return seen.at(-1) ?? "";
  }
  const opened = async (id: RequestId, who: Person) => {
    const page = await journey.openAs(await nextLink(id, who), who);
    assert.match((await page.reveal()).body, /id="secret"/);
  };
  async function handTo(id: RequestId, who: Person, kind: "transfer" | "co-owner", by = mina) {
    const card = await ask(journey, id, who, kind, by);
    await journey.teams.press(who, personalChat(who), card, "ownership/accept");
  }
  /** Mina has its secret, and Jonas, who owns it too, has a link to a new one that he has not opened. */
  async function withUnopened(): Promise<{ id: RequestId; link: string }> {
    const id = await owned(journey, secret);
    await opened(id, mina);
    await handTo(id, jonas, "co-owner");
    await said(journey, jonas, `rotate ${id}`, "Make a new secret");
    const card = journey.teams.messages.findLast((each) => verbsOf(each).includes("rotation/confirm"));
    assert.ok(card);
    await journey.teams.press(jonas, personalChat(jonas), card, "rotation/confirm");
    return { id, link: await nextLink(id, jonas) };
  }
  const linksOf = async (id: RequestId) =>
    (await journey.world.store.tables.links.of(id)).map(
      ({ state, requester }) =>
        `${state} ${people.find((each) => each.id === requester)?.name.split(" ")[0]}`,
    );
  const ownersAre = (id: RequestId, owner: Person) =>
    journey.world.store.inTransaction((tables) =>
      tables.registrations.ownersAre(id, { owner: personOf(owner) }),
    );

  it("opens nothing for them once the other owner has removed them", async () => {
    const { id, link } = await withUnopened();
    await said(journey, mina, `remove co-owner ${id}`, "was removed");
    await inChatOf(journey, mina, id, "The second owner was removed", "is given up", "works on for now");
    const page = await journey.openAs(link, jonas);
    assert.doesNotMatch((await page.reveal()).body, /id="secret"/);
    await opened(id, mina);
    assert.deepEqual(await linksOf(id), ["revealed Mina", "cancelled Jonas", "revealed Mina"]);
  });

  it("opens nothing for them once they have left, also when they come back", async () => {
    const { id, link } = await withUnopened();
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: false });
    const { db } = journey.carrier;
    const soon = { due_at: journey.world.clock.now() };
    await db.updateTable("duties").set(soon).where("kind", "=", "owners").execute();
    await sweep(journey.world, journey.world.clock.now());
    journey.turnClock(31 * minutes);
    await sweep(journey.world, journey.world.clock.now());
    // A sign-in is of the last minutes.
    journey.turnClock(-31 * minutes);
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: true });
    await inChatOf(journey, mina, id, "You are its only owner now", "is given up");
    const page = await journey.openAs(link, jonas);
    assert.doesNotMatch((await page.reveal()).body, /id="secret"/);
    await opened(id, mina);
    assert.deepEqual(await linksOf(id), ["revealed Mina", "cancelled Jonas", "revealed Mina"]);
  });

  it("opens nothing for them where a link was left behind, also when they had the page open", async () => {
    const { id, link } = await withUnopened();
    const press = await aboutToReveal(link, jonas);
    await ownersAre(id, mina);
    assert.equal(await press(), "");
    assert.equal((await (await journey.openAs(link, jonas)).reveal()).status, 403);
    assert.deepEqual(await linksOf(id), ["revealed Mina", "sealed Jonas"]);
    await journey.world.store.inTransaction((tables) =>
      tables.registrations.ownersAre(id, { owner: personOf(mina), coOwner: personOf(jonas) }),
    );
    assert.notEqual(await press(), "");
  });

  it("is told as it is where a new secret is being made", async () => {
    const later = new Date(journey.world.clock.now().getTime() + 30 * days);
    const cases: [why: NewKey["why"], by: Person, words: RegExp, never: RegExp][] = [
      ["rotate", mina, /is making a new secret.*works on for now/, /given up|press Rotate/],
      ["lost", mina, /is making a new secret/, /given up/],
      ["rotate", jonas, /Whoever had its secret still has it/, /given up|making a new secret/],
    ];
    for (const [why, by, words, never] of cases) {
      const id = await owned(journey, secret);
      await opened(id, mina);
      await handTo(id, jonas, "co-owner");
      const newKey = { id, why, by: personOf(by), at: later, attempts: 0, nextAttemptAt: later };
      await journey.world.store.inTransaction((tables) => tables.newKeys.insert(newKey));
      await handTo(id, priya, "transfer");
      const note = await journey.teams.find(
        (each) =>
          each.conversationId === personalChat(priya).id &&
          says(each, id) &&
          says(each, "The owner has changed") &&
          !says(each, "Since"),
        "what the new owner is told",
      );
      const told = readingOf(note);
      assert.match(told, words);
      assert.doesNotMatch(told, never);
    }
  });

  it("was known to them alone: whoever comes hears of the end of the secret", async () => {
    const expiresAt = new Date(journey.world.clock.now().getTime() + 20 * days);
    const { expiry, knows } = known();
    for (const [kind, isForgotten] of [
      ["transfer", true],
      ["co-owner", false],
    ] as const) {
      const { id } = await aStanding(journey, { expiresAt, plan: { owner: "nobody" } });
      await knows(id, mina, expiresAt);
      await handTo(id, jonas, kind);
      assert.equal((await expiry(id))?.known === undefined, isForgotten, kind);
    }
    // What the one who stays has said stays said.
    const { id } = await aStanding(journey, { expiresAt, coOwner: jonas, plan: { owner: "nobody" } });
    await knows(id, mina, expiresAt);
    await said(journey, mina, `remove co-owner ${id}`, "was removed");
    assert.equal((await expiry(id))?.known, mina.name);
  });
  function known() {
    const { duties } = journey.world.store.tables;
    const dutyOf = async (id: RequestId) => (await duties.of(id)).find(({ kind }) => kind === "expiry");
    return {
      expiry: async (id: RequestId) => (await dutyOf(id))?.data,
      async knows(id: RequestId, who: Person, expiresAt: Date) {
        const duty = await dutyOf(id);
        assert.ok(duty);
        const told = { endsAt: expiresAt.toISOString(), daysLeft: "30", on: "2026-01-01" };
        await duties.set({ ...duty, data: told });
        await said(journey, who, `know ${id}`);
        assert.equal((await dutyOf(id))?.data.known, who.name);
      },
    };
  }

  it("is taken from nobody whom the card did not show", async () => {
    const id = await owned(journey);
    await handTo(id, jonas, "co-owner");
    await said(journey, mina, `transfer ${id}`, "Who owns this registration?");
    const card = journey.teams.messages.findLast((each) => verbsOf(each).includes("ownership/remove"));
    assert.ok(card);
    await said(journey, mina, `remove co-owner ${id}`, "was removed");
    await handTo(id, priya, "co-owner");
    await journey.teams.press(mina, personalChat(mina), card, "ownership/remove");
    assert.deepEqual(await ownersNow(journey, id), [mina.name, priya.name]);
    const drawn = journey.stands(card);
    assert.match(readingOf(drawn), /Nothing was changed.*Second owner: +Priya/);
    await journey.teams.press(mina, personalChat(mina), drawn, "ownership/remove");
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
  });
});
