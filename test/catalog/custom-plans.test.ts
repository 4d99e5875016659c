import assert from "node:assert/strict";
import { essenceOf, exchange, graph, on, partnerCenter, planOf, refusalOf } from "./plans.ts";

const id = "custom";
const name = "Payroll";
/** What nobody asked for. */
const nothing = {
  displayName: name,
  audience: "AzureADMyOrg",
  redirects: [],
  tokens: [],
  permissions: [],
  beyondMinimum: [],
  consent: "admin",
  roles: [],
  credential: "Payroll, a secret of 12 months",
  handover: ["Client ID: clientId", "Tenant ID: tenantId", "Client secret: secret"],
};

describe("the blueprint of something else", () => {
  it("is an app with a secret that may do nothing when only its name was said", () => {
    const plan = planOf(id, { name });
    assert.deepEqual(essenceOf(plan), nothing);
    assert.equal(plan.next.at(-1), "The secret ends in 12 months: note whoever must renew it.");
    for (const rare of ["appRoles", "expose", "azureRoles"] as const) assert.equal(plan[rare], undefined);
  });

  for (const [audience, expected] of [
    ["own", { audience: "AzureADMyOrg" }],
    ["orgs", { audience: "AzureADMultipleOrgs" }],
    ["orgs-and-personal", { audience: "AzureADandPersonalMicrosoftAccount", tokenVersion: 2 }],
  ] as const)
    it(`lets ${audience} use it as ${expected.audience}`, () =>
      assert.deepEqual(essenceOf(planOf(id, { name, audience })), { ...nothing, ...expected }));

  it("takes redirect addresses of each platform when people sign in", () =>
    assert.deepEqual(
      planOf(id, {
        name,
        signIn: "true",
        webRedirects: "https://a.example/1\nhttps://a.example/2",
        spaRedirects: "https://a.example/app",
        publicRedirects: "http://localhost",
      }).redirects,
      [
        { platform: "web", uri: "https://a.example/1" },
        { platform: "web", uri: "https://a.example/2" },
        { platform: "spa", uri: "https://a.example/app" },
        { platform: "public", uri: "http://localhost" },
      ],
    ));

  it("takes permissions of any API by what people call it", () =>
    assert.deepEqual(
      essenceOf(
        planOf(id, {
          name,
          signIn: "true",
          delegatedPermissions: "User.Read\npartnerCenter: user_impersonation",
          applicationPermissions: "User.Read.All\nOffice 365 Exchange Online: Exchange.ManageAsApp",
        }),
      ).permissions,
      [
        ...on(graph, "delegated", "User.Read"),
        ...on(graph, "application", "User.Read.All"),
        ...on(exchange, "application", "Exchange.ManageAsApp"),
        ...on(partnerCenter, "delegated", "user_impersonation"),
      ].toSorted(),
    ));

  it("tells the two APIs that are called Microsoft Partner Center apart before it takes one", () => {
    const { key, sentence } = refusalOf(id, {
      name,
      applicationPermissions: "Microsoft Partner Center: user_impersonation",
    });
    assert.equal(key, "applicationPermissions");
    for (const said of [partnerCenter, "the one that CSP tools", "fabfbdc4-5751-471c-ac43-3826fa1afc31"])
      assert.ok(sentence.includes(said), sentence);
  });

  it("leaves out what belongs to a sign-in when nobody signs in", () =>
    assert.deepEqual(
      essenceOf(
        planOf(id, {
          name,
          webRedirects: "https://a.example",
          delegatedPermissions: "User.Read",
          advanced: "true",
          idTokens: "true",
          accessTokens: "true",
        }),
      ),
      nothing,
    ));

  it("only declares the permissions when each person shall be asked, and says so", () => {
    const plan = planOf(id, { name, signIn: "true", delegatedPermissions: "Mail.Read", consent: "none" });
    assert.equal(plan.consent, "none");
    assert.match(plan.next.at(-1) ?? "", /Nobody has agreed/);
  });

  it("leaves out the rare settings unless they are asked for", () =>
    assert.deepEqual(
      planOf(id, {
        name,
        signIn: "true",
        directoryRoles: "Global Reader",
        appRoles: "Viewer",
        ownApi: "true",
        exposedScopes: "Orders.Read",
        tokenVersion: "v2",
        groupClaims: "All",
        idTokens: "true",
        accessTokens: "true",
      }),
      planOf(id, { name, signIn: "true" }),
    ));

  it("names a role in Azure for somebody to give", () => {
    const azure = { advanced: "true", azure: "true", azureRole: "Reader", azureScope: "the group shop" };
    assert.deepEqual(planOf(id, { name, ...azure }).azureRoles, [
      { role: "Reader", scope: "the group shop" },
    ]);
    assert.equal(planOf(id, { name, ...azure, azure: "false" }).azureRoles, undefined);
  });

  it("takes the rare settings", () => {
    const plan = planOf(id, {
      name,
      signIn: "true",
      advanced: "true",
      directoryRoles: "Global Reader,Reports Reader",
      appRoles: "Viewer: Reads dashboards\nAdmin",
      ownApi: "true",
      exposedScopes: "Orders.Read: Reads orders",
      tokenVersion: "v2",
      groupClaims: "SecurityGroup",
      idTokens: "true",
      accessTokens: "true",
    });
    assert.deepEqual(essenceOf(plan), {
      ...nothing,
      tokens: ["id", "access"],
      tokenVersion: 2,
      groupClaims: "SecurityGroup",
      roles: [
        "Global Reader f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "Reports Reader 4a5d8f65-41da-4de4-8968-e035b65339cf",
      ],
      handover: [...nothing.handover, "Application ID URI: identifierUri"],
    });
    assert.deepEqual(
      plan.appRoles?.map(({ value, description }) => `${value}: ${description}`),
      ["Viewer: Reads dashboards", "Admin: Admin"],
    );
    assert.deepEqual(
      plan.expose?.scopes.map(({ value, description }) => `${value}: ${description}`),
      ["Orders.Read: Reads orders"],
    );
  });

  for (const [tokenVersion, expected] of [
    ["v1", 1],
    ["v2", 2],
    ["unset", undefined],
  ] as const)
    it(`has tokens of version ${expected ?? "nobody's choice"} for ${tokenVersion}`, () =>
      assert.equal(planOf(id, { name, advanced: "true", tokenVersion }).tokenVersion, expected));

  it("has tokens of version 2 for personal accounts whatever was said", () =>
    assert.equal(
      planOf(id, { name, audience: "orgs-and-personal", advanced: "true", tokenVersion: "v1" }).tokenVersion,
      2,
    ));

  for (const groupClaims of ["SecurityGroup", "ApplicationGroup", "DirectoryRole", "All"])
    it(`puts ${groupClaims} into its tokens`, () =>
      assert.equal(planOf(id, { name, advanced: "true", groupClaims }).groupClaims, groupClaims));
});
