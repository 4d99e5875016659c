import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { aPermission, days, minutes } from "../support/builders.ts";
import {
  aiko,
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  says,
  startJourney,
  tomas,
  verbsOf,
  readingOf as wordsOf,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";
import { aStanding } from "../support/standing.ts";

type Person = typeof mina;
const readingOf = (message: Parameters<typeof wordsOf>[0]) => wordsOf(message).replaceAll(/ +/g, " ");
const low: Partial<Plan> = { permissions: [], owner: "nobody", credential: { kind: "none" } };
const high: Partial<Plan> = {
  ...low,
  permissions: [aPermission({ name: "Group.ReadWrite.All", kind: "application" })],
};

describe("somebody who leaves", () => {
  let journey: Journey;
  let catalogDir: string;
  before(async () => {
    catalogDir = catalogWithPolicy({});
    journey = await startJourney({ config: { catalogDir } });
    for (const who of [mina, jonas, priya, tomas, aiko])
      await journey.teams.say(who, personalChat(who), "help");
  });
  afterEach(async () => {
    changePolicy(journey, {});
    await journey.sim("DELETE", "/faults");
    for (const who of [mina, jonas, priya]) await leaves(who, { accountEnabled: true });
    await leaves(mina, { managerId: priya.id });
    // What a test has left open is nobody's business in the next one.
    await journey.carrier.db.deleteFrom("duties").where("kind", "=", "owners").execute();
  });
  after(() => journey.close());

  const leaves = (who: Person, change: object = { accountEnabled: false }) =>
    journey.sim("PUT", `/users/${who.id}`, change);
  const sweepNow = () => sweep(journey.world, journey.world.clock.now());
  /** Two looks, half an hour apart. */
  const confirmed = async () => {
    // Usher's own sweep may have looked before they left.
    await journey.carrier.db
      .updateTable("duties")
      .set({ due_at: journey.world.clock.now() })
      .where("kind", "=", "owners")
      .execute();
    await sweepNow();
    journey.turnClock(31 * minutes);
    await sweepNow();
  };
  const dayLater = async () => {
    journey.turnClock(1 * days);
    await sweepNow();
  };
  const aRegistrationOf = async (given: Parameters<typeof aStanding>[1] = {}) =>
    (await aStanding(journey, { ...given, plan: { ...low, ...given.plan } })).id;
  const owners = async (id: RequestId) => {
    const { owner, coOwner } = (await journey.world.store.tables.registrations.get(id)) as Registration;
    return [owner.name, ...(coOwner ? [coOwner.name] : [])];
  };
  const offers = async (id: RequestId) =>
    (await journey.world.store.tables.ownership.of(id)).map(({ to, state }) => `${to.name} ${state}`);
  const told = async (id: RequestId) =>
    (await journey.audited(id))
      .filter(({ what }) => /^owners?\./.test(what))
      .map(({ what, outcome }) => `${what} ${outcome}`);
  const findIn = (place: { id: string }, id: string, text: string): Promise<ChatMessage> =>
    journey.teams.find(
      (each) => each.conversationId === place.id && says(each, id) && says(each, text),
      `a message in ${place.id} about ${id} that says ${text}`,
    );
  const shows = (card: ChatMessage, text: RegExp) =>
    journey.until(async () => text.test(readingOf(journey.stands(card))), `a card that says ${text}`);
  const inChannel = async (id: string, text: string) => {
    const { tables } = journey.world.store;
    await journey.until(
      async () => (await tables.posts.of(id)).every(({ state }) => state !== "due" && state !== "sending"),
      "all messages",
    );
    return journey.teams.messages.filter(
      (each) => each.conversationId === channel.id && says(each, id) && says(each, text),
    );
  };
  const asked = "Will you take this registration over?";
  const nobody = "Nobody owns this registration";

  it("leaves it to the other owner, who is told, and nobody else is", async () => {
    const first = await aRegistrationOf({ coOwner: jonas });
    const second = await aRegistrationOf({ owner: jonas, coOwner: mina });
    const inEntra = await aRegistrationOf({ coOwner: jonas, plan: { owner: "requester" } });
    await leaves(mina);
    await confirmed();
    for (const id of [first, second]) {
      assert.deepEqual(await owners(id), ["Jonas Weber"]);
      const card = await findIn(personalChat(jonas), id, "You are its only owner now");
      assert.match(readingOf(card), /Owner until now, account disabled: Mina Okafor/);
      assert.deepEqual(await told(id), ["owner.left disabled"]);
      assert.deepEqual(await offers(id), []);
      assert.deepEqual(await inChannel(id, nobody), []);
    }
    const { entraOwners } = journey.world.store.tables;
    assert.equal(await entraOwners.get(first), undefined);
    assert.equal((await entraOwners.get(inEntra))?.named.userId, mina.id, "Entra still names who left");
  });

  it("has the manager asked, who takes it over with one press", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    const card = await findIn(personalChat(priya), id, asked);
    assert.match(readingOf(card), /In the place of: Mina Okafor.*Its owner has left/s);
    await journey.teams.press(priya, personalChat(priya), card, "ownership/accept");
    assert.deepEqual(await owners(id), ["Priya Nair"]);
    await dayLater();
    assert.deepEqual(await told(id), ["owner.left disabled"]);
    assert.deepEqual(await inChannel(id, nobody), []);
  });

  it("is told to the approvers when the manager declines, each week, until one of them takes it over", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    const card = await findIn(personalChat(priya), id, asked);
    await journey.teams.press(priya, personalChat(priya), card, "ownership/decline");
    await sweepNow();
    const first = await findIn(channel, id, nobody);
    assert.match(
      readingOf(first),
      /account disabled: Mina Okafor.*Asked as the manager, and did not take it over: Priya Nair.*It works as before/s,
    );
    assert.deepEqual(verbsOf(first), ["owners/take-over", "owners/hand-over", "registration/revoke"]);
    for (let day = 1; day <= 8; day++) await dayLater();
    await shows(first, /There is a newer card/);
    const again = await findIn(channel, id, nobody);
    assert.notEqual(again.id, first.id);
    await journey.teams.press(tomas, channel, again, "owners/take-over");
    assert.deepEqual(await owners(id), ["Tomás Rivera"]);
    await shows(again, /Somebody owns this registration again.*Owner: Tomás Rivera/s);
    for (let day = 1; day <= 8; day++) await dayLater();
    assert.deepEqual(await told(id), ["owner.left disabled", "owners.gone told", "owners.gone told"]);
  });

  it("is told to the approvers when the manager does not answer for a week", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    for (let day = 1; day <= 6; day++) await dayLater();
    assert.deepEqual(await offers(id), ["Priya Nair offered"]);
    assert.deepEqual(await inChannel(id, nobody), []);
    await dayLater();
    await sweepNow();
    assert.deepEqual(await offers(id), ["Priya Nair expired"]);
    assert.equal((await inChannel(id, nobody)).length, 1);
  });

  for (const [why, begin, words] of [
    ["there is no manager", () => leaves(mina, { managerId: null }), "account disabled"],
    ["the manager has left too", () => leaves(priya), "account disabled"],
    ["the manager is a guest", () => leaves(mina, { managerId: company.people.guest }), "account disabled"],
  ] as const)
    it(`is told to the approvers at once when ${why}, and a colleague can be asked`, async () => {
      const id = await aRegistrationOf();
      await begin();
      await leaves(mina);
      await confirmed();
      assert.deepEqual(await offers(id), []);
      const card = await findIn(channel, id, nobody);
      assert.match(readingOf(card), new RegExp(`${words}: Mina Okafor`));
      await journey.teams.press(tomas, channel, card, "owners/hand-over", { handTo: jonas.id });
      await shows(card, /somebody is asked.*Asked to own it: Jonas Weber/s);
      const question = await findIn(personalChat(jonas), id, asked);
      await journey.teams.press(jonas, personalChat(jonas), question, "ownership/accept");
      assert.deepEqual(await owners(id), ["Jonas Weber"]);
    });

  it("and comes back before anybody took it over still owns it, and whoever was asked hears of it", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    const question = await findIn(personalChat(priya), id, asked);
    await leaves(mina, { accountEnabled: true });
    await dayLater();
    assert.deepEqual(await offers(id), ["Priya Nair withdrawn"]);
    await findIn(personalChat(priya), id, "Its owner is back");
    await journey.teams.press(priya, personalChat(priya), question, "ownership/accept");
    assert.deepEqual(await owners(id), ["Mina Okafor"]);
    assert.deepEqual(await inChannel(id, "Its owner is back"), []);
    assert.deepEqual(await told(id), ["owner.left disabled", "owner.back there"]);
  });

  it("and comes back once the approvers heard of it: they hear of that too", async () => {
    const id = await aRegistrationOf();
    await leaves(mina, { managerId: null, accountEnabled: false });
    await confirmed();
    const card = await findIn(channel, id, nobody);
    await leaves(mina, { accountEnabled: true });
    await dayLater();
    await findIn(channel, id, "Its owner is back");
    await shows(card, /Somebody owns this registration again.*Owner: Mina Okafor/s);
  });

  it("and was seen so once is not concluded to have left", async () => {
    const id = await aRegistrationOf({ coOwner: jonas });
    await leaves(mina);
    await sweepNow();
    journey.turnClock(29 * minutes);
    await sweepNow();
    await leaves(mina, { accountEnabled: true });
    journey.turnClock(2 * minutes);
    await sweepNow();
    await dayLater();
    assert.deepEqual(await owners(id), ["Mina Okafor", "Jonas Weber"]);
    assert.deepEqual(await told(id), []);
  });

  it("is not looked for in a directory that does not answer, and noticed once it does", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await sweepNow();
    journey.turnClock(31 * minutes);
    for (const path of ["getByIds", "manager"]) {
      await journey.sim("POST", "/faults", { path, kind: "503", times: 1 });
      await sweepNow();
      assert.deepEqual(await told(id), [], path);
    }
    await sweepNow();
    assert.deepEqual(await told(id), ["owner.left disabled"]);
    assert.deepEqual(await offers(id), ["Priya Nair offered"]);
  });

  it("is not looked for again each minute where Entra refuses to say who stands above them, nor stops others", async () => {
    await leaves(mina);
    await leaves(jonas);
    const refused = await aRegistrationOf({ owner: jonas });
    const id = await aRegistrationOf();
    const path = `users/${jonas.id}/manager`;
    await journey.sim("POST", "/faults", {
      path,
      kind: "status",
      status: 400,
      code: "Request_BadRequest",
      times: 9,
    });
    await confirmed();
    await sweepNow();
    assert.deepEqual(await offers(id), ["Priya Nair offered"]);
    assert.deepEqual(await told(refused), []);
    const asked = async () => {
      const { requests } = (await journey.sim("GET", "/requests")) as { requests: { path: string }[] };
      return requests.filter((each) => each.path.includes(path)).length;
    };
    const before = await asked();
    assert.ok(before >= 1);
    journey.turnClock(1 * minutes);
    await sweepNow();
    assert.equal(await asked(), before);
    await journey.sim("DELETE", "/faults");
    await dayLater();
    assert.deepEqual((await told(refused)).slice(0, 1), ["owner.left disabled"]);
  });

  it("stops nothing of the others where Entra refuses to say anything of them", async () => {
    await leaves(mina);
    await leaves(jonas);
    const odd = await aRegistrationOf({ owner: jonas });
    const id = await aRegistrationOf();
    const denied = { kind: "status", status: 403, code: "Authorization_RequestDenied", times: 9 };
    await journey.sim("POST", "/faults", { ...denied, path: "getByIds" });
    await journey.sim("POST", "/faults", { ...denied, path: `users/${jonas.id}\\?` });
    await confirmed();
    assert.deepEqual(await offers(id), ["Priya Nair offered"]);
    assert.deepEqual(await told(odd), []);
  });

  it("leaves what is gone in Entra alone until it is there again", async () => {
    const id = await aRegistrationOf();
    const { registrations } = journey.world.store.tables;
    await registrations.markGone(id, journey.world.clock.now());
    await leaves(mina);
    await confirmed();
    await dayLater();
    assert.deepEqual([await told(id), await offers(id)], [[], []]);
    await registrations.markGone(id, undefined);
    await confirmed();
    assert.deepEqual(await told(id), ["owner.left disabled"]);
  });

  it("has left too when policy lets them ask no more, unless it names a group that there is not", async () => {
    const { admins } = company.groups;
    await journey.sim("PUT", `/groups/${admins}/members`, { members: [aiko.id, priya.id] });
    const id = await aRegistrationOf();
    changePolicy(journey, { mayAsk: [{ group: "bbbbbbbb-9999-4000-8000-000000000001" }] });
    await confirmed();
    await dayLater();
    assert.deepEqual(await told(id), []);
    changePolicy(journey, { mayAsk: [{ group: admins }] });
    await dayLater();
    journey.turnClock(31 * minutes);
    await sweepNow();
    assert.deepEqual(await told(id), ["owner.left may-not-ask"]);
    assert.deepEqual(await offers(id), ["Priya Nair offered"]);
    await journey.sim("PUT", `/groups/${admins}/members`, { members: [aiko.id] });
  });

  it("leaves what is of high risk to nobody without another approver's yes", async () => {
    const id = await aRegistrationOf({ plan: high });
    await leaves(mina, { managerId: null, accountEnabled: false });
    await confirmed();
    const card = await findIn(channel, id, nobody);
    assert.match(readingOf(card), /another approver, who has no part in it, must agree/);
    await journey.teams.press(tomas, channel, card, "owners/take-over");
    assert.deepEqual(await offers(id), ["Tomás Rivera accepted"]);
    assert.deepEqual(await owners(id), ["Mina Okafor"]);
    const approval = await findIn(channel, id, "Approve this change of owner?");
    const own = await journey.teams.press(tomas, channel, approval, "ownership/approve");
    assert.match(String(own.text), /somebody else decides/);
    assert.deepEqual(await owners(id), ["Mina Okafor"]);
    await journey.teams.press(priya, channel, approval, "ownership/approve");
    assert.deepEqual(await owners(id), ["Tomás Rivera"]);
  });

  it("leaves it to approvers and admins who say so, and to anybody else there is no such registration", async () => {
    const id = await aRegistrationOf();
    const replies = async (who: Person, text: string, answer: string) => {
      await journey.teams.say(who, personalChat(who), text);
      return findIn(personalChat(who), answer, answer);
    };
    await replies(priya, `take over ${id}`, `somebody owns ${id}`);
    await replies(mina, `take over ${id}`, `Mina Okafor owns ${id} already`);
    await leaves(mina, { managerId: null, accountEnabled: false });
    await confirmed();
    await findIn(channel, id, nobody);
    await replies(jonas, `take over ${id}`, "There is no such registration, or it is not yours");
    assert.deepEqual(await owners(id), ["Mina Okafor"]);
    const refusals = (await journey.audited(id)).filter(({ what }) => what === "ownership.refused");
    assert.deepEqual(
      refusals.map(({ who, outcome }) => [who, outcome]),
      [[jonas.id, "not-approver"]],
    );
    await replies(tomas, `hand over ${id}`, "Say which one, and to whom");
    await replies(tomas, `take over ${id}`, "The owner has changed");
    assert.deepEqual(await owners(id), ["Tomás Rivera"]);
  });
});
