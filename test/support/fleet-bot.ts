import { type Kysely, sql } from "kysely";
import { parseSecretKeys } from "../../src/domain/secret-link.ts";
import { createLog } from "../../src/log.ts";
import { startUsher, stopOnSignals } from "../../src/main.ts";
import { openCarrier } from "../../src/store/carrier.ts";
import { noLimits } from "../../src/store/chat-pace.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { companyConfig } from "./company-config.ts";
import type { FleetBotOrder, FleetBotSettings } from "./fleet.ts";

/** One Usher of several on one database, as a process of its own. Its parent turns its clock and begins its sweep. */
const { databaseUrl, secretKey, listenOnMs, isNewer, writeLimit, ...settings } = JSON.parse(
  process.env.FLEET_BOT ?? "{}",
) as FleetBotSettings;
const secretKeys = parseSecretKeys(secretKey);
if (!secretKeys) throw new Error("the fleet gave no secret key");

if (isNewer) {
  // What comes with the next version, as all do: one more, that the version before knows nothing of.
  const { db, close } = await openCarrier<Schema>({ databaseUrl });
  const newer = {
    up: (db: Kysely<unknown>) => sql`alter table requests add column newer text`.execute(db).then(() => {}),
  };
  await migrate(db, { ...migrations, "2999-01-01-newer": newer });
  await close();
}

let aheadMs = 0;
let standsAt: string | null = null;
const clock = { now: () => (standsAt ? new Date(standsAt) : new Date(Date.now() + aheadMs)) };
// Each finds a port of its own; people come by way of the front.
const config = companyConfig({ ...settings, port: 0, database: { databaseUrl }, secretKeys });
// Its clock may stand, and people press faster than any would.
const usher = await startUsher(config, {
  clock,
  log: createLog("warn"),
  chatLimits: noLimits,
  ...(writeLimit && { writeLimit }),
});
stopOnSignals(() => usher.stop({ listenOnMs }));

process.on("message", (order: FleetBotOrder) => {
  if ("turnClockMs" in order) aheadMs += order.turnClockMs;
  else if ("clockStandsAt" in order) {
    standsAt = order.clockStandsAt;
    process.send?.({ standsAt });
  } else
    sweep(usher.world, clock.now()).catch((error: Error) =>
      usher.world.log.error({ err: error }, "the sweep broke"),
    );
});
process.once("disconnect", () => process.exit(0));
process.send?.({ port: usher.port });
