import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../src/local/child.ts";
import { choosePort } from "../../src/local/ports.ts";
import { startTeamsStandIn, type TeamsStandIn } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

export type Database = "embedded" | "PostgreSQL";

const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A bot as a process of its own, and a Teams stand-in that talks to it. */
export type Running = { child: Child; teams: TeamsStandIn; startMs: number; close(): Promise<void> };
type RunningUsher = Running & {
  /** Orders something of the simulated tenant. */
  sim<T>(path: string, body: object): Promise<T>;
};

export async function startEcho(): Promise<Running> {
  const began = performance.now();
  const child = await startChild(entry("echo-bot.ts"), { ...process.env }, () => {});
  return withTeams(child, performance.now() - began, async () => {});
}

/** Where an Usher keeps what it stores, which may be started there again; `url` on PostgreSQL alone. */
export type Place = { folder: string; drop(): Promise<void>; url?: string };

export async function placeOn(database: Database): Promise<Place> {
  const folder = temporaryFolder();
  const made: TestDatabase | undefined = database === "PostgreSQL" ? await freshDatabase() : undefined;
  return { folder, drop: async () => made?.drop(), ...(made && { url: made.url }) };
}

/** Usher at that place, with a simulated tenant in a process of its own. */
export async function startBenchUsher({ folder, url }: Place): Promise<RunningUsher> {
  const tenant = await startChild("./tenant.ts", { ...process.env, DATA_DIR: `${folder}/tenant` }, () => {});
  const { graph = "", signin = "" } = tenant.ready;
  const port = await choosePort(undefined, 20_000 + Math.floor(Math.random() * 20_000));
  const environment = {
    ...process.env,
    ...(url ? { DATABASE_URL: url } : { DATA_DIR: `${folder}/usher` }),
    GRAPH_URL: graph,
    AUTHORITY_URL: signin,
    PORT: String(port),
  };
  const began = performance.now();
  const child = await startChild(entry("bench-bot.ts"), environment, () => {});
  const running = await withTeams(child, performance.now() - began, () => tenant.stop());
  return {
    ...running,
    async sim<T>(path: string, body: object) {
      const response = await fetch(`${graph}/_sim${path}`, { method: "POST", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return (await response.json()) as T;
    },
  };
}

async function withTeams(child: Child, startMs: number, also: () => Promise<void>): Promise<Running> {
  const teams = await startTeamsStandIn({ botUrl: child.ready.url ?? "", tenantId: company.tenantId });
  return {
    child,
    teams,
    startMs,
    async close() {
      await child.stop();
      await teams.close();
      await also();
    },
  };
}

/** What a process holds in memory now, in megabytes; only where there is a /proc. */
export function residentMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) / 1024;
}
