import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { actionsOf } from "../../src/local/teams-stand-in.ts";
import { createBrowser } from "../../src/local/tenant/browser.ts";
import { company } from "../../src/local/tenant/company.ts";
import type { Exchange } from "../../src/local/tenant/exchange.ts";
import { provisionRequest } from "../../src/usecases/provisioning/provision-request.ts";
import { anAdministrator } from "../support/administrator.ts";
import { approved, inOwnChat } from "../support/approved.ts";
import { fillSystem, submitted } from "../support/asking.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { forEachUsherDatabase } from "../support/carriers.ts";
import { contractProblems, hasContract } from "../support/graph-contract.ts";
import {
  channel,
  groupChat,
  type Journey,
  type JourneyOptions,
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

const minutes = 60_000;
const provisioning = company.clients.provisioning;
const exchangeOnline = "00000002-0000-0ff1-ce00-000000000000";
const partnerCenter = { clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", name: "Microsoft Partner Center" };

/** Usher without an identity for consent, which may read what others grant. */
async function aTenantWithoutConsent(options: JourneyOptions = {}) {
  const journey = await startJourney({ ...options, config: { consent: undefined, ...options.config } });
  await journey.sim("PUT", `/identities/${provisioning.clientId}`, {
    roles: [...provisioning.roles, "DelegatedPermissionGrant.Read.All"],
  });
  return journey;
}

const stepOf = async ({ world }: Journey, id: string, name: string) =>
  (await world.store.tables.steps.all(id as RequestId)).find(({ step }) => step === name);

const waitsWith = (journey: Journey, id: string, note: string, step = "admin-consent") =>
  journey.until(
    async () => (await stepOf(journey, id, step))?.note?.includes(note) ?? false,
    `the step ${step} to say "${note}"`,
  );

const provisioned = (journey: Journey, id: string) =>
  journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");

/** As the job at that time does; answers when its look has ended. */
async function lookLater(journey: Journey, id: string, ms: number) {
  const steps = () => journey.world.store.tables.steps.all(id as RequestId);
  const attempts = (rows: Awaited<ReturnType<typeof steps>>) =>
    rows.reduce((sum, row) => sum + row.attempts, 0);
  const before = attempts(await steps());
  journey.turnClock(ms);
  await journey.until(async () => {
    // Again and again: whoever is woken while the look before still ends leaves it to that.
    await journey.world.store.tables.jobs.wake("provision", id);
    if ((await journey.request(id)).state !== "approved") return true;
    const rows = await steps();
    return attempts(rows) > before && rows.every(({ state }) => state !== "intended");
  }, "the end of a look");
}

const clientIdOf = async (journey: Journey) => (await journey.applications())[0]?.appId ?? "";
const secretsOf = async (journey: Journey) => (await journey.applications())[0]?.passwordCredentials.length;

forEachUsherDatabase((_, open) => {
  describe("a tenant in which an administrator grants consent", () => {
    it("gets everything but the secret, then the consent by hand, and only then the secret", async () => {
      const exchanges: Exchange[] = [];
      const journey = await aTenantWithoutConsent({
        carrier: open,
        tenant: { onExchange: (exchange) => void exchanges.push(exchange) },
      });
      try {
        const { id, card } = await journey.ask();
        await journey.approveFully(id);
        await waitsWith(journey, id, "No administrator has granted it yet.");
        const clientId = await clientIdOf(journey);
        const grant = `${journey.config.authorityUrl}/${company.tenantId}/adminconsent?client_id=${clientId}`;
        const shown = (message: typeof card) =>
          says(journey.stands(message), grant) && says(journey.stands(message), "Waiting since");
        const asked = await journey.approvalCard(id);
        for (const each of [asked, card])
          await journey.until(async () => shown(each), "the link on each card");
        assert.match(readingOf(journey.stands(card)), /Privileged Role Administrator.*only then/s);
        assert.equal(await secretsOf(journey), 0);
        const news = await journey.teams.find(
          (each) =>
            each.conversationId === channel.id && says(each, "Its card in this channel leads to the consent"),
          "the message in the channel",
        );
        await journey.teams.say(priya, personalChat(priya), "pending");
        await journey.teams.find(
          (each) =>
            each.conversationId === personalChat(priya).id && says(each, "waits for an administrator"),
          "what waits, for an approver who says pending",
        );

        await journey.restart();
        const admin = await anAdministrator(journey);
        // What Entra adds by itself is neither what was approved nor too much.
        await admin.grantScopes(clientId, ["openid", "profile"]);
        const { attempts = 0 } = (await stepOf(journey, id, "admin-consent")) ?? {};
        await lookLater(journey, id, 1 * minutes);
        await journey.until(
          async () => ((await stepOf(journey, id, "admin-consent"))?.attempts ?? 0) > attempts,
          "another look",
        );
        assert.equal((await journey.request(id)).state, "approved");
        assert.equal(await secretsOf(journey), 0);
        const repeated = journey.teams.messages.filter((each) => readingOf(each) === readingOf(news));
        assert.equal(repeated.length, 1, "it is said once, however often Usher looks");

        await admin.grantRoles(clientId, ["Directory.Read.All"]);
        const answer = await journey.teams.press(
          tomas,
          channel,
          journey.stands(asked),
          "provisioning/check-consent",
        );
        assert.match(readingOf(answer), /Usher looks in Entra now/);
        await provisioned(journey, id);
        assert.equal(await secretsOf(journey), 1);
        assert.ok(await journey.link());
        await journey.until(async () => !says(journey.stands(asked), grant), "the link's end on the card");

        const { requests } = (await journey.sim("GET", "/requests")) as {
          requests: { method: string; path: string; appId: string }[];
        };
        const grants = requests.filter(
          ({ method, path }) => method === "POST" && /appRoleAssignedTo|oauth2PermissionGrants/.test(path),
        );
        assert.ok(grants.length > 1);
        assert.deepEqual([...new Set(grants.map(({ appId }) => appId))], [company.clients.consent.clientId]);
        if (hasContract) assert.deepEqual(contractProblems(exchanges), []);
      } finally {
        await journey.close();
      }
    });
  });
});

describe("waiting for an administrator's consent", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await aTenantWithoutConsent();
  });
  afterEach(() => journey.close());

  /** A plan's making, up to where the administrator is waited for. */
  async function waiting(plan: Parameters<typeof aPlan>[0] = {}) {
    const id = await approved(journey, aPlan(plan));
    await waitsWith(journey, id, "No administrator");
    return { id, clientId: await clientIdOf(journey), admin: await anAdministrator(journey) };
  }
  const failed = async (id: string) => {
    await journey.until(async () => (await journey.request(id)).state === "failed", "the failure");
    const request = await journey.request(id);
    return request.state === "failed" ? request.failure : "";
  };

  it("ends once the link on the card was opened and all of it accepted", async () => {
    const review = await fillSystem(journey, "elastic-o365", { dlp: false });
    const id = await submitted(journey, review);
    await journey.approveFully(id);
    await waitsWith(journey, id, "No administrator has granted it yet.");
    const asked = await journey.approvalCard(id);
    const link = () =>
      actionsOf(journey.stands(asked).card).find(({ url }) => String(url).includes("/adminconsent"))?.url;
    await journey.until(async () => link() !== undefined, "the link");
    const browser = createBrowser();
    const page = await browser.open(String(link()));
    assert.match(page.body, /ActivityFeed\.Read \(by itself, Office 365 Management APIs\)/);
    assert.match(page.body, /User\.Read \(for people, Microsoft Graph\)/);
    assert.match((await browser.open(String(link()), { accept: "yes" })).body, /now has what it asked for/);
    // Pressed once more, nothing more is there to grant.
    assert.equal((await browser.open(String(link()), { accept: "yes" })).status, 200);
    await lookLater(journey, id, 1 * minutes);
    await provisioned(journey, id);
    assert.equal(await secretsOf(journey), 1);
  });

  it("ends for good when an application permission beyond the plan was granted, and never makes a secret", async () => {
    const { id, clientId, admin } = await waiting();
    await admin.grantRoles(clientId, ["User.ReadBasic.All", "Mail.ReadWrite"]);
    await admin.grantScopes(clientId, ["User.Read"]);
    await lookLater(journey, id, 1 * minutes);
    assert.match(
      await failed(id),
      /more than was approved: Mail\.ReadWrite \(application, Microsoft Graph\)/,
    );
    assert.equal(await secretsOf(journey), 0);
    await inOwnChat(journey, "Mail.ReadWrite (application, Microsoft Graph)");
  });

  it("ends for good when one person consented to more for themselves", async () => {
    const { id, clientId, admin } = await waiting();
    await admin.grantScopes(clientId, ["User.Read", "Mail.Read"], mina.id);
    await lookLater(journey, id, 1 * minutes);
    assert.match(await failed(id), /Mail\.Read \(delegated, Microsoft Graph\)/);
  });

  it("takes one person's consent for no consent of the organisation", async () => {
    const { id, clientId, admin } = await waiting();
    await admin.grantRoles(clientId, ["User.ReadBasic.All"]);
    await admin.grantScopes(clientId, ["User.Read"], mina.id);
    await lookLater(journey, id, 1 * minutes);
    await waitsWith(journey, id, "Still missing: User.Read (delegated");
  });

  it("does not take the same name of the other kind for what was approved, and names other APIs", async () => {
    const { id, clientId, admin } = await waiting({ permissions: [aPermission({ name: "Mail.Read" })] });
    await admin.grantRoles(clientId, ["Mail.Read"]);
    await admin.grantRoles(clientId, ["full_access_as_app"], exchangeOnline);
    await lookLater(journey, id, 1 * minutes);
    assert.match(
      await failed(id),
      /: Mail\.Read \(application, Microsoft Graph\), full_access_as_app \(application, Office 365 Exchange Online\)\./,
    );
  });

  it("looks each minute in the first hour and every ten minutes after it, and has no end", async () => {
    const { id } = await waiting();
    const untilNext = async () => {
      const row = await stepOf(journey, id, "admin-consent");
      return Math.round(
        ((row?.nextAttemptAt?.getTime() ?? 0) - journey.world.clock.now().getTime()) / minutes,
      );
    };
    assert.equal(await untilNext(), 1);
    await lookLater(journey, id, 90 * 24 * 60 * minutes);
    assert.equal(await untilNext(), 10);
    assert.equal((await journey.request(id)).state, "approved");
  });

  it("leaves the cards as they are from look to look", async () => {
    const { id } = await waiting();
    const cards = () => journey.teams.messages.filter((message) => says(message, "Waiting since")).length;
    await journey.until(async () => cards() > 0, "the card that says so");
    const before = cards();
    for (let look = 0; look < 3; look++) await lookLater(journey, id, 1 * minutes);
    assert.equal(cards(), before);
    assert.ok(
      !journey.teams.messages.some(
        (message) => says(message, "Working: ") && says(message, "which an administrator"),
      ),
    );
  });

  it("says which right Usher lacks to see what was granted, and goes on once it has it", async () => {
    await journey.sim("PUT", `/identities/${provisioning.clientId}`, { roles: provisioning.roles });
    await journey.restart();
    const id = await approved(journey, aPlan());
    await waitsWith(journey, id, "Directory.Read.All or DelegatedPermissionGrant.Read.All");
    assert.equal((await journey.request(id)).state, "approved");
    const admin = await anAdministrator(journey);
    const clientId = await clientIdOf(journey);
    await admin.grantRoles(clientId, ["User.ReadBasic.All"]);
    await admin.grantScopes(clientId, ["User.Read"]);
    await journey.sim("PUT", `/identities/${provisioning.clientId}`, {
      roles: [...provisioning.roles, "Directory.Read.All"],
    });
    // A token keeps its rights for an hour; a new process asks for a new one.
    await journey.restart();
    await lookLater(journey, id, 1 * minutes);
    await provisioned(journey, id);
  });

  it("is over at once where nothing is to be granted", async () => {
    for (const plan of [{ permissions: [] }, { consent: "optional" as const }]) {
      const id = await approved(journey, aPlan(plan));
      await provisioned(journey, id);
      assert.equal(await stepOf(journey, id, "admin-consent"), undefined);
    }
  });

  it("goes on by itself when Usher is given an identity for consent meanwhile", async () => {
    const id = await approved(journey, aPlan(), groupChat);
    await waitsWith(journey, id, "No administrator");
    const { clientId, secret } = company.clients.consent;
    const own = journey.config as { consent: unknown };
    const { SecretText } = await import("../../src/domain/secret-text.ts");
    own.consent = { clientId, kind: "secret", secret: new SecretText(secret) };
    await journey.restart();
    await lookLater(journey, id, 1 * minutes);
    await journey.until(
      async () => (await stepOf(journey, id, "application-permissions"))?.state === "done",
      "the consent by Usher itself",
    );
    const next = await provisionRequest(journey.world, id as RequestId);
    assert.ok(next && next > journey.world.clock.now(), "nobody looks for the administrator's part any more");
    await journey.teams.say(mina, personalChat(mina), "hello");
    await provisioned(journey, id);
  });

  it("is hurried by anybody in the group in which the card stands", async () => {
    const id = await approved(journey, aPlan({ credential: { kind: "none" } }), groupChat);
    await waitsWith(journey, id, "No administrator");
    const admin = await anAdministrator(journey);
    const clientId = await clientIdOf(journey);
    await admin.grantRoles(clientId, ["User.ReadBasic.All"]);
    await admin.grantScopes(clientId, ["User.Read"]);
    const card = await journey.teams.find(
      (each) => each.conversationId === groupChat.id && says(each, "Check now"),
      "the card in the group",
    );
    const answer = await journey.teams.press(jonas, groupChat, card, "provisioning/check-consent");
    assert.match(readingOf(answer), /Usher looks in Entra now/);
    await provisioned(journey, id);
  });

  it("is hurried by the requester's own card too, and by nobody who sees no card of it", async () => {
    const { id, clientId, admin } = await waiting();
    await admin.grantRoles(clientId, ["User.ReadBasic.All"]);
    await admin.grantScopes(clientId, ["User.Read"]);
    const own = await inOwnChat(journey, "Check now");
    const links = actionsOf(own.card).filter(({ type }) => type === "Action.OpenUrl");
    assert.equal(links.length, 1, "no portal is known for a sign-in service that is not Microsoft's");
    const forged = { ...own, conversationId: personalChat(jonas).id, id: "elsewhere" };
    const refused = await journey.teams.press(
      jonas,
      personalChat(jonas),
      forged,
      "provisioning/check-consent",
    );
    assert.match(JSON.stringify(refused), /There is no such request/);
    assert.partialDeepStrictEqual((await journey.world.store.tables.audit.read({ limit: 100 })).at(-1), {
      what: "card.forged",
      who: jonas.id,
    });
    assert.equal((await journey.request(id)).state, "approved");
    assert.ok(verbsOf(own).includes("provisioning/check-consent"));
    await journey.teams.press(mina, personalChat(mina), own, "provisioning/check-consent");
    await provisioned(journey, id);
  });
});

describe("an API that an administrator must make known to the tenant", () => {
  it("is waited for, with the command on the card, and then the app is made", async () => {
    const journey = await startJourney();
    try {
      const permission = aPermission({
        api: partnerCenter.clientId,
        apiName: partnerCenter.name,
        name: "user_impersonation",
      });
      const missingApis = [{ ...partnerCenter, createdBy: "administrator" as const }];
      const id = await approved(journey, aPlan({ permissions: [permission], missingApis }));
      await inOwnChat(
        journey,
        "Waiting since",
        `az ad sp create --id ${partnerCenter.clientId}`,
        "Check now",
      );
      await lookLater(journey, id, 24 * 60 * minutes);
      assert.equal((await journey.request(id)).state, "approved");
      assert.deepEqual(await journey.applications(), []);
      const admin = await anAdministrator(journey);
      await admin.send("POST", "/servicePrincipals", { appId: partnerCenter.clientId });
      await lookLater(journey, id, 10 * minutes);
      await provisioned(journey, id);
    } finally {
      await journey.close();
    }
  });
});
