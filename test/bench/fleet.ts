import os from "node:os";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { approvedInRows } from "../support/approved-in-rows.ts";
import { startFleet } from "../support/fleet.ts";
import type { Bench } from "./provision.ts";

const approvals = Number(process.env.FLEET_APPROVALS || 1_000);
/** As many a second as Graph takes, over a fifth of its window. */
const writeLimit = { limit: 600, seconds: 30 };
const roles = ["User.ReadBasic.All", "Team.ReadBasic.All"];

/** What reads many at once is a POST too. */
const isWrite = ({ method, path }: Exchange) =>
  method !== "GET" && !/\$batch|getByIds|checkMemberGroups/.test(path);

/** Consent is written by an identity of its own. */
const identityOf = ({ path }: Exchange) =>
  /appRoleAssign|oauth2PermissionGrants/.test(path) ? "consent" : "provisioning";

/**
 * Approvals that are all there at once, made by one, two and three processes on one PostgreSQL: how many a second, how
 * much of a scaled-down quota of writes is used while there is work, and by how much the fullest window goes over it.
 */
export async function benchFleet({ say }: Bench) {
  say(
    `${approvals} approvals, ${writeLimit.limit} writes in ${writeLimit.seconds} s for each identity, Node ${process.version}, ${os.availableParallelism()} cores, load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  say("");
  say("| processes | approvals a second | share of the quota | fullest window | over the quota |");
  say("| --- | --- | --- | --- | --- |");
  const results: object[] = [];
  for (const size of [1, 2, 3]) {
    const writes: Record<"provisioning" | "consent", number[]> = { provisioning: [], consent: [] };
    const fleet = await startFleet(size, {
      writeLimit,
      tenant: {
        onExchange: (exchange) => {
          if (isWrite(exchange)) writes[identityOf(exchange)].push(Date.now());
        },
      },
    });
    try {
      await fleet.sim("PUT", "/settings", { directoryQuota: 100_000 });
      for (let n = 0; n < approvals; n++) await approvedInRows(fleet, n, { at: new Date(), roles });
      const beganAt = Date.now();
      fleet.sweep();
      let sweptAt = beganAt;
      for (;;) {
        const open = await fleet.db
          .selectFrom("requests")
          .select("id")
          .where("state", "=", "approved")
          .limit(1)
          .execute();
        if (open.length === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
        // Cron's minute is the least that a step waits for; here it comes sooner.
        if (Date.now() - sweptAt > 5_000) {
          fleet.sweep(1);
          sweptAt = Date.now();
        }
      }
      const tookS = (Date.now() - beganAt) / 1000;
      const fullest = Math.max(
        ...Object.values(writes).map((times) => fullestWindow(times, writeLimit.seconds)),
      );
      const most = Math.max(...Object.values(writes).map(({ length }) => length));
      const share = most / ((tookS / writeLimit.seconds) * writeLimit.limit);
      const over = Math.max(0, fullest - writeLimit.limit);
      results.push({ size, tookS, perSecond: approvals / tookS, share, fullest, over });
      say(
        `| ${size} | ${(approvals / tookS).toFixed(1)} | ${(share * 100).toFixed(0)} % | ${fullest} of ${writeLimit.limit} | ${over} |`,
      );
    } finally {
      await fleet.close();
    }
  }
  return { at: new Date().toISOString(), node: process.version, approvals, writeLimit, results };
}

function fullestWindow(times: readonly number[], seconds: number): number {
  let from = 0;
  let fullest = 0;
  for (const [at, time] of times.entries()) {
    while ((times[from] ?? 0) <= time - seconds * 1000) from += 1;
    fullest = Math.max(fullest, at - from + 1);
  }
  return fullest;
}
