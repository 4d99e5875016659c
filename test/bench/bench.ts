import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { benchChat } from "./chat.ts";
import { benchFleet } from "./fleet.ts";
import { benchLifecycle } from "./lifecycle.ts";
import { benchProvision } from "./provision.ts";
import { benchReveal } from "./reveal.ts";
import { benchStart } from "./start.ts";

/** `npm run bench -- <part> [--out file] [--rounds n]`: measures, prints a table and writes JSON. It asserts nothing. */
const parts = {
  provision: benchProvision,
  chat: benchChat,
  lifecycle: benchLifecycle,
  start: benchStart,
  fleet: benchFleet,
  reveal: benchReveal,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string" }, rounds: { type: "string", default: "9" } },
});
const [name = ""] = positionals;
const rounds = Number(values.rounds);
if (!Object.hasOwn(parts, name) || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(
    `Usage: npm run bench -- <part> [--out file] [--rounds n], with one of: ${Object.keys(parts).join(", ")}\n`,
  );
  process.exit(1);
}
const say = (line: string) => void process.stdout.write(`${line}\n`);
const results = await parts[name as keyof typeof parts]({ rounds, say });
const out = values.out ?? path.join(import.meta.dirname, "results", `${name}.json`);
mkdirSync(path.dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify(results, undefined, 2)}\n`);
say(`\nwritten to ${out}`);
process.exit(0);
