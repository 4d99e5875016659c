import assert from "node:assert/strict";
import { sql } from "kysely";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { days, minutes } from "../support/builders.ts";
import { forEachUsherDatabase, type TestCarrier } from "../support/carriers.ts";
import {
  aiko,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  startJourney,
  tomas,
} from "../support/journey.ts";
import { manyRegistrations } from "../support/many-registrations.ts";
import { aStanding } from "../support/standing.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";

const plan: Partial<Plan> = { permissions: [], owner: "nobody", credential: { kind: "none" } };
const leaves = (journey: Journey) => journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
const offers = async ({ world }: Journey, id: RequestId) =>
  (await world.store.tables.ownership.of(id)).map(({ to, state }) => `${to.name} ${state}`);
const told = async (journey: Journey, id: string) =>
  (await journey.audited(id))
    .filter(({ what }) => /^owners?\./.test(what))
    .map(({ what, outcome }) => `${what} ${outcome}`);

forEachUsherDatabase((_, open) => {
  describe("a leaver whom several processes notice", () => {
    let journey: Journey;
    let carrier: TestCarrier<Schema>;
    before(async () => {
      carrier = await open();
      journey = await startJourney({ carrier: async () => carrier });
    });
    after(() => journey.close());

    it("has one person asked in their place, and is taken off another's record once", async () => {
      await leaves(journey);
      for (const who of [jonas, priya]) await journey.teams.say(who, personalChat(who), "help");
      const alone = await aStanding(journey, { plan });
      const withAnother = await aStanding(journey, { plan, coOwner: jonas });
      const beside = await carrier.beside();
      const { world } = journey;
      const { secretKeys } = world.settings;
      const other = {
        ...world,
        store: openStore(beside.db, wakesNobody, secretKeys, world.log),
      };
      const sweepNow = () => {
        const now = journey.world.clock.now();
        return Promise.all([world, other, world, other].map((each) => sweep(each, now)));
      };
      await sweepNow();
      journey.turnClock(31 * minutes);
      await sweepNow();
      await sweepNow();
      assert.deepEqual(await offers(journey, alone.id), ["Priya Nair offered"]);
      assert.deepEqual(await told(journey, alone.id), ["owner.left disabled"]);
      assert.deepEqual(await told(journey, withAnother.id), ["owner.left disabled"]);
      const { owner, coOwner } = (await world.store.tables.registrations.get(withAnother.id)) ?? {};
      assert.deepEqual([owner?.name, coOwner], ["Jonas Weber", undefined]);
    });
  });
});

/** Dies before the n-th thing that is asked of the database, within a transaction or not: nothing comes after it. */
function dyingAt(world: World, n: number) {
  let left = n;
  const isDead = () => left <= 0;
  const mortal = (tables: Tables): Tables =>
    Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [
        name,
        new Proxy(table, {
          get: (target, call) => {
            const act = (target as unknown as Record<string | symbol, unknown>)[call];
            if (typeof act !== "function") return act;
            return async (...given: unknown[]) => {
              left -= 1;
              if (isDead()) throw new Error("killed");
              return act.apply(target, given);
            };
          },
        }),
      ]),
    ) as Tables;
  const dying: World = {
    ...world,
    store: {
      tables: mortal(world.store.tables),
      inTransaction: (work) => world.store.inTransaction((tables) => work(mortal(tables))),
    },
  };
  return { dying, isDead };
}

describe("a leaver who is noticed by a process that dies", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("is looked after the same wherever it died", async function () {
    this.timeout(120_000);
    for (const who of [jonas, priya]) await journey.teams.say(who, personalChat(who), "help");
    await leaves(journey);
    for (let n = 1; ; n++) {
      const alone = await aStanding(journey, { plan });
      const withAnother = await aStanding(journey, { plan, coOwner: jonas });
      await sweep(journey.world, journey.world.clock.now());
      journey.turnClock(31 * minutes);
      const { dying, isDead } = dyingAt(journey.world, n);
      await sweep(dying, journey.world.clock.now()).catch(() => {});
      const hasDied = isDead();
      await sweep(journey.world, journey.world.clock.now());
      assert.deepEqual(await offers(journey, alone.id), ["Priya Nair offered"], `before ${n}`);
      assert.deepEqual(await told(journey, alone.id), ["owner.left disabled"], `before ${n}`);
      assert.deepEqual(await told(journey, withAnother.id), ["owner.left disabled"], `before ${n}`);
      const posts = await journey.world.store.tables.posts.of(withAnother.id);
      assert.deepEqual(
        posts.map(({ message }) => message?.kind),
        ["owner-left"],
        `before ${n}`,
      );
      await journey.carrier.db.deleteFrom("duties").execute();
      if (!hasDied) {
        assert.ok(n > 30, `${n} points`);
        break;
      }
    }
  });
});

describe("the owners of many registrations", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  it("are looked up once each, in one request for hundreds of registrations", async () => {
    const { id: like } = await aStanding(journey, { plan });
    const { db } = journey.carrier;
    const ids = await manyRegistrations(db, { like, count: 480, name: "Fleet" });
    const people = [mina, jonas, priya, tomas, aiko].map(({ id }) => id);
    await sql`update registrations set owner_id = (${people}::text[])[1 + abs(hashtext(id)) % 5]`.execute(db);
    await sql`update registrations set next_check_at = '2100-01-01'`.execute(db);
    await sql`delete from duties`.execute(db);
    await sql`insert into duties select id, 'owners', ${new Date(0)}, '{}' from registrations`.execute(db);
    const asked = async () => {
      await journey.sim("POST", "/requests/clear");
      await sweep(journey.world, journey.world.clock.now());
      const { requests } = (await journey.sim("GET", "/requests")) as { requests: { path: string }[] };
      return requests.map(({ path }) => path).filter((path) => /ByIds|manager/.test(path));
    };
    // Usher's own sweep may come between.
    const [first, second] = [await asked(), await asked()];
    assert.ok(first.length + second.length <= 4, `${first} ${second}`);
    assert.deepEqual(await asked(), []);
    const { rows } = await sql<{ hour: number }>`
      select distinct extract(hour from due_at)::int as hour from duties`.execute(db);
    assert.equal(rows.length, 24, "the next look at each comes at a time of its own");
    assert.equal(ids.length, 480);
    journey.turnClock(1 * days);
    await leaves(journey);
    await asked();
    journey.turnClock(31 * minutes);
    const all = await asked();
    assert.ok(all.length <= 3, `also where one of them has left: ${all.slice(0, 9)}`);
    const { rows: manages } = await sql<{ count: number }>`
      select count(*)::int as count from ownership_offers`.execute(db);
    assert.ok((manages[0]?.count ?? 0) > 50);
  });
});
