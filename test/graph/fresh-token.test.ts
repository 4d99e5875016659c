import assert from "node:assert/strict";
import { renewable } from "../../src/graph/renewable-credential.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aPermission } from "../support/builders.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const { provisioning, consent } = company.clients;

describe("a right that Usher's identity lacks", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  const has = ({ clientId }: { clientId: string }, roles: readonly string[]) =>
    edge.sim("PUT", `/identities/${clientId}`, { roles });

  it("counts with the next try once it is given, since a refused token is not used again", async () => {
    await has(provisioning, []);
    const failure = await failureOf(edge.made());
    assert.equal(failure.kind, "final");
    assert.match(failure.message, /does not let Usher create app registrations/);
    assert.match(failure.message, /identity that makes registrations \(PROVISIONING_CLIENT_ID\)/);
    await has(provisioning, provisioning.roles);
    edge.turnClock(6_000);
    assert.ok((await edge.made()).id);
  });

  it("asks for no new token each time that it is missing", async () => {
    let asked = 0;
    let now = 0;
    const credential = renewable(
      () => {
        const token = `token ${++asked}`;
        return { getToken: async () => ({ token, expiresOnTimestamp: 0 }) };
      },
      () => now,
    );
    const next = async () => (await credential.getToken("scope"))?.token;
    for (let n = 0; n < 5; n++) credential.renew((await next()) ?? "");
    assert.equal(await next(), "token 1");
    now = 6_000;
    assert.equal(await next(), "token 2");
    now = 12_000;
    credential.renew("token 1");
    assert.equal(await next(), "token 2", "an older refusal says nothing of a newer token");
  });

  it("is said to be the identity's for consent where that one was refused", async () => {
    const { principal, since } = await edge.madeWithPrincipal();
    await has(consent, []);
    const permissions = [aPermission({ name: "User.Read.All", kind: "application" })];
    const failure = await failureOf(
      edge.registrar.grantApplicationPermissions(principal, permissions, since),
    );
    assert.match(failure.message, /CONSENT_CLIENT_ID/);
  });
});
