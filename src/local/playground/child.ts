import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const preloaded = ["./loopback-only.cjs", "./hold-stream.cjs"].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

export type PlaygroundChild = {
  process: ChildProcess;
  /** The port from its line "Listening on N"; undefined when it ended before. */
  listening: Promise<number | undefined>;
  ended: Promise<void>;
  /** Ends the process and all that it started; may be called twice. */
  stop(): Promise<void>;
};

/**
 * Starts the Playground's command in `folder`, which holds its configuration.
 * The environment is built anew: inherited AUTH_CLIENT_SECRET, BOT_ENDPOINT, HTTP_PROXY or NODE_OPTIONS would change
 * what it does, and the trial must use nothing of that kind.
 */
export function spawnPlayground(folder: string, args: readonly string[]): PlaygroundChild {
  const child = spawn(process.execPath, [cli(), "start", ...args, "--disable-telemetry"], {
    cwd: folder,
    env: {
      ...inherited(["PATH", "HOME", "USERPROFILE", "SystemRoot", "TEMP", "TMP", "TMPDIR", "TZ"]),
      NODE_OPTIONS: preloaded.map((file) => `--require ${JSON.stringify(file)}`).join(" "),
      TEAMSAPPTESTER_BROWSER: "none",
      APPLICATION_INSIGHTS_NO_STATSBEAT: "1",
    },
    // An open stdin tells the preloaded file that we live. A group of its own lets one signal reach all of it.
    stdio: ["pipe", "pipe", "ignore"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  return { process: child, listening: listeningPort(child, ended), ended, stop: () => stop(child, ended) };
}

function cli(): string {
  const manifest = createRequire(import.meta.url).resolve("@microsoft/m365agentsplayground/package.json");
  return join(dirname(manifest), "cli.js");
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function listeningPort(child: ChildProcess, ended: Promise<void>): Promise<number | undefined> {
  return new Promise((resolve) => {
    if (child.stdout) {
      // The lines are read to the end of its life: a full pipe would stop the Playground.
      createInterface({ input: child.stdout }).on("line", (line) => {
        const port = /^Listening on (\d+)$/.exec(line)?.[1];
        if (port) resolve(Number(port));
      });
    }
    void ended.then(() => resolve(undefined));
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  signal(child, "SIGTERM");
  const patience = setTimeout(() => signal(child, "SIGKILL"), 3000);
  await ended;
  clearTimeout(patience);
  // What the Playground itself left behind in its group.
  signal(child, "SIGKILL");
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    // ESRCH: the group is gone already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
