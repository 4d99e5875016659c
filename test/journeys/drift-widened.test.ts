import assert from "node:assert/strict";
import type { RequestId, UserId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { carryOutRepair } from "../../src/usecases/drift/carry-out-repair.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { minutes } from "../support/builders.ts";
import {
  aMadeOne,
  cardIn,
  changed,
  findingsOf,
  openOf,
  twoNights,
  untilRepaired,
} from "../support/drifting.ts";
import { channel, type Journey, mina, priya, readingOf, startJourney } from "../support/journey.ts";

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
