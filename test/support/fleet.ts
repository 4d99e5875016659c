import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ConversationId } from "../../src/domain/ids.ts";
import { parseSecretKeys } from "../../src/domain/secret-link.ts";
import { type ChatMessage, startTeamsStandIn } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { startTenant } from "../../src/local/tenant/server.ts";
import { openCarrier } from "../../src/store/carrier.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import type { WriteLimit } from "../../src/store/write-quota.ts";
import { temporaryFolder } from "./carriers.ts";
import { type mina, personalChat, requestIdIn, verbsOf } from "./journey.ts";
import { freshDatabase } from "./postgres.ts";
import { isQuiet } from "./quiet.ts";
import { wakesNobody } from "./wakes-nobody.ts";

export type FleetBotSettings = {
  isNewer?: boolean;
  databaseUrl: string;
  secretKey: string;
  publicUrl: string;
  graphUrl: string;
  authorityUrl: string;
  /** As long as it still listens when it is asked to stop. */
  listenOnMs: number;
  /** Graph's quota of writes, scaled down. */
  writeLimit?: WriteLimit;
};
export type FleetBotOrder = { turnClockMs: number } | { clockStandsAt: string | null } | { sweep: true };

type Bot = { process: ChildProcess; url: string; lastWords: () => string };

/** As long as a busy machine needs, and more. */
const patienceMs = 40_000;

/**
 * Several Ushers, each a process of its own, on one PostgreSQL, in one simulated tenant, behind one address that
 * spreads what Teams sends over them. `close` ends all of it.
 */
export async function startFleet(
  size: number,
  {
    listenOnMs = 0,
    askAgainAfterMs,
    writeLimit,
    tenant: tenantOptions,
  }: {
    listenOnMs?: number;
    /** Whoever asks waits no longer for what should come in chat; a minute when left out. */
    askAgainAfterMs?: number;
    writeLimit?: WriteLimit;
    tenant?: Partial<Parameters<typeof startTenant>[0]>;
  } = {},
) {
  const folder = temporaryFolder();
  const tenant = await startTenant({ graphPort: 0, signinPort: 0, dataDir: folder, ...tenantOptions });
  const database = await freshDatabase();
  const secretKey = randomBytes(32).toString("base64");
  const carrier = await openCarrier<Schema>({ databaseUrl: database.url });
  const silent = () => {};
  const keys = parseSecretKeys(secretKey) ?? [randomBytes(32)];
  const log = { info: silent, warn: silent, error: silent };
  const { tables } = openStore(carrier.db, wakesNobody, keys, log);
  const bots: Bot[] = [];
  let chosen: Bot | undefined;
  const front = await startFront(() => (chosen ? [chosen] : bots).map(({ url }) => url));
  const teams = await startTeamsStandIn({
    botUrl: `${front.url}/api/messages`,
    tenantId: company.tenantId,
    patienceMs: askAgainAfterMs,
  });
  const settings: FleetBotSettings = {
    databaseUrl: database.url,
    secretKey,
    publicUrl: front.url,
    graphUrl: tenant.graphUrl,
    authorityUrl: tenant.authorityUrl,
    listenOnMs,
    ...(writeLimit && { writeLimit }),
  };
  // All at once, so that they race for the tables too.
  bots.push(...(await Promise.all(Array.from({ length: size }, () => startBot(settings)))));
  await migrate(carrier.db, migrations);
  await tables.conversations.setApprovalsChannel(company.approvalsChannel as ConversationId);

  const fleet = {
    teams,
    tables,
    keys,
    db: carrier.db,
    publicUrl: front.url,
    graphUrl: tenant.graphUrl,
    authorityUrl: tenant.authorityUrl,
    /** What all of them said of late. */
    words: () => bots.map(({ lastWords }) => lastWords()).join("\n"),
    /** Orders something of the simulated tenant. */
    async sim(method: string, path: string, body?: object) {
      const response = await fetch(`${tenant.graphUrl}/_sim${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return (await response.json()) as Record<string, unknown>;
    },
    /** Where each of them listens. */
    urls: () => bots.map(({ url }) => url),
    /** Who got each request that came, in order. */
    turns: front.turns,
    /** Whatever comes goes to this one from now on; without one, to all by turns. */
    sendAllTo(which?: number) {
      chosen = which === undefined ? undefined : bots[which];
    },
    /** How many requests each has answered. */
    answered: () => bots.map(({ url }) => front.answered.get(url) ?? 0),
    async until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
      for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(30)) {
        if (await holds()) return;
      }
      const words = bots.map(({ lastWords }) => lastWords()).join("\n");
      throw new Error(`waited in vain for ${what}; the bots said:\n${words}`);
    },
    isQuiet: () => isQuiet(carrier.db),
    /** Applications that Usher made, as the tenant has them. */
    async applications() {
      type Page = { value: { tags?: string[]; passwordCredentials: object[] }[]; "@odata.nextLink"?: string };
      const all: Page["value"] = [];
      for (let next: string | undefined = `${tenant.graphUrl}/v1.0/applications?$top=999`; next; ) {
        const page = (await (await fetch(next)).json()) as Page;
        all.push(...page.value);
        next = page["@odata.nextLink"];
      }
      return all.flatMap(({ tags = [], passwordCredentials }) => {
        const tag = tags.find((each) => each.startsWith("usher-request:"));
        return tag
          ? [{ requestId: tag.slice("usher-request:".length), keys: passwordCredentials.length }]
          : [];
      });
    },
    /** Asks as a person does, form by form; answers the request's id and the requester's card. */
    async ask(who: typeof mina, inputs: object = {}): Promise<{ id: string; card: ChatMessage }> {
      const place = personalChat(who);
      const before = new Set(teams.messages.map(({ id }) => id));
      await teams.say(who, place, "request netwrix-identity-manager");
      const first = await teams.find(
        (each) =>
          !before.has(each.id) &&
          each.conversationId === place.id &&
          verbsOf(each).some((verb) => verb.startsWith("intake/")),
        "the answer to request",
      );
      const standing = (fits: (message: ChatMessage) => boolean, what: string) =>
        teams.find((each) => each.id === first.id && fits(each), what);
      const withVerb = (verb: string) =>
        standing((each) => verbsOf(each).includes(verb), `a card with ${verb}`);
      if (verbsOf(first).includes("intake/anyway")) await teams.press(who, place, first, "intake/anyway");
      await teams.press(who, place, await withVerb("intake/review"), "intake/review", {
        q_organization: "Larkfield",
        q_fulfill: "false",
        q_secretMonths: "12",
        reason: "The identity warehouse reads it.",
        ...inputs,
      });
      await teams.press(who, place, await withVerb("intake/submit"), "intake/submit");
      const card = await standing(
        (each) => requestIdIn(each) !== "" && !verbsOf(each).includes("intake/submit"),
        "the submitted request",
      );
      return { id: requestIdIn(card), card };
    },
    /** Ends one of them at once, in whatever it is doing. */
    async kill(which: number): Promise<void> {
      const [bot] = bots.splice(which, 1);
      if (!bot) throw new Error(`there is no bot ${which}`);
      const ended = once(bot.process, "exit");
      bot.process.kill("SIGKILL");
      await ended;
    },
    /** Asks one of them to stop, as a platform does; answers how it ended. */
    async end(which: number): Promise<{ code: number | null; words: string }> {
      const bot = bots[which];
      if (!bot) throw new Error(`there is no bot ${which}`);
      const ended = once(bot.process, "exit");
      bot.process.kill("SIGTERM");
      const [code] = (await ended) as [number | null];
      bots.splice(bots.indexOf(bot), 1);
      if (chosen === bot) chosen = undefined;
      return { code, words: bot.lastWords() };
    },
    /** One more of them; a newer one has one more migration. */
    async start({ isNewer = false } = {}): Promise<void> {
      bots.push(await startBot({ ...settings, isNewer }));
    },
    turnClock(ms: number) {
      for (const bot of bots) bot.process.send({ turnClockMs: ms } satisfies FleetBotOrder);
    },
    /** One of them has this time from now on, and it does not pass; without one it passes again. */
    async stopClock(which: number, at?: Date): Promise<void> {
      const bot = bots[which];
      if (!bot) throw new Error(`there is no bot ${which}`);
      const stopped = once(bot.process, "message");
      bot.process.send({ clockStandsAt: at?.toISOString() ?? null } satisfies FleetBotOrder);
      await stopped;
    },
    /** What cron begins each minute; each of them does, or only so many of them. */
    sweep(most = bots.length) {
      for (const bot of bots.slice(0, most)) bot.process.send({ sweep: true } satisfies FleetBotOrder);
    },
    async close(): Promise<void> {
      await Promise.all(bots.map(({ process }) => stopBot(process)));
      await front.close();
      await teams.close();
      await tenant.close();
      await carrier.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return fleet;
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

async function startBot(settings: FleetBotSettings): Promise<Bot> {
  const child = fork(fileURLToPath(new URL("./fleet-bot.ts", import.meta.url)), [], {
    env: { ...process.env, FLEET_BOT: JSON.stringify(settings) },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString("utf8")).slice(-8000);
    });
  const [ready] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error(`a bot ended before it was ready: ${words}`))),
  ])) as [{ port: number }];
  return { process: child, url: `http://127.0.0.1:${ready.port}`, lastWords: () => words };
}

async function stopBot(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** One address before several: one after the other gets what comes. What dies with one of them is answered with 502. */
async function startFront(urls: () => string[]) {
  const answered = new Map<string, number>();
  const turns: string[] = [];
  let turn = 0;
  const server = createServer((from: IncomingMessage, to: ServerResponse) => {
    const all = urls();
    const url = all[turn++ % all.length] ?? "";
    turns.push(url);
    const onwards = request(new URL(from.url ?? "/", url), { method: from.method, headers: from.headers });
    onwards.on("response", (answer) => {
      answered.set(url, (answered.get(url) ?? 0) + 1);
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
      answer.on("error", () => to.destroy());
    });
    onwards.on("error", () => {
      if (to.headersSent) return to.destroy();
      to.writeHead(502);
      to.end();
    });
    from.pipe(onwards);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered,
    turns,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
