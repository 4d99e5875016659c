import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { demoKillPoints } from "./kill-points.ts";
import { play } from "./play.ts";
import { readTrialSettings } from "./settings.ts";
import { startTrial } from "./start-trial.ts";
import { company } from "./tenant/company.ts";

/** `npm run demo`: the main job from request to revealed secret, as Teams and a browser would do it. */
const say = (text: string) => process.stdout.write(`${text}\n`);

async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: { "kill-after": { type: "string" }, verbose: { type: "boolean", default: false } },
  });
  const point = values["kill-after"];
  if (point !== undefined && !demoKillPoints.includes(point)) {
    throw new Error(`There is no step "${point}". The steps are: ${demoKillPoints.join(", ")}.`);
  }
  // A demo that is played twice goes on with what the first left there; without a folder of its own it leaves nothing.
  const isTemporary = !process.env.DATA_DIR?.trim();
  const folder = isTemporary ? mkdtempSync(path.join(tmpdir(), "usher-demo-")) : undefined;
  const settings = readTrialSettings({ ...process.env, ...(folder && { DATA_DIR: folder }) });
  const log: string[] = [];
  const trial = await startTrial({
    settings,
    line: (text) => {
      log.push(text);
      if (values.verbose) say(text);
    },
    ...(point && { killAfter: point }),
  });
  say(`ready bot=${trial.bot} graph=${trial.graph} signin=${trial.signin}`);
  let isOver = false;
  const watch = async () => {
    const end = await trial.botEnded();
    if (isOver) return;
    if (end.signal !== "SIGKILL" || point === undefined) {
      log.push(`the bot ended by itself (${end.signal ?? end.code})`);
      return;
    }
    say(`killed    after ${point}, by SIGKILL`);
    await trial.restartBot();
    say("restarted the bot; it goes on by itself");
  };
  const watching = watch();
  // Whoever waits for it hears of its failure; nobody waits when the play fails first.
  watching.catch(() => {});
  try {
    await Promise.all([play(trial, company, say), point === undefined ? undefined : watching]);
  } catch (error) {
    say(log.slice(-40).join("\n"));
    throw error;
  } finally {
    isOver = true;
    await trial.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

demo().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`The demo failed: ${(error as Error).message}\n`);
    process.exit(1);
  },
);
