import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { type PlaygroundChild, spawnPlayground } from "./child.ts";
import { type PlaygroundContent, playgroundConfig } from "./config.ts";
import { addressesThatAnswer, isPortFree, outsideAddresses } from "./reach.ts";

export type PlaygroundOptions = PlaygroundContent & {
  /** Names the window and its folder. */
  name: "requester" | "approver";
  /** The first port that is tried; a busy one moves to the next. */
  port: number;
  /** The bot's whole address: http://127.0.0.1:<port>/api/messages. */
  botUrl: string;
  /** The trial's data folder; the window gets a private folder below it. */
  workDir: string;
  /** One sentence for the person at the terminal. */
  log: (sentence: string) => void;
};

export type Playground = {
  name: PlaygroundOptions["name"];
  /** For the browser. */
  url: string;
  port: number;
  pid: number;
  /** What the bot finds in `serviceUrl` of every activity of this window. */
  serviceUrl: string;
  /** Set when other machines can reach the window. */
  warning?: string;
  /** Makes the window send the bot the install events of a conversation, as the first load of its page does. */
  announce(conversationId: string): Promise<void>;
  close(): Promise<void>;
};

const portsTried = 20;
const startMs = 60_000;

/**
 * Starts one Playground window on loopback and waits until it answers.
 * Throws one sentence when its configuration is refused, when it does not come up, or when twenty ports are busy.
 */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const folder = join(options.workDir, "playground", options.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, ".m365agentsplayground.yml"), playgroundConfig(options), { mode: 0o600 });
  const last = Math.min(options.port + portsTried - 1, 65_535);
  for (let port = options.port; port <= last; port += 1) {
    if (!(await isPortFree(port))) continue;
    const playground = await startOn(port, folder, options);
    if (playground) return playground;
  }
  throw new Error(
    `The Playground window of the ${options.name} found no free port from ${options.port} to ${last}. Close another program and start again.`,
  );
}

/** Undefined when another program took the port between our look and its start. */
async function startOn(
  port: number,
  folder: string,
  options: PlaygroundOptions,
): Promise<Playground | undefined> {
  const url = `http://127.0.0.1:${port}`;
  // Left to itself it would write "localhost", which another program may own on ::1.
  const serviceUrl = `${url}/_connector`;
  await rm(logFile(folder), { force: true });
  const child = spawnPlayground(folder, [
    ...["-e", options.botUrl],
    ...["-c", "msteams"],
    ...["-p", String(port)],
    ...["--service-url", serviceUrl],
  ]);
  try {
    const listening = await child.listening;
    if (listening !== undefined && listening !== port) {
      await child.stop();
      return undefined;
    }
    await untilItAnswers(child, url, folder, options);
    const warning = await warningOfReach(options.name, port);
    if (warning) options.log(warning);
    let closing = false;
    void child.ended.then(() => {
      if (!closing) options.log(`The Playground window of the ${options.name} ended. ${folder} has its log.`);
    });
    return {
      name: options.name,
      url,
      port,
      pid: child.process.pid ?? 0,
      serviceUrl,
      ...(warning ? { warning } : {}),
      announce: (conversationId) => announce(url, conversationId),
      close: () => {
        closing = true;
        return child.stop();
      },
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function untilItAnswers(
  child: PlaygroundChild,
  url: string,
  folder: string,
  { name }: PlaygroundOptions,
): Promise<void> {
  const end = child.ended.then(() => "ended" as const);
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    if ((await Promise.race([end, pings(url)])) === "ended") {
      throw new Error(
        `The Playground window of the ${name} did not start: ${await reasonInLog(folder)} Its configuration is in ${folder}.`,
      );
    }
    if (await pings(url)) return;
    await delay(50);
  }
  throw new Error(`The Playground window of the ${name} did not answer within ${startMs / 1000} seconds.`);
}

async function pings(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_debug/ping`, { signal: AbortSignal.timeout(2000) });
    return response.ok && (await response.text()) === "pong";
  } catch {
    return false;
  }
}

/** The Playground tells why it ended only in its own log, in lines from "Reason: <code> <text>" to "Go to the link". */
async function reasonInLog(folder: string): Promise<string> {
  const text = await readFile(logFile(folder), "utf8").catch(() => "");
  // Each call of console.* is written with its level before it.
  const log = stripVTControlCharacters(text).replace(/^(log|warn|error|debug|info) /gm, "");
  const reason = /^Reason: \w+ ([\s\S]*?)(?=^Go to the link|(?![\s\S]))/m.exec(log)?.[1]?.trim();
  return reason ? reason.replace(/\s*\n\s*/g, "; ") : "it gave no reason.";
}

function logFile(folder: string): string {
  return join(folder, "devTools", "m365agentsplayground.log");
}

async function warningOfReach(name: string, port: number): Promise<string | undefined> {
  const reached = await addressesThatAnswer(port, outsideAddresses());
  if (reached.length === 0) return undefined;
  return `Other machines can reach port ${port} of the ${name}'s Playground window at ${reached.join(", ")}, where anybody could speak as anybody. Stop the trial, or close the port in the firewall.`;
}

async function announce(url: string, conversationId: string): Promise<void> {
  const response = await fetch(
    `${url}/_debug/conversation/${encodeURIComponent(conversationId)}/installation`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    },
  );
  if (!response.ok) throw new Error(`The Playground knows no conversation ${conversationId}.`);
}
