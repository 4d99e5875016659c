import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sql } from "kysely";
import type { RequestId } from "../../src/domain/ids.ts";
import { endedCard, fillSystem, madeFor, submitted } from "../support/asking.ts";
import { aKey } from "../support/builders.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { endStateOf } from "../support/end-state.ts";
import { type Journey, jonas, readingOf, startJourney } from "../support/journey.ts";

const identityManager = { organization: "Larkfield", fulfill: false };

describe("the plan that was submitted", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const requestOf = (id: RequestId) => journey.world.store.tables.requests.get(id);

  it("has the same fingerprint for the same answers, whoever gives them", async () => {
    const ids = [
      await submitted(journey, await fillSystem(journey, "netwrix-identity-manager", identityManager)),
      await submitted(
        journey,
        await fillSystem(journey, "netwrix-identity-manager", identityManager, jonas),
        jonas,
      ),
      await submitted(
        journey,
        await fillSystem(journey, "netwrix-identity-manager", { ...identityManager, fulfill: true }),
      ),
    ];
    const [first, again, other] = await Promise.all(ids.map(requestOf));
    assert.equal(first?.fingerprint, again?.fingerprint);
    assert.notEqual(first?.fingerprint, other?.fingerprint);
  });

  it("is named by its fingerprint in the audit, from submission to outcome", async () => {
    const { id } = await madeFor(journey, "netwrix-identity-manager", identityManager);
    const rows = await journey.carrier.db
      .selectFrom("audit")
      .select(["what", "outcome", "detail"])
      .where("subject", "=", id)
      .orderBy("n")
      .execute();
    const fingerprint = (await requestOf(id))?.fingerprint;
    const named = rows.filter(({ detail }) => detail.fingerprint === fingerprint);
    assert.deepEqual(
      named.map(({ what, outcome }) => `${what} ${outcome}`),
      ["request.submitted pending", "request.decided approved", "request.provisioning provisioned"],
    );
  });

  it("is not carried out when somebody has altered it in the database", async () => {
    const review = await fillSystem(journey, "netwrix-identity-manager", identityManager);
    const id = await submitted(journey, review);
    await journey.approvalCard(id);
    // Nothing that policy or the ranks of permissions look at.
    await sql`update requests set plan = jsonb_set(plan, '{displayName}', '"Altered"') where id = ${id}`.execute(
      journey.carrier.db,
    );
    assert.equal((await requestOf(id))?.plan.displayName, "Altered");
    await journey.approve(id);
    const card = await endedCard(journey, review);
    assert.match(readingOf(card), /The stored plan is not the one that was approved/);
    const applications = await journey.applications();
    assert.ok(!applications.some(({ tags }) => tags?.includes(`usher-request:${id}`)));
    assert.equal((await requestOf(id))?.state, "failed");
  });

  it("leaves no key to nobody when a run died over it and the next one fails for good", async () => {
    const review = await fillSystem(journey, "netwrix-identity-manager", identityManager);
    const id = await submitted(journey, review);
    await journey.approvalCard(id);
    const { keys } = journey.world.store.tables;
    await keys.insert(aKey({ requestId: id, marker: "[of a dead run]" }));
    await sql`update requests set plan = jsonb_set(plan, '{displayName}', '"Altered"') where id = ${id}`.execute(
      journey.carrier.db,
    );
    await journey.approve(id);
    await endedCard(journey, review);
    assert.deepEqual(
      (await keys.of(id)).map(({ state }) => state),
      ["abandoned"],
    );
  });
});

describe("an edit of the catalogue", () => {
  it("changes what is asked for next, not what was submitted or reviewed before", async () => {
    const catalogDir = path.join(temporaryFolder(), "catalog");
    cpSync("catalog", catalogDir, { recursive: true });
    const journey = await startJourney({ config: { catalogDir } });
    try {
      const ask = () => fillSystem(journey, "netwrix-identity-manager", identityManager);
      const submittedBefore = await ask();
      const id = await submitted(journey, submittedBefore);
      const reviewedBefore = await ask();

      const file = path.join(catalogDir, "netwrix-identity-manager.yaml");
      const edited = readFileSync(file, "utf8").replaceAll("Identity Manager {{organization}}", "Edited");
      writeFileSync(file, edited);
      await journey.until(
        async () => journey.world.catalog.blueprints.some(({ app }) => app.name === "Edited"),
        "the edit to be read",
      );

      const ids = [id, await submitted(journey, reviewedBefore)];
      const after = await ask();
      ids.push(await submitted(journey, after));
      const cards = [submittedBefore, reviewedBefore, after];
      const names: string[] = [];
      for (const [at, each] of ids.entries()) {
        await journey.approve(each);
        assert.match(readingOf(await endedCard(journey, cards[at]!)), /^Ready/);
        names.push((await endStateOf(journey, each)).state.name);
      }
      assert.deepEqual(names, ["Identity Manager Larkfield", "Identity Manager Larkfield", "Edited"]);
    } finally {
      await journey.close();
      rmSync(path.dirname(catalogDir), { recursive: true });
    }
  });
});
