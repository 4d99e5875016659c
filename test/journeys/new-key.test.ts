import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import type { Tables } from "../../src/usecases/ports/store.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { made } from "../support/approved.ts";
import { behindUsher } from "../support/behind-usher.ts";
import { minutes } from "../support/builders.ts";
import { twoNights } from "../support/drifting.ts";
import { startFleet } from "../support/fleet.ts";
import {
  aiko,
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
import { aboutToReveal, aHandedOver, type HandedOver, linksTo, works } from "../support/new-keys.ts";

const cardIn = (journey: Pick<Journey, "teams">, place: { id: string }, ...texts: string[]) =>
  journey.teams.find(
    (message) => message.conversationId === place.id && texts.every((text) => says(message, text)),
    `"${texts.join('", "')}" in ${place.id}`,
  );
const newestIn = ({ teams }: Journey, place: { id: string }) =>
  teams.messages.findLast((each) => each.conversationId === place.id) as ChatMessage;
const acts = async (journey: Journey, id: string) =>
  (await journey.audited(id))
    .filter(({ what }) => what.startsWith("secret."))
    .map(({ what, who, outcome }) => `${what} ${outcome} ${who === mina.id ? "mina" : who}`);

/** One key stands in the tenant, it is the one that Usher knows, and the newest link shows it. */
async function oneNewKey(journey: Journey, handed: HandedOver, ...before: string[]): Promise<string> {
  const link = await handed.nextLink(...before);
  await journey.until(async () => (await handed.keyIds()).length === 1, "the one key");
  assert.deepEqual(await handed.keyIds(), [await handed.currentKey()]);
  const secret = await handed.reveal(link);
  assert.notEqual(secret, "", "the new link shows a secret");
  assert.equal(await handed.works(secret), true, "the new secret works");
  return secret;
}

describe("a secret", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("that was lost before it was opened is replaced with one press", async () => {
    const handed = await aHandedOver(journey);
    const [before] = await handed.keyIds();
    assert.deepEqual(verbsOf(handed.stands()), ["key/lost", "key/not-me"]);
    const answer = await handed.press("key/lost");
    assert.match(readingOf(answer), /^A new secret is being made.*You said that you lost/s);
    assert.equal((await journey.openAs(handed.link, mina)).status, 410);
    await oneNewKey(journey, handed, handed.link);
    assert.ok(!(await handed.keyIds()).includes(before ?? ""));
    await cardIn(journey, personalChat(mina), handed.id, "Ready", "The secret was opened on");
    assert.deepEqual(await acts(journey, handed.id), [
      "secret.replaced lost mina",
      "secret.replaced handed-over usher",
      "secret.revealed revealed mina",
    ]);
    assert.ok(!journey.teams.messages.some((each) => says(each, "wrong hands")));
  });

  it("that somebody else opened works no more, and the approvers hear who said so and when", async () => {
    const handed = await aHandedOver(journey);
    const stolen = await handed.reveal(handed.link);
    assert.equal(await handed.works(stolen), true);
    await cardIn(journey, personalChat(mina), handed.id, "The secret was opened on", "It was not me");
    await handed.press("key/not-me");
    const told = await cardIn(journey, channel, "wrong hands", handed.id);
    assert.match(readingOf(told), /Mina Okafor.*Said on.*UTC.*Opened on.*UTC/s);
    await journey.until(async () => !(await handed.works(stolen)), "the end of the stolen secret");
    await oneNewKey(journey, handed, handed.link);
    assert.equal(await handed.works(stolen), false);
  });

  it("that nobody opened in time is removed, and another comes with one press", async () => {
    // Back and forth, because the sign-in service does not go by our clock.
    journey.turnClock(-73 * 60 * minutes);
    const handed = await aHandedOver(journey);
    journey.turnClock(73 * 60 * minutes);
    await sweep(journey.world, journey.world.clock.now());
    await journey.until(async () => (await handed.keyIds()).length === 0, "the removal of the key");
    const notice = await cardIn(journey, personalChat(mina), "Nobody opened the secret in time");
    assert.deepEqual(verbsOf(notice), ["key/new"]);
    const gone = await cardIn(journey, personalChat(mina), "The link has expired");
    assert.deepEqual(verbsOf(gone), ["key/new"]);
    await cardIn(journey, personalChat(mina), handed.id, "No secret works now");
    await journey.teams.say(mina, personalChat(mina), "list");
    await cardIn(journey, personalChat(mina), "Your registrations", "no secret of it works now");

    await handed.press("key/new", mina, notice);
    await oneNewKey(journey, handed, handed.link);
    await journey.until(async () => verbsOf(journey.stands(gone)).length === 0, "the old message's end");
    await journey.teams.say(mina, personalChat(mina), "list");
    assert.match(readingOf(newestIn(journey, personalChat(mina))), /its secret works until/);
  });

  it("is replaced once, however often it is pressed", async () => {
    const handed = await aHandedOver(journey);
    const first = handed.stands();
    const answers = await Promise.all([1, 2, 3, 4].map(() => handed.press("key/lost", mina, first)));
    assert.equal(answers.filter((each) => /being made already/.test(readingOf(each))).length, 3);
    await oneNewKey(journey, handed, handed.link);
    // Pressed again on a card that shows the key before.
    const late = await handed.press("key/lost", mina, first);
    assert.match(readingOf(late), /another secret of .* has come since you saw that card/);
    const replaced = (await acts(journey, handed.id)).filter((act) => act.startsWith("secret.replaced"));
    assert.deepEqual(replaced, ["secret.replaced lost mina", "secret.replaced handed-over usher"]);
  });

  it("belongs to its owner: to others it is as if there were none", async () => {
    const handed = await aHandedOver(journey);
    const before = await handed.keyIds();
    const own = handed.stands();
    for (const who of [jonas, priya]) {
      const place = personalChat(who);
      const said = async (text: string) => {
        await journey.teams.say(who, place, text);
        return readingOf(newestIn(journey, place));
      };
      for (const verb of ["lost", "notme"])
        assert.equal(await said(`${verb} ${handed.id}`), await said(`${verb} REQ-000000`));
      for (const verb of ["key/lost", "key/not-me"]) {
        const answer = await handed.press(verb, who, own);
        assert.match(answer.text ?? "", /no such registration, or it is not yours/);
      }
    }
    assert.deepEqual(await handed.keyIds(), before);
    assert.equal((await journey.openAs(handed.link, mina)).status, 200);
    assert.equal((await acts(journey, handed.id)).length, 8);
    assert.ok((await acts(journey, handed.id)).every((act) => /replace-refused not-owner/.test(act)));
    assert.ok(!journey.teams.messages.some((each) => says(each, "wrong hands")));
  });

  it("is not taken back by a command that is said once more before its link was opened", async () => {
    const place = personalChat(mina);
    const handed = await aHandedOver(journey);
    await handed.reveal(handed.link);
    await journey.teams.say(mina, place, `notme ${handed.id}`);
    const isNew = () => linksTo(journey).some((link) => link !== handed.link);
    const { newKeys } = journey.world.store.tables;
    const isMade = async () => isNew() && (await newKeys.get(handed.requestId)) === undefined;
    await journey.until(isMade, "the new link");
    const made = await handed.keyIds();
    assert.equal(made.length, 1);
    for (const verb of ["notme", "lost"]) {
      const before = journey.teams.messages.length;
      await journey.teams.say(mina, place, `${verb} ${handed.id}`);
      // Something else may come into the chat at the same moment.
      const since = journey.teams.messages.slice(before).map(readingOf);
      assert.ok(
        since.some((each) => /another secret of .* has come/.test(each)),
        since.join(),
      );
    }
    assert.deepEqual(await handed.keyIds(), made);
    const alarms = () => journey.teams.messages.filter((each) => says(each, "wrong hands")).length;
    await journey.until(async () => alarms() > 0, "the alarm");
    assert.equal(alarms(), 1);
    // What is said later, or pressed, is meant.
    journey.turnClock(11 * minutes);
    await journey.teams.say(mina, place, `lost ${handed.id}`);
    const isAnother = async () =>
      (await handed.keyIds()).length === 1 && (await handed.keyIds())[0] !== made[0];
    await journey.until(isAnother, "another key");
    // An alarm of which nobody has heard is never taken for one that was.
    await journey.until(
      async () => (await journey.world.store.tables.newKeys.get(handed.requestId)) === undefined,
      "its link",
    );
    await journey.teams.say(mina, place, `notme ${handed.id}`);
    await journey.until(
      async () => journey.teams.messages.filter((each) => says(each, "wrong hands")).length === 2,
      "the alarm",
    );
  });

  it("can be replaced by text too, and the alarm comes also after a loss was said", async () => {
    const place = personalChat(mina);
    const handed = await aHandedOver(journey);
    await handed.reveal(handed.link);
    await journey.sim("POST", "/faults", { path: "/removePassword", kind: "503", times: 1000 });
    await journey.teams.say(mina, place, `lost ${handed.id}`);
    await cardIn(journey, place, handed.id, "A new secret is being made", "You said that you lost");
    for (const _ of [1, 2]) await journey.teams.say(mina, place, `notme ${handed.id}`);
    await cardIn(journey, place, handed.id, "it was not you who opened", "The approvers were told");
    await cardIn(journey, channel, "wrong hands", handed.id);
    await journey.sim("DELETE", "/faults");
    await wakeUntilSettled(handed, journey);
    await oneNewKey(journey, handed, handed.link);
    const alarms = journey.teams.messages.filter((each) => says(each, "wrong hands"));
    assert.equal(alarms.length, 1);
    for (const verb of ["lost", "notme", "not me"]) {
      await journey.teams.say(mina, place, verb);
      assert.match(readingOf(newestIn(journey, place)), /Say which one/);
    }
  });
});

describe("a press for a new secret and a reveal at the same moment", () => {
  for (const first of ["reveal", "press"] as const)
    it(`leave one new link that works, and no old secret, when the ${first} is first`, async () => {
      const gate = aGate();
      const journey = await startJourney({
        adjust: (world) => inTransactions(world, heldAfter(first, gate)),
      });
      try {
        const handed = await aHandedOver(journey);
        const reveal = await aboutToReveal(handed.link);
        const press = () => handed.press("key/lost");
        gate.arm();
        const [one, other] = first === "reveal" ? [reveal, press] : [press, reveal];
        const begun = one();
        await gate.reached;
        const second = other();
        gate.letGo();
        const [shown] = first === "reveal" ? [await begun] : [await second, await begun];
        await Promise.all([begun, second]);
        const old = typeof shown === "string" ? shown : "";
        assert.equal(old !== "", first === "reveal", "the old secret was shown");
        await oneNewKey(journey, handed, handed.link);
        if (old) assert.equal(await handed.works(old), false, "the old secret works no more");
      } finally {
        await journey.close();
      }
    });

  it("leave the same whoever is first", async () => {
    const journey = await startJourney();
    try {
      const handed = await aHandedOver(journey);
      const links = [handed.link];
      for (const _ of [1, 2, 3]) {
        const reveal = await aboutToReveal(links.at(-1) ?? "");
        const [old] = await Promise.all([reveal(), handed.press("key/not-me")]);
        links.push(await handed.nextLink(...links));
        await journey.until(async () => (await handed.keyIds()).length === 1, "the one key");
        if (old) assert.equal(await handed.works(old), false);
      }
      const secret = await handed.reveal(links.at(-1) ?? "");
      assert.equal(await handed.works(secret), true);
    } finally {
      await journey.close();
    }
  });
});

/**
 * Lets the clock run on, and wakes who makes the new key until that has ended: jobs that are put off do not go by our
 * clock.
 */
async function wakeUntilSettled({ requestId }: HandedOver, journey: Journey): Promise<void> {
  journey.turnClock(61_000);
  const { jobs, newKeys } = journey.world.store.tables;
  await journey.until(async () => {
    await jobs.wake("new-key", requestId);
    return (await newKeys.get(requestId)) === undefined;
  }, `the new key of ${requestId}`);
}

/** Where a test stops somebody on their way, once it is armed. */
function aGate() {
  const arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let isArmed = false;
  return {
    arm: () => {
      isArmed = true;
    },
    reached: arrived.promise,
    letGo: opened.resolve,
    async pass() {
      if (!isArmed) return;
      isArmed = false;
      arrived.resolve();
      await opened.promise;
    },
  };
}
type Gate = ReturnType<typeof aGate>;

const inTransactions = (world: World, adjust: (tables: Tables) => Tables): World => ({
  ...world,
  store: {
    tables: world.store.tables,
    inTransaction: (work) => world.store.inTransaction((tables) => work(adjust(tables))),
  },
});

/** Whoever reveals is stopped once the link is theirs, whoever presses once it is cancelled; neither is committed. */
const heldAfter = (which: "reveal" | "press", gate: Gate) => (tables: Tables) => ({
  ...tables,
  links: {
    ...tables.links,
    async claim(...args: Parameters<Tables["links"]["claim"]>) {
      const sealed = await tables.links.claim(...args);
      if (which === "reveal") await gate.pass();
      return sealed;
    },
    async cancel(...args: Parameters<Tables["links"]["cancel"]>) {
      await tables.links.cancel(...args);
      if (which === "press") await gate.pass();
    },
  },
});

describe("a new secret", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());
  const fault = (order: object) => journey.sim("POST", "/faults", order);

  for (const [what, order] of Object.entries({
    "the removal of the old one is throttled": {
      path: "/removePassword",
      kind: "429",
      retryAfter: 1,
    },
    "the removal of the old one was done, and the answer lost": {
      path: "/removePassword",
      kind: "reset-after",
    },
    "the making of the new one is throttled": { path: "/addPassword", kind: "429", retryAfter: 1 },
    "the new one was made, and the answer lost": { path: "/addPassword", kind: "504-done" },
    "the new one was made, and the connection cut": { path: "/addPassword", kind: "reset-after" },
    "everything at Graph fails for a while": { path: "/applications", kind: "503", times: 3 },
  }))
    it(`comes, and is the only one, when ${what}`, async () => {
      const handed = await aHandedOver(journey);
      await fault(order);
      await handed.press("key/lost");
      await oneNewKey(journey, handed, handed.link);
    });

  it("waits aloud while Graph is down, for as long as that lasts, and comes after a restart", async () => {
    const handed = await aHandedOver(journey);
    await fault({ path: "/addPassword", kind: "503", times: 1000 });
    await handed.press("key/lost");
    await cardIn(journey, personalChat(mina), handed.id, "A new secret is being made", "trouble of its own");
    assert.deepEqual(await handed.keyIds(), []);
    journey.turnClock(3 * 60 * minutes);
    await journey.restart();
    const row = () => journey.world.store.tables.newKeys.get(handed.requestId);
    await journey.until(async () => ((await row())?.attempts ?? 0) > 1, "another attempt");
    await journey.sim("DELETE", "/faults");
    journey.turnClock(2 * minutes);
    await sweep(journey.world, journey.world.clock.now());
    const link = await handed.nextLink(handed.link);
    // The sign-in service does not go by our clock.
    journey.turnClock(-182 * minutes);
    await oneNewKey(journey, handed, ...linksTo(journey).filter((each) => each !== link));
  });

  it("comes in a directory that lags", async () => {
    const handed = await aHandedOver(journey);
    await journey.sim("PUT", "/settings", { replicationSeconds: 60, secretDelaySeconds: 2 });
    await handed.press("key/lost");
    const link = await handed.nextLink(handed.link);
    await journey.sim("POST", "/clock", { advanceSeconds: 61 });
    assert.deepEqual(await handed.keyIds(), [await handed.currentKey()]);
    assert.equal(await handed.works(await handed.reveal(link)), true);
  });

  it("is given up aloud where Entra refuses for good, and asked for again with one press", async () => {
    const handed = await aHandedOver(journey);
    await journey.sim("PUT", "/settings", { secretsBlocked: true });
    await handed.press("key/lost");
    const notice = await cardIn(journey, personalChat(mina), "No new secret could be made", "forbids");
    await cardIn(journey, personalChat(mina), handed.id, "No secret works now");
    assert.deepEqual(await handed.keyIds(), []);
    await journey.sim("PUT", "/settings", { secretsBlocked: false });
    await handed.press("key/new", mina, notice);
    await oneNewKey(journey, handed, handed.link);
  });

  it("waits for a personal chat, while the old one is removed already, and the thread says how", async () => {
    await journey.teams.say(tomas, personalChat(tomas), "hello");
    const { id } = await journey.ask(tomas, groupChat);
    await journey.approve(id);
    const first = await journey.link(tomas);
    await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
    const keys = async () =>
      (await journey.applications()).map(({ passwordCredentials }) => passwordCredentials.length);
    let isGone = true;
    // As after the person has removed or blocked the app.
    journey.teams.onCall(({ conversationId }) =>
      isGone && conversationId === personalChat(tomas).id ? { status: 403 } : undefined,
    );
    await journey.teams.say(tomas, groupChat, `lost ${id}`);
    await journey.teams.find(
      (each) => each.conversationId === groupChat.id && says(each, "needs a new secret"),
      "the thread's message",
    );
    await journey.until(async () => (await keys())[0] === 0, "the removal of the old key");
    const row = () => journey.world.store.tables.newKeys.get(id as RequestId);
    // It goes on trying by itself, and waits a little each time.
    await journey.until(async () => ((await row())?.attempts ?? 0) > 2, "further attempts");
    await journey.until(async () => (await row())?.nextAttemptAt !== undefined, "the wait after it");
    isGone = false;
    await journey.teams.say(tomas, personalChat(tomas), "hello");
    await journey.until(
      async () => linksTo(journey, tomas).some((link) => link !== first),
      "the link in the new chat",
    );
    await journey.until(async () => (await keys())[0] === 1, "the one key");
    const asked = journey.teams.messages.filter((each) => says(each, "needs a new secret"));
    assert.equal(asked.length, 1);
    assert.ok(!linksTo({ teams: journey.teams }, { ...tomas, id: groupChat.id }).length);
  });

  it("is refused to an owner whose account is disabled", async () => {
    const handed = await aHandedOver(journey);
    const before = await handed.keyIds();
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
    const answer = await handed.press("key/not-me");
    assert.match(answer.text ?? "", /only works for staff/);
    assert.deepEqual(await handed.keyIds(), before);
    assert.equal(await journey.world.store.tables.newKeys.get(handed.requestId), undefined);
  });

  it("is not made for an owner who was disabled meanwhile; the old one is gone all the same", async () => {
    const handed = await aHandedOver(journey);
    await fault({ path: "/removePassword", kind: "503", times: 1000 });
    await handed.press("key/lost");
    await cardIn(journey, personalChat(mina), handed.id, "trouble of its own");
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: false });
    await journey.sim("DELETE", "/faults");
    await wakeUntilSettled(handed, journey);
    assert.deepEqual(await handed.keyIds(), []);
    await journey.until(async () => linksTo(journey).length === 0, "the end of the link in chat");
    assert.deepEqual((await acts(journey, handed.id)).at(-1), "secret.replaced failed usher");
    await journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: true });
    await cardIn(journey, personalChat(mina), handed.id, "No secret works now");
    await handed.press("key/new");
    await oneNewKey(journey, handed, handed.link);
  });

  it("is told to admins where there is no approvals channel", async () => {
    await journey.close();
    journey = await startJourney({ hasChannel: false });
    await journey.teams.say(aiko, personalChat(aiko), "hello");
    await journey.teams.say(priya, personalChat(priya), "hello");
    const { id } = await journey.ask();
    await journey.teams.say(priya, personalChat(priya), `approve ${id} r1`);
    await journey.link();
    await journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
    await journey.teams.say(mina, personalChat(mina), `notme ${id}`);
    await cardIn(journey, personalChat(aiko), "wrong hands", id);
  });

  it("is nothing for a registration without a secret, or one that is stopped", async () => {
    const place = personalChat(mina);
    const handed = await aHandedOver(journey);
    await journey.teams.say(mina, place, `revoke ${handed.id}`);
    const question = await journey.teams.find(
      (each) => verbsOf(each).includes("registration/confirm-revoke"),
      "the question",
    );
    await journey.teams.press(mina, place, question, "registration/confirm-revoke");
    await journey.teams.say(mina, place, `lost ${handed.id}`);
    assert.match(readingOf(newestIn(journey, place)), /is being revoked already|was revoked on/);
    const other = await made(journey, { credential: { kind: "none" } });
    await journey.teams.say(mina, place, `lost ${other.id}`);
    assert.match(readingOf(newestIn(journey, place)), /has no secret, so there is none to replace/);
  });

  it("is compared with from then on: it was not added by hand, and its removal is noticed", async () => {
    const handed = await aHandedOver(journey);
    const look = () => twoNights(journey, handed.requestId);
    const found = async () =>
      (await journey.world.store.tables.drifts.of(handed.requestId))
        .filter(({ state, confirmedAt }) => state === "open" && confirmedAt)
        .map(({ drift }) => drift);
    // While one is being made, too.
    await fault({ path: "/addPassword", kind: "503", times: 1000 });
    await handed.press("key/lost");
    await cardIn(journey, personalChat(mina), handed.id, "trouble of its own");
    await look();
    assert.deepEqual(await found(), []);
    await journey.sim("DELETE", "/faults");
    await wakeUntilSettled(handed, journey);
    await handed.nextLink(handed.link);
    await look();
    assert.deepEqual(await found(), []);
    const [keyId = ""] = await handed.keyIds();
    const admin = await behindUsher(journey.tenant);
    await admin.removeSecret(handed.applicationObjectId, keyId);
    await look();
    assert.deepEqual(
      (await found()).map((drift) => ("id" in drift ? [drift.what, drift.id] : [])),
      [["secret", keyId]],
    );
    // Replaced by its owner, it is missed no more.
    await handed.press("key/lost");
    await wakeUntilSettled(handed, journey);
    await look();
    assert.deepEqual(await found(), []);
  });
});

describe("a revocation while a new secret is being made", () => {
  /** Where the one who makes it is stopped. */
  const points: Record<string, (world: World, gate: Gate) => World> = {
    "before its key is made": (world, gate) => ({
      ...world,
      registrar: {
        ...world.registrar,
        async addKey(...args) {
          await gate.pass();
          return world.registrar.addKey(...args);
        },
      },
    }),
    "after its key is made": (world, gate) => ({
      ...world,
      registrar: {
        ...world.registrar,
        async addKey(...args) {
          const made = await world.registrar.addKey(...args);
          await gate.pass();
          return made;
        },
      },
    }),
    "before its link is sent": (world, gate) => ({
      ...world,
      chat: chatPassing(world, async (post) => {
        await gate.pass();
        return post();
      }),
    }),
    "after its link is sent": (world, gate) => ({
      ...world,
      chat: chatPassing(world, async (post) => {
        const posted = await post();
        await gate.pass();
        return posted;
      }),
    }),
  };
  const chatPassing = (world: World, around: <T>(post: () => Promise<T>) => Promise<T>): World["chat"] => ({
    ...world.chat,
    post: (place, message) =>
      message.kind === "link"
        ? around(() => world.chat.post(place, message))
        : world.chat.post(place, message),
  });

  for (const [where, hold] of Object.entries(points))
    it(`ends without a key and without a link, ${where}`, async () => {
      const gate = aGate();
      const journey = await startJourney({ adjust: (world) => hold(world, gate) });
      try {
        const handed = await aHandedOver(journey);
        gate.arm();
        await handed.press("key/lost");
        await gate.reached;
        const place = personalChat(priya);
        await journey.teams.say(priya, place, `revoke ${handed.id}`);
        const question = await journey.teams.find(
          (each) => verbsOf(each).includes("registration/confirm-revoke"),
          "the question",
        );
        await journey.teams.press(priya, place, question, "registration/confirm-revoke");
        gate.letGo();
        const { registrations, links, newKeys, keys } = journey.world.store.tables;
        const ofKeys = async () => (await keys.of(handed.requestId)).map(({ state }) => state);
        await journey.until(
          async () => (await registrations.get(handed.requestId))?.state === "revoked",
          "the revocation",
        );
        await journey.until(
          async () => (await ofKeys()).every((state) => state === "removed"),
          "the end of all keys",
        );
        assert.equal(await newKeys.get(handed.requestId), undefined);
        for (const link of await links.of(handed.requestId)) assert.equal(link.state, "cancelled");
        const deleted = await journey.graph(`/directory/deletedItems/${handed.applicationObjectId}`);
        assert.deepEqual(deleted.body.passwordCredentials ?? [], []);
        for (const link of linksTo(journey)) {
          const page = await journey.openAs(link, mina);
          assert.notEqual(page.status, 200);
        }
        assert.ok(!(await acts(journey, handed.id)).some((act) => act.includes("handed-over")));
      } finally {
        gate.letGo();
        await journey.close();
      }
    });
});

describe("a new secret of two processes on one database", function () {
  this.timeout(120_000);

  it("is made once, whoever hears the presses, also at the moment of a reveal", async () => {
    const fleet = await startFleet(2);
    try {
      const { id, card } = await fleet.ask(mina);
      const approval = await cardIn(fleet, channel, id);
      await fleet.teams.press(priya, channel, approval, "approval/approve");
      await fleet.until(() => linksTo(fleet).length === 1, "the link");
      const stands = () => fleet.teams.messages.findLast((each) => each.id === card.id) as ChatMessage;
      await fleet.until(() => verbsOf(stands()).includes("key/lost"), "the button");
      const { clientId } = (await fleet.tables.registrations.get(id as RequestId)) ?? { clientId: "" };

      const links = linksTo(fleet);
      const reveal = await aboutToReveal(links[0] ?? "", mina);
      const shown = stands();
      const press = () => fleet.teams.press(mina, personalChat(mina), shown, "key/not-me");
      const [old] = await Promise.all([reveal(), ...Array.from({ length: 8 }, press)]);
      await fleet.until(
        async () =>
          (await fleet.tables.newKeys.get(id as RequestId)) === undefined &&
          linksTo(fleet).some((each) => !links.includes(each)),
        "the next link",
      );
      const next = linksTo(fleet).findLast((each) => !links.includes(each)) ?? "";
      await fleet.until(async () => (await fleet.applications())[0]?.keys === 1, "the one key");
      const secret = await (await aboutToReveal(next, mina))();
      assert.equal(await works(fleet, clientId, secret), true);
      if (old) assert.equal(await works(fleet, clientId, old), false);
      const rows = await fleet.tables.audit.read({ subject: id, limit: 1000 });
      assert.deepEqual(
        rows.filter(({ what }) => what === "secret.replaced").map(({ outcome }) => outcome),
        ["not-me", "handed-over"],
      );
      const alarms = fleet.teams.messages.filter((each) => says(each, "wrong hands"));
      assert.equal(alarms.length, 1);
    } finally {
      await fleet.close();
    }
  });
});
