import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { carryOutEntraOwner } from "../../src/usecases/lifecycle/change-entra-owner.ts";
import { behindUsher } from "../support/behind-usher.ts";
import { minutes } from "../support/builders.ts";
import { openOf, twoNights } from "../support/drifting.ts";
import { type Journey, jonas, mina, personalChat, priya, startJourney } from "../support/journey.ts";
import { ask, high, inChatOf, meet, owned, ownersNow, said } from "../support/owned.ts";

const people = [mina, jonas, priya];

/** People whom Entra names as owners, by their ids. */
async function inEntra(journey: Journey, id: RequestId): Promise<string[]> {
  const registration = await journey.world.store.tables.registrations.get(id);
  const { body } = await journey.graph(`/applications/${registration?.applicationObjectId}/owners`);
  const ids = (body.value as { id: string }[]).map((each) => each.id);
  return people.filter(({ id: person }) => ids.includes(person)).map(({ name }) => name);
}
const stays = (journey: Journey, id: RequestId) => journey.world.store.tables.entraOwners.get(id);

async function handOver(journey: Journey, id: RequestId, from = mina, to = jonas): Promise<void> {
  const card = await ask(journey, id, to, "transfer", from);
  await journey.teams.press(to, personalChat(to), card, "ownership/accept");
  assert.deepEqual(await ownersNow(journey, id), [to.name]);
}

/** Tries again as often as it is due, beside the job that does so too. */
async function untilSettled(journey: Journey, id: RequestId): Promise<void> {
  for (let n = 0; n < 100 && (await stays(journey, id))?.state === "changing"; n++) {
    journey.turnClock(2 * minutes);
    await carryOutEntraOwner(journey.world, id);
  }
}

describe("the owner in Entra, where Usher may not change it", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    await meet(journey, ...people);
  });
  after(() => journey.close());

  it("stays as it was, which is said and is no drift, whoever changes it then", async () => {
    const id = await owned(journey);
    await handOver(journey, id);
    await inChatOf(journey, jonas, id, "Entra still names the owner before", mina.name);
    assert.deepEqual(await inEntra(journey, id), [mina.name]);
    assert.match(
      await said(journey, jonas, `show ${id}`),
      /Entra still names as owner: +Mina Okafor.*An administrator can/s,
    );
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);

    const registration = await journey.world.store.tables.registrations.get(id);
    const { send, addOwner } = await behindUsher(journey.tenant);
    const owners = `/applications/${registration?.applicationObjectId}/owners`;
    await send("DELETE", `${owners}/${mina.id}/$ref`);
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
    assert.doesNotMatch(await said(journey, jonas, `show ${id}`), /Entra still names/);
    await addOwner(registration?.applicationObjectId ?? "", jonas.id);
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
    assert.equal(await stays(journey, id), undefined);
    // Somebody else there is still told of.
    await addOwner(registration?.applicationObjectId ?? "", priya.id);
    await twoNights(journey, id);
    assert.deepEqual(
      (await openOf(journey, id)).map(({ drift }) => drift.what),
      ["owner"],
    );
  });

  it("decides on nothing of what was given away, while Entra names them", async () => {
    const { groups } = company;
    await journey.sim("PUT", `/groups/${groups.approvers}/members`, { members: [mina.id, priya.id] });
    const id = await owned(journey);
    const registration = await journey.world.store.tables.registrations.get(id);
    await handOver(journey, id);
    const { addOwner } = await behindUsher(journey.tenant);
    await addOwner(registration?.applicationObjectId ?? "", company.people.approverTwo);
    await twoNights(journey, id);
    assert.equal((await openOf(journey, id)).length, 1);
    assert.match(await said(journey, mina, `repair ${id}`), /You own this registration/);
    assert.match(await said(journey, priya, `repair ${id}`), /./);
  });

  it("is not looked for where nobody but Usher owned it", async () => {
    const id = await owned(journey, high);
    await journey.world.store.inTransaction(async (tables) => {
      await tables.registrations.ownersAre(id, { owner: { userId: jonas.id as UserId, name: jonas.name } });
    });
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
    assert.equal(await stays(journey, id), undefined);
  });
});

describe("the owner in Entra, where Usher may change it", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
    const { clientId, roles } = company.clients.provisioning;
    const wider = [...roles, "Application.ReadWrite.All", "Directory.Read.All"];
    await journey.sim("PUT", `/identities/${clientId}`, { roles: wider });
    await meet(journey, ...people);
  });
  after(() => journey.close());

  it("is the new one, and not the one before", async () => {
    const id = await owned(journey);
    assert.deepEqual(await inEntra(journey, id), [mina.name]);
    await handOver(journey, id);
    await inChatOf(journey, jonas, id, "Entra names the new owner");
    assert.deepEqual(await inEntra(journey, id), [jonas.name]);
    assert.equal(await stays(journey, id), undefined);
    // And back again.
    await handOver(journey, id, jonas, priya);
    await journey.until(async () => (await stays(journey, id)) === undefined, "the second change");
    assert.deepEqual(await inEntra(journey, id), [priya.name]);
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
  });

  it("changes once Graph answers again, and is said when it never does", async () => {
    const id = await owned(journey);
    await journey.sim("POST", "/faults", { method: "POST", path: "owners", times: 2, kind: "503" });
    await handOver(journey, id);
    await untilSettled(journey, id);
    assert.equal(await stays(journey, id), undefined);
    assert.deepEqual(await inEntra(journey, id), [jonas.name]);

    await journey.sim("POST", "/faults", { method: "POST", path: "owners", times: 100, kind: "503" });
    await handOver(journey, id, jonas, priya);
    await untilSettled(journey, id);
    assert.equal((await stays(journey, id))?.state, "left");
    await inChatOf(journey, priya, id, "Entra still names the owner before", "could not");
    assert.deepEqual(await inEntra(journey, id), [jonas.name]);
    await journey.sim("DELETE", "/faults");
  });

  it("is nobody who owned it in between, wherever it ended before it was written down", async () => {
    for (const isRemovedToo of [true, false]) {
      const id = await owned(journey);
      const registration = await journey.world.store.tables.registrations.get(id);
      assert.ok(registration);
      const { registrar, store, clock } = journey.world;
      // Nobody works on it but this one, which dies once Entra has answered.
      const lease = await store.tables.steps.claim(
        id,
        clock.now(),
        new Date(clock.now().getTime() + 60 * minutes),
      );
      assert.ok(lease);
      const died = new Error("killed");
      let asked = 0;
      const dying = {
        ...journey.world,
        store: {
          ...store,
          tables: { ...store.tables, steps: { ...store.tables.steps, claim: async () => lease } },
        },
        registrar: {
          ...registrar,
          changeOwner: async (
            ...[application, { from, to }, since]: Parameters<typeof registrar.changeOwner>
          ) => {
            asked++;
            await registrar.changeOwner(application, { from: isRemovedToo ? from : [], to }, since);
            throw died;
          },
        },
      };
      await handOver(journey, id);
      await assert.rejects(carryOutEntraOwner(dying, id), died);
      assert.equal(asked, 1);
      assert.ok((await inEntra(journey, id)).includes(jonas.name));
      await handOver(journey, id, jonas, priya);
      await untilSettled(journey, id);
      assert.equal(await stays(journey, id), undefined);
      assert.deepEqual(await inEntra(journey, id), [priya.name]);
    }
  });
});
