import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { auditKeys } from "../../src/domain/audit.ts";
import { checkNext, nothingChecked } from "../../src/domain/audit-check.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import type { In } from "../../src/domain/request.ts";
import type { ChatMessage, InvokeAnswer } from "../../src/local/teams-stand-in.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import {
  channel,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  requestIdIn,
  says,
  tomas,
  verbsOf,
} from "../support/journey.ts";

/** What one approver wants of one request, and how often they press: each time anew, or as a repeat of the first. */
type Wish = { verb: "approve" | "deny"; presses: ("new" | "repeat")[] };
type Story = { needs: 1 | 2; ofPriya: Wish; ofTomas: Wish };

const approve = (...more: Wish["presses"]): Wish => ({ verb: "approve", presses: ["new", ...more] });
const deny = (...more: Wish["presses"]): Wish => ({ verb: "deny", presses: ["new", ...more] });

/** Ten requests, since each of two requesters may have five open at once. */
const stories: Story[] = [
  { needs: 1, ofPriya: approve(), ofTomas: approve() },
  { needs: 1, ofPriya: approve(), ofTomas: deny() },
  { needs: 1, ofPriya: deny("repeat"), ofTomas: deny() },
  { needs: 1, ofPriya: approve("repeat"), ofTomas: approve("new", "repeat") },
  { needs: 1, ofPriya: deny("new"), ofTomas: approve("repeat", "new") },
  { needs: 1, ofPriya: approve("new", "new"), ofTomas: approve("repeat") },
  { needs: 2, ofPriya: approve(), ofTomas: approve() },
  { needs: 2, ofPriya: approve("repeat", "new"), ofTomas: approve("repeat", "new") },
  { needs: 2, ofPriya: approve("repeat"), ofTomas: deny("repeat") },
  { needs: 2, ofPriya: deny("new"), ofTomas: deny("new") },
];

type Asked = Story & { id: RequestId; requester: typeof mina; card: ChatMessage; approval: ChatMessage };
type Pressed = { id: RequestId; who: typeof priya; answer: InvokeAnswer };
type Ended = In<"provisioned" | "denied">;

/** Everybody asks; answers each request with the requester's card and the one in the channel. */
async function askAll({ ask, teams }: Fleet): Promise<Asked[]> {
  const ofPerson = async (requester: typeof mina, parity: number) => {
    const asked: Omit<Asked, "approval">[] = [];
    for (const story of stories.filter((_, at) => at % 2 === parity)) {
      const { id, card } = await ask(requester, { q_fulfill: String(story.needs === 2) });
      asked.push({ ...story, requester, card, id: id as RequestId });
    }
    return asked;
  };
  const asked = (await Promise.all([ofPerson(mina, 0), ofPerson(jonas, 1)])).flat();
  const cardOf = (id: string) =>
    teams.find((each) => each.conversationId === channel.id && says(each, id), `the approval card of ${id}`);
  return Promise.all(asked.map(async (each) => ({ ...each, approval: await cardOf(each.id) })));
}

/** All presses of all approvers at once, each on the card as it was drawn first. */
function pressAll({ teams }: Fleet, all: readonly Asked[]): Promise<Pressed[]> {
  const press = async ({ id, approval }: Asked, who: typeof priya, { verb }: Wish, invokeId: string) => {
    const inputs = verb === "deny" ? { denial: `${who.name} says no.` } : {};
    for (let next = invokeId; ; next = randomUUID()) {
      const answer = await teams
        .press(who, channel, approval, `approval/${verb}`, inputs, next)
        .catch(() => undefined);
      // Where the bot died over it, the client says that it went wrong, and the person presses again.
      if (answer && answer.status !== 502) return { id, who, answer };
    }
  };
  const presses = all.flatMap((asked) =>
    [priya, tomas].flatMap((who) => {
      const wish = who === priya ? asked.ofPriya : asked.ofTomas;
      const first = randomUUID();
      return wish.presses.map(
        (kind, at) => () => press(asked, who, wish, kind === "repeat" || at === 0 ? first : randomUUID()),
      );
    }),
  );
  // Not request by request, so that those of one meet in different processes.
  const mixed = presses.map((go, at) => ({ go, place: (at * 7) % presses.length }));
  return Promise.all(mixed.toSorted((a, b) => a.place - b.place).map(({ go }) => go()));
}

/** How the wishes for a request can end, whoever was first. */
function endsOf({ needs, ofPriya, ofTomas }: Story): string[] {
  if (ofPriya.verb === ofTomas.verb) return [ofPriya.verb === "approve" ? "provisioned" : "denied"];
  return needs === 2 ? ["denied"] : ["provisioned", "denied"];
}

describe("three processes on one PostgreSQL", function () {
  this.timeout(120_000);
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await startFleet(3);
    // Where an answer comes late, people are told in their own chat what came of it.
    for (const who of [priya, tomas]) fleet.teams.installFor(who.id, personalChat(who).id);
    // A later update may overtake an earlier one on its way, as it may over the internet.
    let calls = 0;
    fleet.teams.onCall(async ({ method }) => {
      calls += 1;
      if (method === "PUT") await wait((calls * 37) % 90);
      return undefined;
    });
  });
  afterEach(() => fleet.close());

  /** The requests as they ended, once nobody has anything more to do. */
  async function ended(all: readonly Asked[]): Promise<Map<RequestId, Ended>> {
    const found = new Map<RequestId, Ended>();
    await fleet.until(async () => {
      for (const { id } of all) {
        const request = await fleet.tables.requests.get(id);
        if (request?.state === "provisioned" || request?.state === "denied") found.set(id, request);
      }
      return found.size === all.length;
    }, "the end of every request");
    await fleet.until(fleet.isQuiet, "everybody to have done what they were woken for");
    // Cards of one conversation are redrawn one a second, so the last ones stand in line for a while.
    const nobodySends = new Date(0);
    await fleet.until(
      async () => (await fleet.tables.posts.dueSubjects(nobodySends)).length === 0,
      "every card to be drawn as it stands",
    );
    return found;
  }

  function assertDecidedOnce(all: readonly Asked[], requests: ReadonlyMap<RequestId, Ended>) {
    for (const asked of all) {
      const request = requests.get(asked.id) as Ended;
      assert.ok(endsOf(asked).includes(request.state), `${asked.id} is ${request.state}`);
      const { decidedBy, state, votes } = request;
      const wish = decidedBy.userId === priya.id ? asked.ofPriya : asked.ofTomas;
      assert.equal(wish.verb, state === "denied" ? "deny" : "approve", `what ${decidedBy.name} wanted`);
      if (state === "denied") assert.equal(request.denial, `${decidedBy.name} says no.`);
      else assert.equal(votes.length, asked.needs);
      assert.equal(new Set(votes.map(({ approver }) => approver.userId)).size, votes.length);
    }
  }

  /** One line for each thing that happened, and a chain that holds them all. */
  async function assertAudited(all: readonly Asked[], requests: ReadonlyMap<RequestId, Ended>) {
    for (const { id, requester } of all) {
      const { state, decidedBy, votes } = requests.get(id) as Ended;
      const lines = await fleet.tables.audit.read({ subject: id, limit: 100 });
      const isDenied = state === "denied";
      const voters = isDenied ? votes : votes.slice(0, -1);
      assert.deepEqual(
        lines.map(({ what, who, outcome }) => `${what} ${who} ${outcome}`),
        [
          `request.submitted ${requester.id} pending`,
          ...voters.map(({ approver }) => `request.voted ${approver.userId} pending`),
          `request.decided ${decidedBy.userId} ${isDenied ? "denied" : "approved"}`,
          ...(isDenied ? [] : ["request.provisioning usher provisioned"]),
        ],
      );
    }
    const keys = auditKeys(fleet.keys);
    const rows = await fleet.tables.audit.read({ limit: 1000 });
    const checked = rows.reduce((before, row) => checkNext(keys, before, row), nothingChecked(keys));
    assert.equal(checked.broken, undefined);
    assert.equal(checked.n, rows.length);
  }

  /** In the tenant: one application with one key for each that was approved, and no other. */
  async function assertMadeOnce(requests: ReadonlyMap<RequestId, Ended>) {
    const made = [...requests].filter(([, { state }]) => state === "provisioned");
    const wanted = made.map(([requestId]) => ({ requestId, keys: 1 }));
    const byRequest = (a: { requestId: string }, b: { requestId: string }) =>
      a.requestId < b.requestId ? -1 : 1;
    const found = await fleet.applications();
    assert.deepEqual(found.toSorted(byRequest), wanted.toSorted(byRequest));
  }

  const postedTo = (place: { id: string }) =>
    fleet.teams.messages.filter(({ conversationId }) => conversationId === place.id);

  /** One card in the channel for each request, and every copy as its request ended. */
  function assertTrueCards(all: readonly Asked[], requests: ReadonlyMap<RequestId, Ended>) {
    const inChannel = postedTo(channel).map(requestIdIn);
    assert.deepEqual(inChannel.toSorted(), all.map(({ id }) => id).toSorted());
    for (const { id, approval, card } of all) {
      const { state, decidedBy } = requests.get(id) as Ended;
      const isDenied = state === "denied";
      for (const message of [approval, card]) {
        const shown = fleet.teams.shared(message) ?? {};
        const reading = readingOf({ card: shown });
        assert.match(reading, isDenied ? /^Denied/ : message === card ? /^Ready/ : /^Approved and ready/);
        assert.ok(reading.includes(decidedBy.name), `${id} does not say who decided: ${reading}`);
        const verbs = verbsOf({ ...message, card: shown });
        assert.deepEqual(
          verbs.filter((verb) => /approve|deny|narrow|return|withdraw/.test(verb)),
          [],
        );
      }
    }
  }

  /** As often as something changed on a card, or drawn over where two processes drew it at once; no more. */
  function assertNotRedrawnForEver(all: readonly Asked[]) {
    for (const { approval, card } of all) {
      for (const { id } of [approval, card]) {
        const updates = fleet.teams.calls.filter((call) => call.method === "PUT" && call.activityId === id);
        assert.ok(updates.length <= 15, `${updates.length} updates of one card`);
      }
    }
  }

  /** Whose press counted is never told that it did not, however often they press; everybody else is. */
  function assertSameAnswers(pressed: readonly Pressed[], requests: ReadonlyMap<RequestId, Ended>) {
    for (const { id, who, answer } of pressed) {
      const { state, decidedBy, votes } = requests.get(id) as Ended;
      const reading = answer.text ?? readingOf(answer);
      assert.equal(answer.status, 200, reading);
      // A busy machine answers first and works after.
      if (/Usher is working on it/.test(reading)) continue;
      const hasDecided = decidedBy.userId === who.id;
      const hasVoted = votes.some(({ approver }) => approver.userId === who.id);
      if (hasDecided || (hasVoted && state === "provisioned")) {
        assert.doesNotMatch(reading, /nothing was changed now/i);
      } else if (!hasVoted) assert.match(reading, /nothing was changed now/i);
    }
  }

  it("decide each request once, whoever presses how often and wherever that arrives", async () => {
    const all = await askAll(fleet);
    const pressed = await pressAll(fleet, all);
    const requests = await ended(all);
    assertDecidedOnce(all, requests);
    await assertAudited(all, requests);
    await assertMadeOnce(requests);
    assertTrueCards(all, requests);
    assertNotRedrawnForEver(all);
    assertSameAnswers(pressed, requests);
    // What each asked for, what came of it, and the link to what was made: nothing is said twice.
    for (const requester of [mina, jonas]) {
      const own = all.filter((asked) => asked.requester === requester);
      const made = own.filter(({ id }) => requests.get(id)?.state === "provisioned").length;
      assert.equal(postedTo(personalChat(requester)).length, 2 * own.length + made);
    }
    assert.ok(
      fleet.answered().every((count) => count > 20),
      "all three took part",
    );
  });

  it("take a question, its answer, an offer and its acceptance once each, with the same answer to each press", async () => {
    const asking = async () => {
      const { id, card } = await fleet.ask(mina);
      const fits = (each: ChatMessage) => each.conversationId === channel.id && says(each, id);
      return { id: id as RequestId, card, approval: await fleet.teams.find(fits, `the card of ${id}`) };
    };
    /** The same press three times at once: one arrives in each process. */
    const thrice = async (
      who: typeof mina,
      place: typeof channel,
      message: ChatMessage,
      verb: string,
      inputs: object = {},
    ) => {
      const [same, another] = [randomUUID(), randomUUID()];
      const answers = await Promise.all(
        [same, same, another].map((id) => fleet.teams.press(who, place, message, verb, inputs, id)),
      );
      for (const answer of answers) {
        assert.equal(answer.status, 200);
        assert.doesNotMatch(
          answer.text ?? readingOf(answer),
          /nothing was (changed|decided|sent)|changed nothing/i,
        );
      }
    };
    /** The requester's card, once it can be acted upon so. */
    const ownCard = async ({ id }: ChatMessage, verb: string): Promise<ChatMessage> => {
      const shown = () => {
        const message = fleet.teams.messages.find((each) => each.id === id) as ChatMessage;
        return { ...message, card: fleet.teams.shared(message) ?? {} };
      };
      await fleet.until(() => verbsOf(shown()).includes(verb), `${verb} on the requester's card`);
      return shown();
    };
    const own = personalChat(mina);
    const [questioned, narrowed] = [await asking(), await asking()];

    await thrice(priya, channel, questioned.approval, "approval/return", { question: "Why all of it?" });
    const toAnswer = await ownCard(questioned.card, "request/answer");
    await thrice(mina, own, toAnswer, "request/answer", { answer: "The warehouse needs it." });

    const opened = await fleet.teams.press(priya, channel, narrowed.approval, "approval/narrow");
    const form = { ...narrowed.approval, card: opened.card ?? {} };
    await thrice(priya, channel, form, "approval/offer", { keep_permissions: "0", smaller: "", months: "6" });
    await thrice(mina, own, await ownCard(narrowed.card, "request/accept"), "request/accept");

    await fleet.until(
      async () => (await fleet.tables.requests.get(narrowed.id))?.state === "provisioned",
      "the narrower registration",
    );
    await fleet.until(fleet.isQuiet, "everybody to have done what they were woken for");
    const linesOf = async (id: RequestId) =>
      (await fleet.tables.audit.read({ subject: id, limit: 100 })).map(({ what, who }) => `${what} ${who}`);
    assert.deepEqual(await linesOf(questioned.id), [
      `request.submitted ${mina.id}`,
      `request.returned ${priya.id}`,
      `request.answered ${mina.id}`,
    ]);
    assert.deepEqual(await linesOf(narrowed.id), [
      `request.submitted ${mina.id}`,
      `request.narrowed ${priya.id}`,
      `request.accepted ${mina.id}`,
      `request.decided ${priya.id}`,
      "request.provisioning usher",
    ]);
    assert.deepEqual(await fleet.applications(), [{ requestId: narrowed.id, keys: 1 }]);
  });

  it("do so too when one of them is killed in the middle", async () => {
    const all = await askAll(fleet);
    const isAnyApproved = async () => {
      const requests = await Promise.all(all.map(({ id }) => fleet.tables.requests.get(id)));
      return requests.some((request) => request?.state === "approved");
    };
    const pressing = pressAll(fleet, all);
    await fleet.until(isAnyApproved, "the first approval");
    await fleet.kill(0);
    const pressed = await pressing;
    // By then whoever held a card or a registration counts as dead, and the minute's sweep finds what it left.
    fleet.turnClock(61_000);
    fleet.sweep();
    const requests = await ended(all);
    assertDecidedOnce(all, requests);
    await assertAudited(all, requests);
    await assertMadeOnce(requests);
    assertTrueCards(all, requests);
    assertNotRedrawnForEver(all);
    assertSameAnswers(pressed, requests);
  });
});
