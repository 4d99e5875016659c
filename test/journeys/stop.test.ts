import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { deliverPosts, stuckAfterMs } from "../../src/usecases/telling/deliver-posts.ts";
import { newPost } from "../../src/usecases/telling/new-post.ts";
import { deliveredLink } from "../support/delivered-links.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { channel, jonas, mina, priya, says, startJourney } from "../support/journey.ts";

describe("a process that is asked to stop", () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(1, { listenOnMs: 1_500 });
  });
  after(() => fleet.close());

  const approvalOf = (id: string) =>
    fleet.teams.find((each) => each.conversationId === channel.id && says(each, id), `the card of ${id}`);
  const approve = async (id: string) =>
    fleet.teams.press(priya, channel, await approvalOf(id), "approval/approve");
  const stateOf = async (id: string) => (await fleet.tables.requests.get(id as RequestId))?.state;
  const leaseOf = (id: string) =>
    fleet.db
      .selectFrom("leases")
      .select(["number", "until"])
      .where("subject", "=", id)
      .executeTakeFirstOrThrow();
  const isProvisioned = (id: string) =>
    fleet.until(async () => (await stateOf(id)) === "provisioned", `the end of ${id}`);

  it("turns balancers away, answers what came before, hands over what hangs, and ends well", async () => {
    const hanging = await fleet.ask(mina);
    // A press and a page, which both have to ask a directory that will be slow.
    const pressed = await fleet.ask(jonas);
    const card = await approvalOf(pressed.id);
    const link = await deliveredLink(fleet.tables, fleet.keys);
    const browser = createBrowser();
    const address = `${fleet.publicUrl}/s/${link.token}`;
    const page = await browser.signIn(`${address}?sign-in`, mina.id);
    const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
    // Beside them a job that hangs in a call to Graph, last of all: nobody waits for Graph without an end.
    await fleet.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "hang" });
    await approve(hanging.id);
    await fleet.until(async () => {
      const { faults } = await fleet.sim("GET", "/faults");
      return (faults as object[]).length === 0;
    }, "the call that hangs");
    const { number } = await leaseOf(hanging.id);
    await fleet.start();
    fleet.sendAllTo(0);
    await fleet.sim("PUT", "/settings", { latencyMs: 700 });
    await fleet.sim("POST", "/requests/clear");
    const pressing = fleet.teams.press(priya, channel, card, "approval/approve");
    const opening = browser.open(`${address}/reveal`, { check });
    await fleet.until(async () => {
      const { requests } = await fleet.sim("GET", "/requests");
      return (requests as object[]).length >= 2;
    }, "both to ask Graph");
    const [url = ""] = fleet.urls();
    const ending = fleet.end(0);

    // It says so at once, while it still answers whoever has not heard of it.
    await fleet.until(async () => (await fetch(`${url}/readyz`)).status === 503, "the balancer to be told");
    const ready = await fetch(`${url}/readyz`);
    assert.deepEqual(await ready.json(), { ready: false, stopping: true });
    assert.equal(ready.headers.get("connection"), "close");
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await pressing).status, 200);
    const shown = await opening;
    assert.equal(shown.status, 200);
    assert.ok(shown.body.includes(link.secret), "the secret that was being opened");
    await fleet.sim("PUT", "/settings", { latencyMs: 0 });

    const { code, words } = await ending;
    assert.equal(code, 0, words);
    assert.doesNotMatch(words, /cut off|"level":50/, words);
    await assert.rejects(fetch(`${url}/livez`), "nobody listens there any more");
    // Given up rather than run out, so that whoever is woken next may begin. On a busy machine the call that hangs has
    // given up by itself before, and released it.
    const lease = await leaseOf(hanging.id);
    assert.ok(lease.number > number || lease.until === null);
    await isProvisioned(hanging.id);
    await isProvisioned(pressed.id);
    const made = (await fleet.applications()).toSorted((a, b) => (a.requestId < b.requestId ? -1 : 1));
    assert.deepEqual(
      made,
      [hanging.id, pressed.id].toSorted().map((requestId) => ({ requestId, keys: 1 })),
    );
  });
});

describe("a message whose sender was killed", () => {
  it("is looked at again by whoever takes up the job, as soon as nobody can be sending it", async () => {
    const journey = await startJourney();
    try {
      const { id } = await journey.ask(mina);
      await journey.approvalCard(id);
      const { posts } = journey.world.store.tables;
      const at = journey.world.clock.now();
      const place = { kind: "personal", userId: mina.id as UserId, copy: "lost" } as const;
      await posts.add({ ...newPost(id, "decision", at), place, state: "sending" });
      assert.equal(await deliverPosts(journey.world, id), true);
      const { rows } = await sql<{ at: Date }>`select start_after as at from pgboss.job
        where name = 'deliver' and state = 'created' and start_after > now()`.execute(journey.carrier.db);
      const stuckAt = at.getTime() + stuckAfterMs;
      assert.ok(rows.some((row) => row.at.getTime() > stuckAt && row.at.getTime() <= stuckAt + 1_000));
      const before = journey.teams.messages.length;
      journey.turnClock(stuckAfterMs + 1);
      await deliverPosts(journey.world, id);
      assert.equal(journey.teams.messages.length, before + 1);
    } finally {
      await journey.close();
    }
  });
});

describe("a process whose stop hangs", () => {
  it("is cut off in time, says so, and ends with 0 all the same", async () => {
    const main = JSON.stringify(import.meta.resolve("../../src/main.ts"));
    const script = `const { stopOnSignals } = await import(${main});
      stopOnSignals(() => new Promise(() => {}), { cutAfterMs: 50 });
      setInterval(() => {}, 1e6);
      console.log("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    const reading = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    await once(reading, "line");
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
    assert.match(lines.join("\n"), /"signal":"SIGTERM".*what did not end in time was cut off/);
  });
});
