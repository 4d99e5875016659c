import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { drawn } from "../../src/local/tenant/drawn.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { hours } from "../support/builders.ts";
import { type Journey, mina, priya, startJourney } from "../support/journey.ts";
import { linksTo } from "../support/new-keys.ts";
import { faultsSeed, isShort } from "./seed.ts";

const rounds = isShort ? 3 : 30;

describe(`a clock that jumps (FAULTS_SEED=${faultsSeed})`, function () {
  this.timeout(10 * 60_000);
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  /** Six hours at most, forwards or back; a link lives for longer. */
  const jump = (round: number, n: number) =>
    Math.round((drawn(faultsSeed, `jump ${round} ${n}`) * 2 - 1) * 6 * hours);

  it("changes nothing of what becomes of a request, and its link opens once", async () => {
    for (let round = 0; round < rounds; round++) {
      let aheadMs = 0;
      const jumpNow = (n: number) => {
        const ms = jump(round, n);
        aheadMs += ms;
        journey.turnClock(ms);
      };
      jumpNow(1);
      const { id } = await journey.ask(mina);
      jumpNow(2);
      await journey.approve(id, priya);
      jumpNow(3);
      await journey.until(async () => {
        await sweep(journey.world, journey.world.clock.now()).catch(() => undefined);
        const { posts } = journey.world.store.tables;
        return (
          (await journey.request(id)).state === "provisioned" &&
          (await posts.of(id)).every(({ state }) => state !== "due" && state !== "sending")
        );
      }, `the end of round ${round}`);
      const made = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
      assert.deepEqual(
        made.map(({ passwordCredentials }) => passwordCredentials.length),
        [1],
      );
      // Those before were opened, and their messages say so.
      await journey.until(async () => linksTo(journey).length === 1, `the link of round ${round}`);
      // The sign-in service's clock did not jump.
      journey.turnClock(-aheadMs);
      const { reveal } = await journey.openAs(await journey.link(), mina);
      const pages = await Promise.all([reveal(), reveal()]);
      assert.equal(pages.filter(({ body }) => body.includes('id="secret"')).length, 1, id);
      const audited = await journey.world.store.tables.audit.read({ subject: id as RequestId, limit: 100 });
      assert.deepEqual(
        audited.map(({ n }) => n),
        audited.map(({ n }) => n).toSorted((one, other) => one - other),
      );
    }
  });
});
