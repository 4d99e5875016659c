import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type DeliveredLink, deliveredLink } from "../support/delivered-links.ts";
import { type Journey, mina, startJourney } from "../support/journey.ts";

describe("SECRET_KEY, when it is replaced", () => {
  const [old, young] = [randomBytes(32), randomBytes(32)];
  let journey: Journey;
  let link: DeliveredLink;
  beforeEach(async () => {
    journey = await startJourney({ config: { secretKeys: [old] } });
    link = await deliveredLink(journey.world.store.tables, [old]);
  });
  afterEach(() => journey.close());

  const addressOf = ({ token }: DeliveredLink) => `${journey.config.publicUrl}/s/${token}`;
  /** A new start with these keys. */
  async function keysAre(...keys: [Buffer, ...Buffer[]]) {
    journey.config.secretKeys = keys;
    await journey.restart();
    // What still has a connection to the one before notices here that it is closed.
    const lives = () => fetch(`${journey.config.publicUrl}/livez`).catch(() => undefined);
    await journey.until(async () => (await lives())?.ok === true, "the new start");
  }
  const stateOf = async () =>
    journey.carrier.db
      .selectFrom("links")
      .select(["state", "cipher", "revealed_at"])
      .where("request_id", "=", link.id)
      .executeTakeFirstOrThrow();

  it("still opens what the old one sealed, while both are listed", async () => {
    await keysAre(young, old);
    const shown = await (await journey.openAs(addressOf(link), mina)).reveal();
    assert.equal(shown.status, 200);
    assert.ok(shown.body.includes(link.secret));
  });

  it("goes on with sessions and forms that the old one began", async () => {
    const page = await journey.openAs(addressOf(link), mina);
    await keysAre(young, old);
    assert.ok((await page.reveal()).body.includes(link.secret));
  });

  it("seals with the new one, which the old one alone does not open", async () => {
    await keysAre(young, old);
    const { link: address } = await journey.provisioned();
    await keysAre(old);
    assert.equal((await (await journey.openAs(address, mina)).reveal()).status, 500);
    await keysAre(young);
    const shown = await (await journey.openAs(address, mina)).reveal();
    assert.match(shown.body, /<input id="secret"[^>]*value="[^"]+"/);
  });

  it("leaves the link as it was where the old one is missing, until it is listed again", async () => {
    const before = await stateOf();
    await keysAre(young);
    const page = await journey.openAs(addressOf(link), mina);
    assert.equal(page.status, 200);
    const broken = await page.reveal();
    assert.equal(broken.status, 500);
    assert.ok(!broken.body.includes(link.secret));
    assert.deepEqual(await stateOf(), before);
    const audited = await journey.audited(link.id);
    assert.ok(!audited.some(({ what }) => what === "secret.revealed"));
    assert.match(journey.log.join("\n"), /does not open: is its SECRET_KEY still listed/);

    await keysAre(young, old);
    const shown = await (await journey.openAs(addressOf(link), mina)).reveal();
    assert.ok(shown.body.includes(link.secret));
    assert.equal((await stateOf()).state, "revealed");
  });
});
