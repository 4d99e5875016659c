import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { auditKeys } from "../../src/domain/audit.ts";
import { checkNext, nothingChecked } from "../../src/domain/audit-check.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import {
  aiko,
  channel,
  jonas,
  mina,
  personalChat,
  priya,
  requestIdIn,
  says,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { isShort } from "./seed.ts";

const count = Number(process.env.REPLACED_REQUESTS || (isShort ? 12 : 1_000));
/** One at a time each: they are in one chat with Usher. */
const requesters = [mina, jonas, priya, tomas, aiko];

describe(`${count} requests through three processes on one PostgreSQL`, function () {
  this.timeout(60 * 60_000);
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(3, { askAgainAfterMs: 15_000 });
    // Of one tenant in one hour: more than Entra would let one identity own, and faster than people ask.
    await fleet.sim("PUT", "/settings", { directoryQuota: 100_000 });
  });
  after(() => fleet.close());

  const stateOf = async (state: "pending" | "approved" | "provisioned") =>
    (await fleet.db.selectFrom("requests").select("id").where("state", "=", state).execute()).map(
      ({ id }) => id,
    );
  const askedSoFar = async () => (await fleet.db.selectFrom("requests").select("id").execute()).length;

  /** Asks until there are enough; what dies on the way is begun anew, as people do. */
  async function askOn(who: typeof mina): Promise<void> {
    while ((await askedSoFar()) < count) {
      const open = (await stateOf("pending")).length;
      if (open > 10) await wait(50);
      else await fleet.ask(who).catch(() => undefined);
    }
  }

  /** Approves what waits, each by somebody else than who asked; presses again where nothing came of it. */
  async function approveOn(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (const id of await stateOf("pending")) {
        const request = await fleet.tables.requests.get(id as RequestId);
        const card = fleet.teams.messages.findLast(
          (each) =>
            each.conversationId === channel.id &&
            requestIdIn(each) === id &&
            verbsOf(each).includes("approval/approve"),
        );
        const by = request?.requester.userId === priya.id ? tomas : priya;
        if (card) await fleet.teams.press(by, channel, card, "approval/approve").catch(() => undefined);
      }
      await wait(30);
    }
  }

  it("all end with one of everything, though one process is killed and the others give way to a newer version", async () => {
    let isOver = false;
    const approving = approveOn(() => isOver);
    const asking = Promise.all(requesters.map(askOn));
    const reached = async (part: number) => {
      while ((await askedSoFar()) < count * part) await wait(50);
    };

    await reached(0.3);
    await fleet.kill(0);
    await reached(0.4);
    await fleet.start({ isNewer: true });
    await reached(0.6);
    assert.equal((await fleet.end(0)).code, 0);
    await fleet.start({ isNewer: true });
    await reached(0.8);
    // One of the old version starts once more.
    await fleet.start();

    await asking;
    for (let rest = 0; rest < 600; rest++) {
      const left = [...(await stateOf("pending")), ...(await stateOf("approved"))];
      if (left.length === 0 && (await fleet.isQuiet())) break;
      if (rest % 20 === 19) fleet.sweep(1);
      await wait(1_000);
    }
    isOver = true;
    await approving;

    const asked = await fleet.db.selectFrom("requests").select(["id", "state"]).execute();
    assert.deepEqual(
      asked.filter(({ state }) => state !== "provisioned"),
      [],
    );
    assert.ok(asked.length >= count);
    const made = await fleet.applications();
    assert.deepEqual(made.map(({ requestId }) => requestId).toSorted(), asked.map(({ id }) => id).toSorted());
    assert.deepEqual(
      made.filter(({ keys }) => keys !== 1),
      [],
    );
    const links = requesters.flatMap((who) =>
      fleet.teams.messages.filter(
        ({ conversationId, card }) =>
          conversationId === personalChat(who).id &&
          actionsOf(card).some(({ url }) => String(url).includes("/s/")),
      ),
    );
    let more = 0;
    for (const { id } of asked) {
      const sealed = (await fleet.tables.links.of(id as RequestId)).filter(({ state }) => state === "sealed");
      assert.equal(sealed.length, 1, `links of ${id} that open`);
      const said = links.filter((each) => says(each, id)).length;
      assert.ok(said >= 1, `the link of ${id} was sent`);
      more += said - 1;
    }
    // Whoever dies with a link on its way leaves one that opens nothing; it makes so many registrations at once.
    assert.ok(more <= 16, `${more} links that open nothing`);
    const rows = [];
    for (let after = 0; ; after = rows.length) {
      const page = await fleet.tables.audit.read({ limit: 1_000, after });
      rows.push(...page);
      if (page.length === 0) break;
    }
    const keys = auditKeys(fleet.keys);
    const checked = rows.reduce((before, row) => checkNext(keys, before, row), nothingChecked(keys));
    assert.deepEqual([checked.broken, checked.n], [undefined, rows.length]);
    const approvals = rows.filter(
      ({ what, outcome }) => what === "request.decided" && outcome === "approved",
    );
    assert.equal(new Set(approvals.map(({ subject }) => subject)).size, approvals.length, "decided twice");
  });
});
