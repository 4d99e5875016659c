import os from "node:os";
import { sql } from "kysely";
import type { UserId } from "../../src/domain/ids.ts";
import { dutiesTable } from "../../src/store/duties.ts";
import { migrate } from "../../src/store/migrate.ts";
import { migrations } from "../../src/store/migrations.ts";
import { registrationsTable } from "../../src/store/registrations.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import { aDraftId, afterNoon, aPendingRequest, aRegistration, chat } from "../support/builders.ts";
import { onDisk, onPostgres, type TestCarrier } from "../support/carriers.ts";
import { manyRegistrations } from "../support/many-registrations.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";
import type { Bench } from "./provision.ts";

const carriers = { embedded: onDisk, PostgreSQL: onPostgres } as const;
const sizes = [100, 10_000, 100_000];
const askedPerRound = 20;

type Act = (db: TestCarrier<Schema>["db"], round: number) => Promise<unknown>;

/** What a page of a list, a filter and a step of each sweep ask of the database. */
const acts: Record<string, Act> = {
  "list page, own": (db) => registrationsTable(db).page("fleet-3" as UserId, 10),
  "list page, all": (db) => registrationsTable(db).page("all", 10),
  "list page, expiring": (db) => registrationsTable(db).page("expiring", 10),
  "filter, few match": (db) => registrationsTable(db).page("all", 10, undefined, "owner7"),
  "filter, all match": (db) => registrationsTable(db).page("all", 10, undefined, "fleet"),
  "filter, a name": (db) => registrationsTable(db).find("Fleet 77"),
  "expiry sweep": (db) => dutiesTable(db).due(afterNoon(1e12), 100, "others"),
  // Each claim moves some on, to a time of its own that is due as well: also the fewest never run out.
  "drift claim": (db, round) =>
    registrationsTable(db).claimChecks(afterNoon(1e12), afterNoon(1e11 + round), 10),
};

/**
 * How long the database takes for a page of a list, a filter, the expiry sweep and the drift claim, with 100 and with
 * 100,000 registrations; `ratio` is what the second costs beside the first.
 */
export async function benchLifecycle({ rounds, say }: Bench) {
  say(
    `Medians of ${rounds * askedPerRound}, Node ${process.version}, ${os.availableParallelism()} cores, load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  say("");
  say(`| database | what | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} | ratio |`);
  say(`| --- | --- | ${sizes.map(() => "---").join(" | ")} | --- |`);
  const results: object[] = [];
  for (const [database, open] of Object.entries(carriers)) {
    const found = new Map<string, number[]>(Object.keys(acts).map((name) => [name, []]));
    for (const size of sizes) {
      const carrier = await seeded(open, size);
      for (const [name, act] of Object.entries(acts))
        found.get(name)?.push(await medianOf(rounds, (round) => act(carrier.db, round)));
      await carrier.close();
    }
    for (const [name, medians] of found) {
      const ratio = (medians.at(-1) ?? 0) / (medians[0] ?? 1);
      results.push({ database, name, sizes, medians, ratio });
      say(
        `| ${database} | ${name} | ${medians.map((ms) => `${ms.toFixed(2)} ms`).join(" | ")} | ${ratio.toFixed(2)} |`,
      );
    }
  }
  return { at: new Date().toISOString(), node: process.version, rounds, askedPerRound, results };
}

async function seeded(open: () => Promise<TestCarrier<Schema>>, count: number): Promise<TestCarrier<Schema>> {
  const carrier = await open();
  await migrate(carrier.db, migrations);
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const { tables } = openStore(carrier.db, wakesNobody, [Buffer.alloc(32)], silent);
  const request = aPendingRequest();
  await tables.requests.insert(request, { draft: aDraftId(), origin: chat, answers: {} });
  await tables.registrations.insert(aRegistration({ id: request.id }));
  await manyRegistrations(carrier.db, { like: request.id, count, name: "Fleet" });
  // What the first minutes bring by themselves.
  if (carrier.kind === "postgres") await sql`analyze`.execute(carrier.db);
  else await carrier.tend();
  return carrier;
}

async function medianOf(rounds: number, act: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  // The first ones fill caches.
  for (let round = -askedPerRound; round < rounds * askedPerRound; round++) {
    const began = performance.now();
    await act(round);
    if (round >= 0) times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
