import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { In } from "../../src/domain/request.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { carryOutCleanUp } from "../../src/usecases/provisioning/carry-out-clean-up.ts";
import { approved } from "../support/approved.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { endingsOf, plan, startEnding } from "../support/ended-requests.ts";
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
  tomas,
  verbsOf,
} from "../support/journey.ts";

const minutes = 60_000;
const outage = { method: "POST", path: "/addPassword$", kind: "503", times: 1000 };

forEachUsherDatabase((name, open) => {
  describe("an approved request whose making waits", () => {
    let journey: Journey;
    const endings = endingsOf(() => journey);
    const { approvedInChannel, audited, list, nothingIsLeft, press, remember, request } = endings;
    const { grants, ourPrincipals, say, state, tables, until } = endings;
    beforeEach(async () => {
      journey = await startEnding({ carrier: open });
      await remember();
    });
    afterEach(() => journey.close());

    const stepOf = async (id: RequestId, name: string) =>
      (await tables().steps.all(id)).find(({ step }) => step === name);
    const waitsAt = (id: RequestId, step: string) =>
      journey.until(async () => (await stepOf(id, step))?.state === "waiting", `${step} to wait`);
    const later = async (id: RequestId, ms: number, queue: "provision" | "clean") => {
      journey.turnClock(ms);
      await tables().jobs.wake(queue, id);
    };
    /** Turns the clock, and lets the step be tried once more in vain. */
    async function waitsOn(id: RequestId, step: string, ms: number) {
      const before = (await stepOf(id, step))?.attempts ?? 0;
      await later(id, ms, "provision");
      const isTried = async () => {
        const row = await stepOf(id, step);
        return row?.state === "waiting" && row.attempts > before;
      };
      await journey.until(isTried, `${step} to be tried again`);
    }
    /** The channel's card, once it offers to stop the making. */
    const stoppable = (id: RequestId) =>
      journey.teams.find(
        (each) =>
          each.conversationId === channel.id && says(each, id) && verbsOf(each).includes("provisioning/stop"),
        "the card that offers it",
      );
    /** Waits for Graph at its last step, for longer than half an hour. */
    async function waitingLong(): Promise<RequestId> {
      await journey.sim("POST", "/faults", outage);
      const id = await approvedInChannel(plan);
      await waitsAt(id, "credential");
      await waitsOn(id, "credential", 31 * minutes);
      return id;
    }
    /** As the sweep of each minute does: a look that comes while another one runs is put off by the clock that was turned. */
    const cleaned = (id: RequestId) =>
      journey.until(async () => {
        await tables().jobs.wake("clean", id);
        return (await state(id)) === "cleaned";
      }, `${id} to be cleaned up`);
    /** Nobody knows whether a secret was made, so it is looked for until it must have shown. */
    async function cleanedInTime(id: RequestId) {
      await journey.until(
        async () => (await stepOf(id, "credential"))?.note?.includes("looks for half an hour") ?? false,
        "what it waits for",
      );
      assert.equal((await journey.applications()).length, 1);
      // It holds nothing and signs nobody in meanwhile.
      const isHarmless = async () =>
        (await ourPrincipals()).every(({ accountEnabled }) => accountEnabled === false) &&
        (await grants()).length === 0;
      await journey.until(isHarmless, "the stop of all else");
      await later(id, 31 * minutes, "clean");
      await cleaned(id);
      await nothingIsLeft();
      const [secret, application] = await Promise.all(
        ["credential", "application"].map((step) => stepOf(id, step)),
      );
      assert.ok(secret?.doneAt && application?.doneAt && secret.doneAt <= application.doneAt, "deleted last");
    }

    it("can be stopped after half an hour, and nothing of it stays", async () => {
      await journey.sim("POST", "/faults", outage);
      const id = await approvedInChannel(plan);
      await waitsAt(id, "credential");
      await waitsOn(id, "credential", 29 * minutes);
      assert.match(await say(priya, `stop ${id}`), /only after half an hour of waiting: on /);
      assert.equal(await state(id), "approved");
      await waitsOn(id, "credential", 2 * minutes);
      const card = await stoppable(id);
      assert.match(readingOf(card), /has waited since .*Stop and clean up ends it/);
      await journey.sim("DELETE", "/faults");
      const answer = await press(tomas, card, "stop");
      assert.match(readingOf(answer), /Stopped, and being cleaned up.*Stopped on .*Tomás/s);
      await cleanedInTime(id);

      assert.deepEqual((await audited(id)).slice(-2), [
        "request.stopped cleaning",
        "request.cleaned cleaned",
      ]);
      const told = await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && says(each, "Stopped, and cleaned up"),
        "the requester's message",
      );
      assert.match(readingOf(told), /Stopped on .*Tomás.*Nothing of it stays.*No secret was handed over/s);
      await journey.teams.find(
        (each) => each.id === card.id && says(each, "Stopped, and cleaned up") && verbsOf(each).length === 0,
        "the channel's card",
      );
      assert.ok(!journey.teams.messages.some((each) => says(each, "/s/")), "no link was sent");
    });

    it("is stopped once, however many press it and how often", async () => {
      const id = await waitingLong();
      const card = await stoppable(id);
      await journey.sim("DELETE", "/faults");
      await Promise.all([press(priya, card, "stop"), press(tomas, card, "stop")]);
      const winner = await request(id);
      assert.equal(winner.state, "cleaning");
      const again = await press(winner.cleaningBy.userId === priya.id ? priya : tomas, card, "stop");
      assert.doesNotMatch(readingOf(again), /Nothing was changed/);
      assert.match(await say(aiko, `stop ${id}`), /Nothing was changed.*being cleaned up since/);
      await cleanedInTime(id);
      const stops = (await audited(id)).filter((each) => each.startsWith("request.stopped"));
      assert.deepEqual(stops, ["request.stopped cleaning"]);
    });

    it("leaves no secret of a run that was under way, whose answer comes too late", async () => {
      const id = await waitingLong();
      const card = await stoppable(id);
      await journey.sim("DELETE", "/faults");
      await journey.sim("PUT", "/settings", { latencyMs: 1_000 });
      await later(id, 2 * minutes, "provision");
      const hasBegun = async () => {
        const [key] = (await tables().keys.of(id)).filter((each) => each.state === "intended");
        return key !== undefined;
      };
      await journey.until(hasBegun, "a call that is under way");
      await press(priya, card, "stop");
      await journey.sim("PUT", "/settings", { latencyMs: 0 });
      // Nothing is undone before such answers must have come: it would be there again afterwards.
      const { cleaningSince = assert.fail("not stopped") } = (await request(id)) as Partial<In<"cleaning">>;
      const calmAt = cleaningSince.getTime() + 1 * minutes;
      const isCalm = async () => (await carryOutCleanUp(journey.world, id))?.getTime() === calmAt;
      await journey.until(isCalm, "the look that puts it off");
      assert.ok((await tables().steps.all(id)).every((row) => !row.state.startsWith("und")));
      // Entra does its work all the same.
      const hasSecret = async () => (await journey.applications())[0]?.passwordCredentials.length === 1;
      await journey.until(hasSecret, "the late answer");
      await later(id, 2 * minutes, "clean");
      await journey.until(async () => !(await hasSecret()), "its end");
      await later(id, 31 * minutes, "clean");
      await cleaned(id);
      await nothingIsLeft();
      const [deleted] = await list("/directory/deletedItems/microsoft.graph.application");
      assert.deepEqual(deleted?.passwordCredentials, []);
      assert.ok(!journey.teams.messages.some((each) => says(each, "/s/")), "no link was sent");
    });

    for (const [what, order] of Object.entries({
      "a consent is taken away": { method: "DELETE", path: "/appRoleAssignments/" },
      "the application is deleted": { method: "DELETE", path: "/applications/" },
    })) {
      it(`is cleaned up also when Usher dies while ${what}`, async () => {
        const id = await approvedInChannel({ ...plan, credential: { kind: "none" } });
        await journey.sim("POST", "/faults", { path: "/roleAssignments$", kind: "503", times: 1000 });
        await waitsAt(id, "directory-roles");
        await waitsOn(id, "directory-roles", 31 * minutes);
        const card = await stoppable(id);
        await journey.sim("DELETE", "/faults");
        await journey.sim("POST", "/faults", { ...order, kind: "hang" });
        await press(priya, card, "stop");
        await journey.until(
          async () => ((await journey.sim("GET", "/faults")).faults as []).length === 0,
          what,
        );
        await journey.restart();
        // On PostgreSQL the lease of who has died runs out first.
        await later(id, 15_000, "clean");
        await cleaned(id);
        await nothingIsLeft();
      });
    }

    it("is either made or stopped when both happen at once", async () => {
      const id = await waitingLong();
      const card = await stoppable(id);
      await journey.sim("DELETE", "/faults");
      await Promise.all([later(id, 2 * minutes, "provision"), press(priya, card, "stop")]);
      await journey.until(async () => (await state(id)) !== "approved", "who was first");
      if ((await state(id)) === "provisioned") {
        assert.equal((await journey.applications())[0]?.passwordCredentials.length, 1);
        assert.equal((await tables().registrations.get(id))?.state, "active");
        return;
      }
      await journey.until(async () => (await stepOf(id, "credential"))?.state !== "done", "what it was at");
      for (const _round of [1, 2]) await later(id, 31 * minutes, "clean");
      await cleaned(id);
      await nothingIsLeft();
    });

    if (name !== "PostgreSQL") return;

    it("can be stopped also while it waits for the requester to open a chat", async () => {
      const id = await approved(journey, plan, groupChat);
      await waitsAt(id, "personal-chat");
      const isAllElse = async () => (await stepOf(id, "directory-roles"))?.state === "done";
      await journey.until(isAllElse, "all else to be made");
      await waitsOn(id, "personal-chat", 31 * minutes);
      assert.match(await say(aiko, `stop ${id}`), /Stopped, and being cleaned up/);
      await cleaned(id);
      await nothingIsLeft();
      await journey.teams.find(
        (each) => each.conversationId === groupChat.id && says(each, "Stopped, and cleaned up"),
        "the requester's card",
      );
    });

    it("can be stopped also while it waits for an administrator's consent", async () => {
      await journey.close();
      journey = await startEnding({ carrier: open, config: { consent: undefined } });
      await remember();
      const id = await approvedInChannel({ ...plan, directoryRoles: [] });
      await waitsAt(id, "admin-consent");
      await waitsOn(id, "admin-consent", 31 * minutes);
      const card = await stoppable(id);
      await press(priya, card, "stop");
      await cleaned(id);
      await nothingIsLeft();
      const isSaid = (each: ChatMessage) => each.id === card.id && says(each, "Stopped, and cleaned up");
      await journey.teams.find(isSaid, "the channel's card");
    });

    it("is stopped by approvers and admins only, and never by who asked", async () => {
      const id = await waitingLong();
      const card = await stoppable(id);
      await press(jonas, card, "stop");
      await press(mina, card, "stop");
      assert.match(await say(mina, `stop ${id}`), /You asked for this yourself/);
      assert.match(await say(jonas, `stop ${id}`), /Only approvers and admins/);
      assert.match(await say(priya, "stop"), /Say which one: stop REQ-…/);
      assert.equal(await state(id), "approved");
      const refusals = (await audited(id)).filter((each) => each.startsWith("request.act-refused"));
      assert.deepEqual([...new Set(refusals)].toSorted(), [
        "request.act-refused may-not-end",
        "request.act-refused own-failure",
      ]);
      await journey.sim("DELETE", "/faults");
      await later(id, 2 * minutes, "provision");
      await until(id, "provisioned");
      assert.match(await say(priya, `stop ${id}`), /is ready. To stop it, say revoke/);
    });
  });
});
