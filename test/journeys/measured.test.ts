import assert from "node:assert/strict";
import { minutes } from "../support/builders.ts";
import { type Journey, mina, startJourney } from "../support/journey.ts";

describe("what is measured", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  const metrics = async () => (await fetch(`http://127.0.0.1:${journey.config.port}/metrics`)).text();
  /** The value of a sample whose labels have all of these. */
  const valueIn = (text: string, name: string, ...labels: string[]) => {
    const line = text
      .split("\n")
      .find((each) => new RegExp(`^${name}[{ ]`).test(each) && labels.every((label) => each.includes(label)));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };

  it("says what became of a request, by state and by step, and how long it waited", async () => {
    const { id } = await journey.ask(mina);
    assert.equal(valueIn(await metrics(), "usher_requests", 'state="pending"'), 1);
    journey.turnClock(40 * minutes);
    await journey.approve(id);
    await journey.link(mina);
    await journey.until(
      async () => (await journey.request(id)).state === "provisioned",
      "the end of the provisioning",
    );
    const text = await metrics();
    const value = (name: string, ...labels: string[]) => valueIn(text, name, ...labels);
    assert.equal(value("usher_requests", 'state="provisioned"'), 1);
    assert.equal(
      value("usher_requests", 'state="pending"'),
      undefined,
      "what was before is not said any more",
    );
    assert.equal(value("usher_registrations", 'state="active"'), 1);
    assert.equal(value("usher_links", 'state="sealed"'), 1);
    assert.equal(value("usher_acts_total", 'what="request.submitted"'), 1);
    assert.equal(value("usher_steps_total", 'step="application"', 'outcome="done"'), 1);
    assert.equal(value("usher_decision_wait_seconds_count", 'verdict="approved"'), 1);
    assert.equal(value("usher_decision_wait_seconds_bucket", 'le="1800"'), 0);
    assert.equal(value("usher_decision_wait_seconds_bucket", 'le="7200"'), 1);
    const made = ['method="POST"', 'route="/applications"', 'status="201"'];
    assert.equal(value("usher_graph_request_seconds_count", ...made), 1);
    // Counted once Teams has answered, which may be a moment later.
    await journey.until(
      async () => (valueIn(await metrics(), "usher_deliveries_total", 'outcome="posted"') ?? 0) >= 2,
      "what was posted",
    );
    assert.ok((value("process_resident_memory_bytes") ?? 0) > 1e6);
  });

  it("counts what is tried again, and what Graph does not answer", async () => {
    await journey.sim("POST", "/faults", { method: "POST", path: "/applications", kind: "503", times: 1 });
    const { id } = await journey.ask(mina);
    await journey.approve(id);
    await journey.until(async () => {
      const text = await metrics();
      return (valueIn(text, "usher_steps_total", 'outcome="waiting"') ?? 0) >= 1;
    }, "a step that waits");
  });

  it("names nobody and nothing: no label holds an id, a name or an address", async () => {
    const text = await metrics();
    assert.doesNotMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}|REQ-|Mina|Okafor|127\.0\.0\.1/);
  });

  it("is ready with a database of its version and a token for Graph, and not without", async () => {
    const ready = async () => {
      const answer = await fetch(`http://127.0.0.1:${journey.config.port}/readyz`);
      return { status: answer.status, ...((await answer.json()) as { dependencies: object }).dependencies };
    };
    assert.deepEqual(await ready(), { status: 200, database: true, migrations: true, graphToken: true });
    const { db } = journey.carrier;
    await db.deleteFrom("kysely_migration" as never).execute();
    assert.deepEqual(await ready(), { status: 503, database: true, migrations: false, graphToken: true });
  });

  it("is a line in the log for each act, with its request", async () => {
    const lines = journey.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const acts = lines.filter(({ act }) => act !== undefined);
    const rows = await journey.world.store.tables.audit.read({ limit: 1000 });
    assert.deepEqual(
      acts.map(({ act, requestId }) => `${act} ${requestId}`),
      rows.map(({ what, subject }) => `${what} ${subject}`),
    );
  });
});
