import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { stopOnSignals } from "../main.ts";
import { readTrialSettings } from "./settings.ts";
import { startTrial } from "./start-trial.ts";
import { openWindows } from "./windows.ts";

/** `npm run local`: the whole trial on this machine, until Ctrl-C. */
const say = (text: string) => process.stdout.write(`${text}\n`);

/** What was started, to be stopped in the opposite order. */
const started: { stop(): Promise<void> }[] = [];
let stopping: Promise<void> | undefined;
const stop = () => {
  stopping ??= (async () => {
    for (const part of started.reverse()) await part.stop();
  })();
  return stopping;
};

try {
  const isHeadless = readOptions();
  const settings = readTrialSettings(process.env);
  // Beside the windows the bot's JSON lines would hide what a person has to read.
  const log = isHeadless ? undefined : openLog(path.join(settings.dataDir, "usher.log"));
  const trial = await startTrial({ settings, line: log?.line ?? say });
  started.push(trial);
  stopOnSignals(stop);
  stopWithNpm(stop);
  void trial.botEnded().then(async ({ code, signal }) => {
    // After a signal to the whole group the bot may end before us; then the stop is under way already.
    process.exitCode = code === 0 || signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1;
    if (process.exitCode !== 0)
      process.stderr.write(
        `The bot ended (${signal ?? code}), and with it the trial. Its last lines are ${log ? `in ${log.file}` : "above"}.\n`,
      );
    await stop();
    process.exit();
  });
  if (isHeadless) say("Headless: the bot takes activities from this machine. Stop with Ctrl-C.");
  else {
    const windows = await openWindows(trial, settings.dataDir, say);
    started.push({ stop: windows.close });
    say(windows.welcome);
    say(`  Log: ${log?.file}\n  Stop everything with Ctrl-C.\n`);
  }
  say(`ready bot=${trial.bot} graph=${trial.graph} signin=${trial.signin}`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  await stop();
  process.exit(1);
}

/** Whether the windows are left out. Throws a sentence for an option that there is not. */
function readOptions(): boolean {
  try {
    const { values } = parseArgs({ options: { headless: { type: "boolean", default: false } } });
    return values.headless;
  } catch (cause) {
    // Node's second sentence explains how to pass such a text as an argument, which nothing here takes.
    const [what] = (cause as Error).message.split(/\.\s/);
    throw new Error(`${what?.replace(/\.$/, "")}. The only option is: npm run local -- --headless`, {
      cause,
    });
  }
}

function openLog(file: string) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { flags: "a", mode: 0o600 });
  return { file, line: (text: string) => void stream.write(`${text}\n`) };
}

/**
 * npm passes SIGTERM to the shell that it started us with, and the shell dies without passing it on; killed itself, it
 * passes on nothing. All that shows of either is that we, or our shell, have another parent.
 */
function stopWithNpm(stop: () => Promise<void>): void {
  if (process.env.npm_lifecycle_event !== "local") return;
  const shell = process.ppid;
  const npm = parentOf(shell);
  setInterval(() => {
    if (process.ppid !== shell || parentOf(shell) !== npm) void stop().then(() => process.exit(0));
  }, 500).unref();
}

/** Undefined where the system does not tell it by a file. */
function parentOf(pid: number): string | undefined {
  const file = `/proc/${pid}/status`;
  return existsSync(file) ? /^PPid:\s*(\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] : undefined;
}
