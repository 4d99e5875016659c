import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { channel, jonas, mina, priya, says } from "../support/journey.ts";
import { isShort } from "./seed.ts";

/** In the time of this machine, since that is what is promised. */
describe("what a killed process was at", function () {
  this.timeout(240_000);
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await startFleet(1);
  });
  afterEach(() => fleet.close());

  const promisedMs = 15_000;
  const approve = async (id: string) => {
    const card = await fleet.teams.find(
      (each) => each.conversationId === channel.id && says(each, id),
      "the approval card",
    );
    await fleet.teams.press(priya, channel, card, "approval/approve");
  };
  const numberOf = async (id: string) =>
    (await fleet.db.selectFrom("leases").select("number").where("subject", "=", id).executeTakeFirst())
      ?.number ?? 0;

  for (const round of isShort ? [1] : [1, 2, 3]) {
    it(`is taken up within fifteen seconds, and made once (${round})`, async () => {
      const { id } = await fleet.ask(mina);
      await fleet.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "hang" });
      await approve(id);
      await fleet.until(async () => {
        const { faults } = await fleet.sim("GET", "/faults");
        return (faults as object[]).length === 0;
      }, "the call that hangs");
      const number = await numberOf(id);
      await fleet.start();
      const killedAt = Date.now();
      await fleet.kill(0);
      await fleet.until(async () => (await numberOf(id)) > number, "another to take it up");
      const tookMs = Date.now() - killedAt;
      assert.ok(tookMs <= promisedMs, `${tookMs} ms`);
      await fleet.until(
        async () => (await fleet.tables.requests.get(id as RequestId))?.state === "provisioned",
        "its end",
      );
      assert.deepEqual(await fleet.applications(), [{ requestId: id, keys: 1 }]);
    });
  }

  it("is said again where it was a message, once nobody can be sending it any more", async () => {
    const killed = Promise.withResolvers<void>();
    let held = 0;
    fleet.teams.onCall(async ({ method, conversationId }) => {
      if (method !== "POST" || conversationId !== channel.id || held > 0) return undefined;
      held += 1;
      // Whoever sends it does not live to hear the answer.
      await killed.promise;
      return { status: 503 };
    });
    const { id } = await fleet.ask(jonas);
    await fleet.until(() => held > 0, "the message on its way");
    await fleet.start();
    await fleet.kill(0);
    killed.resolve();
    // A minute's patience with whoever may still be sending, and the minute's sweep.
    fleet.turnClock(61_000);
    fleet.sweep();
    await fleet.teams.find(
      (each) => each.conversationId === channel.id && says(each, id),
      "the message, sent by another",
    );
  });
});
