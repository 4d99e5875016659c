import { flushCompileCache } from "node:module";
import { auditKeys } from "../../src/domain/audit.ts";
import { checkNext, nothingChecked } from "../../src/domain/audit-check.ts";
import type { ConversationId } from "../../src/domain/ids.ts";
import { parseSecretKeys } from "../../src/domain/secret-link.ts";
import { killAfter } from "../../src/local/kill-points.ts";
import { company } from "../../src/local/tenant/company.ts";
import { createLog } from "../../src/log.ts";
import { startUsher, stopOnSignals } from "../../src/main.ts";
import { openCarrier } from "../../src/store/carrier.ts";
import type { Schema } from "../../src/store/schema.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { companyConfig } from "./company-config.ts";
import type { KillableAnswer, KillableOrder, KillableSettings } from "./killable.ts";
import { keepLeases, mayTurn } from "./turned-clock.ts";

/**
 * One Usher as a process of its own, which kills itself where its parent says. Its parent turns its clock, and asks
 * whether it is at rest and whether its audit trail is whole.
 */
const given = JSON.parse(process.env.KILLABLE_BOT ?? "{}") as KillableSettings;
const { port, database, secretKey, graphUrl, authorityUrl } = given;
const secretKeys = parseSecretKeys(secretKey);
if (!secretKeys) throw new Error("the test gave no secret key");

let { aheadMs, killAt } = given;
const clock = { now: () => new Date(Date.now() + aheadMs) };
const config = companyConfig({ port, database, secretKeys, graphUrl, authorityUrl });
const carrier = await openCarrier<Schema>(database);
const { world, stop } = await startUsher(config, {
  carrier,
  clock,
  log: createLog("warn"),
  // Cards are redrawn as often as they change: the clock is turned faster than Teams would take them.
  updateEveryMs: 0,
  adjust: (acting) => killAfter(acting, (reached) => reached === killAt),
});
await world.store.tables.conversations.setApprovalsChannel(company.approvalsChannel as ConversationId);
stopOnSignals(stop);

async function isAuditWhole(): Promise<boolean> {
  const keys = auditKeys(config.secretKeys);
  const rows = await world.store.tables.audit.read({ limit: 10_000 });
  const checked = rows.reduce((before, row) => checkNext(keys, before, row), nothingChecked(keys));
  return rows.length > 0 && checked.broken === undefined && checked.n === rows.length;
}

async function obey(order: KillableOrder): Promise<Omit<KillableAnswer, "n">> {
  switch (order.do) {
    case "arm":
      killAt = order.killAt;
      return {};
    case "turn": {
      if (!order.always && !(await mayTurn(carrier.db))) return { isTurned: false };
      await keepLeases(carrier.db, clock.now(), order.ms);
      aheadMs += order.ms;
      if (order.ms < 0) return { isTurned: true };
      // What cron begins each minute.
      await sweep(world, clock.now()).catch((error: Error) =>
        world.log.error({ err: error }, "the sweep broke"),
      );
      return { isTurned: true };
    }
    case "check-audit":
      return { isWhole: await isAuditWhole() };
    default:
      return order satisfies never;
  }
}

process.on("message", async (order: KillableOrder) => {
  process.send?.({ n: order.n, ...(await obey(order)) } satisfies KillableAnswer);
});
process.once("disconnect", () => process.exit(0));
// Written at the end otherwise, which this process does not live to see.
flushCompileCache();
process.send?.({ n: 0 } satisfies KillableAnswer);
