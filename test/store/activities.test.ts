import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { ActivityId, ConversationId } from "../../src/domain/ids.ts";
import { activitiesTable } from "../../src/store/activities.ts";
import type { Carrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { forEachCarrier, type TestCarrier } from "../support/carriers.ts";

const chat = "a:mina" as ConversationId;
const at = new Date("2026-11-26T09:00:00Z");
const later = new Date(at.getTime() + 1000);

forEachCarrier((_, open) => {
  describe("activities that have arrived", () => {
    let carrier: TestCarrier<Schema>;
    let other: Carrier<Schema>;
    before(async () => {
      carrier = await open<Schema>();
      await migrate(carrier.db, migrations);
      other = await carrier.beside();
    });
    after(() => carrier.close());

    it("are new once, in however many processes they arrive at the same time", async () => {
      const tables = [activitiesTable(carrier.db), activitiesTable(other.db)];
      const notes = await Promise.all(
        Array.from({ length: 12 }, (_, n) => tables[n % 2]!.note(chat, "1" as ActivityId, at)),
      );
      assert.deepEqual(
        notes.map(({ count }) => count).toSorted((a, b) => a - b),
        Array.from({ length: 12 }, (_, n) => n + 1),
      );
    });

    it("are told with the time at which they came first, and are forgotten after it", async () => {
      const table = activitiesTable(carrier.db);
      await table.note(chat, "2" as ActivityId, at);
      assert.deepEqual(await table.note(chat, "2" as ActivityId, later), { count: 2, firstAt: at });
      await table.forgetBefore(at);
      assert.equal((await table.note(chat, "2" as ActivityId, later)).count, 3);
      await table.forgetBefore(later);
      assert.equal((await table.note(chat, "2" as ActivityId, later)).count, 1);
    });

    it("may have ids that are longer than an index takes", async () => {
      const [one, two] = [randomBytes(2000).toString("base64"), randomBytes(2000).toString("base64")];
      const { count } = await activitiesTable(carrier.db).note(one as ConversationId, two as ActivityId, at);
      assert.equal(count, 1);
    });
  });
});
