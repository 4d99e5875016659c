import assert from "node:assert/strict";
import type { RankFile } from "../../src/catalog/policy-shape.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { deliverPosts } from "../../src/usecases/telling/deliver-posts.ts";
import { aPass } from "../support/builders.ts";
import {
  aiko,
  channel,
  type Journey,
  type JourneyOptions,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  requestIdIn,
  says,
  startJourney,
  tomas,
  verbsOf,
} from "../support/journey.ts";
import { catalogWithPolicy, changePolicy } from "../support/policy.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** Reminded each day, escalated after three, given up after fourteen, whatever the risk. */
const everyRank = (given: Partial<RankFile> = {}) => {
  const rank = {
    approvals: 1,
    remindAfterHours: 24,
    escalateAfterHours: 72,
    expireAfterHours: 336,
    ...given,
  };
  return { ranks: { low: rank, medium: rank, high: rank, tier0: rank } };
};
const admins = { alternates: company.groups.admins };
const silentGroups = { path: "/groups/", kind: "503", times: 1000 };

const withPolicy = (given: Partial<RankFile>, options: JourneyOptions = {}) =>
  startJourney({ ...options, config: { catalogDir: catalogWithPolicy(everyRank(given)) } });
const sweepNow = ({ world }: Journey) => sweep(world, world.clock.now());
const inChat = (journey: Journey, place: { id: string }, id: string) =>
  journey.teams.messages.filter((each) => each.conversationId === place.id && says(each, id));
const find = (journey: Journey, place: { id: string }, what: string, ...texts: (string | RegExp)[]) =>
  journey.teams.find(
    (each) =>
      each.conversationId === place.id &&
      texts.every((text) => (typeof text === "string" ? says(each, text) : text.test(readingOf(each)))),
    what,
  );
const times = async (journey: Journey, id: string, what: string) =>
  (await journey.audited(id)).filter((line) => line.what === what).length;
/** Waits until all that is due in chat was said. */
const delivered = (journey: Journey, id: string) =>
  journey.until(async () => {
    const posts = await journey.world.store.tables.posts.of(id);
    return posts.every(({ state }) => state !== "due" && state !== "sending");
  }, `all messages about ${id}`);

describe("a request that waits", () => {
  let journey: Journey;
  before(async () => {
    journey = await withPolicy(admins);
    await journey.teams.say(aiko, personalChat(aiko), "help");
  });
  after(() => journey.close());

  it("is shown to the approvers anew each day, once, however many look for what is due", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    await sweepNow(journey);
    assert.equal(await times(journey, id, "request.reminded"), 0, "nothing is due at the start");
    journey.turnClock(day);
    await Promise.all([1, 2, 3, 4, 5].map(() => sweepNow(journey)));
    await delivered(journey, id);
    assert.equal(inChat(journey, channel, id).length, 2);
    assert.equal(await times(journey, id, "request.reminded"), 1);
    await journey.approve(id);
    await journey.until(
      async () => inChat(journey, channel, id).every((each) => !verbsOf(each).includes("approval/approve")),
      "both copies without buttons",
    );
  });

  it("can be decided by the alternates once it is escalated, and not before", async () => {
    const { id } = await journey.ask(jonas);
    const early = await journey.approve(id, aiko);
    assert.match(early.text ?? "", /not one of the approvers/);
    journey.turnClock(3 * day);
    await Promise.all([1, 2, 3, 4, 5].map(() => sweepNow(journey)));
    await delivered(journey, id);
    assert.equal(await times(journey, id, "request.escalated"), 1);
    const [card, ...more] = inChat(journey, personalChat(aiko), id);
    assert.deepEqual(more, []);
    assert.ok(card);
    const answer = await journey.teams.press(aiko, personalChat(aiko), card, "approval/approve");
    assert.match(readingOf(answer), /Approved.*Aiko Tanaka/s);
  });

  it("expires once, tells its requester, and takes every button away", async () => {
    const { id, card } = await journey.ask();
    const approval = await journey.approvalCard(id);
    journey.turnClock(14 * day);
    await Promise.all([1, 2, 3, 4, 5].map(() => sweepNow(journey)));
    assert.equal((await journey.request(id)).state, "expired");
    assert.equal(await times(journey, id, "request.expired"), 1);
    assert.equal(await times(journey, id, "request.reminded"), 0, "who expires is not reminded");
    assert.equal(await times(journey, id, "request.escalated"), 0);
    await journey.teams.find(
      (each) => each.id === approval.id && !verbsOf(each).includes("approval/approve"),
      "the card in the channel without its buttons",
    );
    await find(journey, personalChat(mina), "the message to the requester", id, /expired/i);
    await journey.teams.find(
      (each) => each.id === card.id && verbsOf(each).includes("request/again"),
      "the requester's card with a button to send it again",
    );
  });
});

describe("after an outage of ten days", () => {
  it("there is one reminder, and the next comes a day later", async () => {
    const journey = await withPolicy({ escalateAfterHours: "never" });
    try {
      const { id } = await journey.ask();
      journey.turnClock(10 * day);
      await sweepNow(journey);
      await sweepNow(journey);
      await delivered(journey, id);
      assert.equal(inChat(journey, channel, id).length, 2);
      journey.turnClock(day - hour);
      await sweepNow(journey);
      assert.equal(await times(journey, id, "request.reminded"), 1);
      journey.turnClock(hour);
      await sweepNow(journey);
      await delivered(journey, id);
      assert.equal(await times(journey, id, "request.reminded"), 2);
      assert.equal(inChat(journey, channel, id).length, 3);
    } finally {
      await journey.close();
    }
  });

  it("what is over by then is refused, although nothing has looked for it yet", async () => {
    const journey = await withPolicy({ expireAfterHours: 48, escalateAfterHours: "never" });
    try {
      const { id } = await journey.ask();
      await journey.approvalCard(id);
      journey.turnClock(10 * day);
      const late = await journey.approve(id);
      assert.match(readingOf(late), /Expired/);
      assert.equal((await journey.request(id)).state, "expired");
    } finally {
      await journey.close();
    }
  });
});

describe("an escalation", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await withPolicy(admins);
    await journey.teams.say(aiko, personalChat(aiko), "help");
  });
  afterEach(() => journey.close());

  it("tells the admins where policy names nobody else", async () => {
    changePolicy(journey, everyRank());
    const { id } = await journey.ask();
    journey.turnClock(3 * day);
    await sweepNow(journey);
    const note = await find(journey, personalChat(aiko), "the admin's message", id);
    assert.match(readingOf(note), /Mina Okafor/);
    assert.ok(!verbsOf(note).includes("approval/approve"));
    const refused = await journey.approve(id, aiko);
    assert.match(refused.text ?? "", /not one of the approvers/);
  });

  it("waits while the directory does not say who the alternates are, and all else goes on", async () => {
    const { approvers, admins: approving } = company.groups;
    changePolicy(journey, everyRank({ approvers: approving, alternates: approvers }));
    await journey.teams.say(tomas, personalChat(tomas), "help");
    const { id } = await journey.ask();
    await delivered(journey, id);
    await journey.sim("POST", "/faults", { ...silentGroups, path: approvers });
    journey.turnClock(3 * day);
    await sweepNow(journey);
    assert.equal(await times(journey, id, "request.escalated"), 0);
    assert.equal(await times(journey, id, "request.reminded"), 1);
    await journey.sim("DELETE", "/faults");
    await sweepNow(journey);
    assert.equal(await times(journey, id, "request.escalated"), 1);
    await find(journey, personalChat(tomas), "the alternate's card", id);
    await delivered(journey, id);
    assert.deepEqual(inChat(journey, personalChat(aiko), id), [], "the admins are not told instead");
  });

  it("that could not be made does not keep a request from its end", async () => {
    const { id } = await journey.ask();
    await journey.sim("POST", "/faults", silentGroups);
    journey.turnClock(3 * day);
    await sweepNow(journey);
    assert.equal(await times(journey, id, "request.escalated"), 0);
    journey.turnClock(11 * day);
    await sweepNow(journey);
    assert.equal((await journey.request(id)).state, "expired");
  });

  it("goes to nobody who may not decide: neither the requester nor who was disabled", async () => {
    const { id } = await journey.ask(aiko);
    const members = [aiko.id, company.people.disabled, company.people.guest, jonas.id];
    await journey.sim("PUT", `/groups/${company.groups.admins}/members`, { members });
    await journey.teams.say(jonas, personalChat(jonas), "help");
    journey.turnClock(3 * day);
    await sweepNow(journey);
    await delivered(journey, id);
    const posts = await journey.world.store.tables.posts.of(id);
    const called = posts.flatMap(({ purpose, place }) =>
      purpose === "approval" && place.kind === "personal" ? [place.userId] : [],
    );
    assert.deepEqual(called, [jonas.id]);
  });
});

describe("a request that waits for its requester", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await withPolicy(admins);
    await journey.teams.say(aiko, personalChat(aiko), "help");
  });
  afterEach(() => journey.close());

  async function returned() {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    await journey.teams.press(priya, channel, card, "approval/return", {
      question: "Which warehouse is it?",
    });
    assert.equal((await journey.request(id)).state, "returned");
    await delivered(journey, id);
    return id;
  }
  async function offered() {
    const { id } = await journey.ask();
    const card = await journey.approvalCard(id);
    await journey.teams.press(priya, channel, card, "approval/narrow");
    await journey.teams.press(priya, channel, journey.stands(card), "approval/offer", { months: "6" });
    assert.equal((await journey.request(id)).state, "offered");
    await delivered(journey, id);
    return id;
  }

  for (const [what, begin, words] of [
    ["a question", returned, /Which warehouse is it\?/],
    ["an offer", offered, /offers less/],
  ] as const) {
    it(`reminds the requester of ${what}, not the approvers, and expires`, async () => {
      const id = await begin();
      const before = {
        requester: inChat(journey, personalChat(mina), id),
        approvers: inChat(journey, channel, id),
      };
      journey.turnClock(4 * day);
      await sweepNow(journey);
      await delivered(journey, id);
      const after = inChat(journey, personalChat(mina), id);
      assert.equal(after.length, before.requester.length + 1);
      assert.match(readingOf(after.at(-1) ?? {}), words);
      assert.equal(inChat(journey, channel, id).length, before.approvers.length);
      assert.equal(await times(journey, id, "request.escalated"), 0);
      assert.deepEqual(inChat(journey, personalChat(aiko), id), []);
      journey.turnClock(10 * day);
      await sweepNow(journey);
      assert.equal((await journey.request(id)).state, "expired");
      await find(journey, personalChat(mina), "the message to the requester", id, /expired/i);
    });
  }
});

describe("what is due", () => {
  it("includes one-time links: they are forgotten a day after their end", async () => {
    const journey = await withPolicy({});
    try {
      const { passes } = journey.world.store.tables;
      const expiresAt = journey.world.clock.now();
      const pass = aPass({ expiresAt });
      await passes.insert(pass);
      journey.turnClock(day - hour);
      await sweepNow(journey);
      assert.ok(await passes.find(pass.tokenHash));
      journey.turnClock(2 * hour);
      await sweepNow(journey);
      assert.equal(await passes.find(pass.tokenHash), undefined);
    } finally {
      await journey.close();
    }
  });

  it("goes on for others when it fails for one, and is done for that one later", async () => {
    let failing: string | undefined;
    const journey = await withPolicy(admins, {
      adjust: (world) => ({
        ...world,
        store: {
          tables: world.store.tables,
          inTransaction: (work) =>
            world.store.inTransaction((tables) =>
              work({
                ...tables,
                // As if the process were killed after the change and before the rest.
                audit: {
                  ...tables.audit,
                  append: async (event) => {
                    if (event.subject === failing) throw new Error("killed");
                    await tables.audit.append(event);
                  },
                },
              }),
            ),
        },
      }),
    });
    try {
      const first = await journey.ask(mina);
      const second = await journey.ask(jonas);
      await delivered(journey, first.id);
      failing = first.id;
      journey.turnClock(day);
      await sweepNow(journey);
      assert.equal(await times(journey, first.id, "request.reminded"), 0);
      assert.equal(await times(journey, second.id, "request.reminded"), 1);
      failing = undefined;
      await sweepNow(journey);
      await delivered(journey, first.id);
      assert.equal(await times(journey, first.id, "request.reminded"), 1);
      assert.equal(inChat(journey, channel, first.id).length, 2);
    } finally {
      await journey.close();
    }
  });
});

describe("when nobody can decide", () => {
  let journey: Journey;
  afterEach(() => journey.close());
  const approvers = `/groups/${company.groups.approvers}/members`;
  const notes = (id: string) => inChat(journey, personalChat(aiko), id);

  it("an admin hears of it when something is asked for, once", async () => {
    journey = await withPolicy({});
    await journey.teams.say(aiko, personalChat(aiko), "help");
    await journey.sim("PUT", approvers, { members: [mina.id, company.people.disabled] });
    const { id } = await journey.ask();
    const note = await find(journey, personalChat(aiko), "the admin's message", id);
    assert.match(readingOf(note), /Mina Okafor/);
    const refused = await journey.approve(id);
    assert.match(refused.text ?? "", /approver/);
    journey.turnClock(day);
    await sweepNow(journey);
    await delivered(journey, id);
    assert.equal(notes(id).length, 1);
  });

  it("an admin hears of it when a press is refused for it", async () => {
    journey = await withPolicy({});
    await journey.teams.say(aiko, personalChat(aiko), "help");
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    assert.deepEqual(notes(id), []);
    await journey.sim("PUT", approvers, { members: [] });
    await journey.approve(id, tomas);
    await journey.approve(id, priya);
    await find(journey, personalChat(aiko), "the admin's message", id);
    await delivered(journey, id);
    assert.equal(notes(id).length, 1);
  });

  it("an admin hears of a group that is gone", async () => {
    const gone = "bbbbbbbb-0000-4000-8000-000000000099";
    journey = await withPolicy({ approvers: gone });
    await journey.teams.say(aiko, personalChat(aiko), "help");
    const { id } = await journey.ask();
    await find(journey, personalChat(aiko), "the admin's message", id);
    assert.equal((await journey.request(id)).state, "pending");
  });

  it("a reminder looks again where the directory was silent when it was asked for", async () => {
    journey = await withPolicy({});
    await journey.teams.say(aiko, personalChat(aiko), "help");
    await journey.sim("PUT", approvers, { members: [] });
    await journey.sim("POST", "/faults", silentGroups);
    const { id } = await journey.ask();
    await delivered(journey, id);
    assert.deepEqual(notes(id), []);
    await journey.sim("DELETE", "/faults");
    journey.turnClock(day);
    await sweepNow(journey);
    await find(journey, personalChat(aiko), "the admin's message", id);
  });
});

describe("sending again what has expired", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await withPolicy({ secretMonths: 24 });
  });
  afterEach(() => journey.close());

  async function expired() {
    const { id, card } = await journey.ask();
    journey.turnClock(14 * day);
    await sweepNow(journey);
    const stands = await journey.teams.find(
      (each) => each.id === card.id && verbsOf(each).includes("request/again"),
      "the expired card",
    );
    return { id, card: stands };
  }

  it("takes one press, and two presses at once make one request", async () => {
    const { id, card } = await expired();
    const answers = await Promise.all(
      [1, 2, 3].map(() => journey.teams.press(mina, personalChat(mina), card, "request/again")),
    );
    const ids = new Set(answers.map((answer) => /REQ-\w{6}/.exec(JSON.stringify(answer.card))?.[0]));
    assert.equal(ids.size, 1);
    const [again = ""] = [...ids];
    assert.notEqual(again, id);
    const [before, after] = [await journey.request(id), await journey.request(again)];
    assert.equal(after.state, "pending");
    assert.equal(after.fingerprint, before.fingerprint);
    assert.equal(after.reason, before.reason);
    await journey.carrier.db.updateTable("posts").set({ drawn: "" }).where("subject", "=", id).execute();
    await deliverPosts(journey.world, id);
    assert.ok(says(journey.stands(card), again), "the expired request draws nothing over it");
    await journey.approve(again);
    assert.ok(await journey.link());
    await journey.teams.find(
      (each) => each.id === card.id && says(each, "ApplicationId"),
      "the pressed card, which is the new request's now",
    );
  });

  it("shows first what has changed since, and sends nothing by itself", async () => {
    const { id, card } = await expired();
    changePolicy(journey, everyRank({ secretMonths: 3 }));
    await journey.teams.press(mina, personalChat(mina), card, "request/again");
    const form = journey.stands(card);
    assert.match(readingOf(form), /3 months/);
    assert.ok(verbsOf(form).includes("intake/review"));
    const requests = await journey.carrier.db.selectFrom("requests").select("id").execute();
    assert.deepEqual(
      requests.map((each) => each.id),
      [id],
    );
    await journey.teams.press(mina, personalChat(mina), form, "intake/review", {
      q_organization: "Larkfield",
      q_fulfill: "false",
      q_secretMonths: "3",
      reason: "The identity warehouse reads it.",
    });
    await journey.teams.press(mina, personalChat(mina), journey.stands(form), "intake/submit");
    const again = requestIdIn(journey.stands(form));
    assert.notEqual(again, id);
    assert.equal((await journey.request(again)).state, "pending");
  });

  it("shows the plan first where it has become another, and sends it when that is submitted", async () => {
    const { id, card } = await expired();
    changePolicy(journey, everyRank({ owner: "nobody" }));
    await journey.teams.press(mina, personalChat(mina), card, "request/again");
    const review = journey.stands(card);
    assert.match(readingOf(review), /Nothing has been sent yet/);
    const count = async () => (await journey.carrier.db.selectFrom("requests").select("id").execute()).length;
    assert.equal(await count(), 1);
    await journey.teams.press(mina, personalChat(mina), review, "intake/submit");
    const again = await journey.request(requestIdIn(journey.stands(review)));
    assert.notEqual(again.id, id);
    assert.equal(again.plan.owner, "nobody");
    await journey.teams.press(mina, personalChat(mina), card, "request/again");
    assert.equal(await count(), 2, "an older copy of the expired card finds what was sent");
  });

  it("is for its requester, and for what has expired only", async () => {
    const { id, card } = await expired();
    const other = await journey.teams.press(jonas, personalChat(mina), card, "request/again");
    assert.match(other.text ?? "", /no such request/);
    const waiting = await journey.ask(jonas);
    await journey.teams.press(jonas, personalChat(mina), card, "request/again", { request: waiting.id });
    const requests = await journey.carrier.db.selectFrom("requests").select("id").execute();
    assert.deepEqual(requests.map((each) => each.id).toSorted(), [id, waiting.id].toSorted());
  });
});
