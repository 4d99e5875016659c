import assert from "node:assert/strict";
import type { RequestId } from "../../src/domain/ids.ts";
import { company } from "../../src/local/tenant/company.ts";
import { approved, inOwnChat, made } from "../support/approved.ts";
import { aPermission, aPlan } from "../support/builders.ts";
import { type Journey, mina, startJourney } from "../support/journey.ts";

const userAdministrator = { name: "User Administrator", templateId: "fe930be7-5e62-47db-91af-98c3a49a38b1" };
const partnerCenter = { clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", name: "Microsoft Partner Center" };

describe("making a registration", () => {
  let journey: Journey;
  beforeEach(async () => {
    journey = await startJourney();
  });
  afterEach(() => journey.close());

  const rights = (client: { clientId: string; roles: readonly string[] }, ...more: string[]) =>
    journey.sim("PUT", `/identities/${client.clientId}`, { roles: [...client.roles, ...more] });
  const requestOf = (id: RequestId) => journey.world.store.tables.requests.get(id);
  const stepsOf = async (id: RequestId) =>
    new Map((await journey.world.store.tables.steps.all(id)).map((row) => [row.step, row]));

  describe("with a directory role", () => {
    const assignments = async (): Promise<object[]> =>
      (await journey.graph("/roleManagement/directory/roleAssignments")).body.value as object[];
    const missingRoles = async (id: RequestId) =>
      (await stepsOf(id)).get("directory-roles")?.outcome.rolesMissing;

    it("gives it where Usher has the right, and leaves its owner to be Usher alone", async () => {
      await rights(company.clients.consent, "RoleManagement.ReadWrite.Directory");
      const { id, objectId } = await made(journey, { permissions: [], directoryRoles: [userAdministrator] });
      assert.equal(await missingRoles(id), undefined);
      const roleDefinitionId = userAdministrator.templateId;
      assert.partialDeepStrictEqual(await assignments(), [{ roleDefinitionId, directoryScopeId: "/" }]);
      const owners = (await journey.graph(`/applications/${objectId}/owners`)).body.value as { id: string }[];
      assert.ok(!owners.some(({ id: owner }) => owner === mina.id));
    });

    it("hands over without it where Usher has no right, and the card names it", async () => {
      const { id } = await made(journey, { directoryRoles: [userAdministrator] });
      assert.equal(await missingRoles(id), "User Administrator");
      assert.deepEqual(await assignments(), []);
      assert.ok(await journey.link());
      await inOwnChat(journey, "User Administrator");
    });
  });

  it("sets the identifier URI, which names the app's own id", async () => {
    const scope = { value: "Read", name: "Read", description: "Reads.", who: "users" } as const;
    const { application, clientId } = await made(journey, {
      expose: { scopes: [scope] },
      handover: [{ label: "Audience", value: "identifierUri" }],
    });
    assert.deepEqual(application.identifierUris, [`api://${clientId}`]);
    await inOwnChat(journey, `api://${clientId}`);
  });

  describe("for an API that the tenant does not have yet", () => {
    const permission = aPermission({
      api: partnerCenter.clientId,
      apiName: partnerCenter.name,
      name: "user_impersonation",
    });
    const plan = {
      permissions: [permission],
      missingApis: [{ ...partnerCenter, createdBy: "usher" as const }],
    };

    it("makes it known first, and then consents to it", async () => {
      await rights(company.clients.provisioning, "Application.ReadWrite.All");
      await made(journey, plan);
      const { status } = await journey.graph(`/servicePrincipals(appId='${partnerCenter.clientId}')`);
      assert.equal(status, 200);
    });

    it("waits aloud where Usher's right does not count yet, and goes on once it does", async () => {
      await rights(company.clients.provisioning, "Application.ReadWrite.All");
      const refusal = { path: "/servicePrincipals", status: 403, code: "Authorization_RequestDenied" };
      for (const method of ["PATCH", "POST"]) await journey.sim("POST", "/faults", { method, ...refusal });
      const id = await approved(journey, aPlan(plan));
      await inOwnChat(journey, "counts within the hour", "az ad sp create --id fa3d9a0c");
      assert.deepEqual(await journey.applications(), []);
      await journey.until(async () => (await requestOf(id))?.state === "provisioned", "the end of it");
    });
  });
});

describe("a tenant where Usher may not consent", () => {
  it("gets the app without its directory role, and the card names the role", async () => {
    const journey = await startJourney({ config: { consent: undefined } });
    try {
      const id = await approved(
        journey,
        aPlan({ permissions: [], directoryRoles: [userAdministrator], credential: { kind: "none" } }),
      );
      await inOwnChat(journey, "User Administrator", id);
      await journey.until(
        async () => (await journey.world.store.tables.requests.get(id))?.state === "provisioned",
        "the end of it",
      );
      const { requests } = (await journey.sim("GET", "/requests")) as { requests: { path: string }[] };
      assert.ok(!requests.some(({ path }) => path.includes("roleAssignments")));
    } finally {
      await journey.close();
    }
  });
});
