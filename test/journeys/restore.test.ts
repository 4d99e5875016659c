import assert from "node:assert/strict";
import { readCertificate } from "../../src/domain/certificate.ts";
import type { RequestId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { carryOutRestoration } from "../../src/usecases/lifecycle/carry-out-restoration.ts";
import { carryOutRevocation } from "../../src/usecases/lifecycle/carry-out-revocation.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { DirectoryFailure } from "../../src/usecases/ports/entra.ts";
import type { World } from "../../src/usecases/ports/world.ts";
import { personOf } from "../support/approved.ts";
import type { behindUsher } from "../support/behind-usher.ts";
import { days, graphApi, minutes } from "../support/builders.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { aCertificate } from "../support/certificates.ts";
import { aMadeOne, cardIn } from "../support/drifting.ts";
import { startFleet } from "../support/fleet.ts";
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
import { aHandedOver, linksTo, works } from "../support/new-keys.ts";

type Person = typeof mina;

/** What can be done with registrations that come and go. */
function comingBack(journey: () => Journey) {
  const tables = () => journey().world.store.tables;
  const registered = async (id: RequestId): Promise<Registration> =>
    (await tables().registrations.get(id)) ?? assert.fail(`${id} is not there`);
  const stateOf = async (id: RequestId) => (await registered(id)).state;
  const newestTo = (who: Person) =>
    journey().teams.messages.findLast(({ conversationId }) => conversationId === personalChat(who).id) ??
    assert.fail("nothing was said");
  const say = async (who: Person, text: string) => {
    await journey().teams.say(who, personalChat(who), text);
    return newestTo(who);
  };
  const press = (who: Person, message: ReturnType<typeof newestTo>, verb: string) =>
    journey().teams.press(who, personalChat(who), message, verb);
  const until = (id: RequestId, state: Registration["state"]) =>
    journey().until(async () => (await stateOf(id)) === state, `${id} to be ${state}`);
  const wake = (id: RequestId) => tables().jobs.wake("restore", id);
  /** Nothing of what is deleted. */
  const list = async (path: string) =>
    ((await journey().graph(path)).body.value ?? []) as Record<string, unknown>[];

  return {
    tables,
    registered,
    stateOf,
    newestTo,
    say,
    press,
    until,
    wake,
    async revoke(id: RequestId, who: Person = priya): Promise<void> {
      await press(who, await say(who, `revoke ${id}`), "registration/confirm-revoke");
      await until(id, "revoked");
    },
    /**
     * So long ago that Entra shows all that it was deleted with. Back and forth, because the sign-in service does not go
     * by our clock.
     */
    async revokedLongAgo(id: RequestId, who: Person = priya): Promise<void> {
      journey().turnClock(-31 * minutes);
      await press(who, await say(who, `revoke ${id}`), "registration/confirm-revoke");
      await until(id, "revoked");
      journey().turnClock(31 * minutes);
    },
    async restore(id: RequestId, who: Person = priya) {
      const question = await say(who, `restore ${id}`);
      assert.deepEqual(verbsOf(question), ["registration/confirm-restore", "registration/leave"]);
      await press(who, question, "registration/confirm-restore");
      return question;
    },
    /** As the press has it, without the job that carries it out. */
    async restoring(id: RequestId): Promise<void> {
      const from = await registered(id);
      assert.equal(from.state, "revoked");
      await tables().steps.takeOver(id);
      const begun = { restoredBy: personOf(priya), restoredAt: journey().world.clock.now() };
      assert.ok(
        await tables().registrations.change(from, { ...from, ...begun, state: "restoring" } as never),
      );
    },
    /** Likewise for a revocation, carried out. */
    async revokedNow(id: RequestId): Promise<void> {
      const from = await registered(id);
      const revoking = { ...from, state: "revoking", revokedBy: personOf(priya) } as Registration;
      assert.ok(await tables().registrations.change(from, revoking));
      await tables().newKeys.remove(id);
      await tables().steps.takeOver(id);
      await carryOutRevocation(journey().world, id).catch((error: unknown) => {
        // The new secret of the restoration before was just being made: whether it came to be shows half an hour later.
        assert.ok(error instanceof DirectoryFailure && error.isLag, String(error));
        journey().turnClock(31 * minutes);
        return carryOutRevocation(journey().world, id);
      });
      assert.equal(await stateOf(id), "revoked");
    },
    /** All that it may do, by names. */
    async mayDo(id: RequestId): Promise<string[]> {
      const { servicePrincipalId } = await registered(id);
      const path = `/servicePrincipals/${servicePrincipalId}`;
      const [assignments, grants, roles, graph] = await Promise.all([
        list(`${path}/appRoleAssignments`),
        list(`${path}/oauth2PermissionGrants`),
        list("/roleManagement/directory/roleAssignments"),
        journey().graph(`/servicePrincipals(appId='${graphApi}')`),
      ]);
      const published = graph.body.appRoles as { id: string; value: string }[];
      return [
        ...assignments.map(({ appRoleId }) => published.find(({ id }) => id === appRoleId)?.value ?? "?"),
        ...grants.flatMap(({ scope }) => String(scope).split(" ")),
        ...roles
          .filter(({ principalId }) => principalId === servicePrincipalId)
          .map(({ roleDefinitionId }) => String(roleDefinitionId)),
      ].toSorted();
    },
    async isEnabled(id: RequestId) {
      const { servicePrincipalId } = await registered(id);
      return (await journey().graph(`/servicePrincipals/${servicePrincipalId}`)).body.accountEnabled;
    },
    async keysOf(id: RequestId) {
      const { applicationObjectId } = await registered(id);
      const { body } = await journey().graph(`/applications/${applicationObjectId}`);
      return body.passwordCredentials as { keyId: string }[];
    },
    outcomes: async (id: RequestId) =>
      (await journey().audited(id))
        .filter(({ what }) => what.startsWith("registration.restore"))
        .map(({ outcome }) => outcome),
  };
}

/** Each call to Entra of a restoration, in turn: the process dies before it, or after it. */
class Killed extends Error {}
function dyingAt(world: World, at: number, when: "before" | "after"): World {
  let calls = 0;
  const mortal = <T extends object>(edge: T): T =>
    new Proxy(edge, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          calls++;
          if (calls === at && when === "before") throw new Killed();
          const answer = await (target[name as keyof T] as (...all: unknown[]) => unknown)(...args);
          if (calls === at) throw new Killed();
          return answer;
        },
    });
  return { ...world, registrar: mortal(world.registrar), inspector: mortal(world.inspector) };
}

forEachUsherDatabase((_, open) => {
  describe("a registration that was revoked", () => {
    let journey: Journey;
    let exchanges: Exchange[] = [];
    const back = comingBack(() => journey);
    beforeEach(async () => {
      exchanges = [];
      const tenant = { onExchange: (exchange: Exchange) => void exchanges.push(exchange) };
      journey = await startJourney({ carrier: open, tenant });
    });
    afterEach(() => journey.close());

    it("comes back as it was approved, with a new secret for its owner, and no old one works", async () => {
      const handed = await aHandedOver(journey);
      const { requestId: id } = handed;
      const old = await handed.reveal(handed.link);
      assert.equal(await handed.works(old), true);
      const before = await back.mayDo(id);
      assert.notDeepEqual(before, []);
      await back.revokedLongAgo(id, mina);
      assert.match(readingOf(await back.say(mina, "list")), /Revoked on .*; it can be restored until/);

      const question = await back.restore(id);
      assert.match(readingOf(question), /Revoked on .*Mina Okafor.*No secret from before works again/s);
      await back.until(id, "active");
      const link = await handed.nextLink(handed.link);
      assert.deepEqual(linksTo(journey, priya), []);
      const secret = await handed.reveal(link);
      assert.equal(await handed.works(secret), true);
      assert.equal(await handed.works(old), false);
      assert.deepEqual(await handed.keyIds(), [await handed.currentKey()]);
      assert.deepEqual(await back.mayDo(id), before);
      assert.equal(await back.isEnabled(id), true);

      await cardIn(journey, personalChat(mina), "Your registration was restored", "Priya Nair");
      const ended = /The link to its new secret goes to:\s+Mina Okafor/;
      await journey.until(async () => ended.test(readingOf(journey.stands(question))), "the question's end");
      assert.match(readingOf(await back.say(mina, "list")), /Active, its secret works until/);
      await cardIn(journey, personalChat(mina), handed.id, "Ready", "The secret was opened on");
      assert.deepEqual(await back.outcomes(id), ["restoring", "restored"]);
      const problems = contractProblems(exchanges);
      assert.deepEqual(problems === "absent" ? [] : problems, []);

      // It may be revoked once more, and brought back once more.
      await back.revokedLongAgo(id, mina);
      assert.equal(await handed.works(secret), false);
      const again = await back.restore(id, tomas);
      await back.until(id, "active");
      const next = await handed.reveal(await handed.nextLink(handed.link, link));
      assert.equal(await handed.works(next), true);
      assert.equal(await handed.works(secret), false);
      await journey.until(
        async () => ended.test(readingOf(journey.stands(again))),
        "the second question's end",
      );
    });

    it("cannot come back once Entra keeps nothing of it, and is called removed", async () => {
      const { id } = await aMadeOne(journey);
      await back.revoke(id);
      journey.turnClock(30 * days - 5 * minutes);
      await sweep(journey.world, journey.world.clock.now());
      assert.equal(await back.stateOf(id), "revoked");
      journey.turnClock(10 * minutes);
      assert.match(readingOf(await back.say(priya, `restore ${id}`)), /revoked more than 30 days ago/);
      await sweep(journey.world, journey.world.clock.now());
      assert.equal(await back.stateOf(id), "removed");
      assert.match(readingOf(await back.say(priya, `restore ${id}`)), /revoked more than 30 days ago/);
      assert.match(readingOf(await back.say(mina, "list")), /Revoked on .*; Entra keeps it no longer/);
      assert.match(readingOf(await back.say(mina, `status ${id}`)), /Revoked/);
      assert.match(readingOf(await back.say(mina, `revoke ${id}`)), /was revoked on .*nothing left to do/);
      assert.deepEqual(
        await back
          .tables()
          .duties.of(id)
          .then((all) => all.filter(({ kind }) => kind === "purge")),
        [],
      );
    });

    it("is restored whole wherever the process dies", async () => {
      const { id } = await aMadeOne(journey);
      const before = await back.mayDo(id);
      let deaths = 0;
      for (let at = 1; at <= 40; at++) {
        for (const when of ["before", "after"] as const) {
          await back.revokedNow(id);
          journey.turnClock(31 * minutes);
          await back.restoring(id);
          const died = await carryOutRestoration(dyingAt(journey.world, at, when), id).then(
            () => false,
            (error: unknown) => {
              assert.ok(error instanceof Killed, String(error));
              return true;
            },
          );
          if (died) {
            deaths++;
            assert.equal(await back.stateOf(id), "restoring");
            await carryOutRestoration(journey.world, id);
          }
          assert.equal(await back.stateOf(id), "active", `after call ${at}`);
          assert.deepEqual(await back.mayDo(id), before, `after call ${at}`);
          assert.equal(await back.isEnabled(id), true, `after call ${at}`);
          if (!died) {
            assert.ok(deaths >= 12, `${deaths} deaths`);
            return;
          }
        }
      }
      assert.fail("it died each time");
    }).timeout(120_000);
  });
});

describe("restoring a registration", () => {
  let journey: Journey;
  const back = comingBack(() => journey);
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const plan: Partial<Plan> = {};
  const one = () => aMadeOne(journey, plan);
  const secretByHand = async (admin: Awaited<ReturnType<typeof behindUsher>>, app: string) => {
    const passwordCredential = { displayName: "added by hand" };
    const made = await admin.send("POST", `/applications/${app}/addPassword`, { passwordCredential });
    return String(made.secretText);
  };
  const clientOf = async (id: RequestId) => (await back.registered(id)).clientId;

  it("is refused to its owner, to others, too early and where there is nothing to restore", async () => {
    const { id } = await one();
    const said = async (who: Person, text: string) => readingOf(await back.say(who, text));
    assert.match(await said(priya, `restore ${id}`), /is not revoked, so there is nothing to restore/);
    await back.revoke(id);
    assert.match(await said(mina, `restore ${id}`), /You own .*, so somebody else decides/);
    // Also where the owner is one of the approvers.
    await journey.sim("PUT", `/groups/${company.groups.approvers}/members`, {
      members: [mina.id, priya.id, tomas.id],
    });
    assert.match(await said(mina, `restore ${id}`), /You own .*, so somebody else decides/);
    assert.equal(await said(jonas, `restore ${id}`), await said(jonas, "restore REQ-000000"));
    assert.match(await said(priya, "restore"), /Say which one/);
    const question = await back.say(priya, `restore ${id}`);
    for (const who of [mina, jonas]) {
      const answer = await journey.teams.press(
        who,
        personalChat(priya),
        question,
        "registration/confirm-restore",
      );
      assert.match(answer.text ?? "", who === mina ? /You own/ : /no such registration/);
    }
    await back.press(priya, question, "registration/leave");
    assert.match(readingOf(journey.stands(question)), /Not restored.*It lets nobody in/s);
    assert.equal(await back.stateOf(id), "revoked");
    assert.deepEqual(await back.outcomes(id), ["own"]);
    journey.turnClock(31 * minutes);
    await back.restore(id, aiko);
    await back.until(id, "active");
  });

  it("finds it by its name and its client ID, and asks which one of two", async () => {
    const first = await one();
    const { plan } = await back.registered(first.id);
    await back.revoke(first.id);
    const clientId = await clientOf(first.id);
    for (const named of [plan.displayName, clientId.toUpperCase()])
      assert.ok(verbsOf(await back.say(priya, `restore ${named}`)).includes("registration/confirm-restore"));
    const second = await one();
    await back.revoke(second.id);
    const reading = readingOf(await back.say(priya, `restore ${plan.displayName}`));
    for (const { id } of [first, second]) assert.ok(reading.includes(id), reading);
  });

  it("lets nobody in for half an hour after the revocation, and no secret that Entra listed late", async () => {
    const { id, app, admin } = await one();
    const clientId = await clientOf(id);
    const before = await back.mayDo(id);
    await journey.sim("PUT", "/settings", { replicationSeconds: 60 });
    const late = await secretByHand(admin, app);
    await journey.sim("PUT", "/settings", { replicationSeconds: 0 });
    await back.revoke(id);
    const question = await back.restore(id);
    assert.match(readingOf(journey.stands(question)), /Being restored.*That is not before/s);
    await journey.until(async () => (await back.mayDo(id)).join() === before.join(), "what it may do");
    await journey.until(async () => (await carryOutRestoration(journey.world, id)) !== undefined, "the look");
    assert.deepEqual([await back.stateOf(id), await back.isEnabled(id)], ["restoring", false]);
    assert.deepEqual(await back.keysOf(id), [], "the late one does not show");
    await journey.sim("POST", "/clock", { advanceSeconds: 60 });
    assert.equal(await works(journey.tenant, clientId, late), false);
    journey.turnClock(31 * minutes);
    await back.wake(id);
    await back.until(id, "active");
    await journey.until(async () => (await back.tables().newKeys.get(id)) === undefined, "the new key");
    assert.equal(await works(journey.tenant, clientId, late), false);
    const current = (await back.tables().keys.of(id)).filter(({ state }) => state === "current");
    assert.deepEqual(
      (await back.keysOf(id)).map(({ keyId }) => keyId),
      current.map(({ keyId }) => keyId),
    );
  });

  it("gives exactly what was approved, whatever somebody takes and adds meanwhile", async () => {
    const { id, app, principal, admin } = await one();
    const before = await back.mayDo(id);
    await admin.addOwner(app, company.people.secondRequester);
    await admin.change(app, { web: { redirectUris: ["https://evil.example/signin"] } });
    await back.revoke(id);
    await back.restore(id);
    await journey.until(async () => (await back.mayDo(id)).join() === before.join(), "what it may do");
    await admin.grantRole(principal, "Mail.ReadWrite");
    await admin.takeRole(principal, "User.ReadBasic.All");
    await admin.setScopes(principal, ["User.Read", "Files.Read.All"]);
    await admin.addSecret(app);
    await admin.addSecret(principal, "servicePrincipals");
    await admin.setEnabled(principal, true);
    journey.turnClock(31 * minutes);
    await back.wake(id);
    await back.until(id, "active");
    assert.deepEqual(await back.mayDo(id), before);
    const { body } = await journey.graph(`/applications/${app}`);
    assert.deepEqual((body.web as { redirectUris: string[] }).redirectUris, [
      "https://payroll.example/signin",
    ]);
    const { body: owners } = await journey.graph(`/applications/${app}/owners`);
    assert.ok(!JSON.stringify(owners).includes(company.people.secondRequester));
    assert.deepEqual((await journey.graph(`/servicePrincipals/${principal}`)).body.passwordCredentials, []);
    await journey.until(async () => (await back.tables().newKeys.get(id)) === undefined, "the new key");
    assert.equal((await back.keysOf(id)).length, 1);
  });

  it("happens once, however many press", async () => {
    const { id } = await one();
    await back.revokedLongAgo(id);
    const questions = [
      [priya, await back.say(priya, `restore ${id}`)],
      [tomas, await back.say(tomas, `restore ${id}`)],
    ] as const;
    const presses = [...questions, ...questions].map(([who, question]) =>
      back.press(who, question, "registration/confirm-restore"),
    );
    await Promise.all([...presses, ...[1, 2].map(() => carryOutRestoration(journey.world, id))]);
    await back.until(id, "active");
    await journey.until(async () => (await back.tables().newKeys.get(id)) === undefined, "the new key");
    assert.deepEqual(await back.outcomes(id), ["restoring", "restored"]);
    assert.equal((await back.keysOf(id)).length, 1);
  });

  it("goes on after Entra did not answer in the middle of it", async () => {
    const { id } = await one();
    const before = await back.mayDo(id);
    await back.revokedLongAgo(id);
    await journey.sim("POST", "/faults", { path: "/appRoleAssignedTo", kind: "503", times: 1000 });
    await back.restore(id);
    await journey.until(async () => journey.log.some((line) => line.includes("a job did not end")), "a try");
    assert.equal(await back.stateOf(id), "restoring");
    assert.equal(await back.isEnabled(id), false);
    await journey.sim("DELETE", "/faults");
    await back.wake(id);
    await back.until(id, "active");
    assert.deepEqual(await back.mayDo(id), before);
  });

  it("waits for a directory that lags behind itself", async () => {
    const { id } = await one();
    const before = await back.mayDo(id);
    const lag = { upTo: 40, seed: 11 };
    await back.revokedNow(id);
    await journey.sim("PUT", "/settings", { changeSeconds: lag, replicationSeconds: lag });
    journey.turnClock(31 * minutes);
    await back.restoring(id);
    for (let tries = 0; tries < 40 && (await back.stateOf(id)) === "restoring"; tries++) {
      await carryOutRestoration(journey.world, id).catch((error: { kind?: string }) => {
        assert.equal(error.kind, "retry", String(error));
      });
      await journey.sim("POST", "/clock", { advanceSeconds: 15 });
    }
    assert.equal(await back.stateOf(id), "active");
    await journey.sim("PUT", "/settings", { changeSeconds: 0, replicationSeconds: 0 });
    await journey.sim("POST", "/clock", { advanceSeconds: 60 });
    assert.deepEqual(await back.mayDo(id), before);
    assert.equal(await back.isEnabled(id), true);
  });

  it("is given up and stopped again when the directory does not agree with itself for a day", async () => {
    const { id, app } = await one();
    await back.say(priya, "list");
    await back.revokedNow(id);
    journey.turnClock(31 * minutes);
    await back.restoring(id);
    const never = 100 * 86_400;
    await journey.sim("PUT", "/settings", { replicationSeconds: never });
    const isNotAgreed = { kind: "retry", isLag: true };
    await assert.rejects(carryOutRestoration(journey.world, id), isNotAgreed);
    journey.turnClock(23 * 60 * minutes);
    await assert.rejects(carryOutRestoration(journey.world, id), isNotAgreed);
    assert.equal(await back.stateOf(id), "restoring");
    journey.turnClock(2 * 60 * minutes);
    await carryOutRestoration(journey.world, id);
    await cardIn(journey, personalChat(priya), "Not restored", "For a day Entra did not show");
    await journey.sim("PUT", "/settings", { replicationSeconds: 0 });
    await back.until(id, "revoked");
    assert.equal((await journey.graph(`/applications/${app}`)).status, 404);
  });

  it("is not undone by a revocation that was slow", async () => {
    const { id, app } = await one();
    const reached = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const { world } = journey;
    const slow: World = {
      ...world,
      registrar: {
        ...world.registrar,
        async removeAllKeys(...what) {
          await world.registrar.removeAllKeys(...what);
          reached.resolve();
          await letGo.promise;
        },
      },
    };
    const from = await back.registered(id);
    await back
      .tables()
      .registrations.change(from, { ...from, state: "revoking", revokedBy: from.owner } as never);
    const late = carryOutRevocation(slow, id);
    await reached.promise;
    await back.tables().steps.takeOver(id);
    await carryOutRevocation(world, id);
    journey.turnClock(31 * minutes);
    await back.restore(id);
    await back.until(id, "active");
    letGo.resolve();
    await late;
    assert.equal((await journey.graph(`/applications/${app}`)).status, 200);
    assert.equal(await back.isEnabled(id), true);
  });

  it("can be stopped on its way by a revocation", async () => {
    const { id, app } = await one();
    await back.revoke(id);
    await back.restore(id);
    await journey.until(async () => (await back.mayDo(id)).length > 0, "what it may do");
    await back.revoke(id, mina);
    assert.equal((await journey.graph(`/applications/${app}`)).status, 404);
    journey.turnClock(31 * minutes);
    await back.wake(id);
    await carryOutRestoration(journey.world, id);
    assert.equal(await back.stateOf(id), "revoked");
    await back.restore(id);
    await back.until(id, "active");
  });

  it("says so when somebody has removed it in Entra for good", async () => {
    const { id, app, admin } = await one();
    await back.revokedLongAgo(id);
    await admin.send("DELETE", `/directory/deletedItems/${app}`);
    const question = await back.restore(id);
    // For half an hour it may only not be seen.
    await journey.until(async () => journey.log.some((line) => line.includes("a job did not end")), "a try");
    assert.equal(await back.stateOf(id), "restoring");
    journey.turnClock(31 * minutes);
    await back.wake(id);
    await back.until(id, "removed");
    const told = await cardIn(
      journey,
      personalChat(priya),
      "Not restored",
      "somebody removed it there for good",
    );
    assert.match(readingOf(told), /cannot come back/);
    await journey.until(async () => says(journey.stands(question), "cannot come back"), "the question's end");
    assert.deepEqual(await back.outcomes(id), ["restoring", "removed"]);
  });

  it("goes on from what somebody restored by hand", async () => {
    const { id, app, principal, admin } = await one();
    const before = await back.mayDo(id);
    await back.revokedLongAgo(id);
    for (const each of [app, principal]) await admin.send("POST", `/directory/deletedItems/${each}/restore`);
    await admin.setEnabled(principal, true);
    await back.restore(id);
    await back.until(id, "active");
    assert.deepEqual(await back.mayDo(id), before);
    assert.equal(await back.isEnabled(id), true);
  });

  it("takes no service principal that somebody else made for it, and says so", async () => {
    const { id, app, principal, admin } = await one();
    const before = await back.mayDo(id);
    await back.revokedLongAgo(id);
    await admin.send("POST", `/directory/deletedItems/${app}/restore`);
    await admin.send("POST", "/servicePrincipals", { appId: await clientOf(id) });
    await back.restore(id);
    await cardIn(journey, personalChat(priya), "Not restored", "another enterprise application");
    await back.until(id, "revoked");
    assert.equal((await journey.graph(`/applications/${app}`)).status, 404);
    journey.turnClock(31 * minutes);
    await back.restore(id);
    await back.until(id, "active");
    assert.equal((await back.registered(id)).servicePrincipalId, principal);
    assert.deepEqual(await back.mayDo(id), before);
  });

  it("makes another service principal where Entra does not keep the one before", async () => {
    const { id, principal, admin } = await one();
    const before = await back.mayDo(id);
    await back.revokedLongAgo(id);
    await admin.send("DELETE", `/directory/deletedItems/${principal}`);
    await back.restore(id);
    await back.until(id, "active");
    assert.notEqual((await back.registered(id)).servicePrincipalId, principal);
    assert.deepEqual(await back.mayDo(id), before);
  });

  it("leaves it as it was where Entra refuses it, and says so", async () => {
    const { id } = await one();
    await back.revokedLongAgo(id);
    const { revokedAt } = (await back.registered(id)) as { revokedAt?: Date };
    const refusal = { kind: "status", status: 403, code: "Authorization_RequestDenied", times: 1000 };
    await journey.sim("POST", "/faults", { method: "POST", path: "/restore$", ...refusal });
    const question = await back.restore(id);
    await cardIn(journey, personalChat(priya), "Not restored", "Authorization_RequestDenied");
    const stands = await back.registered(id);
    assert.equal(stands.state, "revoked");
    assert.deepEqual("revokedAt" in stands && stands.revokedAt, revokedAt);
    const purge = (await back.tables().duties.of(id)).find(({ kind }) => kind === "purge");
    assert.deepEqual(purge?.dueAt, new Date((revokedAt?.getTime() ?? 0) + 30 * days));
    await journey.until(
      async () => says(journey.stands(question), "It lets nobody in"),
      "the question's end",
    );
    await journey.sim("DELETE", "/faults");
    await back.restore(id);
    await back.until(id, "active");
  });

  it("stops again what came back, where Entra refuses the rest", async () => {
    const { id, app } = await one();
    await back.revokedLongAgo(id);
    await journey.sim("POST", "/faults", {
      method: "POST",
      path: "/appRoleAssignedTo",
      kind: "status",
      status: 400,
      code: "Request_BadRequest",
      times: 1000,
    });
    await back.restore(id);
    await cardIn(journey, personalChat(priya), "Not restored", "what had come back is stopped again");
    await back.until(id, "revoked");
    assert.equal((await journey.graph(`/applications/${app}`)).status, 404);
    assert.deepEqual(await back.outcomes(id), ["restoring", "failed"]);
  });

  it("sets up a certificate and a federated credential anew, and hands over nothing", async () => {
    const { pem } = await aCertificate();
    const read = readCertificate(pem);
    assert.ok(!("error" in read));
    const { der, thumbprint, expiresAt } = read;
    const certificate = { kind: "certificate", label: "Backup", der, thumbprint } as const;
    const federated = {
      kind: "federated",
      name: "main",
      issuer: "https://token.actions.githubusercontent.com",
      subject: "repo:contoso/shop:ref:refs/heads/main",
      audience: "api://AzureADTokenExchange",
    } as const;
    for (const credential of [{ ...certificate, expiresAt: expiresAt.toISOString() }, federated]) {
      const { id, app } = await aMadeOne(journey, { credential });
      const inTenant = async () => [
        ...((await journey.graph(`/applications/${app}`)).body.keyCredentials as object[]),
        ...((await journey.graph(`/applications/${app}/federatedIdentityCredentials`)).body
          .value as object[]),
      ];
      assert.equal((await inTenant()).length, 1);
      await back.revokedLongAgo(id);
      await back.restore(id);
      await back.until(id, "active");
      assert.equal((await inTenant()).length, 1);
      assert.equal(await back.tables().newKeys.get(id), undefined);
      await cardIn(journey, personalChat(mina), id, "Your registration was restored", "as before");
      // The next one is the only one that stands.
      await back.revoke(id);
    }
    assert.deepEqual(linksTo(journey, mina), []);
  });
});

describe("a restoration by two processes on one database", function () {
  this.timeout(120_000);

  it("happens once, whoever hears the presses", async () => {
    const fleet = await startFleet(2);
    try {
      const { id } = await fleet.ask(mina);
      const requestId = id as RequestId;
      const find = (place: { id: string }, verb: string, text = id) =>
        fleet.teams.find(
          (each) => each.conversationId === place.id && says(each, text) && verbsOf(each).includes(verb),
          verb,
        );
      await fleet.teams.press(priya, channel, await find(channel, "approval/approve"), "approval/approve");
      await fleet.until(() => linksTo(fleet).length === 1, "the link");
      const [first] = linksTo(fleet);
      const stateIs = (state: string) =>
        fleet.until(async () => (await fleet.tables.registrations.get(requestId))?.state === state, state);
      const chats = [priya, tomas].map((who) => [who, personalChat(who)] as const);
      await stateIs("active");
      await fleet.teams.say(priya, personalChat(priya), `revoke ${id}`);
      const stop = await find(personalChat(priya), "registration/confirm-revoke");
      await fleet.teams.press(priya, personalChat(priya), stop, "registration/confirm-revoke");
      await stateIs("revoked");
      fleet.turnClock(31 * minutes);
      const questions = await Promise.all(
        chats.map(async ([who, chat]) => {
          await fleet.teams.say(who, chat, `restore ${id}`);
          return [who, chat, await find(chat, "registration/confirm-restore")] as const;
        }),
      );
      const presses = [...questions, ...questions, ...questions].map(([who, chat, question]) =>
        fleet.teams.press(who, chat, question, "registration/confirm-restore"),
      );
      fleet.sweep();
      await Promise.all(presses);
      await stateIs("active");
      await fleet.until(
        async () =>
          (await fleet.tables.newKeys.get(requestId)) === undefined &&
          linksTo(fleet).some((each) => each !== first),
        "the next link",
      );
      await fleet.until(async () => (await fleet.applications())[0]?.keys === 1, "the one key");
      const rows = await fleet.tables.audit.read({ subject: id, limit: 1000 });
      assert.deepEqual(
        rows.filter(({ what }) => what === "registration.restore").map(({ outcome }) => outcome),
        ["restoring", "restored"],
      );
    } finally {
      await fleet.close();
    }
  });
});
