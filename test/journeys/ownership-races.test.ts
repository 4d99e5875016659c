import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  says,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { aMortal } from "../support/mortal.ts";
import { addressOf, ask, high, inChatOf, meet, offersOf, owned, ownersNow } from "../support/owned.ts";

const told = (journey: Journey, who: typeof mina, id: RequestId, title: string) =>
  journey.teams.messages.filter(
    (each) => each.conversationId === personalChat(who).id && says(each, id) && says(each, title),
  ).length;

forEachUsherDatabase((_, open) => {
  describe("changing owners at the same moment", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open });
      await meet(journey, mina, jonas, priya, tomas);
    });
    after(() => journey.close());

    it("asks one colleague, whoever of two owners was first", async () => {
      const id = await owned(journey);
      const card = await ask(journey, id, jonas, "co-owner");
      await Promise.all(
        [1, 2].map(() => journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept")),
      );
      assert.deepEqual(await ownersNow(journey, id), [mina.name, jonas.name]);
      await Promise.all([
        journey.teams.say(mina, personalChat(mina), `transfer ${id} ${addressOf(priya)}`),
        journey.teams.say(jonas, personalChat(jonas), `transfer ${id} ${addressOf(tomas)}`),
      ]);
      await journey.until(async () => (await offersOf(journey, id)).length === 2, "the second question");
      assert.deepEqual((await offersOf(journey, id)).toSorted(), ["done", "offered"]);
    });

    it("does one thing where an approver agrees while it is taken back", async () => {
      const id = await owned(journey, high);
      const card = await ask(journey, id, jonas);
      await journey.teams.press(jonas, personalChat(jonas), card, "ownership/accept");
      const approval = await journey.teams.find(
        (each) => each.conversationId === channel.id && says(each, id) && says(each, "change of owner"),
        "the card of the approvers",
      );
      const own = await inChatOf(journey, mina, id, "An approver must agree");
      await Promise.all([
        journey.teams.press(mina, personalChat(mina), own, "ownership/withdraw"),
        journey.teams.press(priya, channel, approval, "ownership/approve"),
        journey.teams.press(tomas, channel, approval, "ownership/approve"),
      ]);
      const [state = ""] = await offersOf(journey, id);
      assert.ok(["done", "withdrawn"].includes(state), state);
      assert.deepEqual(await ownersNow(journey, id), [state === "done" ? jonas.name : mina.name]);
      const ends = (await journey.audited(id)).filter(
        ({ what, outcome }) => what === "ownership.transfer" && ["done", "withdrawn"].includes(outcome),
      );
      assert.equal(ends.length, 1);
    });
  });
});

describe("a change of owner", () => {
  it("comes to its end from wherever it was killed, also in Entra, and is told", async function () {
    this.timeout(120_000);
    const mortal = aMortal();
    // That a message is sent after a death, once, is tested with the messages.
    const journey = await startJourney({
      adjust: (world) => ({ ...mortal.adjust(world), chat: world.chat }),
    });
    try {
      const { clientId, roles } = company.clients.provisioning;
      const wider = [...roles, "Application.ReadWrite.All", "Directory.Read.All"];
      await journey.sim("PUT", `/identities/${clientId}`, { roles: wider });
      await meet(journey, mina, jonas);
      const id = await owned(journey);
      const { registrations, entraOwners, ownership } = journey.world.store.tables;
      const application = (await registrations.get(id))?.applicationObjectId;
      const pair = [mina, jonas] as const;
      const diedAt: string[] = [];
      // At Entra, and where that is written down.
      for (const n of [3, 4]) {
        const isMinas = (await registrations.get(id))?.owner.userId === mina.id;
        const [from, to] = isMinas ? pair : [jonas, mina];
        const before = told(journey, from, id, "The owner has changed");
        if (!(await ownership.open(id))) await ask(journey, id, to, "transfer", from);
        const cards = journey.teams.messages.filter(
          (each) => each.conversationId === personalChat(to).id && says(each, "ownership/accept"),
        );
        const card = cards.at(-1);
        assert.ok(card, `the question of round ${n}`);
        mortal.arm(n);
        await journey.teams.press(to, personalChat(to), card, "ownership/accept").catch(() => undefined);
        const isDone = async () =>
          (await entraOwners.get(id)) === undefined &&
          told(journey, from, id, "The owner has changed") > before;
        await journey.until(async () => mortal.isDead || (await isDone().catch(() => false)), `round ${n}`);
        if (mortal.isDead) diedAt.push(mortal.diedAt);
        mortal.revive();
        // As long as a dead one's lease, and its message, are waited for.
        journey.turnClock(61_000);
        await sweep(journey.world, journey.world.clock.now());
        await journey.until(async () => {
          const registration = await registrations.get(id);
          if ((await entraOwners.get(id)) !== undefined) return false;
          const { body } = await journey.graph(`/applications/${application}/owners`);
          const ids = (body.value as { id: string }[]).map((each) => each.id);
          const people = pair.filter((each) => ids.includes(each.id));
          const isOpen = (await ownership.open(id)) !== undefined;
          return people.length === 1 && people[0]?.id === registration?.owner.userId && (isOpen || isDone());
        }, `the end of round ${n}, killed before ${mortal.diedAt}`);
        journey.turnClock(-61_000);
      }
      // Which call is the n-th depends on what is delivered beside it.
      assert.equal(diedAt.length, 2, `died before ${diedAt}`);
    } finally {
      await journey.close();
    }
  });
});
