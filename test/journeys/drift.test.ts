import assert from "node:assert/strict";
import { sql } from "kysely";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Registration } from "../../src/domain/registration.ts";
import type { ChatMessage } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { driftSweep } from "../../src/usecases/drift/drift-sweep.ts";
import { DirectoryFailure } from "../../src/usecases/ports/entra.ts";
import { aPermission, days, graphApi, minutes } from "../support/builders.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import {
  aMadeOne,
  cardIn,
  changed,
  findingsOf,
  lookNow,
  type MadeOne,
  newest,
  openOf,
  twoNights,
  untilRepaired,
} from "../support/drifting.ts";
import { contractProblems } from "../support/graph-contract.ts";
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
  tomas,
  verbsOf,
} from "../support/journey.ts";

const secretsOf = async (journey: Journey, app: string) =>
  (await journey.graph(`/applications/${app}`)).body.passwordCredentials as { keyId: string }[];

async function everyChange({ admin, app, principal }: MadeOne): Promise<void> {
  await admin.addSecret(app);
  await admin.addOwner(app, company.people.secondRequester);
  await admin.grantRole(principal, "Mail.ReadWrite");
  await admin.setScopes(principal, ["User.Read", "Files.Read.All"]);
  await admin.takeRole(principal, "User.ReadBasic.All");
  await admin.change(app, { web: { redirectUris: ["https://evil.example/signin"] } });
  await admin.setEnabled(principal, false);
}

forEachUsherDatabase((_, open) => {
  describe("what somebody changed in Entra", () => {
    let journey: Journey;
    let exchanges: Exchange[] = [];
    beforeEach(async () => {
      exchanges = [];
      const tenant = { onExchange: (exchange: Exchange) => void exchanges.push(exchange) };
      journey = await startJourney({ carrier: open, tenant });
    });
    afterEach(() => journey.close());

    it("is told to the owner and the approvers, repaired by an approver, and said to be so", async () => {
      const one = await aMadeOne(journey);
      const { id, app } = one;
      const before = await secretsOf(journey, app);
      await everyChange(one);
      await twoNights(journey, id);
      assert.equal((await openOf(journey, id)).length, 8);

      const own = await cardIn(journey, personalChat(mina), changed);
      const card = await cardIn(journey, channel, changed);
      for (const text of [
        "A secret was added in Entra",
        "A new owner in Entra",
        "Jonas Weber",
        "Mail.ReadWrite",
        "Files.Read.All",
        "https://evil.example/signin",
        "User.ReadBasic.All",
        "It was disabled",
      ])
        for (const each of [own, card])
          assert.ok(readingOf(each).includes(text), `${text}: ${readingOf(each)}`);
      assert.deepEqual(verbsOf(own), ["drift/check", "registration/revoke"]);
      assert.deepEqual(verbsOf(card), ["drift/repair", "drift/accept", ...verbsOf(own)]);
      const reading = readingOf(card);
      assert.ok(reading.indexOf("A secret was added") < reading.indexOf("A new owner in Entra"));
      assert.ok(reading.indexOf("More than was approved") < reading.indexOf("Less than was approved"));

      await journey.teams.press(tomas, channel, card, "drift/repair");
      await untilRepaired(journey, id);
      for (const place of [channel, personalChat(mina)]) {
        await cardIn(journey, place, "Nothing differed when Usher looked last", "Tomás Rivera");
      }
      assert.deepEqual(await secretsOf(journey, app), before);
      journey.turnClock(31 * minutes);
      await lookNow(journey, id);
      const standing = (await findingsOf(journey, id)).filter(({ state }) => state !== "repaired");
      assert.deepEqual(standing, []);
      const problems = contractProblems(exchanges);
      assert.deepEqual(problems === "absent" ? [] : problems, []);
      const outcomes = (await journey.audited(id)).filter(({ what }) => what.startsWith("drift."));
      assert.deepEqual(
        outcomes
          .map(({ what, who, outcome }) => `${what} ${who === tomas.id ? "tomas" : who} ${outcome}`)
          .toSorted(),
        [
          ...Array(5).fill("drift.found usher wider"),
          ...Array(3).fill("drift.found usher narrower"),
          "drift.repair tomas repairing",
          ...Array(8).fill("drift.repaired usher repaired"),
        ].toSorted(),
      );
    });

    it("may stay where it is less than was approved, and is not told again", async () => {
      const { id, app, principal, admin } = await aMadeOne(journey);
      await admin.change(app, { web: { redirectUris: [] } });
      await admin.addSecret(app);
      await twoNights(journey, id);
      const card = await cardIn(journey, channel, changed);
      await journey.teams.press(priya, channel, card, "drift/accept", { reason: "The old site is closed." });
      const stands = journey.stands(card);
      assert.match(readingOf(stands), /Accepted on .* by Priya Nair.*Reason: The old site is closed\./);
      assert.deepEqual(verbsOf(stands), ["drift/repair", "drift/check", "registration/revoke"]);
      assert.deepEqual(
        (await openOf(journey, id)).map(({ drift }) => drift.what),
        ["secret"],
      );

      await journey.teams.press(priya, channel, journey.stands(card), "drift/repair");
      await untilRepaired(journey, id);
      await twoNights(journey, id);
      assert.deepEqual(await openOf(journey, id), []);
      assert.deepEqual((await journey.graph(`/applications/${app}`)).body.web, {
        ...((await journey.graph(`/applications/${app}`)).body.web as object),
        redirectUris: [],
      });

      // Brought back by hand, it is more than what was accepted.
      await admin.change(app, { web: { redirectUris: ["https://payroll.example/signin"] } });
      await admin.setEnabled(principal, false);
      await twoNights(journey, id);
      await cardIn(journey, channel, changed, "Sign-in may also return to", "It was disabled");
    });
  });
});

describe("what differs from an approved plan", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("is told once it was seen twice, and not while Entra may only disagree with itself", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.change(app, { web: { redirectUris: [] } });
    journey.turnClock(1 * days + minutes);
    await lookNow(journey, id);
    assert.equal((await findingsOf(journey, id)).length, 1);
    assert.deepEqual(await openOf(journey, id), []);
    await admin.change(app, { web: { redirectUris: ["https://payroll.example/signin"] } });
    journey.turnClock(31 * minutes);
    await lookNow(journey, id);
    assert.deepEqual(
      (await findingsOf(journey, id)).map(({ state }) => state),
      ["gone"],
    );
    assert.ok(!journey.teams.messages.some((message) => says(message, changed)));
  });

  it("ends by itself when somebody puts it back", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    const keyId = await admin.addSecret(app);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, changed);
    await admin.removeSecret(app, keyId);
    journey.turnClock(1 * days + minutes);
    await lookNow(journey, id);
    await journey.until(async () => says(journey.stands(card), "It is no longer so."), "the card");
    assert.deepEqual(verbsOf(journey.stands(card)), ["drift/check"]);
  });

  it("is decided by nobody who owns it, here or in Entra, and by no one but approvers", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await admin.addOwner(app, priya.id);
    // Mina becomes an approver of others' requests, but she owns this one.
    await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, {
      members: [mina.id, priya.id, tomas.id],
    });
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, changed);
    const outcomes: [typeof mina, RegExp][] = [
      [mina, /You own this registration/],
      [priya, /You own this registration/],
      [jonas, /no such registration, or it is not yours/],
      [aiko, /not one of the approvers/],
    ];
    for (const [who, sentence] of outcomes) {
      const answer = await journey.teams.press(who, channel, card, "drift/repair");
      assert.match(JSON.stringify(answer), sentence, who.name);
      await journey.teams.say(who, personalChat(who), `repair ${id}`);
      assert.match(readingOf(newest(journey)), sentence, who.name);
    }
    assert.equal((await openOf(journey, id)).length, 2);
    const refused = (await journey.audited(id)).filter(({ what }) => what === "drift.decision-refused");
    assert.equal(refused.length, 8);

    await journey.teams.say(tomas, personalChat(tomas), `repair ${id}`);
    await untilRepaired(journey, id);
    assert.equal((await secretsOf(journey, app)).length, 1);
  });

  it("is shown to its owner, approvers and admins, and to nobody else", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await twoNights(journey, id);
    for (const place of [channel, personalChat(mina)]) await cardIn(journey, place, changed);
    const shown = async (who: typeof mina) => {
      await journey.teams.say(who, personalChat(who), `drift ${id}`);
      return newest(journey);
    };
    assert.match(
      readingOf(await shown(mina)),
      /Somebody changed this in Entra.*An approver who does not own it/,
    );
    assert.deepEqual(verbsOf(await shown(mina)), ["drift/check", "registration/revoke"]);
    assert.deepEqual(verbsOf(await shown(priya)), ["drift/repair", "drift/check", "registration/revoke"]);
    assert.match(readingOf(await shown(aiko)), /A secret was added in Entra/);
    assert.match(readingOf(await shown(jonas)), /There is no such registration/);
  });

  it("is not accepted where it is more, whatever is pressed", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, changed);
    assert.deepEqual(verbsOf(card), ["drift/repair", "drift/check", "registration/revoke"]);
    assert.match(readingOf(card), /cannot be accepted here.*say request/);
    const forged = JSON.parse(JSON.stringify(card).replaceAll("drift/repair", "drift/accept")) as ChatMessage;
    const reason = { reason: "It is needed." };
    const answer = await journey.teams.press(priya, channel, forged, "drift/accept", reason);
    assert.match(JSON.stringify(answer), /nothing to accept/);
    assert.equal((await openOf(journey, id)).length, 1);
  });

  it("is decided only as it stands: a press on what it was before shows how it is now", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await twoNights(journey, id);
    const before = await cardIn(journey, channel, changed);
    await admin.change(app, { web: { redirectUris: [] } });
    await twoNights(journey, id);
    const after = await cardIn(journey, channel, changed, "Less than was approved");
    assert.notEqual(after.id, before.id);
    await journey.until(async () => says(journey.stands(before), "There is a newer card"), "the older card");
    const answer = await journey.teams.press(priya, channel, before, "drift/repair");
    assert.match(JSON.stringify(answer), /This has changed since you saw it/);
    assert.equal((await openOf(journey, id)).length, 2);
  });

  it("is a secret by another hand also where it bears the name of Usher's own", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    const [own] = (await journey.graph(`/applications/${app}`)).body.passwordCredentials as {
      displayName: string;
    }[];
    await admin.addSecret(app, "applications", own?.displayName);
    await twoNights(journey, id);
    await cardIn(journey, channel, changed, "A secret was added in Entra");
  });

  it("that was deleted is not brought back, and the list says so", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.send("DELETE", `/applications/${app}`);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, "Somebody deleted this in Entra");
    assert.deepEqual(verbsOf(card), ["drift/check", "registration/revoke"]);
    await journey.teams.say(priya, personalChat(priya), `repair ${id}`);
    assert.match(readingOf(newest(journey)), /can be repaired/);
    await journey.teams.say(mina, personalChat(mina), "list");
    assert.match(readingOf(newest(journey)), /Deleted in Entra by somebody/);

    // As the portal does it, with its service principal.
    await journey.sim("PUT", "/settings", { restoresPrincipalToo: true });
    await admin.send("POST", `/directory/deletedItems/${app}/restore`, {});
    journey.turnClock(1 * days + minutes);
    await lookNow(journey, id);
    await journey.teams.say(mina, personalChat(mina), "list");
    assert.match(readingOf(newest(journey)), /Active/);
  });

  it("gets no all-clear before Usher has looked, and is looked at when somebody presses Check now", async () => {
    const { id, principal, admin } = await aMadeOne(journey);
    await admin.send("PATCH", `/servicePrincipals/${principal}`, { accountEnabled: false });
    await journey.teams.say(mina, personalChat(mina), `drift ${id}`);
    assert.match(readingOf(newest(journey)), /^Not compared with Entra yet/);
    const press = () =>
      journey.teams.press(mina, personalChat(mina), newest(journey), "drift/check").then(readingOf);
    assert.match(await press(), /^Something may have been changed in Entra.*Seen once.*It was disabled/s);
    journey.turnClock(31 * minutes);
    assert.match(await press(), /^Somebody changed this in Entra.*Less than was approved.*It was disabled/s);

    const hears = async (text: string, ...words: string[]) => {
      const before = new Set(journey.teams.messages.map(({ id }) => id));
      await journey.teams.say(mina, personalChat(mina), text);
      await journey.teams.find(
        (each) =>
          each.conversationId === personalChat(mina).id &&
          !before.has(each.id) &&
          words.every((word) => says(each, word)),
        `"${words.join('", "')}" after ${text}`,
      );
    };
    await hears("list", "Nothing signs in with it: somebody disabled it in Entra");
    await hears(`status ${id}`, "Somebody disabled this in Entra", `Say drift ${id} to see more`);
    const card = await cardIn(journey, channel, changed);
    await journey.teams.press(priya, channel, card, "drift/accept", { reason: "It is not used now." });
    await hears(`drift ${id}`, "It differs as it was accepted, and not more", "It is not used now.");
    await hears("list", "somebody disabled it in Entra");
  });

  it("is never a new secret: one that is gone is lost, and the card says what to do", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    const [key] = await secretsOf(journey, app);
    await admin.removeSecret(app, String(key?.keyId));
    await twoNights(journey, id);
    const card = await cardIn(
      journey,
      channel,
      changed,
      "Its secret was removed",
      "Its owner can have a new one",
    );
    assert.deepEqual(verbsOf(card), ["drift/accept", "drift/check", "registration/revoke"]);
    await journey.teams.say(priya, personalChat(priya), `repair ${id}`);
    assert.deepEqual(await secretsOf(journey, app), []);
  });

  it("that Usher has no right to repair stays open, with whose turn it is", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.send("DELETE", `/applications/${app}/owners/${mina.id}/$ref`);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, changed, "No longer an owner in Entra");
    await journey.teams.press(priya, channel, card, "drift/repair");
    await journey.until(
      async () => says(journey.stands(card), "An administrator must do it in Entra"),
      "the note on the card",
    );
    assert.deepEqual(verbsOf(journey.stands(card)), [
      "drift/repair",
      "drift/accept",
      "drift/check",
      "registration/revoke",
    ]);
  });

  it("is looked for later, and nobody hears of it, while Graph is down", async () => {
    const { id, app, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await journey.sim("POST", "/faults", { path: "batch", kind: "503", times: 1000 });
    journey.turnClock(1 * days + minutes);
    const before = journey.log.length;
    await driftSweep(journey.world, journey.world.clock.now());
    assert.deepEqual(await findingsOf(journey, id), []);
    const loud = journey.log.slice(before).filter((line) => /"level":"?(warn|error|4|5)/.test(line));
    assert.deepEqual(loud, []);
    await journey.sim("DELETE", "/faults");
    journey.turnClock(11 * minutes);
    await lookNow(journey, id);
    journey.turnClock(31 * minutes);
    await lookNow(journey, id);
    assert.equal((await openOf(journey, id)).length, 1);
  });

  it("is nothing where nobody has changed anything, for what a blueprint makes", async () => {
    const { id } = await journey.provisioned();
    await twoNights(journey, id as RequestId);
    assert.deepEqual(await findingsOf(journey, id as RequestId), []);
  });
});

describe("a tenant with two thousand registrations", () => {
  let journey: Journey;
  afterEach(() => journey.close());

  it("is gone through in slices, each from where the last one stopped", async () => {
    journey = await startJourney();
    const { id } = await aMadeOne(journey);
    const { db } = journey.carrier;
    for (const [table, own] of [
      ["requests", "draft_id"],
      ["registrations", "client_id"],
    ] as const)
      await sql`insert into ${sql.table(table)} select (jsonb_populate_record(made, jsonb_build_object(
        'id', 'REQ-S' || lpad(n::text, 5, '0'), ${own}::text, ${own}::text || n))).*
        from ${sql.table(table)} made, generate_series(1, 1999) n where made.id = ${id}`.execute(db);
    journey.turnClock(1 * days + minutes);
    const due = async () => {
      const now = journey.world.clock.now();
      const rows = db.selectFrom("registrations").select("id").where("next_check_at", "<=", now);
      return (await rows.execute()).length;
    };
    const looked: string[] = [];
    const { world } = journey;
    const counting = {
      ...world,
      inspector: {
        ...world.inspector,
        inspect(registration: Registration) {
          looked.push(registration.id);
          return world.inspector.inspect(registration);
        },
      },
    };
    const before = await due();
    await driftSweep(counting, journey.world.clock.now());
    assert.equal(looked.length, 50);
    await driftSweep(counting, journey.world.clock.now());
    assert.deepEqual([looked.length, new Set(looked).size], [100, 100]);
    assert.ok((await due()) <= before - 100);
  });
});

describe("a repair that is interrupted", () => {
  let journey: Journey;
  afterEach(() => journey.close());

  it("goes on where it stopped, and nothing is done twice or left out", async () => {
    let isBroken = true;
    let undone = 0;
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        inspector: {
          ...world.inspector,
          async undo(...of) {
            // As if the process had died between the call and what it would have written down.
            if (isBroken && undone === 2) throw new DirectoryFailure("cut", { kind: "retry" });
            const outcome = await world.inspector.undo(...of);
            undone++;
            if (isBroken && undone === 2) throw new DirectoryFailure("cut", { kind: "retry" });
            return outcome;
          },
        },
      }),
    });
    const one = await aMadeOne(journey, {
      permissions: [
        aPermission(),
        aPermission({ name: "User.ReadBasic.All", kind: "application", api: graphApi }),
      ],
    });
    await everyChange(one);
    await twoNights(journey, one.id);
    await journey.teams.press(priya, channel, await cardIn(journey, channel, changed), "drift/repair");
    await journey.until(async () => undone === 2, "the cut");
    isBroken = false;
    await journey.restart();
    await untilRepaired(journey, one.id);
    await twoNights(journey, one.id);
    assert.deepEqual(await openOf(journey, one.id), []);
    assert.equal((await secretsOf(journey, one.app)).length, 1);
    const repaired = (await journey.audited(one.id)).filter(({ what }) => what === "drift.repaired");
    assert.equal(repaired.length, 8);
  });
});
