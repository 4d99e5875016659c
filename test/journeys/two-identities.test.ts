import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { approved, inOwnChat } from "../support/approved.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { type Journey, startJourney } from "../support/journey.ts";

const { provisioning, consent } = company.clients;
type Logged = { method: string; path: string; appId: string | null; status: number };

describe("the identities that Usher works with", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const provisioned = async (id: string) =>
    journey.until(async () => (await journey.request(id)).state === "provisioned", "the end of it");
  const writes = async () => {
    const { requests } = (await journey.sim("GET", "/requests")) as { requests: Logged[] };
    const of = ({ clientId }: { clientId: string }) =>
      requests
        .filter(({ appId, method }) => appId === clientId && method !== "GET")
        // Looking a person up is a POST too; the parts of a batch are listed beside it.
        .filter(({ path }) => !/checkMemberGroups|\$batch|\/token$/.test(path))
        .map(({ method, path }) => `${method} ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…")}`);
    return { provisioning: of(provisioning), consent: of(consent) };
  };

  it("share the work: one makes, the other consents, and neither does the other's", async () => {
    const id = await approved(
      journey,
      aPlan({
        permissions: [aPermission(), aPermission({ name: "User.ReadBasic.All", kind: "application" })],
      }),
    );
    await provisioned(id);
    const made = await writes();
    const isConsent = (each: string) => /appRoleAssign|oauth2PermissionGrants|roleAssignments/.test(each);
    assert.deepEqual(
      [made.provisioning.some((each) => /applications/.test(each)), made.provisioning.filter(isConsent)],
      [true, []],
    );
    assert.deepEqual(made.consent.toSorted(), [
      "POST /v1.0/oauth2PermissionGrants",
      "POST /v1.0/servicePrincipals/…/appRoleAssignedTo",
    ]);
  });

  const refusals: [who: string, as: typeof provisioning | typeof consent, method: string, path: string][] = [
    ["provisioning", provisioning, "POST", "/oauth2PermissionGrants"],
    ["provisioning", provisioning, "POST", "/servicePrincipals/{graph}/appRoleAssignedTo"],
    ["provisioning", provisioning, "POST", "/roleManagement/directory/roleAssignments"],
    ["consent", consent, "POST", "/applications"],
    ["consent", consent, "POST", "/servicePrincipals"],
    ["consent", consent, "POST", "/applications/{own}/addPassword"],
    ["consent", consent, "PATCH", "/applications/{own}"],
    ["consent", consent, "DELETE", "/applications/{own}"],
  ];
  for (const [who, as, method, path] of refusals)
    it(`have only their own rights: ${who} may not ${method} ${path}`, async () => {
      const { body: graph } = await journey.graph(
        "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')",
      );
      const answer = await fetch(`${journey.tenant.authorityUrl}/${company.tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: as.clientId,
          client_secret: as.secret,
          scope: "https://graph.microsoft.com/.default",
        }),
      });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      const named = path
        .replace("{graph}", String(graph.id))
        .replace("{own}", company.clients.signin.applicationObjectId);
      const { status } = await fetch(`${journey.tenant.graphUrl}/v1.0${named}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(method !== "DELETE" && {
          body: JSON.stringify({
            displayName: "x",
            appId: company.clients.signin.clientId,
            principalId: provisioning.servicePrincipalId,
            clientId: provisioning.servicePrincipalId,
            resourceId: graph.id,
            consentType: "AllPrincipals",
            scope: "User.Read",
            appRoleId: (graph.appRoles as { id: string }[])[0]?.id,
            roleDefinitionId: "fe930be7-5e62-47db-91af-98c3a49a38b1",
            directoryScopeId: "/",
          }),
        }),
      });
      assert.equal(status, 403);
    });

  it("leave the requester out as an owner where Entra does not let them be named, and the card says so", async () => {
    await journey.sim("PUT", "/settings", { ownedByMayBindOwners: false });
    const id = await approved(journey, aPlan({ owner: "requester" }));
    await provisioned(id);
    await inOwnChat(journey, "did not let Usher name the person who asked as its owner", id);
  });
});
