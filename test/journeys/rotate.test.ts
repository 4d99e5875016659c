import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { made } from "../support/approved.ts";
import { days, minutes } from "../support/builders.ts";
import { openOf, twoNights } from "../support/drifting.ts";
import { startFleet } from "../support/fleet.ts";
import {
  aiko,
  channel,
  type Journey,
  jonas,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { aMortal } from "../support/mortal.ts";
import { aboutToReveal, aHandedOver, type HandedOver, linksTo, works } from "../support/new-keys.ts";
import { catalogWithPolicy } from "../support/policy.ts";

type Person = typeof mina;

const cardIn = (journey: Pick<Journey, "teams">, place: { id: string }, ...texts: string[]) =>
  journey.teams.find(
    (message) => message.conversationId === place.id && texts.every((text) => says(message, text)),
    `"${texts.join('", "')}" in ${place.id}`,
  );
const acts = async (journey: Journey, id: string) =>
  (await journey.audited(id))
    .filter(({ what }) => what === "secret.rotate" || what === "secret.replaced")
    .map(({ what, outcome }) => `${what} ${outcome}`);

/** What was answered to what a person said in their own chat. */
async function said(
  journey: Pick<Journey, "teams">,
  who: Person,
  text: string,
  verb?: string,
): Promise<ChatMessage> {
  const before = new Set(journey.teams.messages.map(({ id }) => id));
  await journey.teams.say(who, personalChat(who), text);
  return journey.teams.find(
    (each) =>
      each.conversationId === personalChat(who).id &&
      !before.has(each.id) &&
      (!verb || verbsOf(each).includes(verb)),
    `the answer to ${text}`,
  );
}

/** A secret that its owner holds, and one who rotates it. */
async function aHeld(journey: Journey) {
  const handed = await aHandedOver(journey);
  const secret = await handed.reveal(handed.link);
  assert.equal(await handed.works(secret), true);
  const links = [handed.link];
  const held = {
    ...handed,
    secret,
    /** Says `rotate`, and presses yes; answers what stands there then. */
    async rotate(who: Person = mina, named: string = handed.id): Promise<ChatMessage> {
      const question = await said(journey, who, `rotate ${named}`, "rotation/confirm");
      assert.deepEqual(verbsOf(question), ["rotation/confirm", "rotation/leave"]);
      await journey.teams.press(who, personalChat(who), question, "rotation/confirm");
      return journey.stands(question);
    },
    /** The link that has come since, once its key is handed over. */
    async next(): Promise<string> {
      const link = await handed.nextLink(...links);
      links.push(link);
      return link;
    },
    /** The owner's message of the newest rotation. */
    card: () => cardIn(journey, personalChat(mina), handed.id, "Two secrets work now"),
    async look(ms: number) {
      journey.turnClock(ms);
      await sweep(journey.world, journey.world.clock.now());
    },
    ofState: async (state: string) =>
      (await journey.world.store.tables.keys.of(handed.requestId))
        .filter((key) => key.state === state)
        .map(({ keyId }) => keyId),
    hasOnly: (keyId: string | undefined) =>
      journey.until(async () => {
        const ids = await handed.keyIds();
        return ids.length === 1 && ids[0] === keyId;
      }, "the one key"),
  };
  return held;
}

/** Each third of some forty points; each one with `EVERY_KILL_POINT=1`. */
const killStep = process.env.EVERY_KILL_POINT === "1" ? 1 : 3;

describe("a rotation", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("makes a secret beside the old one, which goes once its owner has switched", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    const question = await said(journey, mina, `rotate ${held.id}`, "rotation/confirm");
    assert.match(
      readingOf(question),
      /Make a new secret\?.*Its secret works until.*The link goes to.*Mina Okafor.*for 7 days more.*Nothing has been changed yet/s,
    );
    assert.deepEqual(await held.keyIds(), [old]);
    await journey.teams.press(mina, personalChat(mina), question, "rotation/confirm");
    assert.match(readingOf(journey.stands(question)), /^A new secret is being made.*works as it did/s);

    const link = await held.next();
    const card = await held.card();
    // Nobody has the new one yet, so nothing is switched to it.
    await journey.until(async () => verbsOf(journey.stands(card)).length > 0, "the buttons");
    assert.deepEqual(verbsOf(journey.stands(card)), ["rotation/cancel"]);
    const refused = await said(journey, mina, `switched ${held.id}`);
    assert.match(readingOf(refused), /nobody has opened the new secret/);
    const secret = await held.reveal(link);
    for (const each of [held.secret, secret]) assert.equal(await held.works(each), true);
    await journey.until(
      async () => verbsOf(journey.stands(card)).includes("rotation/switched"),
      "the button once the link was opened",
    );
    assert.match(readingOf(journey.stands(card)), /until .* UTC.*the day before, Usher warns you/s);
    await journey.until(
      async () => readingOf(held.stands()).includes("The old secret works beside the new one until"),
      "their own card",
    );

    await journey.teams.press(mina, personalChat(mina), journey.stands(card), "rotation/switched");
    await held.hasOnly(await held.currentKey());
    assert.equal(await held.works(held.secret), false, "the old secret works no more");
    assert.equal(await held.works(secret), true);
    assert.match(readingOf(journey.stands(card)), /^The old secret is removed/);
    await journey.until(async () => !readingOf(held.stands()).includes("beside"), "the request's card");
    assert.deepEqual(await acts(journey, held.id), [
      "secret.rotate begun",
      "secret.replaced handed-over",
      "secret.rotate switched",
    ]);
    assert.deepEqual(await journey.world.store.tables.duties.of(held.requestId).then(overlapsIn), []);
  });

  for (const [who, what] of [
    [priya, "an approver"],
    [aiko, "an admin"],
  ] as const)
    it(`asked for by ${what} sends the link to its owner only, who alone says when it is switched`, async () => {
      const held = await aHeld(journey);
      const asked = await held.rotate(who);
      assert.match(readingOf(asked), /A new secret is being made.*an owner's personal chat/s);
      const link = await held.next();
      await held.card();
      for (const place of [personalChat(who), channel])
        assert.deepEqual(
          journey.teams.messages.filter((each) => each.conversationId === place.id && says(each, "/s/")),
          [],
        );
      assert.notEqual((await journey.openAs(link, who)).status, 200);
      const secret = await held.reveal(link);
      assert.equal(await held.works(secret), true);
      const answer = await said(journey, who, `switched ${held.id}`);
      assert.match(readingOf(answer), /only its owner knows/);
      assert.equal((await held.keyIds()).length, 2);
      await said(journey, mina, `switched ${held.id}`);
      await held.hasOnly(await held.currentKey());
    });

  it("stands where it was asked for as it stands, until it is over", async () => {
    const held = await aHeld(journey);
    const question = await held.rotate();
    await held.next();
    const says = (text: RegExp) =>
      journey.until(async () => text.test(readingOf(journey.stands(question))), `a card that says ${text}`);
    await says(/^Two secrets work now/);
    await journey.teams.press(mina, personalChat(mina), journey.stands(question), "rotation/cancel");
    await says(/cancelled|removed/i);
    await held.hasOnly(await held.currentKey());
    assert.equal(await held.works(held.secret), true);
    assert.ok(!verbsOf(journey.stands(question)).includes("rotation/cancel"));
  });

  it("is cancelled: the new secret and its link are gone, and the old one is as it was", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    const { expiresAt } = (await journey.world.store.tables.registrations.get(held.requestId)) ?? {};
    await held.rotate(aiko);
    const link = await held.next();
    const card = await held.card();
    const answer = await said(journey, aiko, `cancel rotation ${held.id}`);
    assert.match(readingOf(answer), /The rotation was cancelled.*works as it did/s);
    await held.hasOnly(old);
    assert.equal(await held.works(held.secret), true);
    assert.equal((await journey.openAs(link, mina)).status, 410);
    await cardIn(journey, personalChat(mina), "The rotation was cancelled", "Aiko");
    await journey.until(async () => verbsOf(journey.stands(card)).length === 0, "the card's end");
    const after = await journey.world.store.tables.registrations.get(held.requestId);
    assert.deepEqual(after?.expiresAt, expiresAt);
    assert.equal(await held.currentKey(), old);
    // And again, from the start.
    await held.rotate();
    const secret = await held.reveal(await held.next());
    assert.equal(await held.works(secret), true);
    assert.equal((await held.keyIds()).length, 2);
  });

  it("ends by itself after a warning on the day before", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    const secret = await held.reveal(await held.next());
    await held.look(5.9 * days);
    assert.ok(!journey.teams.messages.some((each) => says(each, "The old secret ends soon")));
    assert.equal(await held.works(held.secret), true);
    await held.look(0.2 * days);
    const warning = await cardIn(journey, personalChat(mina), "The old secret ends soon", held.id);
    assert.deepEqual(verbsOf(warning), ["rotation/switched", "rotation/cancel"]);
    // Without the right to read sign-ins nothing is said of them.
    assert.ok(!/in use|last used/.test(readingOf(warning)));
    await held.look(0.5 * days);
    assert.equal(await held.works(held.secret), true);
    await held.look(0.6 * days);
    await held.hasOnly(await held.currentKey());
    assert.equal(await held.works(held.secret), false);
    assert.equal(await held.works(secret), true);
    await cardIn(journey, personalChat(mina), "Its time beside the new one is over");
    await held.look(1 * days);
    const warnings = journey.teams.messages.filter((each) => says(each, "The old secret ends soon"));
    assert.equal(warnings.length, 1);
    const late = await journey.teams.press(mina, personalChat(mina), warning, "rotation/cancel");
    assert.match(late.text ?? "", /no second secret/);
    await held.hasOnly(await held.currentKey());
    assert.deepEqual((await acts(journey, held.id)).at(-1), "secret.rotate ended");
  });

  it("warns late after an outage, and leaves a day after that", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    await held.reveal(await held.next());
    await held.look(20 * days);
    await cardIn(journey, personalChat(mina), "The old secret ends soon");
    assert.equal(await held.works(held.secret), true);
    await held.look(1 * days + minutes);
    await held.hasOnly(await held.currentKey());
  });

  it("leaves the old secret where nobody opens the new one in time", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    await held.rotate();
    const link = await held.next();
    await held.look(73 * 60 * minutes);
    await cardIn(journey, personalChat(mina), "Nobody opened the new secret in time", held.id);
    await held.hasOnly(old);
    assert.equal(await held.currentKey(), old);
    assert.equal(await held.works(held.secret), true);
    assert.deepEqual(await held.ofState("retiring"), []);
    await held.look(30 * days);
    await held.hasOnly(old);
    journey.turnClock(-(30 * days + 73 * 60 * minutes));
    assert.equal((await journey.openAs(link, mina)).status, 410);
  });

  it("is one, however often it is pressed, and by whomever", async () => {
    const held = await aHeld(journey);
    const whose = [mina, priya, aiko];
    const questions = await Promise.all(
      whose.map((who) => said(journey, who, `rotate ${held.id}`, "rotation/confirm")),
    );
    await Promise.all(
      [...questions, ...questions].map((question, n) => {
        const who = whose[n % 3] ?? mina;
        return journey.teams.press(who, personalChat(who), question, "rotation/confirm");
      }),
    );
    await held.next();
    assert.equal((await held.keyIds()).length, 2);
    assert.deepEqual(await acts(journey, held.id), ["secret.rotate begun", "secret.replaced handed-over"]);
    // Pressed again on a question from before, and said again.
    await journey.teams.press(mina, personalChat(mina), questions[0] as ChatMessage, "rotation/confirm");
    assert.match(readingOf(journey.stands(questions[0] as ChatMessage)), /Two secrets work now/);
    assert.match(readingOf(await said(journey, mina, `rotate ${held.clientId}`)), /Two secrets work now/);
    await journey.until(async () => linksTo(journey).length === 1, "the end of the link from before");
  });

  it("is nothing to a stranger, without a secret, and while nobody has the one there is", async () => {
    const handed = await aHandedOver(journey);
    const unopened = await said(journey, mina, `rotate ${handed.id}`);
    assert.match(readingOf(unopened), /has not been opened yet/);
    for (const verb of ["rotate", "switched", "cancel rotation"]) {
      const stranger = readingOf(await said(journey, jonas, `${verb} ${handed.id}`));
      assert.equal(stranger, readingOf(await said(journey, jonas, `${verb} REQ-000000`)));
      assert.match(stranger, /no such registration, or it is not yours/);
      assert.match(readingOf(await said(journey, mina, verb)), /Say which one/);
    }
    for (const verb of ["switched", "cancel rotation"])
      assert.match(readingOf(await said(journey, mina, `${verb} ${handed.id}`)), /no second secret/);
    const other = await made(journey, { credential: { kind: "none" } });
    assert.match(readingOf(await said(journey, mina, `rotate ${other.id}`)), /none to rotate/);
    assert.deepEqual(await acts(journey, handed.id), []);
  });

  it("is left alone by the look for drift, which misses either secret only once it is gone", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    const secret = await held.reveal(await held.next());
    await twoNights(journey, held.requestId);
    assert.deepEqual(await openOf(journey, held.requestId), []);
    await said(journey, mina, `switched ${held.id}`);
    await held.hasOnly(await held.currentKey());
    await twoNights(journey, held.requestId);
    assert.deepEqual(await openOf(journey, held.requestId), []);
    assert.equal(await held.works(secret), true);
  });

  it("leaves no secret when the registration is revoked meanwhile", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    const secret = await held.reveal(await held.next());
    const question = await said(journey, mina, `revoke ${held.id}`);
    await journey.teams.press(mina, personalChat(mina), question, "registration/confirm-revoke");
    const { registrations, duties } = journey.world.store.tables;
    await journey.until(
      async () => (await registrations.get(held.requestId))?.state === "revoked",
      "the revocation",
    );
    const states = (await journey.world.store.tables.keys.of(held.requestId)).map(({ state }) => state);
    assert.ok(
      states.every((state) => state === "removed"),
      states.join(),
    );
    const deleted = await journey.graph(`/directory/deletedItems/${held.applicationObjectId}`);
    assert.deepEqual(deleted.body.passwordCredentials ?? [], []);
    for (const each of [held.secret, secret]) assert.equal(await held.works(each), false);
    await held.look(8 * days);
    assert.deepEqual(overlapsIn(await duties.of(held.requestId)), []);
    assert.ok(!journey.teams.messages.some((each) => says(each, "The old secret ends soon")));
  });

  it("goes on when the new secret is lost: another comes, and the old one still works", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    await held.rotate();
    const first = await held.reveal(await held.next());
    await journey.until(async () => verbsOf(held.stands()).includes("rotation/switched"), "the switch");
    await held.press("key/lost");
    const secret = await held.reveal(await held.next());
    await journey.until(async () => (await held.keyIds()).length === 2, "two keys");
    assert.deepEqual(await held.ofState("retiring"), [old]);
    assert.deepEqual(
      [await held.works(held.secret), await held.works(first), await held.works(secret)],
      [true, false, true],
    );
    await held.look(8 * days);
    await held.look(1 * days + minutes);
    await held.hasOnly(await held.currentKey());
    assert.equal(await held.works(secret), true);
  });

  it("ends both secrets when they are in the wrong hands", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    const first = await held.reveal(await held.next());
    await said(journey, mina, `notme ${held.id}`);
    await cardIn(journey, channel, "wrong hands", held.id);
    const secret = await held.reveal(await held.next());
    await held.hasOnly(await held.currentKey());
    assert.deepEqual(
      [await held.works(held.secret), await held.works(first), await held.works(secret)],
      [false, false, true],
    );
  });
});

const overlapsIn = (duties: readonly { kind: string }[]) => duties.filter(({ kind }) => kind === "overlap");

describe("a rotation", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());
  const fault = (order: object) => journey.sim("POST", "/faults", order);

  for (const [what, order] of Object.entries({
    "its making is throttled": { path: "/addPassword", kind: "429", retryAfter: 1 },
    "it was made, and the answer lost": { path: "/addPassword", kind: "504-done" },
    "it was made, and the connection cut": { path: "/addPassword", kind: "reset-after" },
    "everything at Graph fails for a while": { path: "/applications", kind: "503", times: 3 },
  }))
    it(`leaves the old secret and one new one when ${what}`, async () => {
      const held = await aHeld(journey);
      await fault(order);
      await held.rotate();
      const secret = await held.reveal(await held.next());
      await journey.until(async () => (await held.keyIds()).length === 2, "two keys");
      for (const each of [held.secret, secret]) assert.equal(await held.works(each), true);
    });

  it("waits aloud while Graph is down, comes after a restart, and can be cancelled meanwhile", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    await fault({ path: "/addPassword", kind: "503", times: 1000 });
    await held.rotate();
    await cardIn(
      journey,
      personalChat(mina),
      held.id,
      "Usher makes a new one beside it",
      "trouble of its own",
    );
    assert.equal(await held.works(held.secret), true);
    await held.press("rotation/cancel");
    await held.settled();
    await held.hasOnly(old);
    await held.rotate();
    await cardIn(journey, personalChat(mina), held.id, "trouble of its own");
    await journey.restart();
    await journey.sim("DELETE", "/faults");
    await held.look(61_000);
    const { newKeys, jobs } = journey.world.store.tables;
    await journey.until(async () => {
      await jobs.wake("new-key", held.requestId);
      return (await newKeys.get(held.requestId)) === undefined;
    }, "the new key");
    journey.turnClock(-61_000);
    const secret = await held.reveal(await held.next());
    for (const each of [held.secret, secret]) assert.equal(await held.works(each), true);
    assert.deepEqual(await acts(journey, held.id), [
      "secret.rotate begun",
      "secret.rotate cancelled",
      "secret.rotate begun",
      "secret.replaced handed-over",
    ]);
  });

  it("leaves what works where Entra refuses for good, and says so", async () => {
    const held = await aHeld(journey);
    const [old] = await held.keyIds();
    await journey.sim("PUT", "/settings", { secretsBlocked: true });
    await held.rotate();
    const notice = await cardIn(
      journey,
      personalChat(mina),
      "No new secret could be made",
      "works as it did",
    );
    assert.deepEqual(verbsOf(notice), ["rotation/ask"]);
    await held.hasOnly(old);
    assert.equal(await held.works(held.secret), true);
  });

  it("keeps the old secret past its time while the link to the new one still waits", async () => {
    const ranks = ["low", "medium", "high", "tier0"].map((rank) => [rank, { overlapDays: 2 }]);
    await journey.close();
    const policy = catalogWithPolicy({ ranks: Object.fromEntries(ranks) });
    journey = await startJourney({ config: { catalogDir: policy } });
    const held = await aHeld(journey);
    await held.rotate();
    await held.next();
    await held.look(1.5 * days);
    const warning = await cardIn(
      journey,
      personalChat(mina),
      "The old secret ends soon",
      "nobody has opened",
    );
    assert.deepEqual(verbsOf(warning), ["rotation/cancel"]);
    await held.look(1.1 * days);
    assert.equal((await held.ofState("retiring")).length, 1);
    assert.equal(await held.works(held.secret), true);
  });

  it("removes the old secret later where Entra does not let it at the moment of the switch", async () => {
    const held = await aHeld(journey);
    await held.rotate();
    await held.reveal(await held.next());
    await fault({ path: "/removePassword", kind: "503", times: 1 });
    await said(journey, mina, `switched ${held.id}`);
    assert.equal((await held.keyIds()).length, 2);
    await sweep(journey.world, journey.world.clock.now());
    await held.hasOnly(await held.currentKey());
  });

  it("says which secret is in use where it may read the log of sign-ins, and only then", async () => {
    const { body } = await journey.graph(
      `/servicePrincipals?$filter=appId eq '${company.clients.provisioning.clientId}'`,
    );
    assert.ok(body.value);
    await journey.sim("PUT", `/identities/${company.clients.provisioning.clientId}`, {
      roles: [
        "Application.ReadWrite.OwnedBy",
        "Application.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
        "AuditLog.Read.All",
      ],
    });
    await journey.restart();
    const held = await aHeld(journey);
    await held.rotate();
    const secret = await held.reveal(await held.next());
    const card = await held.card();
    // Usher's own proof of the secret was before it was shown, and is no use of it.
    await held.look(1 * days + minutes);
    await journey.until(async () => verbsOf(journey.stands(card)).length === 2, "the card");
    assert.ok(!readingOf(journey.stands(card)).includes("in use since"));
    await journey.sim("POST", "/clock", { advanceSeconds: 86_400 });
    assert.equal(await held.works(secret), true);
    await held.look(1 * days);
    await journey.until(
      async () => readingOf(journey.stands(card)).includes("The new secret is in use since"),
      "the new one's use",
    );
    assert.ok(!readingOf(journey.stands(card)).includes("The old secret was last used"));
    assert.equal(await held.works(held.secret), true);
    await held.look(4 * days);
    const warning = await cardIn(journey, personalChat(mina), "is still in use");
    assert.match(readingOf(warning), /The new secret is in use since.*The old secret was last used on/s);
  });

  it("comes to its end from wherever it was killed", async function () {
    this.timeout(300_000);
    await journey.close();
    const mortal = aMortal();
    journey = await startJourney({ adjust: mortal.adjust });
    const held = await aHeld(journey);
    const diedAt: string[] = [];
    for (let n = 1; ; n += killStep) {
      const question = await said(journey, mina, `rotate ${held.id}`);
      await journey.until(async () => isQuiet(journey, held.requestId), "silence");
      mortal.arm(n);
      await journey.teams
        .press(mina, personalChat(mina), question, "rotation/confirm")
        .catch(() => undefined);
      await untilDeadOrDone(journey, mortal, held);
      if (!mortal.isDead) break;
      diedAt.push(mortal.diedAt);
      // As long as a dead one's lease, and its message, are waited for.
      mortal.revive();
      journey.turnClock(61_000);
      const { newKeys, keys, jobs } = journey.world.store.tables;
      await journey.until(async () => {
        await sweep(journey.world, journey.world.clock.now());
        if (await newKeys.get(held.requestId)) await jobs.wake("new-key", held.requestId);
        const rows = await keys.of(held.requestId);
        const wanted = rows.filter(({ state }) => state === "current" || state === "retiring");
        const there = await held.keyIds();
        return (
          (await newKeys.get(held.requestId)) === undefined &&
          there.length === wanted.length &&
          wanted.every(({ keyId }) => there.includes(keyId ?? ""))
        );
      }, `the end of round ${n}`);
      assert.equal(await held.works(held.secret), true, `the old secret works in round ${n}`);
      assert.equal((await held.ofState("current")).length, 1, `round ${n}`);
      await journey.teams.say(mina, personalChat(mina), `cancel rotation ${held.id}`);
      journey.turnClock(-61_000);
    }
    // Which call is the n-th of a round depends on what is delivered beside it, so one or the other may be left out.
    const points = ["claim", "addKey", "proveSecret", "post", "update", "a transaction"];
    const met = points.filter((point) => diedAt.includes(point));
    assert.ok(diedAt.length >= 6 && met.length >= 2, `died before ${diedAt}`);
    assert.equal((await held.ofState("retiring")).length, 1);
  });
});

/** Nothing of it is being delivered or made. */
async function isQuiet({ world }: Journey, id: RequestId): Promise<boolean> {
  const posts = await world.store.tables.posts.of(id);
  return posts.every(({ state, drawn }) => state !== "due" && state !== "sending" && drawn !== "");
}

async function untilDeadOrDone(
  journey: Journey,
  mortal: ReturnType<typeof aMortal>,
  held: Pick<HandedOver, "requestId">,
): Promise<void> {
  const carrier = journey.carrier.db;
  await journey.until(async () => {
    if (mortal.isDead) return true;
    const rows = await carrier
      .selectFrom("keys")
      .select("state")
      .where("request_id", "=", held.requestId)
      .execute();
    return rows.some(({ state }) => state === "retiring");
  }, "its death or its end");
}

describe("a rotation of two processes on one database", function () {
  this.timeout(120_000);

  it("is one, whoever hears the presses, and one switch ends it", async () => {
    const fleet = await startFleet(2);
    try {
      const { id, card } = await fleet.ask(mina);
      const approval = await cardIn(fleet, channel, id);
      await fleet.teams.press(priya, channel, approval, "approval/approve");
      await fleet.until(() => linksTo(fleet).length === 1, "the link");
      const stands = (message: ChatMessage) =>
        fleet.teams.messages.findLast((each) => each.id === message.id) as ChatMessage;
      await fleet.until(() => verbsOf(stands(card)).includes("key/lost"), "the button");
      const { clientId } = (await fleet.tables.registrations.get(id as RequestId)) ?? { clientId: "" };
      const links = linksTo(fleet);
      const old = await (await aboutToReveal(links[0] ?? ""))();

      const question = await said(fleet, mina, `rotate ${id}`, "rotation/confirm");
      const place = personalChat(mina);
      await Promise.all(
        Array.from({ length: 8 }, () => fleet.teams.press(mina, place, question, "rotation/confirm")),
      );
      await fleet.until(() => linksTo(fleet).some((each) => !links.includes(each)), "the next link");
      await fleet.until(
        async () => (await fleet.tables.newKeys.get(id as RequestId)) === undefined,
        "the end of its making",
      );
      assert.equal((await fleet.applications())[0]?.keys, 2);
      const next = linksTo(fleet).findLast((each) => !links.includes(each)) ?? "";
      const secret = await (await aboutToReveal(next))();
      for (const each of [old, secret]) assert.equal(await works(fleet, clientId, each), true);
      const message = await cardIn(fleet, place, id, "Two secrets work now");
      await fleet.until(() => verbsOf(stands(message)).includes("rotation/switched"), "the switch");
      const shown = stands(message);
      await Promise.all(
        Array.from({ length: 4 }, () => fleet.teams.press(mina, place, shown, "rotation/switched")),
      );
      await fleet.until(async () => (await fleet.applications())[0]?.keys === 1, "the one key");
      assert.deepEqual(
        [await works(fleet, clientId, old), await works(fleet, clientId, secret)],
        [false, true],
      );
      const rows = await fleet.tables.audit.read({ subject: id, limit: 1000 });
      assert.deepEqual(
        rows.filter(({ what }) => what === "secret.rotate").map(({ outcome }) => outcome),
        ["begun", "switched"],
      );
    } finally {
      await fleet.close();
    }
  });
});
