import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { choosePort } from "../../src/local/ports.ts";
import { startTeamsStandIn } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { startTenant } from "../../src/local/tenant/server.ts";
import { temporaryFolder } from "./carriers.ts";
import { freshDatabase } from "./postgres.ts";

export type KillableSettings = {
  port: number;
  database: { databaseUrl: string } | { dataDir: string };
  secretKey: string;
  graphUrl: string;
  authorityUrl: string;
  /** How far its clock is ahead. */
  aheadMs: number;
  /** One of the kill points; empty: none. */
  killAt: string;
};
export type KillableOrder = { n: number } & (
  | { do: "arm"; killAt: string }
  /** Turns its clock and sweeps; unless `always`, only when that makes nobody look dead. */
  | { do: "turn"; ms: number; always: boolean }
  | { do: "check-audit" }
);
export type KillableAnswer = { n: number; isTurned?: boolean; isWhole?: boolean };

export type CarrierName = "the embedded database" | "PostgreSQL";

/** As long as a busy machine needs, and more. */
const patienceMs = 60_000;
/** At each turn the clock goes on by so much. */
export const turnMs = 30_000;
const turnEveryMs = 400;
/** After this long, what a dead process held counts as nobody's. */
const deadForMs = 61_000;
export const longestLagSeconds = 300;

/** One Usher that is killed and started again, in one simulated tenant, on one database, for round after round. */
export async function startKillable(carrier: CarrierName, lagSeed: number | undefined) {
  const folder = temporaryFolder();
  const tenant = await startTenant({ graphPort: 0, signinPort: 0, dataDir: path.join(folder, "tenant") });
  const database = carrier === "PostgreSQL" ? await freshDatabase() : undefined;
  const port = await choosePort(undefined, 20_000 + Math.floor(Math.random() * 20_000));
  const teams = await startTeamsStandIn({
    botUrl: `http://127.0.0.1:${port}/api/messages`,
    tenantId: company.tenantId,
  });
  const settings: Omit<KillableSettings, "killAt" | "aheadMs"> = {
    port,
    database: database ? { databaseUrl: database.url } : { dataDir: path.join(folder, "usher") },
    secretKey: randomBytes(32).toString("base64"),
    graphUrl: tenant.graphUrl,
    authorityUrl: tenant.authorityUrl,
  };
  const sim = (method: string, address: string, body: object) =>
    fetch(`${tenant.graphUrl}/_sim${address}`, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  const { consent } = company.clients;
  const roles = [...new Set([...consent.roles, "RoleManagement.ReadWrite.Directory"])];
  await sim("PUT", `/identities/${consent.clientId}`, { roles });
  if (lagSeed !== undefined) {
    const replicationSeconds = { upTo: longestLagSeconds, seed: lagSeed };
    await sim("PUT", "/settings", { replicationSeconds });
  }

  let bot: ChildProcess;
  let aheadMs = 0;
  let deaths = 0;
  let isOver = false;
  let next: string | undefined;
  /** What became of the last start; who waits for the bot waits for this. */
  let up: Promise<void>;
  let words = "";
  let orders = 0;

  async function start(killAt: string): Promise<void> {
    bot = fork(fileURLToPath(new URL("./killable-bot.ts", import.meta.url)), [], {
      env: {
        ...process.env,
        KILLABLE_BOT: JSON.stringify({ ...settings, aheadMs, killAt } satisfies KillableSettings),
      },
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [bot.stdout, bot.stderr])
      stream?.on("data", (chunk: Buffer) => {
        words = (words + chunk.toString("utf8")).slice(-8000);
      });
    const child = bot;
    child.once("exit", (code, signal) => {
      if (isOver) return;
      if (signal !== "SIGKILL") words += `the bot ended by itself with ${code}\n`;
      deaths += 1;
      up = again();
    });
    // One that dies while it starts is started again by its end.
    await Promise.race([once(child, "message"), once(child, "exit")]);
  }
  async function again(): Promise<void> {
    const killAt = next ?? "";
    next = undefined;
    await turnTenant(deadForMs);
    await start(killAt);
  }
  async function turnTenant(ms: number): Promise<void> {
    aheadMs += ms;
    await sim("POST", "/clock", { advanceSeconds: ms / 1000 });
  }
  type Order<O = KillableOrder> = O extends KillableOrder ? Omit<O, "n"> : never;
  /** Undefined when the bot dies over it. */
  async function tell(order: Order): Promise<KillableAnswer | undefined> {
    await up;
    const child = bot;
    const n = ++orders;
    const answered = new Promise<KillableAnswer | undefined>((resolve) => {
      const hear = (answer: KillableAnswer) => {
        if (answer.n === n) done(answer);
      };
      const done = (answer?: KillableAnswer) => {
        child.off("message", hear);
        child.off("exit", die);
        resolve(answer);
      };
      const die = () => done();
      child.on("message", hear);
      child.once("exit", die);
      if (child.exitCode !== null || child.signalCode !== null) return done();
      child.send({ ...order, n }, (error) => {
        if (error) done();
      });
    });
    return answered;
  }
  /** Lets time pass, in the tenant as in the bot: what waits for a later time is done. */
  async function turn(ms: number, always = false): Promise<void> {
    const answer = await tell({ do: "turn", ms, always });
    if (answer?.isTurned) await turnTenant(ms);
  }
  async function until<T>(find: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
    let turnAt = Date.now() + turnEveryMs;
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(50)) {
      const found = await find();
      if (found !== undefined) return found;
      if (Date.now() < turnAt) continue;
      await turn(turnMs);
      turnAt = Date.now() + turnEveryMs;
    }
    throw new Error(`waited in vain for ${what}; the bot said:\n${words}`);
  }
  /** Does it again where the bot dies over it, as a person does. */
  const persist = <T>(act: () => Promise<unknown>, find: () => T | undefined, what: string) =>
    until(async () => {
      const before = find();
      if (before !== undefined) return before;
      await up;
      await act().catch(() => {});
      return find();
    }, what);

  up = start("");
  await up;

  return {
    tenant,
    teams,
    tell,
    turn,
    until,
    persist,
    deaths: () => deaths,
    aheadMs: () => aheadMs,
    kill: () => bot.kill("SIGKILL"),
    /** Where it dies next, and where the one that is started then does. */
    async arm(at: string, again?: string): Promise<void> {
      await tell({ do: "arm", killAt: at });
      next = again;
    },
    async close(): Promise<void> {
      isOver = true;
      await up;
      const ended = once(bot, "exit");
      bot.kill("SIGTERM");
      if (bot.exitCode === null && bot.signalCode === null) await ended;
      await teams.close();
      await tenant.close();
      await database?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
