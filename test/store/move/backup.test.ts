import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import type { RequestId } from "../../../src/domain/ids.ts";
import type { ChatMessage } from "../../../src/local/teams-stand-in.ts";
import { importRows } from "../../../src/store/move/import-rows.ts";
import { writeExport } from "../../../src/store/move/write-export.ts";
import type { Schema } from "../../../src/store/schema.ts";
import { carryOutRevocation } from "../../../src/usecases/lifecycle/carry-out-revocation.ts";
import { sweep } from "../../../src/usecases/lifecycle/sweep.ts";
import { provisionRequest } from "../../../src/usecases/provisioning/provision-request.ts";
import { onDisk, temporaryFolder } from "../../support/carriers.ts";
import {
  aiko,
  type Journey,
  jonas,
  mina,
  personalChat,
  readingOf,
  startJourney,
  verbsOf,
} from "../../support/journey.ts";
import { aHandedOver, type HandedOver } from "../../support/new-keys.ts";

const hours = 3_600_000;

describe("a backup that is restored", () => {
  const folder = temporaryFolder();
  let journey: Journey;
  let first: Journey["carrier"];
  /** Its link was not opened when the backup was made. */
  let handed: HandedOver;
  let secret: string;
  /** It was being revoked. */
  let ending: HandedOver;
  /** It was being made. */
  let half: string;

  before(async () => {
    journey = await startJourney();
    first = { ...journey.carrier };
    await said(aiko, "help");
    handed = await aHandedOver(journey);
    ending = await aHandedOver(journey, jonas);
    const order = { method: "PATCH", path: "/servicePrincipals", kind: "503", times: 100_000 };
    await journey.sim("POST", "/faults", order);
    const question = await said(jonas, `revoke ${ending.requestId}`);
    await journey.teams.press(jonas, personalChat(jonas), question, "registration/confirm-revoke");
    half = (await journey.ask(jonas)).id;
    await journey.approve(half);
    const steps = () => journey.world.store.tables.steps.all(half as RequestId);
    await journey.until(async () => (await steps()).some(({ state }) => state === "waiting"), "a wait");
    const { secretKeys } = journey.config;
    await writeExport(journey.carrier, secretKeys, `${folder}/backup`, journey.world.clock.now());

    secret = await handed.reveal(handed.link);
    const carrier = await onDisk<Schema>();
    const restoredAt = journey.world.clock.now();
    await importRows(carrier, secretKeys, `${folder}/backup`, { restoredAt });
    Object.assign(journey.carrier, carrier);
    await journey.restart();
    // Only now: the process before would have gone on.
    await journey.sim("DELETE", "/faults");
  });
  after(async () => {
    await journey.close();
    await first.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function said(who: typeof mina, text: string): Promise<ChatMessage> {
    const before = new Set(journey.teams.messages.map(({ id }) => id));
    await journey.teams.say(who, personalChat(who), text);
    return journey.teams.find(
      (each) => each.conversationId === personalChat(who).id && !before.has(each.id),
      `the answer to ${text}`,
    );
  }
  const toldTo = (who: typeof mina, what: RegExp) =>
    journey.teams.messages.find(
      (each) => each.conversationId === personalChat(who).id && what.test(readingOf(each)),
    );
  async function look(): Promise<void> {
    await sweep(journey.world, journey.world.clock.now());
    // As the sweep wakes them, and waited for.
    await carryOutRevocation(journey.world, ending.requestId);
    await provisionRequest(journey.world, half as RequestId);
  }
  const stateOf = async ({ requestId }: HandedOver) =>
    (await journey.world.store.tables.registrations.get(requestId))?.state;

  it("leaves a secret that was opened since as it is, and its link opens nothing again", async () => {
    const page = await (await journey.openAs(handed.link, mina)).reveal();
    assert.equal(page.body.includes(secret), false);
    assert.notEqual(page.status, 200);
    for (let day = 0; day < 8; day++) {
      journey.turnClock(24 * hours);
      await look();
    }
    assert.equal(await handed.works(secret), true);
    const states = (await journey.world.store.tables.keys.of(handed.requestId)).map(({ state }) => state);
    assert.deepEqual(states, ["current"]);
    assert.equal(toldTo(mina, /Nobody opened/), undefined);
    await journey.until(
      async () => toldTo(mina, /does not know whether you opened it\. The secret stays/) !== undefined,
      "the link's message to say so",
    );
  });

  it("begins nothing that was under way, says so, and still compares what there is", async () => {
    assert.equal((await journey.graph(`/applications/${ending.applicationObjectId}`)).status, 200);
    assert.deepEqual([await stateOf(ending), (await journey.request(half)).state], ["revoking", "approved"]);
    const { looked_at } = await journey.carrier.db
      .selectFrom("registrations")
      .select("looked_at")
      .where("id", "=", handed.requestId)
      .executeTakeFirstOrThrow();
    assert.ok(looked_at, "it was compared");
    assert.equal((await fetch(`${journey.config.publicUrl}/readyz`)).status, 200);
    await journey.until(
      async () => toldTo(aiko, /restored from a backup/) !== undefined,
      "the admins' message",
    );
    const doctor = readingOf(await said(aiko, "doctor"));
    assert.match(doctor, /Held work: +A backup of .* 2 things wait/s);
  });

  it("carries out what somebody wants revoked since", async () => {
    const question = await said(mina, `revoke ${handed.requestId}`);
    await journey.teams.press(mina, personalChat(mina), question, "registration/confirm-revoke");
    await journey.until(async () => (await stateOf(handed)) === "revoked", "its end");
    assert.equal(await stateOf(ending), "revoking");
  });

  it("goes on once an admin lets it, and nobody else", async () => {
    const refusal = readingOf(await said(mina, "go on"));
    assert.match(refusal, /Only an admin may do this/);
    const card = await said(aiko, "go on");
    const reading = readingOf(card);
    assert.match(reading, new RegExp(`Approved requests, to be made.*1: ${half}`, "s"));
    assert.match(reading, new RegExp(`Registrations to be revoked.*1: ${ending.id}`, "s"));
    assert.deepEqual(verbsOf(card), ["held/go-on"]);
    await journey.teams.press(mina, personalChat(mina), card, "held/go-on");
    await journey.teams.press(aiko, personalChat(aiko), card, "held/go-on", { since: randomUUID() });
    await look();
    assert.equal(await stateOf(ending), "revoking");

    await journey.teams.press(aiko, personalChat(aiko), card, "held/go-on");
    assert.match(readingOf(journey.stands(card)), /Usher goes on/);
    await journey.teams.press(aiko, personalChat(aiko), card, "held/go-on");
    await look();
    await journey.until(async () => (await stateOf(ending)) === "revoked", "what was to be revoked");
    await journey.until(
      async () => (await journey.request(half)).state === "provisioned",
      "what was to be made",
    );
    assert.match(readingOf(await said(aiko, "go on")), /Nothing is held/);
    const acts = (await journey.audited("settings")).filter(({ what }) => what.startsWith("backup."));
    assert.deepEqual(
      acts.map(({ what, outcome, who }) => [what, outcome, who]),
      [
        ["backup.restored", "held", "usher"],
        ["backup.go-on", "not-admin", mina.id],
        ["backup.go-on", "not-admin", mina.id],
        ["backup.go-on", "lifted", aiko.id],
      ],
    );
  });

  it("keeps the old secret of a rotation whose new one nobody is known to have", async () => {
    const requestId = half as RequestId;
    const { links, keys } = journey.world.store.tables;
    const states = async () => (await keys.of(requestId)).map(({ state }) => state);
    // The tenant's clock has not been turned, so nobody can sign in.
    const link = (await links.of(requestId)).at(-1) ?? assert.fail("there is no link");
    assert.ok(await links.claim(link.tokenHash, journey.world.clock.now()));
    await journey.teams.say(jonas, personalChat(jonas), `rotate ${half}`);
    const asks = (each: ChatMessage) => verbsOf(each).includes("rotation/confirm");
    const question = await journey.teams.find(asks, "the question");
    await journey.teams.press(jonas, personalChat(jonas), question, "rotation/confirm");
    await journey.until(async () => (await states()).includes("retiring"), "the overlap");
    // As an import does it.
    await links.cancel({ requestId });
    for (let week = 0; week < 6; week++) {
      journey.turnClock(7 * 24 * hours);
      await sweep(journey.world, journey.world.clock.now());
    }
    assert.deepEqual((await states()).toSorted(), ["current", "retiring"]);
  });
});
