import assert from "node:assert/strict";
import { hashOfToken, newLinkToken } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { type DeliveredLink, deliveredLink } from "../support/delivered-links.ts";
import { jonas, mina } from "../support/journey.ts";
import { checkOf, pressReveal } from "./edge.ts";
import { outside, type RealUsher, startRealUsher } from "./real-usher.ts";
import type { Reply, Visitor } from "./visitor.ts";

const ofPerson = 100;
const ofAddress = 300;
const tenMinutes = 10 * 60_000;

describe("attempts at a link", () => {
  let usher: RealUsher;
  let link: DeliveredLink;
  beforeEach(async () => {
    // Only this machine is a proxy here, so that a test can come from anywhere.
    usher = await startRealUsher({ config: { trustedProxies: ["127.0.0.1"] } });
    // The sign-in service does not go by Usher's clock, which may be behind it and not before it.
    usher.journey.turnClock(-2 * tenMinutes);
    link = await deliveredLink(usher.journey.world.store.tables, usher.journey.config.secretKeys);
  });
  afterEach(() => usher.close());

  const db = () => usher.journey.carrier.db;
  const hashOf = (token: string) => hashOfToken(new SecretText(token));
  const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
  const reveal = (visitor: Visitor, { token }: { token: string }, page: Reply) =>
    visitor.send(`${usher.addressOf(token)}/reveal`, pressReveal(checkOf(page.body)));
  /** As if whoever has tried the link so far had tried it so often. */
  const countIs = (token: string, count: number) =>
    db().updateTable("link_attempts").set({ count }).where("token_hash", "=", hashOf(token)).execute();
  const attempts = async (token: string) =>
    (await db().selectFrom("link_attempts").selectAll().where("token_hash", "=", hashOf(token)).execute())
      .length;
  /** The browser comes back from the sign-in service, with what that never said. */
  async function comeBack(token: string, address: string): Promise<Reply> {
    const visitor = usher.newVisitor();
    const begun = await visitor.send(`${usher.addressOf(token)}?sign-in`);
    const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state");
    return visitor.send(`${usher.publicUrl}/s/callback?code=x&state=${state}`, from(address));
  }

  it("are counted for a person who has signed in, and refused past a hundred in ten minutes", async () => {
    const { visitor, page } = await usher.signIn(link.token, mina);
    assert.equal(page.status, 200);
    for (let n = 2; n <= ofPerson; n++)
      assert.equal((await visitor.send(usher.addressOf(link.token))).status, 200, String(n));
    const refused = [await visitor.send(usher.addressOf(link.token)), await reveal(visitor, link, page)];
    for (const reply of refused) {
      assert.equal(reply.status, 429);
      assert.match(reply.body, /Too many attempts[\s\S]*unchanged; try again in ten minutes/);
      assert.equal(reply.headers.get("cache-control"), "no-store");
      assert.ok(!reply.body.includes(link.secret));
    }
    const said = usher.journey.log.filter((line) => line.includes("one caller tries one link too often"));
    assert.equal(said.length, 1, "the log is told once");

    usher.journey.turnClock(tenMinutes);
    const { visitor: later, page: ready } = await usher.signIn(link.token, mina);
    assert.ok((await reveal(later, link, ready)).body.includes(link.secret));
  });

  it("of a stranger lock nobody else out", async () => {
    const { visitor, page } = await usher.signIn(link.token, jonas);
    assert.equal(page.status, 403);
    await countIs(link.token, ofPerson);
    assert.equal((await visitor.send(usher.addressOf(link.token))).status, 429);
    const { visitor: right, page: ready } = await usher.signIn(link.token, mina);
    assert.ok((await reveal(right, link, ready)).body.includes(link.secret));
  });

  it("at a link that never was are counted and refused with the same bytes", async () => {
    const seen = [];
    for (const token of [link.token, newLinkToken().reveal()]) {
      const { visitor } = await usher.signIn(token, jonas);
      await countIs(token, ofPerson);
      const pressed = pressReveal(usher.checkFor(visitor, token));
      seen.push(
        outside(await visitor.send(usher.addressOf(token))),
        outside(await visitor.send(`${usher.addressOf(token)}/reveal`, pressed)),
      );
      const back = await comeBack(token, "203.0.113.1");
      assert.equal(back.status, 403);
      await countIs(token, ofAddress);
      seen.push(outside(await comeBack(token, "203.0.113.1")));
    }
    assert.deepEqual(
      seen.map(({ status }) => status),
      Array(6).fill(429),
    );
    assert.deepEqual(seen.slice(3), seen.slice(0, 3));
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(seen[2], seen[0]);
  });

  it("before sign-in count nothing but returns from the sign-in service, for their address", async () => {
    const visitor = usher.newVisitor();
    for (const init of [{}, { method: "HEAD" }]) await visitor.send(usher.addressOf(link.token), init);
    await visitor.send(`${usher.addressOf(link.token)}/reveal`, { method: "POST" });
    await visitor.send(`${usher.publicUrl}/s/callback?code=x&state=y`);
    assert.equal(await attempts(link.token), 0);
    await comeBack(link.token, "203.0.113.1");
    await comeBack(link.token, "203.0.113.1");
    assert.equal(await attempts(link.token), 1);
    await comeBack(link.token, "203.0.113.2");
    assert.equal(await attempts(link.token), 2);
  });

  it("from one address, past three hundred, do not reach the sign-in service, and lock out no other", async () => {
    await comeBack(link.token, "203.0.113.1");
    await countIs(link.token, ofAddress - 1);
    assert.equal((await comeBack(link.token, "203.0.113.1")).status, 403);
    const before = usher.journey.log.length;
    const refused = await comeBack(link.token, "203.0.113.1");
    assert.equal(refused.status, 429);
    const since = usher.journey.log.slice(before).join("\n");
    assert.doesNotMatch(since, /a sign-in was not completed/);

    const { visitor, page } = await usher.signIn(link.token, mina, from("203.0.113.2"));
    assert.ok((await reveal(visitor, link, page)).body.includes(link.secret));
  });

  it("keep no address and no person in clear, neither in the rows nor in the log", async () => {
    await comeBack(link.token, "203.0.113.77");
    await usher.signIn(link.token, mina, from("203.0.113.78"));
    const rows = JSON.stringify(await db().selectFrom("link_attempts").selectAll().execute());
    assert.ok(rows.includes(hashOf(link.token)));
    assert.ok(!rows.includes(mina.id));
    for (const text of [rows, usher.journey.log.join("\n")])
      assert.doesNotMatch(text, /203\.0\.113|127\.0\.0\.1"/);
  });

  it("are forgotten by the sweep after a day", async () => {
    await usher.signIn(link.token, mina);
    const { world } = usher.journey;
    const after = (ms: number) => new Date(world.clock.now().getTime() + ms);
    await sweep(world, after(86_300_000));
    assert.notEqual(await attempts(link.token), 0);
    await sweep(world, after(86_500_000));
    assert.equal(await attempts(link.token), 0);
  });
});

describe("attempts where no proxy is trusted", () => {
  let usher: RealUsher;
  before(async () => {
    usher = await startRealUsher();
  });
  after(() => usher.close());

  it("are of one caller, whatever X-Forwarded-For claims", async () => {
    const token = newLinkToken().reveal();
    const back = async (address: string) => {
      const visitor = usher.newVisitor();
      const begun = await visitor.send(`${usher.addressOf(token)}?sign-in`);
      const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state");
      const headers = { "X-Forwarded-For": address, Forwarded: `for=${address}`, "X-Real-IP": address };
      return visitor.send(`${usher.publicUrl}/s/callback?code=x&state=${state}`, { headers });
    };
    assert.equal((await back("203.0.113.1")).status, 403);
    await usher.journey.carrier.db.updateTable("link_attempts").set({ count: ofAddress }).execute();
    for (const address of ["203.0.113.2", "10.0.0.1", "203.0.113.2, 127.0.0.1", "::1"])
      assert.equal((await back(address)).status, 429, address);
  });
});
