import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type { RequestId } from "../../src/domain/ids.ts";
import { drawn } from "../../src/local/tenant/drawn.ts";
import { openCarrier } from "../../src/store/carrier.ts";
import type { Schema } from "../../src/store/schema.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { type Journey, jonas, mina, personalChat, priya, startJourney } from "../support/journey.ts";
import { startServer, type TestServer } from "../support/postgres.ts";
import { faultsSeed, isShort } from "./seed.ts";

/** How often the server crashes, and how often connections are cut. */
const crashes = isShort ? 2 : 10;
const cuts = isShort ? 20 : 200;

describe(`a PostgreSQL that goes away (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(10 * 60_000);
  let server: TestServer;
  let journey: Journey;
  before(async () => {
    server = await startServer();
  });
  beforeEach(async () => {
    const { url } = await server.freshDatabase();
    journey = await startJourney({
      carrier: () => openCarrier<Schema>({ databaseUrl: url }),
      // What was lost with the database never comes; they ask again.
      patienceMs: 10_000,
    });
  });
  afterEach(() => journey.close());

  const approveUntilTaken = (id: string) =>
    journey.until(async () => {
      await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`).catch(() => undefined);
      const state = await stateOf(id);
      return state !== undefined && state !== "pending";
    }, `the approval of ${id}`);
  const stateOf = async (id: string) => (await journey.request(id).catch(() => undefined))?.state;

  async function endsRight(id: string): Promise<void> {
    await journey.until(async () => {
      journey.turnClock(61_000);
      await sweep(journey.world, journey.world.clock.now()).catch(() => undefined);
      return (await stateOf(id)) === "provisioned";
    }, `the end of ${id}`);
    const made = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
    assert.deepEqual(
      made.map(({ passwordCredentials }) => passwordCredentials.length),
      [1],
      id,
    );
    const { keys, links } = journey.world.store.tables;
    assert.equal((await keys.of(id as RequestId)).filter(({ state }) => state === "current").length, 1, id);
    assert.equal((await links.of(id as RequestId)).filter(({ state }) => state === "sealed").length, 1, id);
  }

  it("is said to whoever presses meanwhile, and to the balancer; nothing is lost", async () => {
    const { id } = await journey.ask(mina);
    await server.crash();
    const before = journey.teams.messages.length;
    await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`).catch(() => undefined);
    assert.equal((await fetch(`${journey.config.publicUrl}/readyz`)).status, 503);
    const said = journey.teams.messages.slice(before).map(({ text, card }) => text ?? JSON.stringify(card));
    assert.ok(
      said.some((text) => /again/i.test(text)),
      said.join("\n"),
    );
    await server.start();
    await approveUntilTaken(id);
    await endsRight(id);
    await journey.until(
      async () => (await fetch(`${journey.config.publicUrl}/readyz`)).status === 200,
      "readiness",
    );
  });

  it("loses nothing and doubles nothing when it crashes while registrations are made", async () => {
    for (let n = 0; n < crashes; n++) {
      const { id } = await journey.ask(n % 2 ? mina : jonas);
      await approveUntilTaken(id);
      await wait(Math.round(drawn(faultsSeed, `crash ${n}`) * 400));
      await server.crash();
      await wait(Math.round(drawn(faultsSeed, `down ${n}`) * 1_500));
      await server.start();
      await endsRight(id);
    }
  });

  it("loses nothing and doubles nothing when its connections are cut over and over", async () => {
    let isOver = false;
    const cutting = (async () => {
      for (let n = 0; n < cuts && !isOver; n++) {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and random() < 0.3`
          .execute(journey.carrier.db)
          .catch(() => undefined);
        await wait(Math.round(drawn(faultsSeed, `cut ${n}`) * 100));
      }
    })();
    const ids: string[] = [];
    for (let n = 0; n < (isShort ? 2 : 12); n++) {
      let id = "";
      while (id === "")
        id = await journey.ask(n % 2 ? mina : jonas).then(
          (asked) => asked.id,
          () => "",
        );
      ids.push(id);
      await approveUntilTaken(id);
    }
    isOver = true;
    await cutting;
    for (const id of ids) await endsRight(id);
  });
});
