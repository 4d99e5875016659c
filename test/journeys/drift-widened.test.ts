import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { carryOutRepair } from "../../src/usecases/drift/carry-out-repair.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { days, minutes } from "../support/builders.ts";
import {
  aMadeOne,
  cardIn,
  changed,
  findingsOf,
  lookNow,
  openOf,
  twoNights,
  untilRepaired,
} from "../support/drifting.ts";
import {
  channel,
  type Journey,
  mina,
  personalChat,
  priya,
  readingOf,
  says,
  startJourney,
  verbsOf,
} from "../support/journey.ts";

const highest = "62e90394-69f5-4237-9190-012177145e10";

describe("a registration that was given a way into the tenant by hand", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  it("is told with the directory role first and what that lets it do, and loses all of it by a repair", async () => {
    const { consent } = company.clients;
    const roles = [...consent.roles, "RoleManagement.ReadWrite.Directory"];
    await journey.sim("PUT", `/identities/${consent.clientId}`, { roles });
    const { id, app, principal, admin } = await aMadeOne(journey);
    await admin.addSecret(app);
    await admin.giveRole(principal, highest);
    await admin.change(app, { groupMembershipClaims: "All", isFallbackPublicClient: true });
    await admin.addOwner(principal, company.people.secondRequester, "servicePrincipals");
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, changed);
    const reading = readingOf(card);
    assert.match(
      reading,
      /given the directory role: +Global Administrator.*Highest risk.*A secret was added.*owner of its enterprise application: +Jonas Weber/s,
    );
    await journey.teams.press(priya, channel, card, "drift/repair");
    await untilRepaired(journey, id);
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
    const { value } = (await journey.graph("/roleManagement/directory/roleAssignments")).body;
    assert.ok(!(value as { principalId: string }[]).some(({ principalId }) => principalId === principal));
  });
});

describe("a registration whose owner has left", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const title = "Nobody answers for this registration";
  const disable = (isEnabled: boolean) =>
    journey.sim("PUT", `/users/${mina.id}`, { accountEnabled: isEnabled });

  it("is told to the approvers alone, cannot be repaired, and is accepted with a reason", async () => {
    // Nobody owns it in Entra, so that only Usher's records name her.
    const { id } = await aMadeOne(journey, { owner: "nobody" });
    await disable(false);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, title, "Its owner's account is disabled");
    assert.match(readingOf(card), /the ownership must be moved to somebody/);
    assert.deepEqual(verbsOf(card), ["drift/accept", "drift/check", "registration/revoke"]);
    const own = journey.teams.messages.filter(
      (each) => each.conversationId === personalChat(mina).id && says(each, title),
    );
    assert.deepEqual(own, []);

    await journey.teams.say(priya, personalChat(priya), `repair ${id}`);
    assert.match(readingOf(journey.teams.messages.at(-1)!), /can be repaired/);
    const answer = await journey.teams.press(priya, channel, card, "drift/accept", { reason: " " });
    assert.match(JSON.stringify(answer), /Nothing was accepted: that needs a reason/);
    assert.equal((await openOf(journey, id)).length, 1);

    const reason = "Jonas has taken it over.";
    await journey.teams.press(priya, channel, card, "drift/accept", { reason });
    assert.match(readingOf(journey.stands(card)), /Accepted on .* by Priya Nair.*Jonas has taken it over/);
    const rows = await journey.world.store.tables.audit.read({ limit: 1000, subject: id });
    const accepted = rows.find(({ what }) => what === "drift.accepted");
    assert.equal(accepted?.detail?.reason, reason);
    await twoNights(journey, id);
    assert.deepEqual(await openOf(journey, id), []);
  });

  it("is told once more when the account was back and is gone again", async () => {
    const { id } = await aMadeOne(journey, { owner: "nobody" });
    await disable(false);
    await twoNights(journey, id);
    const card = await cardIn(journey, channel, title);
    await journey.teams.press(priya, channel, card, "drift/accept", { reason: "On leave." });
    await disable(true);
    journey.turnClock(1 * days + minutes);
    await lookNow(journey, id);
    await disable(false);
    await twoNights(journey, id);
    assert.equal((await openOf(journey, id)).length, 1);
  });
});

describe("a repair", () => {
  let journey: Journey;
  afterEach(() => journey.close());

  /** One that is being repaired: its card was pressed, and nothing is put back until `begin`. */
  async function repairing(onUndo: (world: World, id: RequestId) => Promise<void>) {
    let isHeld = true;
    let undone = 0;
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        inspector: {
          ...world.inspector,
          async undo(registration, ...of) {
            undone++;
            if (isHeld) await onUndo(world, registration.id);
            return world.inspector.undo(registration, ...of);
          },
        },
      }),
    });
    const made = await aMadeOne(journey);
    await made.admin.addSecret(made.app);
    await made.admin.setEnabled(made.principal, false);
    await twoNights(journey, made.id);
    const card = await cardIn(journey, channel, changed);
    return {
      ...made,
      press: () => journey.teams.press(priya, channel, card, "drift/repair"),
      count: () => undone,
      go: () => {
        isHeld = false;
      },
    };
  }

  it("puts nothing more back once somebody revokes the registration", async () => {
    const one = await repairing(async ({ store }, id) => {
      const { registrations } = store.tables;
      const registration = await registrations.get(id);
      if (registration?.state !== "active") return;
      const revokedBy = { userId: mina.id as UserId, name: mina.name };
      await registrations.change(registration, { ...registration, state: "revoking", revokedBy });
    });
    await one.press();
    await journey.until(
      async () => (await findingsOf(journey, one.id)).every(({ state }) => state !== "repairing"),
      "its end",
    );
    assert.equal(one.count(), 1);
    const findings = await findingsOf(journey, one.id);
    assert.deepEqual(findings.map(({ state, note }) => (state === "repaired" ? state : note)).toSorted(), [
      "The registration is being revoked.",
      "repaired",
    ]);
  });

  it("is carried out by one process at a time, and by nobody beside whoever takes the registration apart", async () => {
    const one = await repairing(async ({ store }, id) => {
      assert.equal(await store.tables.steps.claim(id, journey.world.clock.now(), new Date(8e12)), undefined);
      await carryOutRepair(journey.world, id);
    });
    await one.press();
    await untilRepaired(journey, one.id);
    assert.equal(one.count(), 2);
  });

  it("waits while another process holds the registration, and goes on after it", async () => {
    const one = await repairing(async () => {});
    const { steps } = journey.world.store.tables;
    const now = journey.world.clock.now();
    const lease = await steps.claim(one.id, now, new Date(now.getTime() + 5 * minutes));
    assert.ok(lease);
    await one.press();
    const again = await carryOutRepair(journey.world, one.id);
    assert.ok(again && again > now);
    assert.equal(one.count(), 0);
    await steps.release(lease);
    await untilRepaired(journey, one.id);
  });
});
