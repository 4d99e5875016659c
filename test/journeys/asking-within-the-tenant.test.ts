import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { inputsOf } from "../../src/local/teams-stand-in.ts";
import { company } from "../../src/local/tenant/company.ts";
import {
  complaintsOn,
  endedCard,
  fillPages,
  fillSystem,
  madeFor,
  sayRequest,
  submitted,
  valueIn,
} from "../support/asking.ts";
import { aCertificate } from "../support/certificates.ts";
import { endStateOf } from "../support/end-state.ts";
import { type Journey, readingOf, startJourney, verbsOf } from "../support/journey.ts";

const minutes = 60_000;
const storage = "e406a681-f3d4-42a8-90b6-c2b029497af1";
const microsoftPartner = "4990cffe-04e8-4e8b-808a-1175604b879f";
const keyVault = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
const gitlab = { host: "https://gitlab.larkfield.example" };

describe("asking, where the tenant", () => {
  let journey: Journey;
  before(async () => {
    journey = await startJourney();
  });
  after(() => journey.close());

  /** What is not named is not limited. Usher remembers a policy, and its own rights, for five minutes. */
  const policy = async (limits: object) => {
    await journey.sim("PUT", "/settings", { secretsBlocked: false, secretMaxDays: null, ...limits });
    journey.turnClock(6 * minutes);
  };
  afterEach(() => policy({}));
  const requestOf = (id: RequestId) => journey.world.store.tables.requests.get(id);
  const applicationsOf = async (id: RequestId) =>
    (await journey.applications()).filter(({ tags }) => tags?.includes(`usher-request:${id}`));

  describe("forbids secrets", () => {
    const why =
      "This tenant's app management policy forbids client secrets, so the app has to prove itself with a certificate or a federated credential. Ask GitLab – sign-in with Entra ID's page or its maker whether it takes one.";

    it("asks for a certificate instead and says why, within five minutes of the new policy", async () => {
      assert.ok(inputsOf((await sayRequest(journey, "gitlab")).card).has("q_secretMonths"));
      await policy({ secretsBlocked: true });
      const form = await sayRequest(journey, "gitlab");
      assert.ok(readingOf(form).includes(why), readingOf(form));
      assert.ok(!inputsOf(form.card).has("q_secretMonths"));
    });

    it("makes an app with a certificate and no secret", async () => {
      await policy({ secretsBlocked: true });
      const { pem } = await aCertificate();
      const { id, card, review } = await madeFor(journey, "gitlab", {
        ...gitlab,
        credentialKind: "certificate",
        certificatePem: pem,
      });
      assert.match(review, /the certificate that was given/);
      const { state } = await endStateOf(journey, id);
      assert.deepEqual([state.secrets, state.certificates.length], [[], 1]);
      assert.match(readingOf(card), new RegExp(`Certificate thumbprint ${state.certificates[0]}`));
      assert.doesNotMatch(readingOf(card), /client_secret|The secret/);
    });

    it("makes an app that trusts another identity provider, and no secret", async () => {
      await policy({ secretsBlocked: true });
      const federatedIssuer = "https://login.partner.example/";
      const { id } = await madeFor(journey, "gitlab", {
        ...gitlab,
        credentialKind: "federated",
        federatedIssuer,
        federatedSubject: "gitlab",
      });
      const { state } = await endStateOf(journey, id);
      assert.deepEqual(state.secrets, []);
      assert.deepEqual(state.federated, [`${federatedIssuer} gitlab api://AzureADTokenExchange`]);
    });

    it("asks only those that would have a secret", async () => {
      await policy({ secretsBlocked: true });
      const review = await fillSystem(journey, "github-actions", {
        subject: "repo:larkfield/shop:pull_request",
      });
      assert.ok(verbsOf(review).includes("intake/submit"), readingOf(review));
    });
  });

  it("limits the life of secrets, takes no more months than fit", async () => {
    await policy({ secretMaxDays: 100 });
    const form = await sayRequest(journey, "gitlab");
    assert.match(readingOf(form), /This tenant's policy allows 3 at most/);
    assert.equal(valueIn(form, "secretMonths"), 3);
    const refused = await fillPages(journey, form, { ...gitlab, secretMonths: 4 });
    assert.deepEqual(complaintsOn(refused), { secretMonths: "A whole number from 1 to 3, please." });
    const { id } = await madeFor(journey, "gitlab", gitlab);
    assert.deepEqual((await endStateOf(journey, id)).state.secrets, ["GitLab, 3 months"]);
  });

  it("has switched a permission off, names it so beside the field", async () => {
    await journey.sim("PUT", `/apis/${keyVault}/permissions/user_impersonation`, { isEnabled: false });
    const card = await fillSystem(journey, "custom", {
      name: "Payroll",
      signIn: true,
      delegatedPermissions: "Azure Key Vault: user_impersonation",
    });
    assert.deepEqual(complaintsOn(card), {
      delegatedPermissions:
        "Azure Key Vault has switched off its delegated permission user_impersonation in this tenant.",
    });
  });

  describe("does not know an API yet, and Usher may not make it", () => {
    const asking = (clientId: string) => ({
      name: "Payroll",
      signIn: true,
      delegatedPermissions: `${clientId}: user_impersonation`,
    });
    const status = async (clientId: string) =>
      (await journey.graph(`/servicePrincipals(appId='${clientId}')`)).status;
    const grantedFor = async (id: RequestId) => (await endStateOf(journey, id)).state.granted;

    it("names the command, and goes on once somebody has run it", async () => {
      const review = await fillSystem(journey, "custom", asking(storage));
      assert.ok(readingOf(review).includes(`az ad sp create --id ${storage}`), readingOf(review));
      const id = await submitted(journey, review);
      assert.ok(readingOf(await journey.approvalCard(id)).includes(`az ad sp create --id ${storage}`));
      await runAsAdministrator(storage);
      await journey.approve(id);
      assert.match(readingOf(await endedCard(journey, review)), /^Ready/);
      assert.deepEqual(await grantedFor(id), ["Azure Storage delegated user_impersonation"]);
    });

    it("names the command again when it is approved and nobody has run it, and waits", async () => {
      const review = await fillSystem(journey, "custom", asking(microsoftPartner));
      const id = await submitted(journey, review);
      await journey.approve(id);
      const card = await journey.teams.find(
        (each) =>
          each.id === review.id &&
          readingOf(each).startsWith("Approved, waits for an administrator") &&
          readingOf(each).includes(`az ad sp create --id ${microsoftPartner}`),
        "the command on the requester's card",
      );
      assert.match(readingOf(card), /since/);
      assert.deepEqual([await status(microsoftPartner), await applicationsOf(id)], [404, []]);
    });

    /** What the command does, by an identity that may. */
    async function runAsAdministrator(appId: string): Promise<void> {
      const { clientId, secret } = company.clients.bot;
      await journey.sim("PUT", `/identities/${clientId}`, { roles: ["Application.ReadWrite.All"] });
      const token = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: clientId,
          client_secret: secret,
          scope: "https://graph.microsoft.com/.default",
        }),
      });
      const { access_token } = (await token.json()) as { access_token: string };
      const made = await fetch(`${journey.tenant.graphUrl}/v1.0/servicePrincipals`, {
        method: "POST",
        body: JSON.stringify({ appId }),
        headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      });
      assert.equal(made.status, 201);
    }
  });

  describe("cannot be asked", () => {
    // Of APIs that Usher has not seen within the last hour.
    const downAtReview = async (applicationPermissions: string) => {
      const form = await sayRequest(journey, "custom");
      await journey.sim("POST", "/faults", {
        path: "/servicePrincipals|/policies",
        kind: "503",
        times: 1000,
      });
      const review = await fillPages(journey, form, { name: "Payroll", applicationPermissions });
      assert.match(readingOf(review), /Not checked against the tenant/);
      const id = await submitted(journey, review);
      await journey.sim("DELETE", "/faults");
      assert.match(readingOf(await journey.approvalCard(id)), /Not checked against the tenant/);
      await journey.approveFully(id);
      return { id, card: await endedCard(journey, review) };
    };

    it("takes the request unchecked, and makes what is right", async () => {
      const { id, card } = await downAtReview("Office 365 Exchange Online: full_access_as_app");
      assert.match(readingOf(card), /^Ready/);
      const { granted } = (await endStateOf(journey, id)).state;
      assert.deepEqual(granted, ["Office 365 Exchange Online application full_access_as_app"]);
    });

    it("takes the request unchecked, and ends in words where a name is wrong", async () => {
      const { id, card } = await downAtReview("o365Management: ActivityFeed.ReadAll");
      assert.match(
        readingOf(card),
        /Office 365 Management APIs has no application permission "ActivityFeed\.ReadAll"/,
      );
      assert.equal((await requestOf(id))?.state, "failed");
      assert.deepEqual(await applicationsOf(id), []);
    });
  });
});
