import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { ChatMessage, InvokeAnswer } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { aPermission, days, minutes } from "../support/builders.ts";
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
import { addressOf, ask, meet, ownersNow, question, said } from "../support/owned.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";
import { aStanding } from "../support/standing.ts";

const low: Partial<Plan> = { permissions: [], owner: "nobody", credential: { kind: "none" } };
const high: Partial<Plan> = {
  ...low,
  permissions: [aPermission({ name: "Group.ReadWrite.All", kind: "application" })],
};
const sentence = (answer: InvokeAnswer) => answer.text ?? readingOf(answer);

describe("who takes part in a change of owners", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ config: { catalogDir: catalogWithPolicy({}) } });
    await meet(journey, mina, jonas, priya, tomas);
  });
  afterEach(async () => {
    changePolicy(journey, {});
    await journey.sim("DELETE", "/faults");
    await isThere(mina);
    await journey.carrier.db.deleteFrom("duties").where("kind", "=", "owners").execute();
  });
  after(() => journey.close());

  const user = (who: typeof mina, change: object) => journey.sim("PUT", `/users/${who.id}`, change);
  const leaves = (who: typeof mina, managerId: string | null = priya.id) =>
    user(who, { accountEnabled: false, managerId });
  const isThere = (who: typeof mina) => user(who, { accountEnabled: true, managerId: priya.id });
  const sweepNow = () => sweep(journey.world, journey.world.clock.now());
  const confirmed = async () => {
    await journey.carrier.db
      .updateTable("duties")
      .set({ due_at: journey.world.clock.now() })
      .where("kind", "=", "owners")
      .execute();
    await sweepNow();
    journey.turnClock(31 * minutes);
    await sweepNow();
  };
  const aRegistrationOf = async (plan: Partial<Plan> = low) => (await aStanding(journey, { plan })).id;
  const offers = async (id: RequestId) =>
    (await journey.world.store.tables.ownership.of(id)).map(({ to, state }) => `${to.name} ${state}`);
  const findIn = (place: { id: string }, id: string, text: string): Promise<ChatMessage> =>
    journey.teams.find(
      (each) => each.conversationId === place.id && says(each, id) && says(each, text),
      `a message in ${place.id} about ${id} that says ${text}`,
    );
  const press = async (who: typeof mina, place: { id: string }, card: ChatMessage, verb: string) =>
    sentence(await journey.teams.press(who, place as never, card, verb));

  it("lets nobody take over from an owner who has come back since the last look", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    const card = await findIn(personalChat(priya), id, "Will you take this registration over?");
    await isThere(mina);
    assert.match(await press(priya, personalChat(priya), card, "ownership/accept"), /somebody owns REQ/);
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
    assert.deepEqual(await offers(id), [`${priya.name} withdrawn`]);
    await findIn(personalChat(priya), id, "Its owner is back");
    await sweepNow();
    const lines = (await journey.audited(id)).map(({ what }) => what);
    assert.ok(lines.includes("owner.back"), String(lines));
  });

  it("lets an approver neither begin to take over nor agree to it then", async () => {
    const id = await aRegistrationOf(high);
    await leaves(mina, null);
    await confirmed();
    const card = await findIn(channel, id, "Nobody owns this registration");
    await isThere(mina);
    assert.match(await press(tomas, channel, card, "owners/take-over"), /somebody owns REQ/);
    assert.deepEqual(await offers(id), []);
    await leaves(mina, null);
    await press(tomas, channel, card, "owners/take-over");
    assert.deepEqual(await offers(id), [`${tomas.name} accepted`]);
    const approval = await findIn(channel, id, "Approve this change of owner?");
    await isThere(mina);
    assert.match(await press(priya, channel, approval, "ownership/approve"), /somebody owns REQ/);
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
    assert.deepEqual(await offers(id), [`${tomas.name} withdrawn`]);
    await findIn(personalChat(tomas), id, "Its owner is back");
  });

  it("lets nobody take over while the directory does not say whether the owner is there", async () => {
    const id = await aRegistrationOf();
    await leaves(mina);
    await confirmed();
    const card = await findIn(personalChat(priya), id, "Will you take this registration over?");
    await journey.sim("POST", "/faults", { path: "getByIds", kind: "503" });
    const answer = await press(priya, personalChat(priya), card, "ownership/accept");
    assert.match(answer, /directory does not answer|could not be/);
    assert.deepEqual(await offers(id), [`${priya.name} offered`]);
  });

  for (const kind of ["transfer", "co-owner"] as const)
    it(`ends what a leaver has asked before they went: ${kind}`, async () => {
      const id = await aRegistrationOf();
      const card = await ask(journey, id, jonas, kind);
      await leaves(mina);
      const answer = await press(jonas, personalChat(jonas), card, "ownership/accept");
      assert.match(answer, /Nothing was changed.*Mina Okafor.*the question has ended/);
      assert.deepEqual(await ownersNow(journey, id), [mina.name]);
      assert.deepEqual(await offers(id), [`${jonas.name} withdrawn`]);
      await sweepNow();
      journey.turnClock(31 * minutes);
      await sweepNow();
      assert.deepEqual(await offers(id), [`${jonas.name} withdrawn`, `${priya.name} offered`]);
    });

  it("has the manager asked in the place of a leaver whose own question is still open", async () => {
    const id = await aRegistrationOf();
    await ask(journey, id, jonas);
    await leaves(mina);
    await confirmed();
    assert.deepEqual(await offers(id), [`${jonas.name} withdrawn`, `${priya.name} offered`]);
    await findIn(personalChat(jonas), id, "The question was taken back");
  });

  it("tells the approvers that whoever asked has left, and gives it to nobody then", async () => {
    const id = await aRegistrationOf(high);
    const card = await ask(journey, id, jonas);
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    const approval = await findIn(channel, id, "Approve this change of owner?");
    await leaves(mina);
    await journey.carrier.db
      .updateTable("duties")
      .set({ due_at: journey.world.clock.now() })
      .where("kind", "=", "owners")
      .execute();
    await sweepNow();
    await journey.until(
      async () => /Mina Okafor, who asked for this, .*disabled/.test(readingOf(journey.stands(approval))),
      "the card that says who has left",
    );
    assert.match(await press(priya, channel, approval, "ownership/approve"), /the question has ended/);
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
    assert.deepEqual(await offers(id), [`${jonas.name} withdrawn`]);
  });

  it("lets whoever Entra still names as its owner decide nothing", async () => {
    const id = await aRegistrationOf(high);
    const card = await ask(journey, id, jonas);
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    const approval = await findIn(channel, id, "Approve this change of owner?");
    const named = { userId: priya.id as never, name: priya.name ?? "" };
    const { entraOwners } = journey.world.store.tables;
    await entraOwners.set({ registrationId: id, named, state: "left", attempts: 1 });
    assert.match(await press(priya, channel, approval, "ownership/approve"), /somebody else decides/);
    assert.deepEqual(await offers(id), [`${jonas.name} accepted`]);
    assert.deepEqual(await ownersNow(journey, id), [mina.name]);
    await press(tomas, channel, approval, "ownership/approve");
    assert.deepEqual(await ownersNow(journey, id), [jonas.name]);
  });

  for (const [why, rule] of [
    ["no rule names its system", { group: company.groups.admins, systems: ["snowflake"] }],
    ["the group of its rule is unknown to Entra", { group: "bbbbbbbb-9999-4000-8000-000000000001" }],
  ] as [string, { group: string; systems?: string[] }][])
    it(`lets anybody on the staff own what nobody may ask for, since ${why}`, async () => {
      const id = await aRegistrationOf();
      changePolicy(journey, { mayAsk: [rule] });
      await said(journey, mina, `transfer ${id} ${addressOf(jonas)}`, "They have a card");
      const card = await question(journey, jonas, id);
      await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
      assert.deepEqual(await ownersNow(journey, id), [jonas.name]);
      const other = await aRegistrationOf();
      await leaves(mina);
      await confirmed();
      assert.deepEqual(await offers(other), [`${priya.name} offered`]);
    });
});

describe("a leaver where nobody can be told", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney({ hasChannel: false });
    await meet(journey, mina, jonas, priya);
    await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members: [] });
  });
  after(() => journey.close());
  const dayLater = async () => {
    journey.turnClock(1 * days);
    await sweep(journey.world, journey.world.clock.now());
  };

  it("has one line in the audit, and the manager is asked once there is one", async () => {
    const { id } = await aStanding(journey, { plan: low });
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false, managerId: null });
    for (let day = 0; day < 5; day++) await dayLater();
    const told = async () =>
      (await journey.audited(id)).filter(({ what }) => /^owner/.test(what)).map(({ what }) => what);
    assert.deepEqual(await told(), ["owner.left"]);
    await journey.sim("PUT", `/users/${mina.id}`, { managerId: priya.id });
    await dayLater();
    await dayLater();
    assert.deepEqual(await told(), ["owner.left", "ownership.take-over"]);
  });

  it("does not accept what approvers must agree to while it cannot be read who is told", async () => {
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: true });
    const { id } = await aStanding(journey, { plan: high });
    const card = await ask(journey, id, jonas);
    const path = `groups/${company.groups.admins}/transitiveMembers`;
    await journey.sim("POST", "/faults", { path, kind: "503", times: 9 });
    const answer = await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    await journey.sim("DELETE", "/faults");
    assert.match(sentence(answer), /directory does not answer|could not be/);
    const [offer] = await journey.world.store.tables.ownership.of(id);
    assert.equal(offer?.state, "offered");
  });
});
