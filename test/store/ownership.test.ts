import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { OwnershipOffer } from "../../src/domain/ownership.ts";
import type { EntraOwner } from "../../src/usecases/ports/ownership.ts";
import { ada, aRegistration, aRequestId, ben, cleo, noon } from "../support/builders.ts";
import { forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps offers to own a registration", ({ one, stored, tables }) => {
  async function registered(): Promise<RequestId> {
    const { id } = await stored();
    await tables().registrations.insert(aRegistration({ id, owner: ada }));
    return id;
  }
  let drawn = 0;
  const anOffer = (registrationId: RequestId, given: Partial<OwnershipOffer> = {}): OwnershipOffer => ({
    id: `drawn-by-usher-${++drawn}`,
    registrationId,
    kind: "transfer",
    to: { ...ben, name: odd },
    from: ada,
    by: ada,
    at: noon,
    state: "offered",
    changedAt: noon,
    ...given,
  });

  it("as they were written, and as they become", async () => {
    const id = await registered();
    const { ownership } = tables();
    const { from: _from, ...rest } = anOffer(id, { kind: "co-owner", by: "usher" });
    assert.equal(await ownership.insert(rest), true);
    assert.deepEqual(await ownership.get(rest.id), rest);
    assert.deepEqual(await ownership.open(id), rest);
    const accepted: OwnershipOffer = { ...rest, state: "accepted", changedAt: later };
    assert.equal(await ownership.change(rest, accepted), true);
    assert.deepEqual(await ownership.open(id), accepted);
    assert.ok((await ownership.waiting(100)).some((each) => each.id === rest.id));
    const denied: OwnershipOffer = { ...accepted, state: "denied", endedBy: cleo, reason: odd };
    assert.equal(await ownership.change(accepted, denied), true);
    assert.equal(await ownership.open(id), undefined);
    const next = anOffer(id, { at: later });
    assert.equal(await ownership.insert(next), true);
    assert.deepEqual(await ownership.of(id), [denied, next]);
    assert.ok(!(await ownership.waiting(100)).some((each) => each.id === rest.id));
    assert.equal(await ownership.get("nothing-like-it"), undefined);
  });

  it("one that is open for each registration, and one end of each, whoever of twenty is first", async () => {
    const id = await registered();
    const offers = twenty.map(() => anOffer(id));
    const won = await Promise.all(
      offers.map((offer, n) => one(n).inTransaction(({ ownership }) => ownership.insert(offer))),
    );
    assert.equal(won.filter(Boolean).length, 1);
    const open = await tables().ownership.open(id);
    assert.ok(open);
    assert.equal(open.id, offers[won.indexOf(true)]?.id);
    const states = ["declined", "withdrawn"] as const;
    const ended = await Promise.all(
      twenty.map((n) =>
        one(n).tables.ownership.change(open, { ...open, state: states[n % 2] ?? "declined" }),
      ),
    );
    assert.equal(ended.filter(Boolean).length, 1);
  });

  it("and who owns it then, by whose names it is found", async () => {
    const id = await registered();
    const [first, second] = [
      { ...ben, name: "Zebedee Quill" },
      { ...cleo, name: "Yolanda Quill" },
    ];
    await tables().registrations.ownersAre(id, { owner: first, coOwner: second });
    const registration = await tables().registrations.get(id);
    assert.deepEqual([registration?.owner, registration?.coOwner], [first, second]);
    const found = async (words: string) =>
      (await tables().registrations.page("all", 20, undefined, words)).rows;
    assert.deepEqual(
      (await found("yolanda quill")).map((each) => each.id),
      [id],
    );
    await tables().registrations.ownersAre(id, { owner: first });
    assert.deepEqual(await found("yolanda quill"), []);
    assert.deepEqual(
      (await found("zebedee")).map((each) => each.id),
      [id],
    );
    assert.equal((await tables().registrations.get(id))?.coOwner, undefined);
    await tables().registrations.ownersAre(id, { owner: ada });
  });

  it("and whom Entra names, until that is in line, with those that are due", async () => {
    const [now, waiting, left] = [await registered(), await registered(), await registered()];
    const { entraOwners } = tables();
    const row = (registrationId: RequestId, given: Partial<EntraOwner> = {}): EntraOwner => ({
      registrationId,
      named: { ...ada, name: odd },
      state: "changing",
      attempts: 0,
      ...given,
    });
    await entraOwners.set(row(now, { nextAttemptAt: noon }));
    await entraOwners.set(row(waiting, { nextAttemptAt: later, note: odd, attempts: 3 }));
    await entraOwners.set(row(left));
    await entraOwners.set(row(left, { state: "left" }));
    assert.deepEqual(
      await entraOwners.get(waiting),
      row(waiting, { nextAttemptAt: later, note: odd, attempts: 3 }),
    );
    assert.deepEqual(await entraOwners.get(left), row(left, { state: "left" }));
    const others = [ben, { ...cleo, name: odd }];
    await entraOwners.set(row(left, { state: "left", others }));
    assert.deepEqual(await entraOwners.get(left), row(left, { state: "left", others }));
    assert.deepEqual(await entraOwners.due(noon), [now]);
    assert.deepEqual((await entraOwners.due(later)).toSorted(), [now, waiting].toSorted());
    for (const id of [now, waiting, left]) await entraOwners.remove(id);
    assert.deepEqual(await entraOwners.due(later), []);
    assert.equal(await entraOwners.get(aRequestId()), undefined);
  });
});
