import { execFile } from "node:child_process";
import os from "node:os";
import { promisify } from "node:util";
import { mina, personalChat } from "../support/journey.ts";
import { placeOn, residentMb, startBenchUsher } from "./bench-processes.ts";
import type { Bench } from "./provision.ts";

const run = promisify(execFile);
const activities = 10_000;
/** What Usher cannot do without, as it is imported. */
const packages = [
  "botbuilder",
  "@microsoft/teams-ai",
  "restify",
  "kysely",
  "pg",
  "pg-boss",
  "pino",
  "@azure/identity",
  "@microsoft/microsoft-graph-client",
  "adaptivecards-templating",
  "openid-client",
  "zod",
  "yaml",
];

/**
 * From the start of a process to its readiness, beside a process that only imports the packages; what it holds in memory
 * then, and after 10,000 activities.
 */
export async function benchStart({ rounds, say }: Bench) {
  say(
    `${rounds} starts, Node ${process.version}, ${os.availableParallelism()} cores, load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  say("");
  say("| database | to ready | packages alone | multiple | at rest | after 10,000 activities |");
  say("| --- | --- | --- | --- | --- | --- |");
  const results: object[] = [];
  for (const database of ["embedded", "PostgreSQL"] as const) {
    const starts: number[] = [];
    const imports: number[] = [];
    let rest = 0;
    let after = 0;
    // Only the first start, which does not count, has all to make.
    const place = await placeOn(database);
    for (let round = -1; round < rounds; round++) {
      const usher = await startBenchUsher(place);
      const importMs = await timeOfImports();
      if (round >= 0) {
        starts.push(usher.startMs);
        imports.push(importMs);
      }
      if (round === rounds - 1) {
        rest = residentMb(usher.child.pid);
        for (let n = 0; n < activities; n += 10)
          await Promise.all(
            Array.from({ length: 10 }, () => usher.teams.say(mina, personalChat(mina), "help")),
          );
        after = residentMb(usher.child.pid);
      }
      await usher.close();
    }
    await place.drop();
    const [startMs, importMs] = [median(starts), median(imports)];
    results.push({ database, startMs, importMs, multiple: startMs / importMs, restMb: rest, afterMb: after });
    say(
      `| ${database} | ${startMs.toFixed(0)} ms | ${importMs.toFixed(0)} ms | ${(startMs / importMs).toFixed(2)} | ${rest.toFixed(0)} MB | ${after.toFixed(0)} MB |`,
    );
  }
  return { at: new Date().toISOString(), node: process.version, rounds, results };
}

async function timeOfImports(): Promise<number> {
  const script = `await Promise.all(${JSON.stringify(packages)}.map((each) => import(each)));`;
  const began = performance.now();
  await run(process.execPath, ["--input-type=module", "-e", script]);
  return performance.now() - began;
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
