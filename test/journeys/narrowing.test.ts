import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { fillSystem, submitted, type Typed } from "../support/asking.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
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

const custom: Typed = {
  name: "Payroll export",
  signIn: true,
  webRedirects: ["https://payroll.example/signin", "https://payroll.example/again"],
  applicationPermissions: ["User.Read.All", "Group.Read.All", "Sites.ReadWrite.All"],
};

forEachUsherDatabase((_, open) => {
  describe("approving with changes", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney({ carrier: open });
    });
    after(() => journey.close());

    const asked = async (answers: Typed): Promise<RequestId> =>
      submitted(journey, await fillSystem(journey, "custom", answers));

    /** Opens the form in the place of the channel's card, and sends it with what is kept. */
    async function offer(id: string, inputs: object, who = priya) {
      const card = await journey.approvalCard(id);
      const opened = await journey.teams.press(who, channel, card, "approval/narrow");
      const form = { ...card, card: opened.card ?? {} } as ChatMessage;
      assert.ok(verbsOf(form).includes("approval/offer"), readingOf(form));
      return journey.teams.press(who, channel, form, "approval/offer", {
        keep_permissions: "0,1,2",
        keep_redirects: "0,1",
        smaller: "",
        months: "12",
        ...inputs,
      });
    }

    const offered = (id: string) =>
      journey.teams.find(
        (each) =>
          each.conversationId === personalChat(mina).id &&
          says(each, id) &&
          verbsOf(each).includes("request/accept"),
        "the offer",
      );

    /** Names of what is granted to the app of this request. */
    async function granted(id: string): Promise<string[]> {
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
      return (await journey.request(id)).plan.permissions.map(({ name }) => name).toSorted();
    }

    it("shows the requester the difference, and makes just that once they accept", async () => {
      const id = await asked(custom);
      const names = (await journey.request(id)).plan.permissions.map(({ name }) => name);
      assert.equal(names.length, 3);
      const kept = names.indexOf("User.Read.All");
      const answer = await offer(id, {
        keep_permissions: String(kept),
        keep_redirects: "1",
        months: "6",
        note: "The rest later.",
      });
      assert.match(readingOf(answer), /Narrowed/);
      const waiting = await journey.request(id);
      assert.equal(waiting.state, "offered");
      assert.equal(waiting.revision, 2);
      const card = await offered(id);
      const reading = readingOf(card);
      for (const gone of [
        "Group.Read.All",
        "Sites.ReadWrite.All",
        "payroll.example/signin",
        "The rest later.",
      ]) {
        assert.ok(reading.includes(gone), `${gone} in: ${reading}`);
      }
      assert.match(reading, /6 months, not 12|12 .*6/);
      assert.deepEqual(await journey.applications(), []);

      const accepted = await journey.teams.press(mina, personalChat(mina), card, "request/accept");
      assert.match(readingOf(accepted), /Approved/);
      assert.deepEqual(await granted(id), ["User.Read.All"]);
      const what = (await journey.audited(id)).map((line) => line.what);
      for (const act of ["request.narrowed", "request.accepted", "request.decided"]) {
        assert.equal(what.filter((each) => each === act).length, 1, act);
      }
    });

    it("makes nothing when the requester would rather withdraw", async () => {
      const before = (await journey.applications()).length;
      const id = await asked({ ...custom, name: "Payroll two" });
      await offer(id, { keep_permissions: "0" });
      const card = await offered(id);
      await journey.teams.press(mina, personalChat(mina), card, "request/withdraw");
      assert.equal((await journey.request(id)).state, "withdrawn");
      assert.equal((await journey.applications()).length, before);
    });

    it("takes the smaller alternative that Usher knows, where it is ticked", async () => {
      const id = await asked({ ...custom, name: "Payroll three" });
      const { plan } = await journey.request(id);
      const index = plan.permissions.findIndex(({ name }) => name === "Sites.ReadWrite.All");
      await offer(id, { smaller: String(index) });
      const names = (await journey.request(id)).plan.permissions.map(({ name }) => name);
      assert.ok(!names.includes("Sites.ReadWrite.All"), String(names));
      assert.equal(names.length, 3);
      await journey.teams.press(mina, personalChat(mina), await offered(id), "request/withdraw");
    });

    it("never adds anything, whatever a card sends", async () => {
      const id = await asked({ ...custom, name: "Payroll four" });
      const answer = await offer(id, {
        keep_permissions: "0,1,2,3,99,-1,x",
        keep_roles: "0,1",
        keep_redirects: "0,1,7",
        months: "240",
        permissions: "Directory.ReadWrite.All",
      });
      const request = await journey.request(id);
      const allowed = new Set(["User.Read.All", "Group.Read.All", "Sites.ReadWrite.All"]);
      for (const { name } of request.plan.permissions) assert.ok(allowed.has(name), name);
      assert.equal(request.plan.directoryRoles, undefined);
      const { credential } = request.plan;
      assert.ok(credential.kind === "secret" && credential.months <= 12);
      assert.match(answer.text ?? readingOf(answer), /Nothing|nothing/);
      await journey.teams.say(mina, personalChat(mina), `withdraw ${id}`);
      await journey.until(async () => (await journey.request(id)).state === "withdrawn", "the end of it");
    });

    it("counts as one vote of the two that the highest risk needs", async () => {
      const { id } = await journey.ask(mina, personalChat(mina), {
        q_fulfill: "true",
        q_organization: "Two",
      });
      await offer(id, { keep_permissions: "0", keep_redirects: "", months: "3" });
      const card = await offered(id);
      const accepted = await journey.teams.press(mina, personalChat(mina), card, "request/accept");
      assert.match(readingOf(accepted), /1 of 2/);
      assert.equal((await journey.request(id)).state, "pending");
      const old = await journey.teams.find(
        (each) =>
          each.conversationId === channel.id && says(each, id) && verbsOf(each).includes("approval/approve"),
        "the channel's card at the new revision",
      );
      const own = await journey.teams.press(priya, channel, old, "approval/approve");
      assert.match(readingOf(own), /1 of 2/);
      await journey.teams.press(tomas, channel, old, "approval/approve");
      await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
      const { credential } = (await journey.request(id)).plan;
      assert.ok(credential.kind === "secret" && credential.months === 3);
    });

    it("is not the requester's, and not a stranger's, to accept", async () => {
      const id = await asked({ ...custom, name: "Payroll five" });
      await offer(id, { keep_permissions: "0" });
      const card = await offered(id);
      const stranger = await journey.teams.press(tomas, personalChat(tomas), card, "request/accept");
      assert.match(stranger.text ?? "", /no such request|does not know/i);
      assert.equal((await journey.request(id)).state, "offered");
      const own = await journey.approvalCard(id);
      assert.ok(!verbsOf(own).includes("approval/approve"), "nobody approves while the requester is asked");
      await journey.teams.press(mina, personalChat(mina), card, "request/withdraw");
    });
  });
});
