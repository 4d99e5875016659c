import assert from "node:assert/strict";
import type { UserId } from "../../src/domain/ids.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { ada, afterNoon, aPlan, aRegistration, aRequestId, ben, cleo } from "../support/builders.ts";
import { byId, forEachStore, later, odd, twenty } from "./each-store.ts";

forEachStore("the store keeps registrations", ({ one, stored, tables }) => {
  type Active = Registration & { state: "active" };
  async function registered(given: Partial<Active> = {}): Promise<Active> {
    const { id } = await stored();
    const registration = aRegistration({ id, ...given });
    await tables().registrations.insert(registration);
    return registration;
  }

  it("as they were written, in every state", async () => {
    const active = await registered({ owner: { ...ada, name: odd }, plan: aPlan({ displayName: odd }) });
    const now = () => tables().registrations.get(active.id);
    assert.deepEqual(await now(), active);
    const revoking = { ...active, state: "revoking", revokedBy: ben } as const;
    assert.equal(await tables().registrations.change(active, revoking), true);
    assert.deepEqual(await now(), revoking);
    assert.ok((await tables().registrations.revoking()).includes(active.id));
    const revoked = { ...active, state: "revoked", revokedBy: ben, revokedAt: later } as const;
    assert.equal(await tables().registrations.change(revoking, revoked), true);
    assert.deepEqual(await now(), revoked);
    assert.ok(!(await tables().registrations.revoking()).includes(active.id));
    assert.equal(await tables().registrations.get(aRequestId()), undefined);
  });

  it("that never expire, in pages too", async () => {
    const { expiresAt: _, ...endless } = aRegistration({
      id: (await stored()).id,
      createdAt: afterNoon(1e10),
    });
    await tables().registrations.insert(endless);
    assert.deepEqual(await tables().registrations.get(endless.id), endless);
    assert.deepEqual((await tables().registrations.page("all", 1)).rows, [endless]);
    assert.deepEqual(await tables().registrations.find(endless.clientId), [endless]);
  });

  it("and finds what somebody has of a system: the active ones only, newest first", async () => {
    const cleos = { ...cleo, userId: aRequestId() as string as UserId };
    const of = (system: string, createdAt: Date, owner = cleos) =>
      registered({ owner, createdAt, plan: aPlan({ blueprint: { id: system, title: system } }) });
    const older = await of("rewst", afterNoon(1));
    const newer = await of("rewst", afterNoon(2));
    const revoked = await of("rewst", afterNoon(3));
    await tables().registrations.change(revoked, { ...revoked, state: "revoking", revokedBy: ben });
    await of("grafana", afterNoon(4));
    await of("rewst", afterNoon(5), ada);
    const found = (limit: number) => tables().registrations.activeFor(cleos.userId, "rewst", limit);
    assert.deepEqual(await found(5), [newer, older]);
    assert.deepEqual(await found(1), [newer]);
    assert.deepEqual(await tables().registrations.activeFor(cleos.userId, "custom", 5), []);
  });

  it("one for each request and client id", async () => {
    const registration = await registered();
    await assert.rejects(tables().registrations.insert({ ...registration }));
    await assert.rejects(registered({ clientId: registration.clientId }));
  });

  it("and lets one of twenty revocations at once win", async () => {
    const active = await registered();
    const won = await Promise.all(
      twenty.map((n) =>
        one(n).tables.registrations.change(active, {
          ...active,
          state: "revoking",
          revokedBy: { ...ben, name: `Approver ${n}` },
        }),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
    const now = await tables().registrations.get(active.id);
    assert.ok(now?.state === "revoking");
    assert.equal(now.revokedBy.name, `Approver ${won.indexOf(true)}`);
  });

  async function pages(owner: UserId | "all", limit: number): Promise<Registration[][]> {
    const all: Registration[][] = [];
    let after: string | undefined;
    do {
      const page = await tables().registrations.page(owner, limit, after);
      all.push(page.rows);
      after = page.next;
    } while (after !== undefined && all.length < 100);
    return all;
  }

  it("a page at a time, newest first, no row twice or missed, also of the same moment", async () => {
    const owner = { userId: "aaaaaaaa-0000-4000-8000-0000000000bb" as UserId, name: "Dora" };
    const made: Registration[] = [];
    for (const n of [0, 0, 0, 1, 1, 2, 3, 3, 3, 3])
      made.push(await registered({ owner, createdAt: afterNoon(n) }));
    const expected = made.toSorted(
      (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
    );
    for (const limit of [1, 2, 3, 4, 9, 10, 11]) {
      const read = await pages(owner.userId, limit);
      assert.deepEqual(read.flat(), expected, `by ${limit}`);
      assert.equal(read.length, Math.ceil(10 / limit), `by ${limit}`);
    }
  });

  it("a page at a time of everybody, while new ones come in", async () => {
    const before = (await pages("all", 7)).flat().map(({ id }) => id);
    const first = await tables().registrations.page("all", 3);
    await registered({ createdAt: afterNoon(1e9) });
    const rest: Registration[] = [];
    for (let next = first.next; next; ) {
      const page = await tables().registrations.page("all", 3, next);
      rest.push(...page.rows);
      next = page.next;
    }
    assert.deepEqual(
      [...first.rows, ...rest].map(({ id }) => id),
      before,
    );
  });

  it("a page of nothing for who has none, and the first page for a place that is none", async () => {
    const nobody = "aaaaaaaa-0000-4000-8000-0000000000cc" as UserId;
    assert.deepEqual(await tables().registrations.page(nobody, 5), { rows: [] });
    const first = await tables().registrations.page("all", 2);
    for (const forged of ["", "~", "x~y", "2027-01-01", "' or 1=1 --"])
      assert.deepEqual(await tables().registrations.page("all", 2, forged), first, forged);
  });

  it("and finds one by its id, its client id and its name, without case", async () => {
    const plan = aPlan({ displayName: "Zürich ÉTÉ Übersicht" });
    const registration = await registered({ plan });
    const { id, clientId } = registration;
    for (const text of [
      id,
      id.toLowerCase(),
      ` ${id} `,
      clientId,
      clientId.toUpperCase(),
      "Zürich ÉTÉ Übersicht",
      "ZÜRICH été übersicht",
      "Zu\u0308rich ÉTÉ Übersicht",
    ])
      assert.deepEqual(await tables().registrations.find(text), [registration], text);
  });

  it("and finds all of the same name, and none by a part of it or a pattern", async () => {
    const plan = aPlan({ displayName: "Twin 100%" });
    const twins = [await registered({ plan }), await registered({ plan })];
    assert.deepEqual((await tables().registrations.find("twin 100%")).toSorted(byId), twins.toSorted(byId));
    for (const text of ["Twin", "Twin 100", "Twin%", "%", "_win 100%", "", "  ", "' or ''='"])
      assert.deepEqual(await tables().registrations.find(text), [], text);
  });
});
