import assert from "node:assert/strict";
import { highestRank, rankPermissions } from "../../src/domain/permission.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { catalog, errorsOf, essenceOf, graph, on, planOf } from "./plans.ts";

const rankOf = (plan: Plan) => highestRank(rankPermissions(plan.permissions, catalog.permissionFacts));

describe("the blueprint of Netwrix Privilege Secure", () => {
  const id = "netwrix-privilege-secure";
  const four =
    "Directory.ReadWrite.All Group.ReadWrite.All User.ReadWrite.All RoleManagement.ReadWrite.Directory";
  const newer =
    "GroupMember.ReadWrite.All User-PasswordProfile.ReadWrite.All User.EnableDisableAccount.All UserAuthenticationMethod.ReadWrite.All";
  const userAdministrator = "User Administrator fe930be7-5e62-47db-91af-98c3a49a38b1";
  const globalAdministrator = "Global Administrator 62e90394-69f5-4237-9190-012177145e10 beyond the minimum";
  const authenticationAdministrator =
    "Privileged Authentication Administrator 7be44c8a-adaf-4e2a-84d6-ab2649e08a13";
  const perVersion = {
    "4.1": {
      permissions: [...on(graph, "delegated", "User.Read"), ...on(graph, "application", four)].toSorted(),
      more: [],
    },
    "26.03": {
      permissions: on(graph, "application", `${four} ${newer}`).toSorted(),
      more: [authenticationAdministrator],
    },
  };
  const essence = (version: keyof typeof perVersion, role: string, months: number) => ({
    displayName: "Netwrix Privilege Secure",
    audience: "AzureADMyOrg",
    redirects: [],
    tokens: [],
    permissions: perVersion[version].permissions,
    beyondMinimum: [],
    consent: "admin",
    roles: [role, ...perVersion[version].more],
    credential: `Netwrix Privilege Secure, a secret of ${months} months`,
    handover: [
      "App ID: clientId (service account)",
      "App Secret: secret (service account)",
      "Tenant ID: tenantId (tenant resource)",
    ],
  });

  for (const docsVersion of ["4.1", "26.03"] as const)
    for (const [manageGlobalAdmins, role] of [
      ["false", userAdministrator],
      ["true", globalAdministrator],
    ] as const)
      for (const hybrid of ["false", "true"])
        it(`${docsVersion}: manages Global Administrators ${manageGlobalAdmins}, hybrid ${hybrid}`, () => {
          const plan = planOf(id, { docsVersion, manageGlobalAdmins, hybrid, secretMonths: "18" });
          assert.deepEqual(essenceOf(plan), essence(docsVersion, role, 18));
          assert.equal(
            plan.next.some((step) => /Password Writeback/.test(step)),
            hybrid === "true",
          );
        });

  it("is of the newest version with the smaller role when nothing was said", () =>
    assert.deepEqual(essenceOf(planOf(id, {})), essence("26.03", userAdministrator, 12)));

  it("ranks highest", () => assert.equal(rankOf(planOf(id, {})), "tier0"));
});

describe("the blueprint of Netwrix Identity Manager", () => {
  const id = "netwrix-identity-manager";
  const where = "(appsettings.agent.json > Connections > your connection)";
  const essence = (permission: string, months: number) => ({
    displayName: "Identity Manager Contoso",
    audience: "AzureADMyOrg",
    redirects: [],
    tokens: [],
    permissions: on(graph, "application", permission),
    beyondMinimum: [],
    consent: "admin",
    roles: [],
    credential: `Identity Manager Contoso Secret, a secret of ${months} months`,
    handover: [
      `ApplicationId: clientId ${where}`,
      `ApplicationKey: secret ${where}`,
      `TenantId: tenantId ${where}`,
    ],
  });

  for (const fulfill of [undefined, "false"])
    it(`only reads the directory for a year when fulfilling is ${fulfill ?? "not answered"}`, () => {
      const plan = planOf(id, { organization: "Contoso", fulfill });
      assert.deepEqual(essenceOf(plan), essence("Directory.Read.All", 12));
      assert.equal(plan.next.length, 3);
      assert.equal(plan.next.at(-1), "The secret ends in 12 months.");
      assert.equal(rankOf(plan), "medium");
    });

  it("may change the directory, and nothing else, when it shall fulfil, and says one step more", () => {
    const plan = planOf(id, { organization: "Contoso", fulfill: "true", secretMonths: "6" });
    assert.deepEqual(essenceOf(plan), essence("Directory.ReadWrite.All", 6));
    assert.equal(plan.next.length, 4);
    assert.equal(rankOf(plan), "tier0");
  });

  it("needs an organisation of at most 80 characters, and 1 to 24 months", () => {
    assert.deepEqual(errorsOf(id, {}), ["organization"]);
    assert.deepEqual(errorsOf(id, { organization: "x".repeat(81) }), ["organization"]);
    for (const secretMonths of ["0", "25", "x"])
      assert.deepEqual(errorsOf(id, { organization: "Contoso", secretMonths }), ["secretMonths"]);
  });

  it("writes an organisation that looks like a template as it is", () =>
    assert.equal(
      planOf(id, { organization: "{{secretMonths}}" }).displayName,
      "Identity Manager {{secretMonths}}",
    ));
});
