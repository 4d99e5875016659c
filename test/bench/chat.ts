import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { personalChat, verbsOf } from "../support/journey.ts";
import { type Database, placeOn, type Running, startBenchUsher, startEcho } from "./bench-processes.ts";
import type { Bench } from "./provision.ts";

type Person = { id: string; name: string };
/** What one client does again and again; it ends when the bot's answer is there. */
type Act = (running: Running, who: Person) => Promise<void>;

const clientCounts = [1, 16, 64];
/** So many by each client count in a round. */
const actsPerRound = 128;

const say =
  (text: string): Act =>
  async ({ teams }, who) => {
    const { status } = await teams.say(who, personalChat(who), text);
    if (status >= 300) throw new Error(`${text} was answered ${status}`);
  };

/** The newest card in somebody's own chat that has the button. */
function cardWith({ teams }: Running, who: Person, verb: string): ChatMessage {
  const card = teams.messages.findLast(
    (each) => each.conversationId === personalChat(who).id && verbsOf(each).includes(verb),
  );
  if (!card) throw new Error(`no card with ${verb}`);
  return card;
}

/** From the first word to the submitted request: five activities. */
const request: Act = async (running, who) => {
  const { teams } = running;
  const place = personalChat(who);
  const from = teams.messages.length;
  /** Whoever is not answered in time gets the card a little later. */
  const cardOf = async (...verbs: string[]): Promise<ChatMessage> => {
    const isIt = (each: ChatMessage) =>
      each.conversationId === place.id && verbsOf(each).some((verb) => verbs.includes(verb));
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(5)) {
      const card = teams.messages.slice(from).findLast(isIt);
      if (card) return card;
    }
    throw new Error(`no card with ${verbs.join(" or ")}`);
  };
  await teams.say(who, place, form);
  const asked = await cardOf(review, "intake/anyway");
  if (verbsOf(asked).includes("intake/anyway")) await teams.press(who, place, asked, "intake/anyway");
  await teams.press(who, place, await cardOf(review), review, {
    q_organization: "Larkfield",
    q_fulfill: "false",
    q_secretMonths: "12",
    reason: "The identity warehouse reads it.",
  });
  await teams.press(who, place, await cardOf("intake/submit"), "intake/submit");
  await teams.press(who, place, await cardOf("request/withdraw"), "request/withdraw");
};

const form = "request netwrix-identity-manager";
const review = "intake/review";

/** `before`: what each client does once, so that the act can be done. */
const acts: Record<string, { before?: Act; usher: Act; echo: Act; count?: number }> = {
  help: { usher: say("help"), echo: say("help") },
  list: { usher: say("list"), echo: say("list") },
  "a press on a card": {
    before: say(form),
    // Nothing is filled in, so that the form comes again, with what is missing.
    usher: async (running, who) => {
      const { status } = await running.teams.press(
        who,
        personalChat(who),
        cardWith(running, who, review),
        review,
      );
      if (status !== 200) throw new Error(`the press was answered ${status}`);
    },
    echo: async ({ teams }, who) => {
      await teams.send({
        ...teams.envelope(who, personalChat(who)),
        type: "invoke",
        name: "adaptiveCard/action",
        value: {},
      });
    },
  },
  "a whole request": {
    usher: request,
    echo: async (running, who) => {
      for (let n = 0; n < 5; n++) await say("help")(running, who);
    },
    count: 64,
  },
};

/**
 * How many activities a second Usher answers to so many clients, and how long each waits, beside a bare bot on the same
 * stack that says what was said. Both are processes of their own; the Teams stand-in is here, for both.
 */
export async function benchChat({ rounds, say: print }: Bench) {
  print(
    `${rounds} rounds, Node ${process.version}, ${os.availableParallelism()} cores, load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  print("");
  print(
    "| database | what | clients | Usher, a second | p50 | p99 | bare bot, a second | p50 | p99 | part of it |",
  );
  print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  const results: object[] = [];
  for (const database of ["embedded", "PostgreSQL"] as const)
    results.push(...(await measured(database, rounds, print)));
  return { at: new Date().toISOString(), node: process.version, rounds, results };
}

async function measured(database: Database, rounds: number, print: (line: string) => void) {
  const place = await placeOn(database);
  const [usher, echo] = [await startBenchUsher(place), await startEcho()];
  const results: object[] = [];
  const { ids } = await usher.sim<{ ids: string[] }>("/users", { count: Math.max(...clientCounts) });
  const everybody = ids.map((id, n) => ({ id, name: `Colleague ${n + 1}` }));
  for (const who of everybody) await say("help")(usher, who);
  for (const [what, { before, usher: act, echo: bare, count = actsPerRound }] of Object.entries(acts)) {
    for (const clients of clientCounts) {
      const people = everybody.slice(0, clients);
      if (before) for (const who of people) await before(usher, who);
      // Caches are full, and what is compiled is compiled.
      await load(usher, act, people, 4);
      const [ofUsher, ofEcho]: [Load[], Load[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        ofUsher.push(await load(usher, act, people, count));
        ofEcho.push(await load(echo, bare, people, count));
      }
      const [one, other] = [summary(ofUsher), summary(ofEcho)];
      const part = one.perSecond / other.perSecond;
      results.push({ database, what, clients, usher: one, echo: other, part });
      const ms = (value: number) => `${value.toFixed(1)} ms`;
      print(
        `| ${database} | ${what} | ${clients} | ${one.perSecond.toFixed(0)} | ${ms(one.p50)} | ${ms(one.p99)} | ${other.perSecond.toFixed(0)} | ${ms(other.p50)} | ${ms(other.p99)} | ${part.toFixed(2)} |`,
      );
    }
  }
  await usher.close();
  await echo.close();
  await place.drop();
  return results;
}

type Load = { perSecond: number; times: number[] };

async function load(running: Running, act: Act, people: readonly Person[], count: number): Promise<Load> {
  const times: number[] = [];
  let left = count;
  const began = performance.now();
  await Promise.all(
    people.map(async (who) => {
      while (left-- > 0) {
        const from = performance.now();
        await act(running, who);
        times.push(performance.now() - from);
      }
    }),
  );
  return { perSecond: (times.length * 1000) / (performance.now() - began), times };
}

function summary(loads: readonly Load[]) {
  const times = loads.flatMap((each) => each.times).toSorted((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  const speeds = loads.map(({ perSecond }) => perSecond).toSorted((a, b) => a - b);
  return { perSecond: speeds[Math.floor(speeds.length / 2)] ?? 0, p50: at(0.5), p99: at(0.99) };
}
