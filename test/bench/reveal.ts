import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import os from "node:os";
import { hashOfToken, newLinkToken, type SecretKeys } from "../../src/domain/secret-link.ts";
import { SecretText } from "../../src/domain/secret-text.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import type { Schema } from "../../src/store/schema.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import { createAntiForgery } from "../../src/web/anti-forgery.ts";
import { createCookieJar } from "../../src/web/sealed-cookie.ts";
import { personOf } from "../support/approved.ts";
import { onDisk, onPostgres } from "../support/carriers.ts";
import { deliveredLink } from "../support/delivered-links.ts";
import { type Journey, mina, startJourney } from "../support/journey.ts";
import type { Bench } from "./provision.ts";

const linksPerRound = 20;
const callers = 16;
const carriers = { embedded: onDisk, PostgreSQL: onPostgres } as const;
const verbs = ["look", "reveal"] as const;

/** Why a link opens nothing, and a token for which that is so. */
const reasons: Record<string, (tables: Tables, keys: SecretKeys) => Promise<string>> = {
  "never existed": async () => newLinkToken().reveal(),
  expired: async (tables, keys) => {
    const { token } = await deliveredLink(tables, keys, { expiresAt: new Date(Date.now() - 1) });
    await tables.links.expire(hashOf(token), new Date());
    return token;
  },
  used: async (tables, keys) => {
    const { token } = await deliveredLink(tables, keys);
    await tables.links.claim(hashOf(token), new Date(), { device: "unknown device" });
    return token;
  },
  cancelled: async (tables, keys) => {
    const { token, id } = await deliveredLink(tables, keys);
    await tables.links.cancel({ requestId: id });
    return token;
  },
};
const hashOf = (token: string) => hashOfToken(new SecretText(token));

/**
 * How long a signed-in person waits for the answer that a link opens nothing, for each reason, over HTTP. The reasons
 * take turns, in an order that is drawn anew each time, so that whatever else goes on meets all of them alike. Then how
 * long it takes from the sign-in to the secret, and how many links open in a second.
 */
export async function benchReveal({ rounds, say }: Bench) {
  const many = `${rounds * linksPerRound} links for each reason`;
  say(`Medians (and 95th percentiles), ${many}, Node ${process.version}, ${os.availableParallelism()} cores`);
  say("");
  const names = Object.keys(reasons);
  say(`| database | asks | ${names.join(" | ")} | medians apart |`);
  say(`| --- | --- | ${names.map(() => "---").join(" | ")} | --- |`);
  const results: object[] = [];
  const opened: string[] = [];
  for (const [database, carrier] of Object.entries(carriers)) {
    const keys: SecretKeys = [randomBytes(32)];
    const journey = await startJourney({ carrier: () => carrier<Schema>(), config: { secretKeys: keys } });
    const times = Object.fromEntries(
      verbs.map((verb) => [verb, new Map(names.map((name) => [name, [] as number[]]))]),
    );
    // The first round fills caches.
    for (let round = 0; round <= rounds; round++)
      for (const { name, verb, ms } of await measure(journey, keys))
        if (round > 0) times[verb]?.get(name)?.push(ms);
    const signIns: number[] = [];
    const perSecond: number[] = [];
    for (let round = 0; round < rounds; round++) {
      signIns.push(...(await signInsToReveal(journey, keys)));
      perSecond.push(await revealsPerSecond(journey, keys));
    }
    await journey.close();
    const [fromSignIn, reveals] = [sorted(signIns), sorted(perSecond)];
    results.push({ database, signInToReveal: fromSignIn, revealsPerSecond: reveals });
    const [median, p95] = [0.5, 0.95].map((part) => at(fromSignIn, part).toFixed(0));
    opened.push(`| ${database} | ${median} ms (${p95}) | ${at(reveals, 0.5).toFixed(0)} |`);
    for (const verb of verbs) {
      const found = names.map((name) => {
        const taken = sorted(times[verb]?.get(name) ?? []);
        return { name, median: at(taken, 0.5), p95: at(taken, 0.95) };
      });
      const medians = found.map(({ median }) => median);
      const apart = Math.max(...medians) - Math.min(...medians);
      results.push({ database, verb, found, apart });
      const shown = found.map(({ median, p95 }) => `${median.toFixed(2)} ms (${p95.toFixed(2)})`);
      say(`| ${database} | ${verb} | ${shown.join(" | ")} | ${apart.toFixed(2)} ms |`);
    }
  }
  say("");
  say(`| database | from the sign-in to the secret | reveals a second, ${callers} callers |`);
  say("| --- | --- | --- |");
  for (const line of opened) say(line);
  return { at: new Date().toISOString(), node: process.version, rounds, linksPerRound, results };
}

/** From the press on *Sign in* to the page with the secret, through the sign-in service and back, one after another. */
async function signInsToReveal({ world, config }: Journey, keys: SecretKeys): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < linksPerRound; n++) {
    const { token, secret } = await deliveredLink(world.store.tables, keys);
    const address = `${config.publicUrl}/s/${token}`;
    const browser = createBrowser();
    const began = performance.now();
    const page = await browser.signIn(`${address}?sign-in`, mina.id);
    const check = /name="check" value="([^"]*)"/.exec(page.body)?.[1] ?? "";
    const { body } = await browser.open(`${address}/reveal`, { check });
    times.push(performance.now() - began);
    if (!body.includes(secret)) throw new Error(body);
  }
  return times;
}

/** How many links open in a second, each for somebody who has signed in before. */
async function revealsPerSecond({ world, config }: Journey, keys: SecretKeys): Promise<number> {
  const tokens: string[] = [];
  for (let n = 0; n < callers * 4; n++) tokens.push((await deliveredLink(world.store.tables, keys)).token);
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const began = performance.now();
  const count = tokens.length;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let token = tokens.pop(); token; token = tokens.pop()) {
        const { cookie, check } = sessionFor(token, keys, config);
        const form = new URLSearchParams({ check }).toString();
        const status = await ask(agent, `${config.publicUrl}/s/${token}/reveal`, cookie, form);
        if (status !== 200) throw new Error(`a reveal was answered ${status}`);
      }
    }),
  );
  agent.destroy();
  return (count * 1000) / (performance.now() - began);
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const at = (values: readonly number[], part: number) => values[Math.floor((values.length - 1) * part)] ?? 0;

async function measure({ world, config }: Journey, keys: SecretKeys) {
  const asks: { name: string; verb: (typeof verbs)[number]; token: string; drawn: number }[] = [];
  for (const [name, make] of Object.entries(reasons))
    for (let n = 0; n < linksPerRound; n++)
      for (const verb of verbs)
        asks.push({ name, verb, token: await make(world.store.tables, keys), drawn: Math.random() });
  const measured: { name: string; verb: string; ms: number }[] = [];
  // A connection of its own for each round: one that rested while the links were made may just be closing.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask(agent, `${config.publicUrl}/livez`);
  for (const { name, verb, token } of asks.toSorted((a, b) => a.drawn - b.drawn)) {
    const { cookie, check } = sessionFor(token, keys, config);
    const address = `${config.publicUrl}/s/${token}`;
    const began = performance.now();
    const status = await (verb === "reveal"
      ? ask(agent, `${address}/reveal`, cookie, new URLSearchParams({ check }).toString())
      : ask(agent, address, cookie));
    measured.push({ name, verb, ms: performance.now() - began });
    if (status !== 410) throw new Error(`${verb} of what ${name} was answered ${status}`);
  }
  agent.destroy();
  return measured;
}

/** Answers the status, once all of the answer is there. */
async function ask(agent: Agent, address: string, cookie = "", form?: string): Promise<number> {
  const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const asking = request(address, {
    agent,
    method: form === undefined ? "GET" : "POST",
    headers: { cookie, ...type },
  });
  asking.end(form);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  answer.resume();
  await once(answer, "end");
  return answer.statusCode ?? 0;
}

/** What a browser has after a sign-in for this link, without the way there. */
function sessionFor(token: string, keys: SecretKeys, { publicUrl, tenantId }: Journey["config"]) {
  const jar = createCookieJar(keys, publicUrl);
  const link = hashOf(token);
  const id = randomBytes(16).toString("base64url");
  const { userId } = personOf(mina);
  const sealed = jar.seal(jar.nameOf("link", link.slice(0, 16)), { id, link, userId, tenantId }, new Date());
  return { cookie: sealed.split(";")[0] ?? "", check: createAntiForgery(keys).tokenFor(id, link) };
}
