import assert from "node:assert/strict";
import type { In } from "../../src/domain/request.ts";
import { company } from "../../src/local/tenant/company.ts";
import { tellRequester } from "../../src/usecases/approval/save-decision.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { minutes } from "../support/builders.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { endingsOf, finals, startEnding } from "../support/ended-requests.ts";
import {
  aiko,
  channel,
  type Journey,
  jonas,
  lena,
  mina,
  omar,
  personalChat,
  priya,
  readingOf,
  says,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { changePolicy } from "../support/policy.ts";

forEachUsherDatabase((name, open) => {
  describe("a request that could not be made", () => {
    let journey: Journey;
    const {
      request,
      state,
      until,
      audited,
      failed,
      press,
      say,
      list,
      tables,
      remember,
      nothingIsLeft,
      oneOfEverything,
    } = endingsOf(() => journey);
    beforeEach(async () => {
      journey = await startEnding({ carrier: open });
      await remember();
    });
    afterEach(() => journey.close());
    const allSaid = async (subject: string) =>
      (await tables().posts.of(subject)).every(({ state }) => state !== "due" && state !== "sending");

    const atSecret = finals["the secret"]?.orders ?? [];
    // Each step once; that the rows are the same on every carrier shows with one of them.
    const tried = Object.entries(finals).filter(([what]) => name === "PostgreSQL" || what === "the secret");

    for (const [what, { orders, exists }] of tried) {
      it(`at ${what} names what exists, and is made once nothing stands in the way and somebody presses Retry`, async () => {
        const { id, card } = await failed(orders);
        assert.match(readingOf(card), exists);
        await journey.sim("DELETE", "/faults");
        await press(priya, card, "retry");
        await until(id, "provisioned");
        await oneOfEverything();
        const page = await journey.openAs(await journey.link(), mina);
        assert.equal(page.status, 200);
        const { thread, fingerprint } = await request(id);
        assert.deepEqual(
          thread.map(({ kind, by }) => [kind, by.name]),
          [["retry", priya.name]],
        );
        assert.equal(fingerprint, (await request(id)).fingerprint);
        assert.ok((await audited(id)).includes("request.retried approved"));
      });

      it(`at ${what} leaves nothing in the tenant once somebody presses Clean up`, async () => {
        const { id, card } = await failed(orders);
        await journey.sim("DELETE", "/faults");
        const wasMade = (await journey.applications()).length === 1;
        await press(tomas, card, "clean");
        // Where Graph said for sure that it made nothing, nothing is waited for.
        await until(id, "cleaned");
        await nothingIsLeft();
        const deleted = await list("/directory/deletedItems/microsoft.graph.application");
        assert.equal(deleted.length, wasMade ? 1 : 0);
        const after = await audited(id);
        assert.deepEqual(after.slice(-2), ["request.cleaning cleaning", "request.cleaned cleaned"]);
        const told = await journey.teams.find(
          (each) => each.conversationId === personalChat(mina).id && says(each, "Cleaned up on"),
          "the requester's message",
        );
        assert.match(readingOf(told), /No secret was handed over/);
        await journey.teams.find(
          (each) => each.id === card.id && says(each, "was cleaned up") && verbsOf(each).length === 0,
          "the channel's card",
        );
      });
    }

    it("is tried again once, however often and by whom Retry is pressed", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      const answers = await Promise.all([press(priya, card, "retry"), press(tomas, card, "retry")]);
      for (const answer of answers) assert.equal(answer.status, 200);
      await press(priya, card, "retry");
      await until(id, "provisioned");
      await press(priya, card, "retry");
      assert.match(await say(aiko, `retry ${id}`), /Nothing was changed: REQ-\w+ is ready/);
      await oneOfEverything();
      assert.equal((await audited(id)).filter((each) => each === "request.retried approved").length, 1);
    });

    it("is either made or cleaned up when both are pressed at once", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await Promise.all([press(priya, card, "retry"), press(tomas, card, "clean")]);
      await journey.until(async () => ["provisioned", "cleaned"].includes(await state(id)), "an end");
      const saved = (await audited(id)).filter((each) => /retried|cleaning/.test(each));
      assert.equal(saved.length, 1);
      if ((await state(id)) === "cleaned") await nothingIsLeft();
      else await oneOfEverything();
    });

    if (name !== "PostgreSQL") return;

    it("is told in the channel by a message of its own, once for each failure", async () => {
      const { id, card } = await failed(atSecret);
      const news = () =>
        journey.teams.messages.filter(
          (each) => each.conversationId === channel.id && says(each, `say retry ${id} or clean ${id}`),
        );
      await journey.until(async () => news().length === 1, "the message");
      assert.match(readingOf(news()[0]!), /app management policy forbids client secrets/);
      await press(priya, card, "retry");
      await journey.until(async () => news().length === 2, "another for the second failure");
      await journey.teams.find(
        (each) => each.id === card.id && says(each, "Failed again, after it was tried again on"),
        "the card of the second failure",
      );
    });

    it("is told to the requester once, although their chat took no messages until it had failed", async () => {
      const isMinas = (method: string, place?: string) =>
        method === "POST" && place === personalChat(mina).id;
      journey.teams.onCall(({ method, conversationId }) =>
        isMinas(method, conversationId) ? { status: 429 } : undefined,
      );
      const { id } = await failed(finals["the application"]?.orders ?? []);
      // The word of the approval, which could not be said before.
      const { failure: _failed, ...asked } = (await request(id)) as In<"failed">;
      await journey.world.store.inTransaction((all) =>
        tellRequester(all, { ...asked, state: "approved" }, journey.world.clock.now()),
      );
      journey.teams.onCall(() => undefined);
      const told = () =>
        journey.teams.messages.filter(
          (each) => each.conversationId === personalChat(mina).id && says(each, "to see how it stands now"),
        );
      // The chat is left alone for longer and longer, five minutes at most.
      journey.turnClock(6 * minutes);
      await journey.until(async () => {
        await sweep(journey.world, journey.world.clock.now());
        return told().length > 0;
      }, "the message");
      await journey.until(() => allSaid(id), "all that is to be said");
      assert.equal(told().length, 1);
    });

    it("is not revoked by who says revoke, who hears what to say instead", async () => {
      const { id } = await failed(atSecret);
      assert.match(await say(priya, `revoke ${id}`), new RegExp(`could not be made.*clean ${id}`));
      assert.match(await say(jonas, `revoke ${id}`), /There is no such registration/);
    });

    it("is shown to approvers who say pending, until it is dealt with", async () => {
      const { id, card } = await failed(atSecret);
      assert.match(await say(priya, "pending"), new RegExp(`could not be made.*${id}`));
      await journey.sim("DELETE", "/faults");
      await press(tomas, card, "clean");
      await until(id, "cleaned");
      assert.match(await say(priya, "pending"), /Nothing waits for a decision/);
    });

    it("is left to approvers and admins, and never to who asked", async () => {
      const members = [mina.id, priya.id, tomas.id, omar.id];
      await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, { members });
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      for (const what of ["retry", "clean"] as const) {
        for (const who of [mina, jonas, lena, omar]) await press(who, card, what);
        assert.match(await say(mina, `${what} ${id}`), /You asked for this yourself/);
        assert.match(await say(jonas, `${what} ${id}`), /Only approvers and admins/);
        assert.match(await say(jonas, `${what} REQ-ZZZZZZ`), /Only approvers and admins/);
        assert.match(await say(priya, `${what} REQ-ZZZZZZ`), /no such request/);
      }
      assert.equal(await state(id), "failed");
      const refusals = (await audited(id)).filter((each) => each.startsWith("request.act-refused"));
      assert.deepEqual([...new Set(refusals)].toSorted(), [
        "request.act-refused may-not-end",
        "request.act-refused own-failure",
      ]);
      assert.match(await say(aiko, `retry ${id}`), /being made|ready/i);
      await until(id, "provisioned");
    });

    it("is not tried again for somebody who has left, nor against today's policy", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
      assert.match(await say(priya, `retry ${id}`), /has no enabled account here any more/);
      await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: true });
      changePolicy(journey, {
        policy: 1,
        forbid: [{ permission: "User.ReadBasic.All", sentence: "Nobody." }],
      });
      await press(priya, card, "retry");
      assert.match(await say(priya, `retry ${id}`), /policy does not allow REQ-\w+ any more: .*Nobody\./);
      assert.equal(await state(id), "failed");
      await press(priya, card, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is told again to who asked when it fails again", async () => {
      const { id, card } = await failed(atSecret);
      const told = () =>
        journey.teams.messages.filter(
          (each) =>
            each.conversationId === personalChat(mina).id &&
            readingOf(each).startsWith("Approved, but it could not be made") &&
            !says(each, "How far it came"),
        ).length;
      await journey.until(async () => told() === 1, "the first message");
      await press(priya, card, "retry");
      await journey.until(
        async () => (await audited(id)).at(-1) === "request.provisioning failed",
        "the end",
      );
      await journey.until(async () => told() === 2, "the second message");
      assert.deepEqual((await request(id)).thread.length, 1);
    });
  });
});
