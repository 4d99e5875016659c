import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  aiko,
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";

/** Writes to the directory: the highest risk, so two must approve. */
const dangerous = { q_fulfill: "true" };

forEachUsherDatabase((_, open) => {
  describe("what needs two approvers", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open });
    });
    after(() => journey.close());
    afterEach(async () => {
      for (const who of [priya, tomas])
        await journey.sim("PUT", `/users/${who.id}`, { accountEnabled: true });
      const members = [priya.id, tomas.id, company.people.disabled];
      await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, { members });
    });

    it("waits for the second, whoever was first, and is made once", async () => {
      const { id, card } = await journey.ask(mina, personalChat(mina), dangerous);
      const first = await journey.approve(id, priya);
      assert.match(readingOf(first), /1 of 2/);
      assert.match(readingOf(first), /Priya Nair/);
      assert.equal((await journey.request(id)).state, "pending");
      await journey.teams.find((each) => each.id === card.id && says(each, "1 of 2"), "the requester's card");
      assert.match(readingOf(await journey.approve(id, tomas)), /Approved/);
      await journey.link();
      const made = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
      assert.equal(made.length, 1);
      const lines = (await journey.audited(id)).filter(({ who }) => who !== "usher");
      assert.deepEqual(
        lines.map(({ what, who }) => [what, who]),
        [
          ["request.submitted", mina.id],
          ["request.voted", priya.id],
          ["request.decided", tomas.id],
        ],
      );
    });

    it("counts nobody twice, by card or by command", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), dangerous);
      await journey.approve(id, priya);
      const again = await journey.approve(id, priya);
      assert.match(readingOf(again), /1 of 2/);
      await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`);
      await journey.teams.find(
        (each) => each.conversationId === personalChat(priya).id && says(each, "1 of 2"),
        "the answer to the command",
      );
      const request = await journey.request(id);
      assert.equal(request.state, "pending");
      assert.equal(request.votes.length, 1);
      const votes = (await journey.audited(id)).filter(({ what }) => what === "request.voted");
      assert.equal(votes.length, 1);
    });

    it("drops the vote of somebody who is disabled or has left the group by the time of the second", async () => {
      const losses = [
        () => journey.sim("PUT", `/users/${priya.id}`, { accountEnabled: false }),
        () => journey.sim("PUT", `/groups/${company.groups.approvers}/members`, { members: [tomas.id] }),
      ];
      for (const lose of losses) {
        await journey.sim("PUT", `/users/${priya.id}`, { accountEnabled: true });
        const { id } = await journey.ask(mina, personalChat(mina), dangerous);
        await journey.approve(id, priya);
        await lose();
        assert.match(readingOf(await journey.approve(id, tomas)), /1 of 2/);
        const request = await journey.request(id);
        assert.equal(request.state, "pending");
        assert.deepEqual(
          request.votes.map(({ approver }) => approver.userId),
          [tomas.id],
        );
        const lapsed = (await journey.audited(id)).filter(({ what }) => what === "request.vote-lapsed");
        assert.deepEqual(
          lapsed.map(({ who }) => who),
          [priya.id],
        );
        await journey.teams.say(mina, personalChat(mina), `withdraw ${id}`);
        await journey.until(async () => (await journey.request(id)).state === "withdrawn", "the end of it");
      }
    });

    it("is denied by one, whoever has approved before", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), dangerous);
      await journey.approve(id, priya);
      const card = await journey.approvalCard(id);
      const denial = "Reading is enough for a warehouse.";
      const answer = await journey.teams.press(tomas, channel, card, "approval/deny", { denial });
      assert.match(readingOf(answer), /Denied.*Tomás/s);
      assert.match(readingOf(answer), /Reading is enough/);
      assert.equal((await journey.request(id)).state, "denied");
      const told = await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && says(each, denial) && says(each, id),
        "the decision as a message",
      );
      assert.match(readingOf(told), /Denied/);
    });

    it("is not approved by the requester, by an admin or by a guest, and each attempt leaves a line", async () => {
      await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, {
        members: [priya.id, tomas.id, mina.id, company.people.guest],
      });
      const { id } = await journey.ask(mina, personalChat(mina), dangerous);
      const card = await journey.approvalCard(id);
      const guest = { id: company.people.guest, name: "guest" };
      for (const who of [mina, aiko, guest]) {
        const answer = await journey.teams.press(who, channel, card, "approval/approve");
        assert.doesNotMatch(answer.text ?? readingOf(answer), /1 of 2/);
      }
      assert.equal((await journey.request(id)).votes.length, 0);
      const refused = (await journey.audited(id)).filter(({ what }) => what === "request.decision-refused");
      assert.deepEqual(
        refused.map(({ outcome }) => outcome),
        ["own-request", "not-approver", "guest"],
      );
      await journey.teams.say(mina, personalChat(mina), `withdraw ${id}`);
    });

    it("offers no decision any more once it is decided, and says who decided when", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), dangerous);
      const old = await journey.approvalCard(id);
      await journey.approve(id, priya);
      await journey.approve(id, tomas);
      const late = await journey.teams.press(priya, channel, old, "approval/deny", { denial: "Too late." });
      assert.match(late.text ?? readingOf(late), /approved on .*Tomás|Approved on .*Tomas/s);
      assert.ok(["approved", "provisioned"].includes((await journey.request(id)).state));
      const now = await journey.teams.find(
        (each) => each.id === old.id && !verbsOf(each).includes("approval/deny"),
        "the card without its buttons",
      );
      assert.match(readingOf(now), /Tomás/);
    });
  });
});
