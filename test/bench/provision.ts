import { randomBytes, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import os from "node:os";
import type { ConversationId, DraftId, RequestId } from "../../src/domain/ids.ts";
import { fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import { type Child, startChild } from "../../src/local/child.ts";
import { company } from "../../src/local/tenant/company.ts";
import { graphAppId } from "../../src/local/tenant/resources.ts";
import { openCarrier } from "../../src/store/carrier.ts";
import type { Schema } from "../../src/store/schema.ts";
import { decideRequest } from "../../src/usecases/approval/decide-request.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { personOf } from "../support/approved.ts";
import { aPendingRequest, aPermission, aPlan } from "../support/builders.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { channel, type Journey, mina, personalChat, priya, startJourney } from "../support/journey.ts";
import { freshDatabase } from "../support/postgres.ts";

const latencyMs = 100;
const sizes = [100, 10_000];

/** What DESIGN counts requests for: 2 application permissions, 1 delegated one, 1 owner, 1 secret. */
const plan: Plan = aPlan({
  owner: "requester",
  permissions: [
    aPermission({ name: "User.ReadBasic.All", kind: "application" }),
    aPermission({ name: "Reports.Read.All", kind: "application" }),
    aPermission({ name: "User.Read", kind: "delegated" }),
  ],
});

type Round = {
  floorMs: number;
  /** From the saved decision to the sealed secret, without the proof that the secret works. */
  makeMs: number;
  authorityMs: number;
  verifyMs: number;
  requests: string[];
};
export type Bench = { rounds: number; say: (line: string) => void };

export async function benchProvision({ rounds, say }: Bench) {
  say(
    `Graph at ${latencyMs} ms per request, ${rounds} rounds, Node ${process.version}, ${os.availableParallelism()} cores`,
  );
  say("");
  say(
    "| database | service principals | floor | decision to secret | multiple | authority before | verification after | requests |",
  );
  say("| --- | --- | --- | --- | --- | --- | --- | --- |");
  const results: object[] = [];
  for (const database of ["embedded", "PostgreSQL"] as const) {
    const setups = [];
    for (const size of sizes)
      setups.push({ size, measured: [] as Round[], setup: await setUp(database, size) });
    // The first of each fills caches: what APIs publish, tokens, connections.
    for (const { setup } of setups) await setup.round();
    for (let n = 0; n < rounds; n++)
      for (const { setup, measured } of setups) measured.push(await setup.round());
    for (const { size, measured, setup } of setups) {
      const of = (value: (round: Round) => number) => median(measured.map(value));
      const result = {
        database,
        servicePrincipals: size,
        floorMs: of(({ floorMs }) => floorMs),
        makeMs: of(({ makeMs }) => makeMs),
        multiple: of(({ makeMs, floorMs }) => makeMs / floorMs),
        authorityMs: of(({ authorityMs }) => authorityMs),
        verifyMs: of(({ verifyMs }) => verifyMs),
        requests: of(({ requests }) => requests.length),
        asked: measured.at(-1)?.requests,
        measured: measured.map(({ requests, ...times }) => ({ ...times, requests: requests.length })),
      };
      results.push(result);
      const ms = (value: number) => `${value.toFixed(0)} ms`;
      say(
        `| ${database} | ${size} | ${ms(result.floorMs)} | ${ms(result.makeMs)} | ${result.multiple.toFixed(2)} | ${ms(result.authorityMs)} | ${ms(result.verifyMs)} | ${result.requests} |`,
      );
      await setup.close();
    }
  }
  return { at: new Date().toISOString(), node: process.version, latencyMs, rounds, results };
}

/** Usher on that database, before a tenant of that size in a process of its own. */
async function setUp(database: "embedded" | "PostgreSQL", size: number) {
  const folder = temporaryFolder();
  const postgres = database === "PostgreSQL" ? await freshDatabase() : undefined;
  const tenant = await startChild("./tenant.ts", { ...process.env, DATA_DIR: `${folder}/tenant` }, () => {});
  const { graph = "", signin = "" } = tenant.ready;
  const sim = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${graph}/_sim${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`the simulation answered ${answer.status} to ${path}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  await sim("POST", "/service-principals", { count: size });
  const marks = newMarks();
  const journey = await startJourney({
    carrier: () =>
      openCarrier<Schema>(postgres ? { databaseUrl: postgres.url } : { dataDir: `${folder}/usher` }),
    config: { graphUrl: graph, authorityUrl: signin, secretKeys: [randomBytes(32)] },
    updateEveryMs: 1000,
    adjust: (world) => watched(world, marks),
  });
  const floor = await floorOf(graph, signin);
  // Their chats are known before anything is measured.
  await journey.teams.say(mina, personalChat(mina), "help");
  await journey.teams.say(priya, channel, "help");
  await sim("PUT", "/settings", { latencyMs });
  return {
    async round(): Promise<Round> {
      const floorMs = await floor();
      const id = await pending(journey);
      await sim("POST", "/requests/clear");
      marks.clear();
      const { world } = journey;
      const pressed = performance.now();
      const answer = await decideRequest(world, {
        caller: { ...personOf(priya), tenantId: world.settings.tenantId },
        requestId: id,
        revision: 1,
        verdict: { verdict: "approve" },
        surface: "card",
      });
      if ("refused" in answer) throw new Error(`not approved: ${answer.refused}`);
      // Whoever asks the database meanwhile takes part in what is measured.
      await marks.reached("sealed");
      const { requests } = world.store.tables;
      await journey.until(async () => (await requests.get(id))?.state === "provisioned", "the end of it");
      const log = ((await sim("GET", "/requests")).requests ?? []) as Asked[];
      const savedAt = performance.timeOrigin + marks.at("saved");
      const sealedAt = performance.timeOrigin + marks.at("sealed");
      return {
        floorMs,
        makeMs: marks.at("sealed") - marks.at("saved") - marks.verifyMs(),
        authorityMs: marks.at("saved") - pressed,
        verifyMs: marks.verifyMs(),
        requests: log.filter((each) => isAfterDecision(each, savedAt, sealedAt)).map(textOf),
      };
    },
    async close() {
      await journey.close();
      await stop(tenant);
      await postgres?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const stop = (child: Child) => child.stop();

type Asked = { time: string; durationMs: number; method: string; path: string; status: number };
const textOf = ({ method, path, status }: Asked) =>
  `${method} ${decodeURIComponent(path).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…")} ${status}`;
/** Sent to Graph after the decision and before the secret was sealed. The log has whole milliseconds, of the end. */
const isAfterDecision = ({ path, time, durationMs }: Asked, savedAt: number, sealedAt: number) => {
  const sentAt = new Date(time).getTime() - durationMs;
  return path.startsWith("/v1.0") && sentAt >= savedAt - 2 && sentAt <= sealedAt;
};

/** When what was reached: the saved decision, the sealed secret, and how long the proof of the secret took. */
function newMarks() {
  const times = new Map<string, number>();
  let verifying = 0;
  let wake = Promise.withResolvers<void>();
  return {
    set(name: string) {
      times.set(name, performance.now());
      wake.resolve();
      wake = Promise.withResolvers();
    },
    async reached(name: string) {
      while (!times.has(name)) await wake.promise;
    },
    at: (name: string) => times.get(name) ?? Number.NaN,
    addVerifying(ms: number) {
      verifying += ms;
    },
    verifyMs: () => verifying,
    clear() {
      times.clear();
      verifying = 0;
    },
  };
}

function watched(world: World, marks: ReturnType<typeof newMarks>): World {
  return {
    ...world,
    store: {
      tables: world.store.tables,
      async inTransaction(work) {
        const reached: string[] = [];
        const done = await world.store.inTransaction((tables) =>
          work({
            ...tables,
            requests: {
              ...tables.requests,
              async change(from, to, of) {
                if (to.state === "approved") reached.push("saved");
                return tables.requests.change(from, to, of);
              },
            },
            links: {
              ...tables.links,
              async insert(link) {
                reached.push("sealed");
                return tables.links.insert(link);
              },
            },
          }),
        );
        for (const each of reached) marks.set(each);
        return done;
      },
    },
    registrar: {
      ...world.registrar,
      async proveSecret(...args) {
        const began = performance.now();
        try {
          return await world.registrar.proveSecret(...args);
        } finally {
          marks.addVerifying(performance.now() - began);
        }
      },
    },
  };
}

/** A request that waits for its approver, with its cards. */
async function pending({ world, log }: Journey): Promise<RequestId> {
  const request = aPendingRequest({
    requester: personOf(mina),
    plan,
    fingerprint: fingerprintOf(plan),
    submittedAt: world.clock.now(),
  });
  const origin = personalChat(mina).id as ConversationId;
  await world.store.inTransaction(async (tables) => {
    await tables.requests.insert(request, { draft: randomUUID() as DraftId, origin, answers: {} });
    for (const [purpose, conversationId] of [
      ["request", origin],
      ["approval", channel.id as ConversationId],
    ] as const)
      await tables.posts.add({
        id: randomUUID(),
        subject: request.id,
        purpose,
        place: { kind: "conversation", conversationId },
        state: "due",
        changedAt: world.clock.now(),
      });
    await tables.jobs.wake("deliver", request.id);
  });
  const drawn = async () => (await world.store.tables.posts.of(request.id)).every((post) => post.drawn);
  for (const deadline = Date.now() + 20_000; !(await drawn()); ) {
    if (Date.now() > deadline) throw new Error(`the cards were not drawn: ${log.slice(-3).join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return request.id;
}

/** The four requests that depend on each other, one after another: nobody can be faster than that. */
async function floorOf(graph: string, signin: string) {
  const tokenOf = async ({ clientId, secret }: { clientId: string; secret: string }) => {
    const answer = await fetch(`${signin}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret,
        scope: "https://graph.microsoft.com/.default",
      }),
    });
    return String(((await answer.json()) as Record<string, unknown>).access_token);
  };
  const { provisioning, consent } = company.clients;
  const [maker, consenter] = await Promise.all([tokenOf(provisioning), tokenOf(consent)]);
  const ask = async (token: string, method: string, path: string, body: object, headers: object = {}) => {
    const answer = await fetch(`${graph}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the floor: ${method} ${path} ${answer.status} ${text}`);
    return JSON.parse(text) as Record<string, string>;
  };
  const listed = await fetch(`${graph}/v1.0/servicePrincipals(appId='${graphAppId}')`);
  const api = (await listed.json()) as { id: string; appRoles: { id: string; value: string }[] };
  const appRoleId = api.appRoles.find(({ value }) => value === "Reports.Read.All")?.id;
  return async (): Promise<number> => {
    const began = performance.now();
    const { id, appId } = await ask(maker, "POST", "/applications", { displayName: "The floor" });
    const principal = await ask(
      maker,
      "PATCH",
      `/servicePrincipals(appId='${appId}')`,
      {},
      { prefer: "create-if-missing" },
    );
    const assignment = { principalId: principal.id, resourceId: api.id, appRoleId };
    await ask(consenter, "POST", `/servicePrincipals/${api.id}/appRoleAssignedTo`, assignment);
    await ask(maker, "POST", `/applications/${id}/addPassword`, { passwordCredential: {} });
    return performance.now() - began;
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
