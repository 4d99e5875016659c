import assert from "node:assert/strict";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { endingsOf, finals, plan, refusal, startEnding } from "../support/ended-requests.ts";
import {
  aiko,
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  tomas,
  verbsOf,
} from "../support/journey.ts";

forEachUsherDatabase((name, open) => {
  describe("what was made of a request that could not be made", () => {
    let journey: Journey;
    const { state, until, refuse, audited, failed, press, say, remember, nothingIsLeft } = endingsOf(
      () => journey,
    );
    beforeEach(async () => {
      journey = await startEnding({ carrier: open });
      await remember();
    });
    afterEach(() => journey.close());

    const atSecret = finals["the secret"]?.orders ?? [];
    it("is cleaned up once, however often Clean up is pressed", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await Promise.all([press(priya, card, "clean"), press(tomas, card, "clean")]);
      await until(id, "cleaned");
      await press(priya, card, "clean");
      assert.match(await say(aiko, `clean ${id}`), /It was cleaned up on .*There is nothing left to do/);
      assert.match(await say(aiko, `retry ${id}`), /It was cleaned up on/);
      await nothingIsLeft();
      const cleanings = (await audited(id)).filter((each) => /clean/.test(each));
      assert.deepEqual(cleanings, ["request.cleaning cleaning", "request.cleaned cleaned"]);
    });

    for (const [what, order] of Object.entries({
      "a consent is taken away": { method: "DELETE", path: "/appRoleAssignments/" },
      "the enterprise application is disabled": { method: "PATCH", path: "/servicePrincipals/" },
      "the application is deleted": { method: "DELETE", path: "/applications/" },
    })) {
      if (name !== "PostgreSQL" && what !== "the application is deleted") continue;
      it(`is cleaned up also when Usher dies while ${what}`, async () => {
        const { id, card } = await failed(atSecret);
        await journey.sim("DELETE", "/faults");
        await journey.sim("POST", "/faults", { ...order, kind: "hang" });
        await press(priya, card, "clean");
        await journey.until(
          async () => ((await journey.sim("GET", "/faults")).faults as []).length === 0,
          what,
        );
        await journey.restart();
        // On PostgreSQL the lease of who has died runs out first.
        journey.turnClock(15_000);
        await until(id, "cleaned");
        await nothingIsLeft();
      });
    }
    if (name !== "PostgreSQL") return;

    for (const kind of ["504-done", "504-not-done", "reset-after", "503"]) {
      it(`is cleaned up also when deleting ends in ${kind}`, async () => {
        const { id, card } = await failed(atSecret);
        await journey.sim("DELETE", "/faults");
        await journey.sim("POST", "/faults", { method: "DELETE", path: "/applications/", kind });
        await press(priya, card, "clean");
        await until(id, "cleaned");
        await nothingIsLeft();
      });
    }

    it("leaves the service principal of another publisher's API, and the card says so", async () => {
      const { clientId: provisioning, roles } = company.clients.provisioning;
      await journey.sim("PUT", `/identities/${provisioning}`, {
        roles: [...roles, "Application.ReadWrite.All"],
      });
      const api = { clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", name: "Microsoft Partner Center" };
      const { id, card } = await failed(atSecret, {
        ...plan,
        missingApis: [{ ...api, createdBy: "usher" }],
      });
      assert.match(readingOf(card), /Enterprise applications for Microsoft Partner Center/);
      await journey.sim("DELETE", "/faults");
      await press(priya, card, "clean");
      await until(id, "cleaned");
      assert.deepEqual(await journey.applications(), []);
      assert.equal((await journey.graph(`/servicePrincipals(appId='${api.clientId}')`)).status, 200);
      const drawn = await journey.teams.find(
        (each) => each.id === card.id && says(each, "What stays"),
        "the card",
      );
      assert.match(readingOf(drawn), /Microsoft Partner Center may have been made; they stay/);
    });

    it("waits aloud while it cannot be cleaned up: the cards say for what", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await journey.sim("POST", "/faults", { path: "/applications/", kind: "503", times: 1000 });
      await press(priya, card, "clean");
      const waiting = /Trying to undo since .*: +its secrets.*trouble of its own/;
      const isSaid = (each: ChatMessage) => waiting.test(readingOf(each));
      await journey.teams.find((each) => each.id === card.id && isSaid(each), "the channel's card");
      await journey.teams.find(
        (each) => each.conversationId === personalChat(mina).id && isSaid(each),
        "the requester's card",
      );
      assert.equal(await state(id), "cleaning");
      await journey.sim("DELETE", "/faults");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is found by its name when Entra made it and the answer was lost", async () => {
      await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "504-done" });
      const { id, card } = await failed([{ method: "GET", path: "/applications\\(uniqueName", ...refusal }]);
      assert.match(readingOf(card), /may exist in Entra/);
      await journey.sim("DELETE", "/faults");
      assert.equal((await journey.applications()).length, 1);
      await press(priya, card, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("is looked for half an hour where nobody knows whether Entra made it", async () => {
      await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "504-not-done" });
      const { id, card } = await failed([{ method: "GET", path: "/applications\\(uniqueName", ...refusal }]);
      await journey.sim("DELETE", "/faults");
      await press(priya, card, "clean");
      await journey.teams.find(
        (each) => each.id === card.id && says(each, "does not show it"),
        "what it waits for",
      );
      assert.equal(await state(id), "cleaning");
      journey.turnClock(31 * 60_000);
      await until(id, "cleaned");
      await nothingIsLeft();
    });

    it("goes back to the approvers when it cannot be cleaned up, and is then cleaned up and not made", async () => {
      const { id, card } = await failed(atSecret);
      await journey.sim("DELETE", "/faults");
      await refuse([{ method: "DELETE", path: "/applications/", ...refusal }]);
      await press(priya, card, "clean");
      await until(id, "failed");
      const stuck = await journey.teams.find(
        (each) => each.id === card.id && says(each, "The clean-up did not go through"),
        "the card",
      );
      assert.deepEqual(verbsOf(stuck), ["provisioning/clean"]);
      assert.match(readingOf(stuck), /exists in Entra.*enterprise application is disabled/);
      const told = await journey.teams.find(
        (each) =>
          each.conversationId === personalChat(mina).id && says(each, "The clean-up did not go through"),
        "the requester's message",
      );
      assert.match(readingOf(told), /nor cleaned up yet/);
      await journey.teams.find(
        (each) => each.conversationId === channel.id && each.id !== card.id && says(each, `says clean ${id}`),
        "the channel's message",
      );
      assert.match(await say(priya, `retry ${id}`), /a clean-up of REQ-\w+ was begun/);
      assert.equal(await state(id), "failed");
      await journey.sim("DELETE", "/faults");
      await press(tomas, stuck, "clean");
      await until(id, "cleaned");
      await nothingIsLeft();
    });
  });
});
