import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { endingsOf } from "../support/ended-requests.ts";
import { type Journey, priya, readingOf, says, startJourney } from "../support/journey.ts";

describe("a request that could not be made because somebody else had an application of that name", () => {
  let journey: Journey;
  const { failed, press, until } = endingsOf(() => journey);

  const intruder = company.clients.consent;
  let foreignId = "";
  beforeEach(async () => {
    foreignId = "";
    journey = await startJourney({
      adjust: (world) => ({
        ...world,
        registrar: {
          ...world.registrar,
          async createApplication(application, mayExist) {
            foreignId ||= await makeForeign(application.uniqueName);
            return world.registrar.createApplication(application, mayExist);
          },
        },
      }),
    });
    const roles = [...intruder.roles, "Application.ReadWrite.OwnedBy", "RoleManagement.ReadWrite.Directory"];
    await journey.sim("PUT", `/identities/${intruder.clientId}`, { roles });
  });
  afterEach(() => journey.close());

  /** As an intruder would who had seen the name: with Usher's own tag. */
  async function makeForeign(uniqueName: string): Promise<string> {
    const asked = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: intruder.clientId,
        client_secret: intruder.secret,
        scope: `${journey.tenant.graphUrl}/.default`,
      }),
    });
    const { access_token: token } = (await asked.json()) as { access_token: string };
    const answer = await fetch(`${journey.tenant.graphUrl}/v1.0/applications`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ displayName: "Not ours", uniqueName, tags: ["Usher"] }),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return ((await answer.json()) as { id: string }).id;
  }
  const foreignStands = async () => {
    const { status, body } = await journey.graph(`/applications/${foreignId}`);
    assert.equal(status, 200);
    assert.equal(body.displayName, "Not ours");
    assert.deepEqual(body.passwordCredentials, []);
  };

  it("is made under another name by Retry, and the other one stays untouched", async () => {
    const { id, card } = await failed([]);
    assert.match(readingOf(card), /Usher did not make/);
    await press(priya, card, "retry");
    await until(id, "provisioned");
    assert.equal((await journey.applications()).length, 1);
    await foreignStands();
  });

  it("is cleaned up without touching the other one, and the card says that it stays", async () => {
    const { id, card } = await failed([]);
    await press(priya, card, "clean");
    await until(id, "cleaned");
    await foreignStands();
    await journey.teams.find((each) => each.id === card.id && says(each, "What stays"), "the card");
  });
});
