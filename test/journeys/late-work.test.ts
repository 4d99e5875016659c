import assert from "node:assert/strict";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { endedCard, fillSystem, submitted } from "../support/asking.ts";
import { type Journey, mina, readingOf, startJourney } from "../support/journey.ts";

type List = { value: Record<string, unknown>[] };

/** Nobody waited for these any more, and Graph does them all the same. */
const lateWork = {
  "the application": { method: "POST", path: "/applications$" },
  "the service principal": { method: "PATCH", path: "/servicePrincipals\\(appId" },
  "the application permissions": { method: "POST", path: "appRoleAssign" },
  "the delegated permissions": { method: "POST", path: "/oauth2PermissionGrants$" },
  "the secret": { method: "POST", path: "/addPassword" },
};
const afterSeconds = 120;

describe("work that Graph does after it was given up", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const turn = async (seconds: number) => {
    await journey.sim("POST", "/clock", { advanceSeconds: seconds });
    journey.turnClock(seconds * 1000);
    await sweep(journey.world, new Date(Date.now() + seconds * 1000));
  };
  const list = async (path: string) => ((await journey.graph(path)).body as List).value;

  async function assertOneOfEverything(): Promise<void> {
    const [application, ...others] = await journey.applications();
    assert.ok(application && others.length === 0, `${others.length + 1} applications`);
    assert.equal(application.passwordCredentials.length, 1, "one secret");
    const principals = await list(`/servicePrincipals?$filter=appId eq '${application.appId}'`);
    assert.equal(principals.length, 1, "one service principal");
    const path = `/servicePrincipals/${principals[0]?.id}`;
    assert.equal((await list(`${path}/appRoleAssignments`)).length, 1, "one application permission");
    const grants = await list(`${path}/oauth2PermissionGrants`);
    assert.deepEqual(
      grants.map(({ scope }) => scope),
      ["User.Read"],
    );
  }

  for (const [what, order] of Object.entries(lateWork)) {
    it(`leaves one of everything when it made ${what} once more`, async () => {
      const review = await fillSystem(journey, "elastic-o365", { dlp: false });
      const id = await submitted(journey, review);
      await journey.approvalCard(id);
      const late = { ...order, kind: "late-done", afterSeconds };
      await journey.sim("POST", "/faults", late);
      await journey.approveFully(id);
      assert.match(readingOf(await endedCard(journey, review)), /^Ready/);
      assert.deepEqual(await journey.sim("GET", "/faults"), { faults: [] }, "it was struck");
      await turn(afterSeconds);
      // What was made late is not listed at once, so it is looked for a while.
      await turn(60);
      await assertOneOfEverything();
      const page = await journey.openAs(await journey.link(), mina);
      assert.equal((await page.reveal()).status, 200, "the link opens");
    });
  }
});
