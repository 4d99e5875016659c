import { parseArgs } from "node:util";
import { stopOnSignals } from "../main.ts";
import { readTrialSettings } from "./settings.ts";
import { startTrial } from "./start-trial.ts";
import { openWindows } from "./windows.ts";

/** `npm run local`: the whole trial on this machine, until Ctrl-C. */
const say = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { values } = parseArgs({ options: { headless: { type: "boolean", default: false } } });
  const settings = readTrialSettings(process.env);
  const trial = await startTrial({ settings, line: say });
  const windows = values.headless ? undefined : await openWindows(trial, settings.dataDir, say);
  const stop = async () => {
    await windows?.close();
    await trial.stop();
  };
  stopOnSignals(stop);
  void trial.botEnded().then(async ({ code, signal }) => {
    // After a signal to the whole group the bot may end before us; then the stop is under way already.
    process.exitCode = code === 0 || signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1;
    if (process.exitCode !== 0)
      process.stderr.write(`The bot ended (${signal ?? code}). Its last lines are above.\n`);
    await stop();
    process.exit();
  });
  if (windows) say(windows.welcome);
  else say("Headless: the bot takes activities from this machine. Stop with Ctrl-C.");
  say(`ready bot=${trial.bot} graph=${trial.graph} signin=${trial.signin}`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
