import assert from "node:assert/strict";
import type { Plan } from "../../src/domain/plan.ts";
import { essenceOf, everyWay, exchange, graph, on, partnerCenter, planOf, refusalOf } from "./plans.ts";

const says = (plan: Plan, text: RegExp) => plan.next.some((step) => text.test(step));

const rewstCallback = "web https://engine.rewst.io/integrations/bundles/microsoft_cloud/callback";
const rewstSecret = (months: number) => `Rewst, a secret of ${months} months`;
const ofCustomers = ["Client ID: clientId", "Client Secret: secret", "Auth Subject: =common"];
const ofUs = [
  "Client ID: clientId",
  "Client Secret: secret",
  "Auth Subject: =Tenant ID",
  "Tenant ID: tenantId",
];

describe("the blueprint of Rewst's page, version 1", () => {
  const alike = {
    displayName: "Rewst",
    redirects: [rewstCallback],
    tokens: ["id"],
    permissions: [],
    beyondMinimum: [],
    consent: "none",
    roles: [],
  };
  const own = { ...alike, audience: "AzureADMyOrg", credential: rewstSecret(12), handover: ofUs };

  it("is for our own tenant for a year when nothing was said", () =>
    assert.deepEqual(essenceOf(planOf("rewst-v1", {})), own));

  it("hands over the tenant ID when it is for our own tenant", () =>
    assert.deepEqual(essenceOf(planOf("rewst-v1", { audience: "single", secretMonths: "24" })), {
      ...own,
      credential: rewstSecret(24),
    }));

  it("hands over common instead when it is for several", () =>
    assert.deepEqual(essenceOf(planOf("rewst-v1", { audience: "multi", secretMonths: "1" })), {
      ...alike,
      audience: "AzureADMultipleOrgs",
      credential: rewstSecret(1),
      handover: ofCustomers,
    }));

  it("says where the values go", () =>
    assert.ok(says(planOf("rewst-v1", {}), /Configuration Parameters > Owned App Registration.*Authorize/)));
});

describe("the blueprint of Rewst's page, version 2", () => {
  const management = "c5393580-f805-4401-95e8-94b7a6ef2fc2";
  const feeds = "ActivityFeed.Read ActivityFeed.ReadDlp ServiceHealth.Read";
  const writes = "Directory.ReadWrite.All Domain.ReadWrite.All ServiceHealth.Read.All User.ReadWrite.All";
  const minimum = on(graph, "delegated", "email offline_access openid profile User.Read");
  const recommended = [...on(graph, "delegated", writes), ...on(graph, "application", writes)];
  const perIntegration: Record<string, string[]> = {
    graph: [],
    triggers: [...on(management, "delegated", feeds), ...on(management, "application", feeds)],
    azure: on("797f4846-ba00-4fd7-ba43-dac1f8f63013", "delegated", "user_impersonation"),
    csp: on(partnerCenter, "delegated", "user_impersonation"),
    exo: [
      ...on(exchange, "delegated", "Exchange.Manage"),
      ...on(exchange, "application", "Exchange.ManageAsApp"),
    ],
  };
  const perExtra: Record<string, string[]> = {
    keyvault: on("cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "delegated", "user_impersonation"),
    storage: on("e406a681-f3d4-42a8-90b6-c2b029497af1", "delegated", "user_impersonation"),
  };
  const alike = {
    displayName: "Rewst",
    redirects: [rewstCallback],
    tokens: ["id"],
    consent: "admin",
    roles: [],
  };

  it("asks for the minimum of Graph in our own tenant when nothing was said", () =>
    assert.deepEqual(essenceOf(planOf("rewst", {})), {
      ...alike,
      audience: "AzureADMyOrg",
      permissions: minimum.toSorted(),
      beyondMinimum: [],
      credential: rewstSecret(12),
      handover: ofUs,
    }));

  const ways = everyWay({
    integrations: [
      ["graph"],
      ["graph", "triggers"],
      ["graph", "azure"],
      ["graph", "csp"],
      ["graph", "exo"],
      ["graph", "azure", "exo"],
      ["graph", "triggers", "azure", "csp", "exo"],
    ],
    graphPermissions: ["minimum", "recommended"],
    azureExtras: [[], ["keyvault"], ["storage"], ["keyvault", "storage"]],
    exoFullAccess: [false, true],
    audience: ["auto", "single", "multi"],
  }).filter(({ integrations, audience }) => !(integrations.includes("csp") && audience === "single"));

  it(`asks for what the pictures show, in each of ${ways.length} combinations`, () => {
    for (const { integrations, graphPermissions, azureExtras, exoFullAccess, audience } of ways) {
      const raw = {
        integrations: integrations.join(","),
        graphPermissions,
        azureExtras: azureExtras.join(","),
        exoFullAccess: String(exoFullAccess),
        audience,
        secretMonths: "6",
      };
      const forCustomers = audience === "multi" || integrations.includes("csp");
      const extras = integrations.includes("azure")
        ? azureExtras.flatMap((extra) => perExtra[extra] ?? [])
        : [];
      const full =
        exoFullAccess && integrations.includes("exo")
          ? on(exchange, "application", "full_access_as_app")
          : [];
      const more = graphPermissions === "recommended" ? recommended : [];
      assert.deepEqual(
        essenceOf(planOf("rewst", raw)),
        {
          ...alike,
          audience: forCustomers ? "AzureADMultipleOrgs" : "AzureADMyOrg",
          permissions: [...minimum, ...integrations.flatMap((each) => perIntegration[each] ?? [])].toSorted(),
          beyondMinimum: [...more, ...extras, ...full].toSorted(),
          credential: rewstSecret(6),
          handover: forCustomers ? ofCustomers : ofUs,
        },
        JSON.stringify(raw),
      );
    }
  });

  it("keeps Graph whatever was ticked", () =>
    assert.equal(planOf("rewst", { integrations: "azure" }).permissions.length, minimum.length + 1));

  it("refuses CSP for our own tenant alone, and says why", () =>
    assert.deepEqual(refusalOf("rewst", { integrations: "graph,csp", audience: "single" }), {
      sentence:
        "CSP works in the tenants of customers, so the app must be open to them (Auth Subject common). Choose another answer for the tenants, or leave CSP out.",
    }));

  for (const [integration, what, step] of [
    ["csp", "to consent each mapped customer", /consent each mapped customer in Rewst/],
    ["csp", "to be in AdminAgents", /AdminAgents.*GDAP/],
    ["azure", "that a Key Vault must exist", /Azure Key Vault/],
    ["exo", "who needs Exchange Administrator", /Exchange Administrator/],
  ] as const)
    it(`says ${what} only with ${integration}`, () => {
      assert.ok(says(planOf("rewst", { integrations: integration }), step));
      assert.ok(!says(planOf("rewst", {}), step));
    });

  it("always says that a Global Administrator authorizes", () =>
    assert.ok(says(planOf("rewst", {}), /Global Administrator/)));
});
