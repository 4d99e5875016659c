import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { carryOutNewKey } from "../../src/usecases/handover/carry-out-new-key.ts";
import { expireLinks } from "../../src/usecases/handover/expire-links.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { personOf } from "../support/approved.ts";
import { behindUsher } from "../support/behind-usher.ts";
import { days } from "../support/builders.ts";
import { changed, twoNights } from "../support/drifting.ts";
import {
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { addressOf, inChatOf, meet, owned, said } from "../support/owned.ts";

type Person = typeof mina;

describe("two owners are told alike", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    await meet(journey, mina, jonas, priya);
  });
  after(() => journey.close());

  async function ofTwo(given: Parameters<typeof owned>[1] = {}): Promise<RequestId> {
    const id = await owned(journey, given);
    await journey.world.store.inTransaction((tables) =>
      tables.registrations.ownersAre(id, { owner: personOf(mina), coOwner: personOf(jonas) }),
    );
    return id;
  }
  const has = (who: Person, id: RequestId, text: string) =>
    journey.teams.messages.some(
      (each) => each.conversationId === personalChat(who).id && says(each, id) && says(each, text),
    );
  const secret = { credential: { kind: "secret", label: "Payroll export", months: 12 } } as const;

  it("of a revocation, but for whoever did it", async () => {
    for (const by of [priya, jonas]) {
      const id = await ofTwo();
      await said(journey, by, `revoke ${id}`, "Revoke this");
      const card = journey.teams.messages.findLast((each) =>
        verbsOf(each).includes("registration/confirm-revoke"),
      );
      assert.ok(card);
      await journey.teams.press(by, personalChat(by), card, "registration/confirm-revoke");
      await inChatOf(journey, mina, id, "Your registration was revoked");
      if (by === priya) await inChatOf(journey, jonas, id, "Your registration was revoked");
      else assert.ok(!has(jonas, id, "Your registration was revoked"));
    }
  });

  it("of a new secret that could not be made", async () => {
    const id = await ofTwo(secret);
    await journey.link(mina);
    const { store, clock } = journey.world;
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: false });
    const newKey = { id, why: "lost", by: personOf(jonas), at: clock.now(), attempts: 0 } as const;
    await store.inTransaction((tables) => tables.newKeys.insert(newKey));
    await carryOutNewKey(journey.world, id);
    await journey.sim("PUT", `/users/${jonas.id}`, { accountEnabled: true });
    for (const who of [mina, jonas]) await inChatOf(journey, who, id, "No new secret could be made");
  });

  it("of a link that nobody opened only where whoever had it owns it no longer", async () => {
    const { db } = journey.carrier;
    for (const [requester, told, other] of [
      [jonas, [jonas], mina],
      [priya, [mina, jonas], priya],
    ] as const) {
      const id = await ofTwo(secret);
      await journey.until(
        async () => (await journey.world.store.tables.links.newestOf(id))?.state === "sealed",
        "its link",
      );
      await db
        .updateTable("links")
        .set({ requester_id: requester.id })
        .where("request_id", "=", id)
        .execute();
      journey.turnClock(8 * days);
      await expireLinks(journey.world, journey.world.clock.now());
      for (const who of told) await inChatOf(journey, who, id, "is not left in Entra");
      assert.ok(!has(other, id, "is not left in Entra"));
    }
  });

  it("of what somebody changed in Entra", async () => {
    const id = await ofTwo();
    const registration = await journey.world.store.tables.registrations.get(id);
    const { addOwner } = await behindUsher(journey.tenant);
    await addOwner(registration?.applicationObjectId ?? "", priya.id);
    await twoNights(journey, id);
    for (const who of [mina, jonas]) await inChatOf(journey, who, id, changed);
  });
});

describe("an offer of which Teams does not say whether it took it", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
    await meet(journey, mina, jonas);
  });
  afterEach(() => journey.close());

  /** From now on this many posts of an offer to Jonas are cut off, taken or not. */
  function cutOff(count: number, isTaken: boolean): void {
    let left = count;
    journey.teams.onCall(({ method, conversationId, body }) => {
      if (method !== "POST" || conversationId !== personalChat(jonas).id || left === 0) return undefined;
      if (!JSON.stringify(body).includes("ownership/accept")) return undefined;
      left -= 1;
      return { status: 0, afterwards: isTaken };
    });
  }
  const offers = (id: RequestId) =>
    journey.teams.messages.filter(
      (each) =>
        each.conversationId === personalChat(jonas).id &&
        says(each, id) &&
        verbsOf(each).includes("ownership/accept"),
    );
  const offered = async () => {
    const id = await owned(journey);
    await journey.teams.say(mina, personalChat(mina), `transfer ${id} ${addressOf(jonas)}`);
    return id;
  };
  const stateOf = async (id: RequestId) =>
    (await journey.world.store.tables.posts.of(id)).find(
      ({ purpose, place }) =>
        purpose === "ownership" && place.kind === "personal" && place.userId === jonas.id,
    )?.state;
  const sweepNow = () => sweep(journey.world, journey.world.clock.now());

  it("is posted once more, and either copy can be answered", async () => {
    for (const isTaken of [false, true]) {
      cutOff(1, isTaken);
      const id = await offered();
      await journey.until(async () => {
        await sweepNow();
        return (await stateOf(id)) === "posted";
      }, "the offer");
      assert.equal(offers(id).length, isTaken ? 2 : 1);
      const [first] = offers(id);
      assert.ok(first);
      await journey.teams.press(jonas, personalChat(jonas), first, "ownership/accept");
      assert.equal((await journey.world.store.tables.registrations.get(id))?.owner.userId, jonas.id);
    }
  });

  it("is posted twice at most", async () => {
    cutOff(2, true);
    const id = await offered();
    await journey.until(async () => {
      await sweepNow();
      return (await stateOf(id)) === "unclear";
    }, "the end of trying");
    await sweepNow();
    assert.equal(offers(id).length, 2);
  });
});
