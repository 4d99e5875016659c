import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A part of the trial as a process of its own. */
export type Child = {
  pid: number;
  /** What it said when it was ready. */
  ready: Record<string, string>;
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stop(): Promise<void>;
};

/** A stop that takes longer is made a kill. */
const stopMs = 12_000;

/**
 * Starts an entry beside this file and waits until it sends its readiness. Its standard output goes to `line`, line
 * by line; its last words on standard error are in the error when it ends before it was ready. It ends with us: the
 * channel between the processes closes however we die.
 */
export async function startChild(
  entry: string,
  environment: NodeJS.ProcessEnv,
  line: (text: string) => void,
): Promise<Child> {
  const child: ChildProcess = fork(fileURLToPath(new URL(entry, import.meta.url)), [], {
    env: environment,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  let lastWords = "";
  let partial = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString("utf8")).slice(-4000);
    line(chunk.toString("utf8").trimEnd());
  });
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (partial + chunk.toString("utf8")).split("\n");
    partial = lines.pop() ?? "";
    for (const text of lines) line(text);
  });
  const ready = await new Promise<Record<string, string>>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Record<string, string>));
    child.once("error", reject);
    void ended.then(() => reject(new Error(lastWords.trim() || `${entry} ended before it was ready`)));
  });
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    async stop() {
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
    },
  };
}

/** For the child: says that it is ready, and ends when its parent is gone. */
export function tellParent(ready: Record<string, string>, stop: () => Promise<void>): void {
  process.once("disconnect", () => {
    void stop().finally(() => process.exit(0));
  });
  process.send?.(ready);
}
