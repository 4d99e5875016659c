import { parseSecretKeys } from "../../src/domain/secret-link.ts";
import { createLog } from "../../src/log.ts";
import { startUsher, stopOnSignals } from "../../src/main.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { companyConfig } from "./company-config.ts";
import type { FleetBotOrder, FleetBotSettings } from "./fleet.ts";

/** One Usher of several on one database, as a process of its own. Its parent turns its clock and begins its sweep. */
const { databaseUrl, secretKey, ...settings } = JSON.parse(process.env.FLEET_BOT ?? "{}") as FleetBotSettings;
const secretKeys = parseSecretKeys(secretKey);
if (!secretKeys) throw new Error("the fleet gave no secret key");

let aheadMs = 0;
let standsAt: string | null = null;
const clock = { now: () => (standsAt ? new Date(standsAt) : new Date(Date.now() + aheadMs)) };
// Each finds a port of its own; people come by way of the front.
const config = companyConfig({ ...settings, port: 0, database: { databaseUrl }, secretKeys });
const usher = await startUsher(config, { clock, log: createLog("warn") });
stopOnSignals(() => usher.stop());

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
