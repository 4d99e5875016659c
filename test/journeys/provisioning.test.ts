import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { sweep } from "../../src/usecases/lifecycle/sweep.ts";
import { endedCard, fillSystem, madeFor, submitted } from "../support/asking.ts";
import { channel, type Journey, jonas, mina, readingOf, says, startJourney } from "../support/journey.ts";

describe("making a registration", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const fault = (order: object) => journey.sim("POST", "/faults", order);
  const state = async (id: string) => (await journey.world.store.tables.requests.get(id as RequestId))?.state;
  const oneOfEverything = async (id: string) => {
    await journey.until(async () => (await state(id)) === "provisioned", "the end of the provisioning");
    const keys = async () =>
      (await journey.applications())
        .filter(({ tags }) => tags?.includes(`usher-request:${id}`))
        .map(({ passwordCredentials }) => passwordCredentials.length);
    // A new key is listed late where the directory lags.
    await journey.until(async () => (await keys())[0] !== 0, "the key in the tenant's list");
    assert.deepEqual(await keys(), [1]);
    const page = await journey.openAs(await journey.link(), mina);
    assert.equal(page.status, 200);
  };

  for (const [what, order] of Object.entries({
    "the application was made, and the answer lost": {
      method: "POST",
      path: "/applications$",
      kind: "504-done",
    },
    "the application was made, and the connection cut": {
      method: "POST",
      path: "/applications$",
      kind: "reset-after",
    },
    "the application was not made": { method: "POST", path: "/applications$", kind: "504-not-done" },
    "the service principal was made, and the answer lost": {
      method: "PATCH",
      path: "/servicePrincipals",
      kind: "504-done",
    },
    "the upsert of the service principal is refused": {
      method: "PATCH",
      path: "/servicePrincipals",
      kind: "status",
      status: 403,
      code: "Authorization_RequestDenied",
    },
    "the consent was given, and the answer lost": {
      method: "POST",
      path: "/appRoleAssignedTo",
      kind: "reset-after",
    },
    "the key was made, and the answer lost": { method: "POST", path: "/addPassword", kind: "504-done" },
    "the key was made, and the connection cut": { method: "POST", path: "/addPassword", kind: "reset-after" },
    "Graph asks to slow down": { method: "POST", path: "/addPassword", kind: "429", retryAfter: 1 },
    "everything at Graph fails for a while": {
      path: "/applications|/servicePrincipals",
      kind: "503",
      times: 3,
    },
  })) {
    it(`ends in one of everything when ${what}`, async () => {
      const { id } = await journey.ask();
      await journey.approvalCard(id);
      await fault(order);
      await journey.approve(id);
      await oneOfEverything(id);
    });
  }

  it("waits aloud while Graph is down: the cards say for what", async () => {
    const { id, card } = await journey.ask();
    await journey.approvalCard(id);
    await fault({ path: "/applications", kind: "503", times: 1000 });
    await journey.approve(id);
    await journey.teams.find(
      (each) => each.id === card.id && says(each, "trouble of its own"),
      "the requester's card",
    );
    await journey.teams.find(
      (each) => each.conversationId === channel.id && says(each, "trouble of its own"),
      "the channel's card",
    );
    assert.equal(await state(id), "approved");
    await journey.sim("DELETE", "/faults");
    await oneOfEverything(id);
  });

  it("goes on after a restart from where it was", async () => {
    const { id } = await journey.ask();
    await journey.approvalCard(id);
    await fault({ path: "/servicePrincipals\\(appId='(?!00000003)", method: "PATCH", kind: "503", times: 1 });
    await journey.approve(id);
    await journey.until(async () => (await journey.applications()).length === 1, "the application");
    await journey.restart();
    await oneOfEverything(id);
  });

  it("ends in words when Entra refuses for good, and says what exists", async () => {
    const { id, card } = await journey.ask();
    await journey.sim("PUT", "/settings", { secretsBlocked: true });
    await journey.approve(id);
    const told = await journey.teams.find(
      (each) => each.id === card.id && says(each, "exists in Entra"),
      "the requester's card",
    );
    assert.match(readingOf(told), /forbids client secrets/);
    assert.equal(await state(id), "failed");
    await journey.teams.find(
      (each) => each.conversationId === channel.id && says(each, "forbids client secrets"),
      "the channel's card",
    );
  });

  it("waits for the directory to agree with itself", async () => {
    await journey.sim("PUT", "/settings", { replicationSeconds: 3, secretDelaySeconds: 1 });
    const { id } = await journey.ask();
    await journey.approve(id);
    await oneOfEverything(id);
  });

  it("needs at most seven requests to Graph for two application permissions and a delegated one, once it knows the API", async () => {
    const wanted = {
      name: "Warehouse",
      signIn: true,
      delegatedPermissions: "User.Read",
      applicationPermissions: "User.ReadBasic.All\nTeam.ReadBasic.All",
    };
    const ask = async () => (await madeFor(journey, "custom", wanted, jonas)).id;
    await ask();
    await journey.sim("POST", "/requests/clear");
    const id = await ask();
    const { requests } = (await journey.sim("GET", "/requests")) as {
      requests: { method: string; path: string; appId: string }[];
    };
    const afterDecision = requests.filter(
      ({ path }) => path.startsWith("/v1.0") && !/\/users\/|\/groups\//.test(path),
    );
    assert.ok(
      afterDecision.length <= 7,
      afterDecision.map(({ method, path }) => `${method} ${path}`).join("\n"),
    );
    assert.ok(afterDecision.length >= 6);
    assert.match(id, /^REQ-/);
  });
});

describe("an application that somebody else made under the name that Usher drew", () => {
  const ownPrincipal = `https://graph.microsoft.com/v1.0/directoryObjects/${company.clients.provisioning.servicePrincipalId}`;
  for (const [what, properties, isWithSecret] of [
    ["with Usher's tag", {}, false],
    ["with Usher's tag, and Usher as one more owner", { "owners@odata.bind": [ownPrincipal] }, false],
    ["that has Usher as an owner, and a secret of theirs", { "owners@odata.bind": [ownPrincipal] }, true],
  ] as const) {
    it(`is never touched nor granted anything, ${what}, and the approvals channel is told`, async () => {
      let trap: Trap | undefined;
      let before: unknown;
      const journey: Journey = await startJourney({
        // The name is drawn at random, so it can only be taken between the intent and the call.
        adjust: (world) => ({
          ...world,
          registrar: {
            ...world.registrar,
            async createApplication(application, mayExist) {
              if (!trap) {
                trap = await setTrap(
                  journey,
                  { uniqueName: application.uniqueName, ...properties },
                  isWithSecret,
                );
                before = await everythingAbout(journey, trap);
              }
              return world.registrar.createApplication(application, mayExist);
            },
          },
        }),
      });
      try {
        const { id } = await journey.ask();
        await journey.approve(id);
        await journey.teams.find(
          (each) => each.conversationId === channel.id && says(each, "did not make"),
          "the channel's card",
        );
        await journey.until(async () => (await journey.request(id)).state === "failed", "the failure");
        assert.ok(trap);
        assert.deepEqual(await everythingAbout(journey, trap), before);
      } finally {
        await journey.close();
      }
    });
  }
});

type Trap = { id: string; appId: string; principalId: string };

/** Another identity of the tenant makes an application with Usher's tag and the name, and its service principal. */
async function setTrap({ tenant }: Journey, properties: object, isWithSecret: boolean): Promise<Trap> {
  const { clientId, secret } = company.clients.bot;
  const answer = await fetch(`${tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const post = async (path: string, body: object) => {
    const made = await fetch(`${tenant.graphUrl}/v1.0${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(made.ok, await made.clone().text());
    return (await made.json()) as { id: string; appId: string };
  };
  const { id, appId } = await post("/applications", {
    displayName: "Trap",
    signInAudience: "AzureADMyOrg",
    tags: ["Usher"],
    ...properties,
  });
  const principal = await post("/servicePrincipals", { appId });
  if (isWithSecret) await post(`/applications/${id}/addPassword`, {});
  return { id, appId, principalId: principal.id };
}

/** All that stands in the tenant for it, consent to it and its service principal included. */
async function everythingAbout({ graph }: Journey, { id, principalId }: Trap) {
  const bodyOf = async (path: string) => (await graph(path)).body;
  return {
    application: await bodyOf(`/applications/${id}`),
    owners: await bodyOf(`/applications/${id}/owners`),
    principal: await bodyOf(`/servicePrincipals/${principalId}`),
    roles: await bodyOf(`/servicePrincipals/${principalId}/appRoleAssignments`),
    scopes: await bodyOf(`/servicePrincipals/${principalId}/oauth2PermissionGrants`),
    all: (await bodyOf("/oauth2PermissionGrants")).value,
  };
}

describe("an answer that is lost while the directory lags", () => {
  it("ends in one key also where Entra takes no more than two, and counts those that it does not list", async () => {
    const journey = await startJourney();
    try {
      const answers = { name: "Payroll", audience: "orgs-and-personal" };
      const review = await fillSystem(journey, "custom", answers);
      const id = await submitted(journey, review);
      await journey.approvalCard(id);
      await journey.sim("PUT", "/settings", { replicationSeconds: 3 });
      await journey.sim("POST", "/faults", {
        method: "POST",
        path: "/addPassword",
        kind: "504-done",
        times: 2,
      });
      await journey.approveFully(id);
      assert.match(readingOf(await endedCard(journey, review)), /^Ready/);
      // The others are listed by now, and the sweep takes them away.
      await journey.sim("POST", "/clock", { advanceSeconds: 5 });
      await sweep(journey.world, new Date());
      const [application] = await journey.applications();
      assert.equal(application?.passwordCredentials.length, 1);
    } finally {
      await journey.close();
    }
  });

  it("ends in one of everything, because what is there but not shown yet is waited for", async () => {
    const journey = await startJourney();
    try {
      const { id } = await journey.ask();
      await journey.approvalCard(id);
      await journey.sim("PUT", "/settings", { replicationSeconds: 2 });
      await journey.sim("POST", "/faults", { method: "POST", path: "/applications$", kind: "504-done" });
      await journey.approve(id);
      assert.ok(await journey.link());
      assert.equal((await journey.applications()).length, 1);
    } finally {
      await journey.close();
    }
  });
});
