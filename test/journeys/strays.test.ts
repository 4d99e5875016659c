import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { newUniqueName } from "../../src/domain/provisioning.ts";
import { behindUsher } from "../support/behind-usher.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { aMadeOne } from "../support/drifting.ts";
import {
  aiko,
  type Journey,
  jonas,
  type mina,
  personalChat,
  priya,
  readingOf,
  startJourney,
  verbsOf,
} from "../support/journey.ts";
import { works } from "../support/new-keys.ts";

describe("what Usher made and has no record of", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const said = async (who: typeof mina, text: string) => {
    await journey.teams.say(who, personalChat(who), text);
    const answer = journey.teams.messages.findLast((each) => each.conversationId === personalChat(who).id);
    return answer ?? assert.fail("nothing was said");
  };
  async function aStray() {
    const { registrar, clock } = journey.world;
    const permissions = [aPermission({ name: "User.ReadBasic.All", kind: "application" })];
    const plan = aPlan({ displayName: "Forgotten", permissions });
    const requestId = "REQ-7K3M9Q" as RequestId;
    const named = { uniqueName: newUniqueName(), requestId, plan, owner: undefined };
    const { applicationObjectId, clientId } = await registrar.createApplication(named, false);
    const principal = await registrar.ensureServicePrincipal(clientId, clock.now());
    await registrar.grantApplicationPermissions(principal, permissions, clock.now());
    const key = { displayName: "old", expiresAt: new Date(clock.now().getTime() + 86_400_000) };
    const { secret } = await registrar.addKey(applicationObjectId, key, clock.now());
    return { applicationObjectId, clientId, principal, secret: secret.reveal() };
  }

  it("is stopped by an admin who names its client ID, and does not exist for anybody else", async () => {
    const { applicationObjectId, clientId, secret } = await aStray();
    assert.equal(await works(journey.tenant, clientId, secret), true);
    for (const who of [priya, jonas]) {
      const none = readingOf(await said(who, "revoke 99999999-0000-4000-8000-000000000001"));
      assert.equal(readingOf(await said(who, `revoke ${clientId}`)), none);
    }
    for (const named of ["Forgotten", "REQ-7K3M9Q", applicationObjectId])
      assert.match(readingOf(await said(aiko, `revoke ${named}`)), /There is no such registration/);
    const question = await said(aiko, `revoke ${clientId.toUpperCase()}`);
    assert.match(readingOf(question), /no record of.*Forgotten.*REQ-7K3M9Q/s);
    assert.deepEqual(verbsOf(question), ["registration/confirm-stray"]);
    for (const who of [priya, jonas])
      await journey.teams.press(who, personalChat(aiko), question, "registration/confirm-stray");
    assert.equal((await journey.graph(`/applications/${applicationObjectId}`)).status, 200);

    await journey.teams.press(aiko, personalChat(aiko), question, "registration/confirm-stray");
    assert.match(readingOf(journey.stands(question)), /Revoked.*no credential of it is left/s);
    assert.equal((await journey.graph(`/applications/${applicationObjectId}`)).status, 404);
    assert.equal(await works(journey.tenant, clientId, secret), false);
    const deleted = await journey.graph(`/directory/deletedItems/${applicationObjectId}`);
    assert.deepEqual(deleted.body.passwordCredentials, []);
    assert.deepEqual(
      (await journey.audited("REQ-7K3M9Q")).map(({ what, outcome }) => `${what} ${outcome}`),
      ["registration.revoke-unrecorded revoking", "registration.revoke-unrecorded revoked"],
    );
  });

  it("is stopped with another try where Entra did not answer in the middle of it", async () => {
    const { applicationObjectId, clientId } = await aStray();
    const refused = { kind: "status", status: 403, code: "Authorization_RequestDenied", times: 1 };
    await journey.sim("POST", "/faults", { method: "DELETE", path: "/applications/", ...refused });
    const question = await said(aiko, `revoke ${clientId}`);
    const press = () => journey.teams.press(aiko, personalChat(aiko), question, "registration/confirm-stray");
    assert.match(JSON.stringify(await press()), /It is not stopped for certain/);
    await press();
    assert.equal((await journey.graph(`/applications/${applicationObjectId}`)).status, 404);
  });

  it("is none that somebody else made, and none that Usher knows", async () => {
    const admin = await behindUsher(journey.tenant);
    const foreign = await admin.send("POST", "/applications", { displayName: "Foreign", tags: ["Usher"] });
    assert.match(
      readingOf(await said(aiko, `revoke ${String(foreign.appId)}`)),
      /There is no such registration/,
    );
    const { clientId } = await aMadeOne(journey);
    assert.deepEqual(verbsOf(await said(aiko, `revoke ${clientId}`)), [
      "registration/confirm-revoke",
      "registration/keep",
    ]);
  });
});
