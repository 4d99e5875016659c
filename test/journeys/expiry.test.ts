import assert from "node:assert/strict";
import { dayOf, daysLater, nineOn, type TimeZone, utc } from "../../src/domain/local-day.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { monthsLater } from "../../src/domain/registration.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import type { Schema } from "../../src/store/schema.ts";
import { openStore } from "../../src/store/store.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { days, hours, minutes } from "../support/builders.ts";
import { type TestCarrier, usualDatabase } from "../support/carriers.ts";
import {
  channel,
  groupChat,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { aHandedOver, type HandedOver } from "../support/new-keys.ts";
import { aStanding } from "../support/standing.ts";
import { wakesNobody } from "../support/wakes-nobody.ts";

const certificate: Plan["credential"] = {
  kind: "certificate",
  label: "Payroll export",
  der: "MIIB",
  thumbprint: "AB".repeat(20),
  expiresAt: "2030-01-01T00:00:00Z",
};
const federated: Plan["credential"] = {
  kind: "federated",
  name: "deploy",
  issuer: "https://token.actions.githubusercontent.com",
  subject: "repo:contoso/payroll:ref:refs/heads/main",
  audience: "api://AzureADTokenExchange",
};

/** So many days from now, in the afternoon. */
function afternoonIn(journey: Journey, count: number): Date {
  const day = daysLater(dayOf(journey.world.clock.now(), utc), count);
  return new Date(`${day}T14:30:00Z`);
}
/** Nine in the morning, so many days before. */
const morningBefore = (endsAt: Date, count: number, zone: TimeZone = utc) =>
  nineOn(daysLater(dayOf(endsAt, zone), -count), zone);
const justBefore = (moment: Date) => new Date(moment.getTime() - minutes);

function turnTo({ world, ...journey }: Journey, moment: Date): void {
  journey.turnClock(moment.getTime() - world.clock.now().getTime());
}
const aboutIn = ({ teams }: Journey, place: { id: string }, id: string, ...texts: string[]) =>
  teams.messages.filter(
    (each) => each.conversationId === place.id && says(each, id) && texts.every((text) => says(each, text)),
  );
const newestIn = (journey: Journey, place: { id: string }, id: string) =>
  aboutIn(journey, place, id).at(-1) as ChatMessage;
const times = async (journey: Journey, id: string, what: string) =>
  (await journey.audited(id)).filter((line) => line.what === what).map(({ outcome }) => outcome);
/** All that is due in chat was said, and every card shows what the rows say. */
const delivered = (journey: Journey, id: string) =>
  journey.until(async () => {
    await deliverPosts(journey.world, id);
    const posts = await journey.world.store.tables.posts.of(id);
    return posts.every(({ state, drawn }) => state !== "due" && state !== "sending" && drawn !== "");
  }, `all messages about ${id}`);
const standsThere = (journey: Journey, message: ChatMessage, text: RegExp) =>
  journey.until(async () => text.test(readingOf(journey.stands(message))), `a card that says ${text}`);

describe("what comes with time", () => {
  let journey: Journey;
  let carrier: TestCarrier<Schema>;
  let sweepNow: () => Promise<void>;
  before(async () => {
    carrier = await usualDatabase();
    journey = await startJourney({ carrier: async () => carrier });
    const beside = await carrier.beside();
    for (const who of [mina, priya]) await journey.teams.say(who, personalChat(who), "help");
    // As two processes that look at the same moment, each several times.
    sweepNow = async () => {
      const { world } = journey;
      const { secretKeys } = world.settings;
      const other = {
        ...world,
        store: openStore(beside.db, wakesNobody, secretKeys, world.log),
      };
      const now = world.clock.now();
      await Promise.all([world, other, world, other].map((each) => sweep(each, now)));
    };
  });
  after(() => journey.close());

  describe("the end of a secret", () => {
    it("is said on four mornings and when it has come, once each, to the approvers a week before", async () => {
      const expiresAt = afternoonIn(journey, 45);
      const { id } = await aStanding(journey, { expiresAt });
      const own = () => aboutIn(journey, personalChat(mina), id);
      for (const [at, left] of [30, 14, 7, 1].entries()) {
        turnTo(journey, justBefore(morningBefore(expiresAt, left)));
        await sweepNow();
        await delivered(journey, id);
        assert.equal(own().length, at, `nothing is said before nine, ${left} days before`);
        turnTo(journey, morningBefore(expiresAt, left));
        await sweepNow();
        journey.turnClock(3 * hours);
        await sweepNow();
        await delivered(journey, id);
        assert.equal(own().length, at + 1, `said once, ${left} days before`);
        const card = newestIn(journey, personalChat(mina), id);
        assert.match(card.summary ?? "", new RegExp(`stops working in ${left} day`));
        assert.match(readingOf(card), /A secret stops working soon.*Works until/s);
        assert.deepEqual(verbsOf(card), ["rotation/ask", "expiry/know", "registration/revoke"]);
        assert.equal(aboutIn(journey, channel, id).length, left <= 7 ? 1 : 0);
      }
      const [first] = own();
      assert.match(readingOf(first ?? {}), /There is a newer card/);
      const approvers = newestIn(journey, channel, id);
      assert.match(readingOf(approvers), /Owner:.*Mina Okafor/s);
      assert.deepEqual(verbsOf(approvers), ["rotation/ask", "registration/revoke"]);

      turnTo(journey, justBefore(expiresAt));
      await sweepNow();
      assert.equal(own().length, 4);
      turnTo(journey, expiresAt);
      await sweepNow();
      await delivered(journey, id);
      assert.equal(own().length, 5);
      const last = newestIn(journey, personalChat(mina), id);
      assert.match(readingOf(last), /A secret has stopped working.*Worked until/s);
      assert.deepEqual(verbsOf(last), ["rotation/ask", "registration/revoke"]);
      await standsThere(journey, approvers, /has stopped working/);
      for (let day = 0; day < 3; day++) {
        journey.turnClock(1 * days);
        await sweepNow();
      }
      await delivered(journey, id);
      assert.equal(own().length, 5, "and nothing more afterwards");
      assert.deepEqual(await times(journey, id, "expiry.told"), [
        "30 days",
        "14 days",
        "7 days",
        "1 days",
        "ended",
      ]);
      await journey.teams.say(mina, personalChat(mina), `status ${id}`);
      assert.match(readingOf(newestIn(journey, personalChat(mina), id)), /^Its secret has stopped working/);
      await journey.teams.say(mina, personalChat(mina), "list");
      const list = journey.teams.messages.findLast((each) => says(each, "Your registrations"));
      assert.match(readingOf(list ?? {}), /Its secret stopped working on/);
    });

    it("is said once after an outage of forty days, whatever was missed", async () => {
      const ended = await aStanding(journey, { expiresAt: afternoonIn(journey, 35) });
      const week = await aStanding(journey, { expiresAt: afternoonIn(journey, 45) });
      const asked = await aStanding(journey, {
        createdAt: new Date(journey.world.clock.now().getTime() - 364 * days),
        plan: { credential: { kind: "none" } },
      });
      turnTo(journey, new Date(afternoonIn(journey, 40).getTime() - 12 * hours));
      await sweepNow();
      for (const { id } of [ended, week, asked]) {
        await delivered(journey, id);
        assert.deepEqual(aboutIn(journey, personalChat(mina), id), [], "not in the night");
      }
      journey.turnClock(12 * hours);
      for (let look = 0; look < 3; look++) {
        await sweepNow();
        journey.turnClock(1 * hours);
      }
      for (const { id } of [ended, week, asked]) {
        await delivered(journey, id);
        assert.equal(aboutIn(journey, personalChat(mina), id).length, 1);
      }
      assert.match(readingOf(newestIn(journey, personalChat(mina), ended.id)), /has stopped working/);
      const card = newestIn(journey, personalChat(mina), week.id);
      assert.match(card.summary ?? "", /in 5 days/);
      assert.equal(aboutIn(journey, channel, week.id).length, 1, "the approvers hear of it too");
      assert.deepEqual(await times(journey, ended.id, "expiry.told"), ["ended"]);
      assert.deepEqual(await times(journey, week.id, "expiry.told"), ["7 days"]);
    });

    it("is said at nine where the owner is, as their Teams says it", async () => {
      const place = personalChat(tomas);
      const newYork = "America/New_York" as TimeZone;
      await journey.teams.send({
        ...journey.teams.envelope(tomas, place),
        type: "message",
        text: "help",
        localTimezone: newYork,
      });
      // Not each activity says it, and what nobody knows is not taken.
      await journey.teams.say(tomas, place, "help");
      await journey.teams.send({
        ...journey.teams.envelope(tomas, place),
        type: "message",
        text: "help",
        localTimezone: "Mars/Olympus",
      });
      const expiresAt = afternoonIn(journey, 45);
      const { id } = await aStanding(journey, { owner: tomas, expiresAt });
      turnTo(journey, justBefore(morningBefore(expiresAt, 30, newYork)));
      await sweepNow();
      await delivered(journey, id);
      assert.deepEqual(aboutIn(journey, place, id), []);
      journey.turnClock(minutes);
      await sweepNow();
      await delivered(journey, id);
      assert.equal(aboutIn(journey, place, id).length, 1);
    });

    it("is said to both owners, and where it was asked for to the one whom Usher cannot write to", async () => {
      await journey.teams.say(mina, groupChat, "help");
      const expiresAt = afternoonIn(journey, 45);
      const { id } = await aStanding(journey, {
        owner: jonas,
        coOwner: mina,
        origin: groupChat,
        expiresAt,
      });
      turnTo(journey, morningBefore(expiresAt, 30));
      await sweepNow();
      await delivered(journey, id);
      assert.equal(aboutIn(journey, groupChat, id, "stops working soon").length, 1);
      assert.equal(aboutIn(journey, personalChat(mina), id, "stops working soon").length, 1);
    });

    it("is not said again before its last day to an owner who knows; the approvers hear it all the same", async () => {
      const expiresAt = afternoonIn(journey, 45);
      const { id } = await aStanding(journey, { expiresAt });
      const own = () => aboutIn(journey, personalChat(mina), id);
      turnTo(journey, morningBefore(expiresAt, 30));
      await sweepNow();
      await delivered(journey, id);
      const card = newestIn(journey, personalChat(mina), id);
      for (const who of [jonas, priya]) {
        const answer = await journey.teams.press(who, personalChat(mina), card, "expiry/know");
        assert.match(answer.text ?? "", /no such registration, or it is not yours/);
      }
      const answer = await journey.teams.press(mina, personalChat(mina), card, "expiry/know");
      assert.match(readingOf(answer), /Its owner knows since.*Mina Okafor/s);
      await journey.teams.press(mina, personalChat(mina), card, "expiry/know");
      assert.deepEqual(verbsOf(journey.stands(card)), ["rotation/ask", "registration/revoke"]);
      assert.equal((await times(journey, id, "expiry.known")).length, 1);
      for (const [left, messages] of [
        [14, 1],
        [7, 1],
        [1, 2],
      ] as const) {
        turnTo(journey, morningBefore(expiresAt, left));
        await sweepNow();
        await delivered(journey, id);
        assert.equal(own().length, messages, `${left} days before`);
      }
      assert.match(readingOf(newestIn(journey, channel, id)), /Its owner knows since.*Mina Okafor/s);
    });

    it("is said no more once it is revoked, and its cards say that", async () => {
      const expiresAt = afternoonIn(journey, 45);
      const createdAt = new Date(expiresAt.getTime() - 400 * days);
      const { id } = await aStanding(journey, { expiresAt, createdAt });
      turnTo(journey, morningBefore(expiresAt, 7));
      await sweepNow();
      await delivered(journey, id);
      const [own, approvers] = [newestIn(journey, personalChat(mina), id), newestIn(journey, channel, id)];
      await journey.teams.press(priya, channel, approvers, "registration/revoke");
      await journey.teams.press(priya, channel, journey.stands(approvers), "registration/confirm-revoke");
      await standsThere(journey, approvers, /^Revoked.*Priya/s);
      await standsThere(journey, own, /^Revoked/);
      assert.deepEqual(verbsOf(journey.stands(own)), []);
      await journey.teams.find((each) => says(each, id) && says(each, "Your registration was revoked"), "it");
      const before = aboutIn(journey, personalChat(mina), id).length;
      for (const left of [1, 0, -1]) {
        turnTo(journey, new Date(morningBefore(expiresAt, left).getTime() + 8 * hours));
        await sweepNow();
        await delivered(journey, id);
      }
      assert.equal(aboutIn(journey, personalChat(mina), id).length, before);
      assert.deepEqual(await times(journey, id, "expiry.told"), ["7 days"]);
      assert.match(readingOf(journey.stands(approvers)), /^Revoked.*Priya/s);
    });
  });

  it("the end of a certificate is said with the advice to ask anew, and no button that cannot help", async () => {
    const expiresAt = afternoonIn(journey, 45);
    const { id } = await aStanding(journey, { expiresAt, plan: { credential: certificate } });
    turnTo(journey, morningBefore(expiresAt, 30));
    await sweepNow();
    await delivered(journey, id);
    const card = newestIn(journey, personalChat(mina), id);
    assert.match(
      readingOf(card),
      /^A certificate stops working soon.*cannot renew a certificate.*say request/s,
    );
    assert.deepEqual(verbsOf(card), ["expiry/know", "registration/revoke"]);
    turnTo(journey, expiresAt);
    await sweepNow();
    await delivered(journey, id);
    await journey.teams.say(mina, personalChat(mina), `status ${id}`);
    assert.match(
      readingOf(newestIn(journey, personalChat(mina), id)),
      /^Its certificate has stopped working.*cannot renew a certificate/s,
    );
  });

  it("nothing of a federated credential ends", async () => {
    const { id } = await aStanding(journey, { plan: { credential: federated } });
    const duties = await journey.world.store.tables.duties.of(id);
    assert.deepEqual(duties.map(({ kind }) => kind).toSorted(), ["confirm", "owners"]);
  });

  describe("the yearly question", () => {
    /** Made so that it is asked about in some days. */
    const asked = async (given: Parameters<typeof aStanding>[1] = {}) => {
      const createdAt = monthsLater(afternoonIn(journey, 5), -12);
      const plan = { credential: { kind: "none" } } as const;
      return aStanding(journey, { createdAt, plan, ...given });
    };
    const first = ({ createdAt }: { createdAt: Date }) => morningBefore(monthsLater(createdAt, 12), 0);
    const later = (moment: Date, count: number) => new Date(moment.getTime() + count * days);

    it("is answered with one press, and comes again in a year", async () => {
      const made = await asked();
      const { id } = made;
      const own = () => aboutIn(journey, personalChat(mina), id);
      turnTo(journey, justBefore(first(made)));
      await sweepNow();
      assert.deepEqual(own(), []);
      journey.turnClock(minutes);
      await sweepNow();
      await delivered(journey, id);
      const card = newestIn(journey, personalChat(mina), id);
      assert.match(readingOf(card), /^Is this still needed\?/);
      assert.deepEqual(verbsOf(card), ["need/confirm", "registration/revoke"]);
      const refused = await journey.teams.press(jonas, personalChat(mina), card, "need/confirm");
      assert.match(refused.text ?? "", /no such registration, or it is not yours/);
      const answer = await journey.teams.press(mina, personalChat(mina), card, "need/confirm");
      assert.match(readingOf(answer), /^Still needed.*Said on.*Mina Okafor/s);
      await journey.teams.say(mina, personalChat(mina), `needed ${id}`);
      assert.deepEqual(await times(journey, id, "need.confirmed"), ["needed"]);
      const said = own().length;
      for (const count of [7, 14, 21, 28]) {
        turnTo(journey, later(first(made), count));
        await sweepNow();
      }
      await delivered(journey, id);
      assert.equal(own().length, said, "it is not asked again");
      assert.deepEqual(aboutIn(journey, channel, id), []);
      turnTo(journey, morningBefore(monthsLater(made.createdAt, 24), 0));
      await sweepNow();
      await delivered(journey, id);
      assert.match(readingOf(newestIn(journey, personalChat(mina), id)), /^Is this still needed\?/);
      await standsThere(journey, card, /There is a newer card/);
    });

    it("is repeated twice a week apart; then the approvers hear of the silence, and can revoke", async () => {
      const made = await asked();
      const { id } = made;
      const own = () => aboutIn(journey, personalChat(mina), id, "Is this still needed?");
      for (const [at, count] of [0, 7, 14].entries()) {
        turnTo(journey, later(first(made), count));
        await sweepNow();
        await delivered(journey, id);
        assert.equal(aboutIn(journey, personalChat(mina), id).length, at + 1);
        assert.equal(own().length, 1, "the cards before point to the newest");
        assert.deepEqual(aboutIn(journey, channel, id), []);
      }
      turnTo(journey, later(first(made), 21));
      await sweepNow();
      await delivered(journey, id);
      const [silence, ...more] = aboutIn(journey, channel, id);
      assert.deepEqual(more, []);
      assert.match(readingOf(silence ?? {}), /^Nobody says whether this is needed.*Owner:.*Mina Okafor/s);
      assert.deepEqual(verbsOf(silence as ChatMessage), ["registration/revoke"]);
      assert.deepEqual(await times(journey, id, "need.asked"), ["asked 1", "asked 2", "asked 3", "silent"]);
      // Late, but not too late.
      const newest = newestIn(journey, personalChat(mina), id);
      await journey.teams.press(mina, personalChat(mina), newest, "need/confirm");
      await standsThere(journey, silence as ChatMessage, /^Still needed.*Mina Okafor/s);
      assert.deepEqual(verbsOf(journey.stands(silence as ChatMessage)), []);
    });

    it("is told to the approvers once they have a channel, where they had none", async () => {
      const made = await asked();
      const { id } = made;
      const { db } = journey.carrier;
      const { conversations } = journey.world.store.tables;
      const before = await conversations.approvalsChannel();
      assert.ok(before);
      await db.deleteFrom("settings").where("name", "=", "approvals-channel").execute();
      for (const count of [0, 7, 14, 21, 28]) {
        turnTo(journey, later(first(made), count));
        await sweepNow();
      }
      assert.deepEqual(await times(journey, id, "need.asked"), ["asked 1", "asked 2", "asked 3"]);
      await conversations.setApprovalsChannel(before);
      turnTo(journey, later(first(made), 35));
      await sweepNow();
      await delivered(journey, id);
      assert.equal(aboutIn(journey, channel, id).length, 1);
    });

    it("waits a day where the end of the credential is said on the same", async () => {
      const createdAt = monthsLater(afternoonIn(journey, 5), -12);
      const expiresAt = monthsLater(createdAt, 12);
      const { id } = await aStanding(journey, { createdAt, expiresAt });
      const own = (text: string) => aboutIn(journey, personalChat(mina), id, text).length;
      for (const left of [1, 0]) {
        turnTo(journey, morningBefore(expiresAt, left));
        await sweepNow();
      }
      turnTo(journey, expiresAt);
      await sweepNow();
      journey.turnClock(2 * hours);
      await sweepNow();
      await delivered(journey, id);
      assert.deepEqual([own("has stopped working"), own("Is this still needed?")], [1, 0]);
      turnTo(journey, morningBefore(expiresAt, -1));
      await sweepNow();
      await delivered(journey, id);
      assert.equal(own("Is this still needed?"), 1);
    });
  });

  it("what is answered by text has the same outcome, and the same words for what is not one's own", async () => {
    const expiresAt = afternoonIn(journey, 45);
    const { id } = await aStanding(journey, { expiresAt });
    const say = async (text: string, who = mina) => {
      await journey.teams.say(who, personalChat(who), text);
      const answer = journey.teams.messages.findLast((each) => each.conversationId === personalChat(who).id);
      return readingOf(answer ?? {});
    };
    assert.match(await say(`know ${id}`), /has told nobody yet/);
    assert.match(await say(`needed ${id}`), /has not asked whether/);
    for (const verb of ["know", "needed"]) {
      assert.match(await say(verb), /Say which one/);
      assert.equal(await say(`${verb} ${id}`, priya), await say(`${verb} REQ-ZZZZZZ`, priya));
    }
    turnTo(journey, morningBefore(expiresAt, 30));
    await sweepNow();
    assert.match(await say(`know ${id}`), /once more on the day before/);
    assert.deepEqual(await times(journey, id, "expiry.known"), [expiresAt.toISOString()]);
  });
});

describe("the end of a secret that is replaced", () => {
  const replace = {
    async "by its owner who lost it"(_card: ChatMessage, _journey: Journey, { press }: HandedOver) {
      await press("key/lost");
      return ["30 days"];
    },
    async "by a rotation from the card that said it"(card: ChatMessage, journey: Journey) {
      const press = (verb: string) =>
        journey.teams.press(jonas, personalChat(jonas), journey.stands(card), verb);
      await press("rotation/ask");
      await press("rotation/confirm");
      // Where the new one is given up, the old one works again.
      return ["30 days", "14 days", "7 days"];
    },
  };
  for (const [how, begin] of Object.entries(replace))
    it(`${how} is that of the new one`, async () => {
      const journey = await startJourney();
      try {
        const sweepNow = () => sweep(journey.world, journey.world.clock.now());
        const handed = await aHandedOver(journey, jonas);
        await handed.reveal(handed.link);
        const { requestId: id } = handed;
        const { registrations, duties } = journey.world.store.tables;
        const endOf = async () => (await registrations.get(id))?.expiresAt as Date;
        const expiryDueAt = async () => (await duties.of(id)).find(({ kind }) => kind === "expiry")?.dueAt;
        const old = await endOf();
        assert.deepEqual(await expiryDueAt(), morningBefore(old, 30), "due from the handover on");
        turnTo(journey, morningBefore(old, 30));
        await sweepNow();
        await delivered(journey, id);
        const [card] = aboutIn(journey, personalChat(jonas), id, "stops working soon");
        assert.ok(card, "the end of the first one is said");
        const then = await begin(card, journey, handed);
        await handed.settled();
        await journey.until(async () => (await endOf()) > old, "the new end");
        await delivered(journey, id);
        await standsThere(journey, card, /^This secret was replaced.*Another one works until/s);
        assert.deepEqual(verbsOf(journey.stands(card)), []);
        await sweepNow();
        assert.deepEqual(await expiryDueAt(), morningBefore(await endOf(), 30));
        turnTo(journey, morningBefore(old, 29));
        await sweepNow();
        assert.deepEqual(await times(journey, id, "expiry.told"), ["30 days"], "nothing of the old end");
        // Nobody opens the new one in time: what works then, if anything, has an end of its own.
        for (const left of [14, 7]) {
          turnTo(journey, morningBefore(old, left));
          await sweepNow();
          await sweepNow();
        }
        assert.deepEqual(await times(journey, id, "expiry.told"), then);
        assert.deepEqual(await endOf(), then.length > 1 ? old : undefined);
      } finally {
        await journey.close();
      }
    });
});
