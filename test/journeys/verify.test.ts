import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { anAdministrator } from "../support/administrator.ts";
import { approved, inOwnChat } from "../support/approved.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { groupChat, type Journey, mina, personalChat, says, startJourney } from "../support/journey.ts";

const minutes = 60_000;
const exchangeOnline = { api: "00000002-0000-0ff1-ce00-000000000000", apiName: "Office 365 Exchange Online" };

describe("a new secret is tried before anybody is told that it is ready", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const credential = async (id: RequestId) =>
    (await journey.world.store.tables.steps.all(id)).find(({ step }) => step === "credential");
  const stateOf = async (id: RequestId) => (await journey.request(id)).state;
  const provisioned = (id: RequestId) =>
    journey.until(async () => (await stateOf(id)) === "provisioned", "the end of it");
  const hasLink = () =>
    journey.teams.messages.some(
      (message) =>
        message.conversationId === personalChat(mina).id && says(message, `${journey.config.publicUrl}/s/`),
    );
  /** Asked where Usher cannot write to the requester alone, so that all is made but the secret. */
  const beforeTheSecret = async (plan: Parameters<typeof aPlan>[0]) => {
    const id = await approved(journey, aPlan(plan), groupChat);
    await journey.until(async () => {
      const rows = await journey.world.store.tables.steps.all(id);
      const done = new Set(rows.filter(({ state }) => state === "done").map(({ step }) => step));
      return done.has("application-permissions") && done.has("delegated-permissions");
    }, "the consent");
    const [application] = await journey.applications();
    return { id, clientId: application?.appId ?? "", admin: await anAdministrator(journey) };
  };
  const sayHello = () => journey.teams.say(mina, personalChat(mina), "hello");
  const secrets = async () => (await journey.applications())[0]?.passwordCredentials.length;

  it("and while Entra takes its time, the card says so and no link is sent", async () => {
    await journey.sim("PUT", "/settings", { secretDelaySeconds: 3600 });
    const id = await approved(journey, aPlan());
    await inOwnChat(journey, "Checking that the new secret works");
    assert.deepEqual([hasLink(), await stateOf(id)], [false, "approved"]);
    await journey.sim("POST", "/clock", { advanceSeconds: 3601 });
    await provisioned(id);
    assert.equal(await secrets(), 1);
  });

  it("and what it may do must be in its tokens, for each API, before the link is sent", async () => {
    const permissions = [
      aPermission({ name: "User.ReadBasic.All", kind: "application" }),
      aPermission({ ...exchangeOnline, name: "full_access_as_app", kind: "application" }),
    ];
    await journey.sim("PUT", "/settings", { roleDelaySeconds: 3600 });
    const id = await approved(journey, aPlan({ permissions }));
    await inOwnChat(journey, "Checking that the new secret works");
    assert.equal(hasLink(), false);
    await journey.sim("POST", "/clock", { advanceSeconds: 3601 });
    await provisioned(id);
    assert.equal(await secrets(), 1);
  });

  it("and one whose tokens never hold what was approved is removed, which the card says, and made anew", async () => {
    await journey.sim("PUT", "/settings", { roleDelaySeconds: 3600 });
    const id = await approved(journey, aPlan());
    await journey.until(async () => (await credential(id))?.note !== undefined, "the first try");
    journey.turnClock(6 * minutes);
    await journey.until(async () => (await credential(id))?.state === "waiting", "the end of the patience");
    const words = "leaves out of its tokens: User.ReadBasic.All (Microsoft Graph)";
    assert.ok((await credential(id))?.note?.includes(words));
    await inOwnChat(journey, words);
    assert.deepEqual([await secrets(), hasLink()], [0, false]);
    await journey.sim("PUT", "/settings", { roleDelaySeconds: 0 });
    journey.turnClock(2 * minutes);
    await journey.world.store.tables.jobs.wake("provision", id);
    await provisioned(id);
    assert.equal(await secrets(), 1);
  });

  it("and one that may do more than was approved is removed, and the request fails for good", async () => {
    const { id, clientId, admin } = await beforeTheSecret({});
    await admin.grantRoles(clientId, ["Mail.ReadWrite"]);
    await sayHello();
    await journey.until(async () => (await stateOf(id)) === "failed", "the failure");
    const request = await journey.request(id);
    assert.match(
      request.state === "failed" ? request.failure : "",
      /may do more than was approved: Mail\.ReadWrite \(Microsoft Graph\)\. .*removed the new secret/,
    );
    assert.deepEqual([await secrets(), hasLink()], [0, false]);
  });

  for (const [what, plan] of Object.entries({
    "that acts for people only": { permissions: [aPermission()] },
    "without permissions": { permissions: [] },
    "that other tenants may use": { audience: "AzureADMultipleOrgs", permissions: [aPermission()] },
    "that personal accounts may use": { audience: "AzureADandPersonalMicrosoftAccount", permissions: [] },
    "with permissions that are only declared": { consent: "optional" },
  } as const satisfies Record<string, Partial<ReturnType<typeof aPlan>>>)) {
    it(`and of an app ${what}, a token without roles is enough`, async () => {
      const id = await approved(journey, aPlan({ redirects: [], ...plan } as Parameters<typeof aPlan>[0]));
      await provisioned(id);
      assert.equal(await secrets(), 1);
    });

    it(`and of an app ${what}, a token with roles is too much`, async () => {
      const { id, clientId, admin } = await beforeTheSecret({
        redirects: [],
        ...plan,
      } as Parameters<typeof aPlan>[0]);
      await admin.grantRoles(clientId, ["Mail.ReadWrite"]);
      await sayHello();
      await journey.until(async () => (await stateOf(id)) === "failed", "the failure");
      assert.equal(await secrets(), 0);
    });
  }

  it("and no token of it is ever logged", async () => {
    const id = await approved(journey, aPlan());
    await provisioned(id);
    assert.ok(journey.log.length > 0);
    assert.deepEqual(
      journey.log.filter((line) => /eyJ[\w-]+\.[\w-]+\./.test(line)),
      [],
    );
  });
});
