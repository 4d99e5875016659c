import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import fc from "fast-check";
import type { RequestId } from "../../src/domain/ids.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  requestIdIn,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { aMortal } from "../support/mortal.ts";
import { linksTo } from "../support/new-keys.ts";
import { type Act, after as afterAct, begun, type Life, type Who } from "./life.ts";

const people = { mina, jonas, priya, tomas };
const runs = {
  numRuns: Number(process.env.MODEL_RUNS ?? 8),
  seed: Number(process.env.MODEL_SEED ?? randomInt(2 ** 31)),
  // Each act takes a while, and a shorter story that fails too is looked for by running it.
  endOnFailure: process.env.MODEL_SEED === undefined,
};

const who = fc.constantFrom<Who[]>("mina", "jonas", "priya", "tomas");
const whoActs = fc.constantFrom(
  "approve",
  "approve",
  "deny",
  "return",
  "answer",
  "withdraw",
  "reveal",
  "reveal",
  "lost",
  "revoke",
);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ act: whoActs, who }) as fc.Arbitrary<Act> },
  // Those who may, since a story in which nothing comes to pass says little.
  {
    weight: 10,
    arbitrary: fc.constantFrom<Act[]>(
      { act: "approve", who: "priya" },
      { act: "approve", who: "tomas" },
      { act: "answer", who: "mina" },
      { act: "reveal", who: "mina" },
      { act: "lost", who: "mina" },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Act>({ act: "restart" }) },
);
/** As long as Usher takes what is said twice for one thing. */
const oneThingMs = 11 * 60_000;
/**
 * As long as a dead one's lease, and its message, are waited for, also where it died while the clock was ahead. The
 * sign-in service's clock goes on as it did.
 */
const deadForMs = oneThingMs + 61_000;

/** One act, two in the same moment, or one in which Usher dies before the n-th thing that it does. */
type Turn = { acts: readonly Act[]; diesAt?: number };
const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 6, arbitrary: act.map((one) => ({ acts: [one] })) },
  { weight: 2, arbitrary: fc.tuple(act, act).map((acts) => ({ acts })) },
  {
    weight: 2,
    arbitrary: fc.record({ acts: act.map((one) => [one]), diesAt: fc.integer({ min: 1, max: 6 }) }),
  },
);

forEachUsherDatabase((_, open) => {
  describe("the life of a request and its link", function () {
    // A story takes two seconds, and many times that beside other work.
    this.timeout(120_000 + runs.numRuns * 20_000);
    const mortal = aMortal();
    let journey: Journey;
    before(async () => {
      journey = await startJourney({
        carrier: open,
        adjust(world) {
          mortal.revive();
          return mortal.adjust(world);
        },
      });
    });
    after(() => journey.close());

    const tables = () => journey.world.store.tables;

    async function submitted(needed: number): Promise<RequestId> {
      const { card } = await journey.ask(mina, personalChat(mina), { q_fulfill: String(needed === 2) });
      const id = requestIdIn(card);
      assert.notEqual(id, "", readingOf(card));
      return id as RequestId;
    }

    /** As it stands in the newest message that has one of this request. */
    async function linkOf(id: RequestId): Promise<string | undefined> {
      const ids = (await tables().posts.of(id)).flatMap(({ purpose, posted }) =>
        purpose === "link" && posted ? [String(posted.activityId)] : [],
      );
      return linksTo({
        teams: { ...journey.teams, messages: journey.teams.messages.filter((each) => ids.includes(each.id)) },
      }).at(-1);
    }

    /** Does it as a person would, in words; what is refused is answered, and never thrown. */
    async function carryOut(id: RequestId, { act, who }: Act, revision = 0): Promise<boolean> {
      if (act === "restart") {
        await journey.restart();
        return false;
      }
      const person = people[who];
      const say = (text: string) => journey.teams.say(person, personalChat(person), text);
      switch (act) {
        case "approve":
          await say(`approve ${id} r${revision} It is needed.`);
          return false;
        case "deny":
          await say(`deny ${id} r${revision} It is not needed.`);
          return false;
        case "return":
          await say(`return ${id} r${revision} Why is it needed?`);
          return false;
        case "answer":
          await say(`answer ${id} Because of the audit.`);
          return false;
        case "withdraw":
          await say(`withdraw ${id}`);
          return false;
        case "lost":
          journey.turnClock(oneThingMs);
          await say(`lost ${id}`).finally(() => journey.turnClock(-oneThingMs));
          return false;
        case "revoke": {
          const before = new Set(journey.teams.messages.map((message) => message.id));
          await say(`revoke ${id}`);
          const question = journey.teams.messages.findLast(
            (each) =>
              !before.has(each.id) &&
              each.conversationId === personalChat(person).id &&
              verbsOf(each).includes("registration/confirm-revoke"),
          );
          if (question)
            await journey.teams.press(person, personalChat(person), question, "registration/confirm-revoke");
          return false;
        }
        case "reveal": {
          const link = await linkOf(id);
          if (!link) return false;
          const page = await journey.openAs(link, person);
          if (page.status !== 200 || page.check === "") return false;
          return (await page.reveal()).body.includes('id="secret"');
        }
        default:
          return act satisfies never;
      }
    }

    /** Nothing of it is on its way any more: not made, not sent, not removed. */
    async function settled(id: RequestId): Promise<void> {
      await journey.until(async () => {
        await sweep(journey.world, journey.world.clock.now()).catch(() => undefined);
        const { state } = await journey.request(id);
        const posts = await tables().posts.of(id);
        return (
          ["pending", "returned", "denied", "withdrawn", "provisioned"].includes(state) &&
          (await tables().newKeys.get(id)) === undefined &&
          (await tables().registrations.get(id))?.state !== "revoking" &&
          posts.every((post) => post.state !== "due" && post.state !== "sending")
        );
      }, `the end of what goes on with ${id}`);
    }

    /** The same things of what is really there: in the rows, and in Entra. */
    async function observed(id: RequestId, life: Life, shown: number): Promise<Life> {
      const request = await journey.request(id);
      const registration = await tables().registrations.get(id);
      // By their states and not by when they were made: clocks are turned back here.
      const links = (await tables().links.of(id)).map(({ state }) => state);
      assert.ok(links.filter((state) => state === "sealed").length <= 1, "one link that opens at most");
      const link = (["sealed", "revealed"] as const).find((state) => links.includes(state)) ?? "none";
      const all = (await journey.applications()).filter((each) => JSON.stringify(each).includes(id));
      assert.ok(all.length <= 1, "one application at most");
      if (registration?.state === "active") assert.equal(all[0]?.passwordCredentials.length, 1, "one secret");
      if (request.state !== "provisioned")
        assert.equal(all.length, 0, "nothing is made before it is approved");
      return {
        ...life,
        state: request.state as Life["state"],
        revision: request.revision,
        votes:
          request.state === "denied" || request.state === "withdrawn"
            ? life.votes
            : request.votes
                .map(({ approver }) => (approver.userId === priya.id ? "priya" : "tomas") as Who)
                .sort(),
        registration: registration ? (registration.state === "active" ? "active" : "revoked") : "none",
        link: registration?.state === "active" ? link : "none",
        shown,
      };
    }

    it("is what a reader of the README would say, whatever comes in which order, at once, or dies", () =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(1, 2),
          fc.array(turn, { minLength: 1, maxLength: 10 }),
          async (needed, turns) => {
            const id = await submitted(needed);
            let life = begun(needed);
            let shown = 0;
            for (const { acts, diesAt } of turns) {
              if (diesAt) mortal.arm(diesAt);
              const { revision } = life;
              const reveals = await Promise.all(
                acts.map((each) => carryOut(id, each, revision).catch(() => false)),
              );
              shown += reveals.filter(Boolean).length;
              if (diesAt) {
                journey.turnClock(deadForMs);
                mortal.revive();
              }
              await settled(id);
              if (diesAt) journey.turnClock(-deadForMs);
              const is = await observed(id, life, shown);
              // Who calls at the moment of a restart may find nobody there.
              const isCutOff = diesAt !== undefined || acts.some((each) => each.act === "restart");
              const may = outcomes(life, acts, isCutOff);
              assert.ok(
                may.some((each) => JSON.stringify(each) === JSON.stringify(is)),
                `${JSON.stringify(acts)} made ${JSON.stringify(is)} of ${JSON.stringify(life)}`,
              );
              life = is;
            }
            // Policy lets a person have five open at a time.
            await carryOut(id, { act: "withdraw", who: "mina" });
          },
        ),
        runs,
      ));
  });
});

/** What may come of acts in one moment: one after the other, in either order. Whoever dies may have done it or not. */
function outcomes(life: Life, acts: readonly Act[], isCutOff: boolean): Life[] {
  const orders = acts.length === 2 ? [acts, acts.toReversed()] : [acts];
  // Who reveals has a link before them by then, and it opens nothing once it is replaced.
  if (acts.some(({ act }) => act === "lost")) orders.push(acts.filter(({ act }) => act !== "reveal"));
  return [
    ...(isCutOff ? [life] : []),
    ...orders.map((order) => order.reduce((before, each) => afterAct(before, each, life.revision), life)),
  ];
}
