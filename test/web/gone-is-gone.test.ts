import assert from "node:assert/strict";
import crypto, { randomBytes } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { UserId } from "../../src/domain/ids.ts";
import { hashOfToken, newLinkToken, type SecretKeys } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { handoverDesk } from "../../src/usecases/handover/open-link.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import { personOf } from "../support/approved.ts";
import { anotherLink, deliveredLink } from "../support/delivered-links.ts";
import { mina } from "../support/journey.ts";
import { checkOf, pressReveal } from "./edge.ts";
import { outside, type RealUsher, startRealUsher } from "./real-usher.ts";

describe("what a link that opens nothing looks like", () => {
  let usher: RealUsher;
  let tables: Tables;
  const keys: SecretKeys = [randomBytes(32), randomBytes(32)];
  before(async () => {
    usher = await startRealUsher({ config: { secretKeys: keys } });
    tables = usher.journey.world.store.tables;
  });
  after(() => usher.close());

  const past = () => new Date(Date.now() - 1);
  const hashOf = (token: string) => hashOfToken(new SecretText(token));

  /** Each reason for which a link opens nothing, as the log calls it, and a fresh link that has it. */
  const reasons: Record<string, () => Promise<string>> = {
    unknown: async () => newLinkToken().reveal(),
    "expired, not yet swept": async () => (await deliveredLink(tables, keys, { expiresAt: past() })).token,
    expired: async () => {
      const { token, id } = await deliveredLink(tables, keys);
      const { db } = usher.journey.carrier;
      const gone = { state: "expired", cipher: null, nonce: null, tag: null };
      await db.updateTable("links").set(gone).where("request_id", "=", id).execute();
      return token;
    },
    revealed: async () => {
      const { token } = await deliveredLink(tables, keys);
      assert.ok(await tables.links.claim(hashOf(token), new Date()));
      return token;
    },
    cancelled: async () => {
      const { token, id } = await deliveredLink(tables, keys);
      await tables.links.cancel({ requestId: id });
      return token;
    },
    sealed: async () => {
      const { id } = await deliveredLink(tables, keys);
      const { token } = await anotherLink(tables, keys, id);
      const { db } = usher.journey.carrier;
      await db
        .updateTable("links")
        .set({ delivered_at: null })
        .where("token_hash", "=", hashOf(token))
        .execute();
      return token;
    },
    used: async () => {
      const token = newLinkToken().reveal();
      await tables.passes.insert(pass(token, new Date(Date.now() + 60_000)));
      await tables.passes.use(hashOf(token), new Date());
      return token;
    },
    "an expired pass": async () => {
      const token = newLinkToken().reveal();
      await tables.passes.insert(pass(token, past()));
      return token;
    },
  };
  const pass = (token: string, expiresAt: Date) =>
    ({
      kind: "audit",
      format: "csv",
      tokenHash: hashOf(token),
      userId: mina.id as UserId,
      madeAt: past(),
      expiresAt,
    }) as const;
  const logged = (reason: string) =>
    ({ "expired, not yet swept": "expired", "an expired pass": "expired" })[reason] ?? reason;

  it("is the same whatever the reason: status, headers and each byte, opened and pressed", async () => {
    const expected: ReturnType<typeof outside>[] = [];
    for (const [reason, make] of Object.entries(reasons)) {
      const token = await make();
      const { visitor, page } = await usher.signIn(token, mina);
      assert.equal(checkOf(page.body), "", reason);
      const again = await visitor.send(usher.addressOf(token));
      const check = usher.checkFor(visitor, token);
      const pressed = await visitor.send(`${usher.addressOf(token)}/reveal`, pressReveal(check));
      const seen = [page, again, pressed].map(outside);
      if (expected.length === 0) expected.push(...seen);
      assert.deepEqual(seen, expected, reason);
    }
    assert.deepEqual(
      expected.map(({ status }) => status),
      [410, 410, 410],
    );
    assert.deepEqual(expected[0], expected[2]);
  });

  it("costs the same work: the attempt is counted, one look-up, and one decryption for each key", async () => {
    for (const [reason, make] of Object.entries(reasons)) {
      const token = new SecretText(await make());
      for (const verb of ["look", "reveal"] as const) {
        const { desk, calls } = countedDesk();
        const decryptions = countDecryptions();
        const answer = await desk[verb](token, viewer, "Windows, Edge").finally(decryptions.stop);
        assert.deepEqual(answer, { kind: "gone" });
        assert.deepEqual(calls, ["attempts.count", "tokens.behind"], `${verb}: ${reason}`);
        assert.equal(decryptions.count, keys.length, `${verb}: ${reason}`);
      }
    }
  });

  it("is told apart by the operator's log only", async () => {
    for (const [reason, make] of Object.entries(reasons)) {
      const token = await make();
      const before = usher.journey.log.length;
      await usher.signIn(token, mina);
      const lines = usher.journey.log.slice(before).map((line) => JSON.parse(line));
      const said = lines.filter(({ msg }) => msg === "a link that opens nothing was opened");
      assert.deepEqual(
        said.map(({ state }) => state),
        [logged(reason)],
        reason,
      );
    }
  });

  const viewer = { userId: personOf(mina).userId, tenantId: "" as never };
  before(() => Object.assign(viewer, { tenantId: usher.journey.config.tenantId }));

  /** The desk of a process of its own, with whatever it asks of the rows and of the directory. */
  function countedDesk() {
    const calls: string[] = [];
    const counted = <T extends object>(part: T, name: string): T =>
      new Proxy(part, {
        get(of, key) {
          const value = Reflect.get(of, key);
          if (typeof value !== "function") return value;
          return (...given: unknown[]) => {
            calls.push(`${name}.${String(key)}`);
            return value.apply(of, given);
          };
        },
      });
    const countedTables = (of: Tables) =>
      Object.fromEntries(Object.entries(of).map(([name, table]) => [name, counted(table, name)])) as Tables;
    const { world } = usher.journey;
    const desk = handoverDesk({
      ...world,
      directory: counted(world.directory, "directory"),
      store: {
        tables: countedTables(world.store.tables),
        inTransaction: (work) => world.store.inTransaction((inside) => work(countedTables(inside))),
      },
    });
    return { desk, calls };
  }
});

/** Counts at Node's own function, whoever calls it. */
function countDecryptions() {
  const { createDecipheriv } = crypto;
  const counter = {
    count: 0,
    stop() {
      crypto.createDecipheriv = createDecipheriv;
      syncBuiltinESMExports();
    },
  };
  crypto.createDecipheriv = ((...given: Parameters<typeof createDecipheriv>) => {
    counter.count += 1;
    return createDecipheriv(...given);
  }) as typeof createDecipheriv;
  syncBuiltinESMExports();
  return counter;
}
