import assert from "node:assert/strict";
import { sql } from "kysely";
import { hashOfToken } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { type DeliveredLink, deliveredLink } from "../support/delivered-links.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { mina, personalChat, says, verbsOf } from "../support/journey.ts";

type Shown = { status: number; body: string };
type Browser = ReturnType<typeof createBrowser>;

const callers = 64;
const second = 1_000;

describe("two processes on one PostgreSQL behind one address", () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(2);
    await fleet.teams.say(mina, personalChat(mina), "help");
  });
  after(() => fleet.close());

  const made = (given: { expiresAt?: Date } = {}) => deliveredLink(fleet.tables, fleet.keys, given);
  const addressOf = ({ token }: { token: string }) => `${fleet.publicUrl}/s/${token}`;
  const hashOf = ({ token }: { token: string }) => hashOfToken(new SecretText(token));

  /** Browsers of the person whom the link is for, each at the page with the button. */
  async function atTheButton(link: { token: string }, browsers: number): Promise<(() => Promise<Shown>)[]> {
    return Promise.all(
      Array.from({ length: browsers }, async () => {
        const browser: Browser = createBrowser();
        const page = await browser.signIn(`${addressOf(link)}?sign-in`, mina.id);
        const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
        assert.notEqual(check, "", page.body);
        return () => browser.open(`${addressOf(link)}/reveal`, { check });
      }),
    );
  }

  /** As many callers as are wanted, from so many browsers. */
  const spread = (presses: (() => Promise<Shown>)[], count: number) =>
    Array.from({ length: count }, (_, n) => presses[n % presses.length] as () => Promise<Shown>);

  /** Holds the link's row until so many wait for it, so that all who were begun go on in the same moment. */
  async function throughOneGate<T>(link: { token: string }, waiting: number, begin: () => T): Promise<T> {
    let begun: { all: T } | undefined;
    await fleet.db.transaction().execute(async (transaction) => {
      const row = transaction.selectFrom("links").where("token_hash", "=", hashOf(link));
      await row.select("token_hash").forUpdate().execute();
      begun = { all: begin() };
      await fleet.until(async () => (await waitingForALock()) >= waiting, `${waiting} at the gate`);
    });
    assert.ok(begun);
    return begun.all;
  }
  async function waitingForALock(): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(fleet.db);
    return rows[0]?.count ?? 0;
  }

  const secretsIn = (shown: readonly Shown[], { secret }: { secret: string }) =>
    shown.filter(({ body }) => body.includes(secret)).length;
  async function rowOf(link: { token: string }) {
    return fleet.db
      .selectFrom("links")
      .select(["state", "cipher", "nonce", "tag", "revealed_at"])
      .where("token_hash", "=", hashOf(link))
      .executeTakeFirstOrThrow();
  }
  const emptied = { cipher: null, nonce: null, tag: null };
  const revelationsOf = async (id: DeliveredLink["id"]) =>
    (await fleet.tables.audit.read({ subject: id, limit: 200 })).filter(
      ({ what }) => what === "secret.revealed",
    ).length;

  /** Whatever comes later: presses, sweeps, wake-ups. The row is as it was, and there is one of it. */
  async function staysSo(link: DeliveredLink, press: () => Promise<Shown>): Promise<void> {
    const before = await rowOf(link);
    fleet.sweep();
    const late = await press();
    assert.equal(late.status, 410);
    await fleet.until(fleet.isQuiet, "everybody to have done what they were woken for");
    assert.deepEqual(await rowOf(link), before);
    const all = await fleet.db
      .selectFrom("links")
      .select("state")
      .where("request_id", "=", link.id)
      .execute();
    assert.equal(all.length, 1);
  }

  it("reveal a secret to exactly one of 64 callers who all wait at the same gate", async () => {
    for (const browsers of [1, 8]) {
      const link = await made();
      const presses = spread(await atTheButton(link, browsers), callers);
      const before = fleet.answered();
      // Ten connections in each process: so many stand at the row itself, and the others right behind them.
      const shown = await throughOneGate(link, 16, () => Promise.all(presses.map((press) => press())));
      assert.equal(secretsIn(shown, link), 1);
      assert.deepEqual(
        shown.map(({ status }) => status).toSorted((a, b) => a - b),
        [200, ...Array(callers - 1).fill(410)],
      );
      assert.equal((await rowOf(link)).state, "revealed");
      assert.equal(await revelationsOf(link.id), 1);
      assert.ok(
        fleet.answered().every((count, at) => count - (before[at] ?? 0) >= callers / 4),
        "both took part",
      );
      await staysSo(link, presses[0] as () => Promise<Shown>);
    }
  });

  /** Each of the two may have begun to wait first. */
  for (const first of ["the press", "the other"] as const) {
    const inOrder = async <A, B>(
      link: { token: string },
      press: () => Promise<A>,
      other: () => Promise<B>,
    ) => {
      const begin = first === "the press" ? [press, other] : [other, press];
      return throughOneGate(link, 2, async () => {
        const one = begin[0]?.();
        await fleet.until(async () => (await waitingForALock()) >= 1, `${first} at the gate`);
        return Promise.all([one, begin[1]?.()]);
      });
    };
    const won = (state: string, shown: number) => {
      // The row's lock is given to whoever has waited longest.
      assert.equal(shown, first === "the press" ? 1 : 0);
      assert.equal(state, first === "the press" ? "revealed" : "ended");
    };

    it(`let one of a press and a revocation win, and nothing comes back: first ${first}`, async () => {
      const link = await made();
      const place = personalChat(mina);
      await fleet.teams.say(mina, place, `revoke ${link.id}`);
      const question = await fleet.teams.find(
        (each) => says(each, link.id) && verbsOf(each).includes("registration/confirm-revoke"),
        "the question",
      );
      const [press] = await atTheButton(link, 1);
      let shown: Shown | undefined;
      await inOrder(
        link,
        async () => {
          shown = await press?.();
        },
        () => fleet.teams.press(mina, place, question, "registration/confirm-revoke"),
      );
      assert.ok(shown && press);
      const row = await rowOf(link);
      won(row.state === "cancelled" ? "ended" : row.state, secretsIn([shown], link));
      assert.equal(await revelationsOf(link.id), first === "the press" ? 1 : 0);
      assert.equal(shown.status, first === "the press" ? 200 : 410);
      await fleet.until(
        async () => (await fleet.tables.registrations.get(link.id))?.state === "revoked",
        "the end of the registration",
      );
      await staysSo(link, press);
    });

    it(`let one of a press and a cancellation win, and nothing comes back: first ${first}`, async () => {
      const link = await made();
      const [press] = await atTheButton(link, 1);
      let shown: Shown | undefined;
      await inOrder(
        link,
        async () => {
          shown = await press?.();
        },
        () => fleet.tables.links.cancel({ requestId: link.id }),
      );
      assert.ok(shown && press);
      const { state, revealed_at, ...ciphertext } = await rowOf(link);
      assert.deepEqual(ciphertext, emptied);
      won(state === "cancelled" ? "ended" : state, secretsIn([shown], link));
      assert.equal(revealed_at !== null, first === "the press");
      assert.equal(await revelationsOf(link.id), first === "the press" ? 1 : 0);
      await staysSo(link, press);
    });
  }

  describe("whose clocks stand", () => {
    const both = async (...at: [Date?, Date?]) => {
      for (const which of [0, 1]) await fleet.stopClock(which, at[which]);
    };
    const around = (at: Date, ms: number) => new Date(at.getTime() + ms);
    afterEach(() => both());
    let links = 0;
    /**
     * Late enough for a busy machine to sign everybody in before, and each later than the last by five seconds: a sweep
     * that began by the clock of the link before must not find this one over, nor a sign-in be too old for it.
     */
    const soon = () => new Date(Math.ceil(Date.now() / second) * second + (300 + 5 * links++) * second);

    it("reveal once a second before a link expires, while the sweep runs", async () => {
      const link = await made({ expiresAt: soon() });
      const presses = spread(await atTheButton(link, 2), callers);
      await both(around(link.expiresAt, -second), around(link.expiresAt, -second));
      fleet.sweep();
      const shown = await Promise.all(presses.map((press) => press()));
      fleet.sweep();
      assert.equal(secretsIn(shown, link), 1);
      await staysSo(link, presses[0] as () => Promise<Shown>);
      assert.equal((await rowOf(link)).state, "revealed");
    });

    for (const [when, ms] of [
      ["in the moment in which", 0],
      ["a second after", second],
    ] as const) {
      it(`reveal nothing ${when} a link expires, before the sweep and after it`, async () => {
        const link = await made({ expiresAt: soon() });
        const presses = spread(await atTheButton(link, 2), callers);
        await both(around(link.expiresAt, ms), around(link.expiresAt, ms));
        const before = await Promise.all(presses.map((press) => press()));
        assert.equal((await rowOf(link)).state, "sealed");
        fleet.sweep();
        await fleet.until(async () => (await rowOf(link)).state === "expired", "the end of the link");
        const after = await Promise.all(presses.slice(0, 8).map((press) => press()));
        assert.deepEqual(new Set([...before, ...after].map(({ status }) => status)), new Set([410]));
        assert.equal(new Set([...before, ...after].map(({ body }) => body)).size, 1);
        assert.equal(await revelationsOf(link.id), 0);
        const { state, revealed_at, ...ciphertext } = await rowOf(link);
        assert.deepEqual([state, revealed_at, ciphertext], ["expired", null, emptied]);
        await staysSo(link, presses[0] as () => Promise<Shown>);
      });
    }

    it("let one of a press and the end of a link win where their clocks differ", async () => {
      const ends = new Set<string>();
      for (let round = 0; round < 6; round++) {
        await both();
        const link = await made({ expiresAt: soon() });
        const presses = spread(await atTheButton(link, 2), 8);
        // One of them thinks that it still opens, the other that it is over.
        await both(around(link.expiresAt, -second), around(link.expiresAt, second));
        const shown = await throughOneGate(link, 2, () => {
          if (round % 2) fleet.sweep();
          const pressed = Promise.all(presses.map((press) => press()));
          if (round % 2 === 0) fleet.sweep();
          return pressed;
        });
        await fleet.until(async () => (await rowOf(link)).state !== "sealed", "the end of the link");
        const { state, revealed_at, ...ciphertext } = await rowOf(link);
        ends.add(state);
        assert.deepEqual(ciphertext, emptied);
        assert.equal(secretsIn(shown, link), state === "revealed" ? 1 : 0);
        assert.equal(await revelationsOf(link.id), state === "revealed" ? 1 : 0);
        assert.equal(revealed_at !== null, state === "revealed");
        await staysSo(link, presses[0] as () => Promise<Shown>);
      }
      assert.ok(
        [...ends].every((end) => end === "revealed" || end === "expired"),
        [...ends].join(),
      );
    });
  });
});
