import assert from "node:assert/strict";
import type { GroupId, RequestId } from "../../src/domain/ids.ts";
import { actionsOf, type ChatMessage, type InvokeAnswer } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { days, minutes } from "../support/builders.ts";
import { cardIn } from "../support/drifting.ts";
import {
  aiko,
  channel,
  groupChat,
  type Journey,
  jonas,
  lena,
  mina,
  omar,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { linksTo } from "../support/new-keys.ts";
import {
  addressOf,
  ask,
  high,
  inChatOf,
  markOf,
  meet,
  offersOf,
  owned,
  ownersNow,
  question,
  said,
} from "../support/owned.ts";
import { catalogWithPolicy } from "../support/policy.ts";

const acts = async (journey: Journey, id: RequestId) =>
  (await journey.audited(id)).flatMap(({ what, who, outcome }) =>
    what.startsWith("ownership.") ? `${what} ${outcome} ${nameOf(who)}` : [],
  );
const nameOf = (id: string) =>
  company.directory
    .find((each) => each.id === id)
    ?.name.split(" ")[0]
    ?.toLowerCase() ?? id;
const sentence = (answer: InvokeAnswer) => answer.text ?? readingOf(answer);

describe("handing a registration over", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    await meet(journey, mina, jonas, priya, tomas, aiko);
  });
  after(() => journey.close());

  it("is asked of a colleague, who reads what it is and owns it once they accept", async () => {
    const id = await owned(journey);
    const card = await ask(journey, id, jonas);
    assert.match(
      readingOf(card),
      /Will you take this registration over\?.*Payroll export.*Something else.*Jonas Weber.*In the place of:.*Mina Okafor.*User\.ReadBasic\.All/s,
    );
    assert.deepEqual(verbsOf(card), ["ownership/accept", "ownership/decline"]);
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    // Who offered has a card too; were it answered before that, there would be none any more.
    const { posts } = journey.world.store.tables;
    await journey.until(
      async () => (await posts.of(id)).every(({ state }) => state === "posted"),
      "the cards of both",
    );
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    assert.deepEqual(await ownersNow(journey, id), ["Jonas Weber"]);
    await inChatOf(journey, mina, id, "The owner has changed");
    const own = await cardIn(journey, personalChat(mina), id, "Since: ");
    assert.deepEqual(verbsOf(own), []);
    await inChatOf(journey, mina, id, "It belongs by now to");
    // A second press, and one from the chat of whoever gave it away, change nothing.
    assert.deepEqual(verbsOf(journey.stands(card)), []);
    assert.match(
      await said(journey, jonas, `accept ownership ${id} ${await markOf(journey, id)}`),
      /this is how it stands by now/,
    );
    assert.match(await said(journey, mina, `show ${id}`), /no such registration, or it is not yours/);
    assert.match(await said(journey, jonas, `list`), new RegExp(id));
    assert.deepEqual(await acts(journey, id), [
      "ownership.transfer offered mina",
      "ownership.transfer done jonas",
      "ownership.entra left usher",
    ]);
  });

  it("waits for an approver where the risk is high, and never for one who is in it", async () => {
    const id = await owned(journey, high);
    await said(journey, mina, `transfer ${id} ${addressOf(tomas)}`, "an approver agrees");
    const card = await question(journey, tomas, id);
    await journey.teams.press(tomas, personalChat(tomas), card, "ownership/accept");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    assert.deepEqual(verbsOf(journey.stands(card)), ["ownership/decline"]);
    const approval = await cardIn(journey, channel, id, "Approve this change of owner?");
    assert.deepEqual(verbsOf(approval), ["ownership/approve", "ownership/deny"]);
    const refused = await journey.teams.press(tomas, channel, approval, "ownership/approve");
    assert.match(sentence(refused), /somebody else decides/);
    const admin = await journey.teams.press(aiko, channel, approval, "ownership/approve");
    assert.match(sentence(admin), /not one of the approvers/);
    const stranger = await journey.teams.press(jonas, channel, approval, "ownership/approve");
    assert.match(sentence(stranger), /no such question, or it was not for you/);
    await journey.teams.press(priya, channel, approval, "ownership/approve");
    assert.deepEqual(
      await ownersNow(journey, id),
      ["Tomas Lindqvist"].map((name) => tomas.name ?? name),
    );
    await inChatOf(journey, tomas, id, "The owner has changed");
    assert.deepEqual(await acts(journey, id), [
      "ownership.transfer offered mina",
      "ownership.transfer accepted tomás",
      "ownership.refused own-offer tomás",
      "ownership.refused not-approver-of-offer aiko",
      "ownership.refused unknown-offer jonas",
      "ownership.transfer done priya",
    ]);
  });

  it("ends with a no of an approver, whose reason both read", async () => {
    const id = await owned(journey, high);
    const card = await ask(journey, id, jonas, "co-owner");
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    await cardIn(journey, channel, id, "Approve this change of owner?");
    assert.match(await said(journey, priya, `deny ownership ${id} ${await markOf(journey, id)}`), /say why/);
    await said(
      journey,
      priya,
      `deny ownership ${id} ${await markOf(journey, id)} They leave next month.`,
      "Not approved",
    );
    for (const who of [mina, jonas])
      await inChatOf(journey, who, id, "was not approved", "They leave next month.");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    assert.match(
      await said(journey, priya, `approve ownership ${id} ${await markOf(journey, id)}`),
      /this is how it stands by now/,
    );
    assert.deepEqual(await offersOf(journey, id), ["denied"]);
  });

  it("ends with a no of the person, or when it is taken back, and can be asked anew", async () => {
    const id = await owned(journey);
    const first = await ask(journey, id, jonas);
    await journey.teams.press(jonas, personalChat(jonas), first, "ownership/decline");
    await inChatOf(journey, mina, id, "They declined");
    await ask(journey, id, priya, "co-owner");
    // Only one is asked at a time.
    assert.match(await said(journey, mina, `transfer ${id} ${addressOf(jonas)}`, "still open"), /Priya/);
    const own = await inChatOf(journey, mina, id, "Waiting for their answer", "Priya");
    await journey.teams.press(mina, personalChat(mina), own, "ownership/withdraw");
    const late = await said(journey, priya, `accept ownership ${id} ${await markOf(journey, id)}`);
    assert.match(late, /this is how it stands by now.*Everything stays as it was/s);
    assert.deepEqual(await offersOf(journey, id), ["declined", "withdrawn"]);
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
  });

  it("is refused for guests, for disabled accounts and for whoever the directory does not know", async () => {
    const id = await owned(journey);
    const cases = [
      [`transfer ${id} ${addressOf(lena)}`, /Guests cannot own/],
      [`co-owner ${id} ${addressOf(omar)}`, /is disabled/],
      [`transfer ${id} nobody@elsewhere.example`, /knows nobody of that name/],
      [`transfer ${id} Jonas Becker`, /email address of Jonas Becker, or mention them/],
      [`transfer ${id} ${addressOf(mina)}`, /owns REQ-\w+ already/],
      [`remove co-owner ${id}`, /the last one cannot leave/],
    ] as const;
    for (const [text, answer] of cases) assert.match(await said(journey, mina, text), answer, text);
    assert.deepEqual(await offersOf(journey, id), []);
  });

  it("does not exist for strangers, and is not for approvers to give away", async () => {
    const id = await owned(journey);
    const unknown = await said(journey, jonas, `transfer REQ-000000 ${addressOf(jonas)}`);
    assert.equal(await said(journey, jonas, `transfer ${id} ${addressOf(jonas)}`), unknown);
    assert.match(await said(journey, priya, `transfer ${id} ${addressOf(priya)}`), /You do not own/);
    assert.match(await said(journey, jonas, `accept ownership ${id}`), /no such question/);
    assert.deepEqual(await acts(journey, id), [
      "ownership.refused not-owner jonas",
      "ownership.refused not-owner priya",
    ]);
  });

  it("takes a colleague from the card, and nothing that no card of Usher's sends", async () => {
    const id = await owned(journey);
    await said(journey, mina, `show ${id}`, "Registration");
    const shown = journey.teams.messages.at(-1) as ChatMessage;
    await journey.teams.press(mina, personalChat(mina), shown, "ownership/ask");
    const chooser = journey.stands(shown);
    assert.match(readingOf(chooser), /Who owns this registration\?/);
    assert.ok(says(chooser, "graph.microsoft.com/users"));
    const place = personalChat(mina);
    const forged = await journey.teams.press(mina, place, chooser, "ownership/transfer", { transferTo: "x" });
    assert.match(sentence(forged), /does not fit any card/);
    const unknown = { transferTo: "aaaaaaaa-0000-4000-8000-0000000000ff" };
    const nobody = await journey.teams.press(mina, place, chooser, "ownership/transfer", unknown);
    assert.match(sentence(nobody), /knows nobody/);
    await journey.teams.press(mina, place, chooser, "ownership/co-owner", { coOwner: jonas.id });
    assert.match(readingOf(journey.stands(chooser)), /^Asked/);
    const card = await question(journey, jonas, id);
    const [accept] = actionsOf(card.card);
    const offer = (accept?.data as { offer: string } | undefined)?.offer ?? "";
    // Whoever sends somebody else's press is told the same as for one that there is not.
    for (const guess of [offer, "AAAAAAAAAAAA"]) {
      const stolen = { ...card, card: JSON.parse(JSON.stringify(card.card).replaceAll(offer, guess)) };
      const answer = await journey.teams.press(priya, personalChat(priya), stolen, "ownership/accept");
      assert.match(sentence(answer), /no such question, or it was not for you/);
    }
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor", "Jonas Weber"]);
    // Either of two owners ends it, and the first one stays.
    await said(journey, jonas, `remove co-owner ${id}`, "was removed");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    await inChatOf(journey, mina, id, "The second owner was removed");
  });

  it("takes whoever is named with @, by what Teams says of them", async () => {
    const id = await owned(journey);
    await journey.teams.say(mina, groupChat, `transfer ${id}`, [jonas, priya]);
    await cardIn(journey, groupChat, "you named several people");
    await journey.teams.say(mina, groupChat, `transfer ${id}`, [jonas]);
    await question(journey, jonas, id);
    assert.deepEqual(await offersOf(journey, id), ["offered"]);
  });

  it("gives a secret that nobody has opened to the new owner, and its link to nobody before", async () => {
    const id = await owned(journey, {
      credential: { kind: "secret", label: "Payroll export", months: 12 },
    });
    const link = await journey.link(mina);
    const card = await ask(journey, id, jonas);
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    assert.match((await journey.openAs(link, mina)).body, /cancelled|opens nothing|replaced/);
    const next = await journey.link(jonas);
    const { newKeys } = journey.world.store.tables;
    await journey.until(async () => (await newKeys.get(id)) === undefined, "the end of the new key");
    assert.equal((await journey.openAs(next, jonas)).status, 200);
    const links = await journey.world.store.tables.links.of(id);
    assert.deepEqual(
      links.map(({ state, requester }) => `${state} ${nameOf(requester)}`),
      ["cancelled mina", "sealed jonas"],
    );
  });

  it("ends with the part of whoever asked, once they are no owner any more", async () => {
    const id = await owned(journey);
    const first = await ask(journey, id, jonas, "co-owner");
    await journey.teams.press(jonas, personalChat(jonas), first, "ownership/accept");
    const card = await ask(journey, id, priya, "transfer", jonas);
    assert.match(readingOf(card), /In the place of: +Jonas/);
    await said(journey, mina, `remove co-owner ${id}`, "was removed");
    await journey.teams.press(priya, personalChat(priya), card, "ownership/accept");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    assert.deepEqual(await offersOf(journey, id), ["done", "withdrawn"]);
  });

  it("hands on a rotation with its two secrets, and what is pressed about it", async () => {
    const id = await owned(journey, {
      credential: { kind: "secret", label: "Payroll export", months: 12 },
    });
    const { newKeys, links } = journey.world.store.tables;
    const seen: string[] = [];
    const reveal = async (who: typeof mina) => {
      const next = () => linksTo(journey, who).findLast((url) => !seen.includes(url));
      await journey.until(async () => !(await newKeys.get(id)) && next() !== undefined, "the link");
      seen.push(next() ?? "");
      const page = await journey.openAs(seen.at(-1) ?? "", who);
      assert.equal((await page.reveal()).status, 200);
    };
    await reveal(mina);
    await said(journey, mina, `rotate ${id}`, "Make a new secret");
    const rotate = journey.teams.messages.findLast((each) => verbsOf(each).includes("rotation/confirm"));
    assert.ok(rotate);
    await journey.teams.press(mina, personalChat(mina), rotate, "rotation/confirm");
    await reveal(mina);
    const own = await inChatOf(journey, mina, id, "Two secrets work now", "rotation/switched");
    const card = await ask(journey, id, jonas);
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    assert.ok((await links.of(id)).every(({ state }) => state === "revealed"));
    const answer = await journey.teams.press(mina, personalChat(mina), own, "rotation/switched");
    assert.match(sentence(answer), /no such registration/);
    await journey.until(
      async () => /You do not own this registration any more/.test(readingOf(journey.stands(own))),
      "the card of the owner before",
    );
    const theirs = await inChatOf(journey, jonas, id, "rotation/switched");
    await journey.teams.press(jonas, personalChat(jonas), theirs, "rotation/switched");
    assert.match(readingOf(journey.stands(theirs)), /The old secret is removed/);
  });

  it("ends with a revocation, and its cards ask nobody any more", async () => {
    const id = await owned(journey);
    const card = await ask(journey, id, jonas);
    await said(journey, mina, `revoke ${id}`, "Revoke this");
    const confirm = journey.teams.messages.findLast((each) =>
      verbsOf(each).includes("registration/confirm-revoke"),
    );
    assert.ok(confirm);
    await journey.teams.press(mina, personalChat(mina), confirm, "registration/confirm-revoke");
    assert.deepEqual(await offersOf(journey, id), ["withdrawn"]);
    await journey.until(async () => verbsOf(journey.stands(card)).length === 0, "the card without buttons");
    assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
  });

  it("that meets a revocation leaves the owners as they were", async () => {
    const id = await owned(journey);
    const card = await ask(journey, id, jonas);
    await said(journey, mina, `revoke ${id}`, "Revoke this");
    const confirm = journey.teams.messages.findLast((each) =>
      verbsOf(each).includes("registration/confirm-revoke"),
    );
    assert.ok(confirm);
    await Promise.all([
      journey.teams.press(mina, personalChat(mina), confirm, "registration/confirm-revoke"),
      journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept"),
    ]);
    const [state] = await offersOf(journey, id);
    const owners = await ownersNow(journey, id);
    // Whichever came first counts, and the other one sees it.
    assert.deepEqual(owners, state === "done" ? ["Jonas Weber"] : ["Mina Okafor"]);
    assert.ok(state === "done" || state === "withdrawn", state);
  });

  it("ends by itself after a week, once the approvers were reminded", async () => {
    const [plain, waiting] = [await owned(journey), await owned(journey, high)];
    await ask(journey, plain, jonas);
    const card = await ask(journey, waiting, jonas);
    await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
    const inChannel = () =>
      journey.teams.messages.filter(
        (each) => each.conversationId === channel.id && says(each, waiting) && says(each, "change of owner"),
      );
    await journey.until(async () => inChannel().length === 1, "the card in the channel");
    const look = async (ms: number) => {
      journey.turnClock(ms);
      await sweep(journey.world, journey.world.clock.now());
    };
    await look(3 * days + minutes);
    await journey.until(async () => inChannel().length === 2, "the reminder");
    await look(4 * days);
    for (const id of [plain, waiting]) {
      assert.deepEqual(await offersOf(journey, id), ["expired"]);
      await inChatOf(journey, mina, id, "Nobody answered in time");
      assert.deepEqual(await ownersNow(journey, id), ["Mina Okafor"]);
    }
  });
});

describe("handing a registration over, where nobody has set an approvals channel", () => {
  it("shows the admins what waits, and the channel once there is one", async () => {
    const { groups } = company;
    const catalogDir = catalogWithPolicy({ mayAsk: [{ group: groups.approvers as GroupId }] });
    const journey = await startJourney({ hasChannel: false, config: { catalogDir } });
    try {
      await meet(journey, mina, jonas, priya, tomas, aiko);
      const id = await owned(journey, high);
      assert.match(
        await said(journey, mina, `transfer ${id} ${addressOf(jonas)}`),
        /Policy lets only some people/,
      );
      const card = await ask(journey, id, tomas);
      await journey.teams.press(tomas, personalChat(tomas), card, "ownership/accept");
      const shown = await inChatOf(journey, aiko, id, "No approvals channel is set");
      const answer = await journey.teams.press(aiko, personalChat(aiko), shown, "ownership/approve");
      assert.match(sentence(answer), /not one of the approvers/);
      await journey.teams.say(aiko, channel, "approvals here");
      const approval = await cardIn(journey, channel, id, "Approve this change of owner?");
      await journey.teams.press(priya, channel, approval, "ownership/approve");
      assert.deepEqual(await ownersNow(journey, id), [tomas.name]);
    } finally {
      await journey.close();
    }
  });
});
