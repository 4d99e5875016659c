import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { RequestId } from "../../src/domain/ids.ts";
import type { In } from "../../src/domain/request.ts";
import type { SecretKeys } from "../../src/domain/secret-link.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import type { Store, Tables } from "../../src/usecases/ports/store.ts";
import { aDraftId, afterNoon, aPendingRequest, ben, chat, minutes, noon } from "../support/builders.ts";
import { forEachUsherDatabase, type TestCarrier } from "../support/carriers.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";

export const keys: SecretKeys = [randomBytes(32)];
export const later = afterNoon(5 * minutes);
export const twenty = Array.from({ length: 20 }, (_, n) => n);
/** Unusual text that every column of text must give back as it was. */
export const odd = `O'Brien "Δ" 📦 \\ {{x}} שלום\n$1`;
export const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

export type Stores = {
  store(): Store;
  tables(): Tables;
  db(): Kysely<Schema>;
  /** The same database as another process has it. */
  besideDb(): Kysely<Schema>;
  /** The same tables as another process has them. */
  beside(): Store;
  /** Each other one comes from the other process. */
  one(n: number): Store;
  /** What the log was told of the audit. */
  logged: { n: number; hash: string }[];
  /** A request that waits, already in the rows. */
  stored(given?: Partial<In<"pending">>): Promise<In<"pending">>;
  /** One that was approved. */
  storedApproved(): Promise<RequestId>;
};

/** The store contract: runs a suite on each carrier, over one database that was made for it. */
export function forEachStore(what: string, suite: (stores: Stores) => void): void {
  forEachUsherDatabase((_, open) => {
    describe(what, () => {
      let carrier: TestCarrier<Schema>;
      let store: Store;
      let beside: Store;
      let besideDb: Kysely<Schema>;
      const logged: Stores["logged"] = [];
      before(async () => {
        carrier = await open();
        await migrate(carrier.db, migrations);
        const silent = () => {};
        const log = {
          info: ({ audit }: Record<string, unknown>) => void logged.push(audit as Stores["logged"][number]),
          warn: silent,
          error: silent,
        };
        store = openStore(carrier.db, wakesNobody, keys, log);
        besideDb = (await carrier.beside()).db;
        beside = openStore(besideDb, wakesNobody, keys, log);
      });
      after(() => carrier.close());
      const stores: Stores = {
        store: () => store,
        tables: () => store.tables,
        db: () => carrier.db,
        besideDb: () => besideDb,
        beside: () => beside,
        one: (n) => (n % 2 ? store : beside),
        logged,
        async stored(given = {}) {
          const request = aPendingRequest(given);
          const of = { draft: aDraftId(), origin: chat, answers: {} };
          assert.ok(await store.tables.requests.insert(request, of));
          return request;
        },
        async storedApproved() {
          const request = await stores.stored();
          const { waiting: _waiting, ...asked } = request;
          const to = { ...asked, state: "approved", decidedBy: ben, decidedAt: noon } as const;
          assert.ok(await store.tables.requests.change(request, to));
          return request.id;
        },
      };
      suite(stores);
    });
  });
}
