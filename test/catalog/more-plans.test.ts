import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { RawAnswers } from "../../src/domain/answers.ts";
import { aCertificate } from "../support/certificates.ts";
import { blueprintOf, errorsOf, essenceOf, exchange, graph, on, planOf } from "./plans.ts";

const o365Management = "c5393580-f805-4401-95e8-94b7a6ef2fc2";
const sharePoint = "00000003-0000-0ff1-ce00-000000000000";
const globalReader = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const exchangeToken = "api://AzureADTokenExchange";
const authority = "https://login.microsoftonline.com/{{tenantId}}";

/** All that the answers lead to, but for the places of the handed over values and the next steps. */
function wholeOf(id: string, raw: RawAnswers) {
  const plan = planOf(id, raw);
  return {
    ...essenceOf(plan),
    handover: plan.handover.map(({ label, value }) => `${label}: ${value}`),
    azureRoles: (plan.azureRoles ?? []).map(({ role, scope }) => `${role} on ${scope}`),
    appRoles: (plan.appRoles ?? []).map(({ value, name, members }) => `${value} ${name} (${members})`),
    expose: plan.expose?.scopes.map(({ value, who }) => `${value} (${who})`),
  };
}

type Whole = ReturnType<typeof wholeOf>;

/** What is written down for a system; what is not written down must not be there. */
const expected = (
  written: Partial<Whole> & Pick<Whole, "displayName" | "consent" | "credential">,
): Whole => ({
  audience: "AzureADMyOrg",
  redirects: [],
  tokens: [],
  roles: [],
  azureRoles: [],
  appRoles: [],
  handover: [],
  expose: undefined,
  ...written,
  permissions: (written.permissions ?? []).toSorted(),
  beyondMinimum: (written.beyondMinimum ?? []).toSorted(),
});

describe("the blueprint of Grafana", () => {
  const rootUrl = "https://grafana.contoso.example";
  const urls = [
    `auth_url: =${authority}/oauth2/v2.0/authorize`,
    `token_url: =${authority}/oauth2/v2.0/token`,
  ];
  const plain = {
    displayName: "Grafana",
    redirects: [`web ${rootUrl}/login/azuread`, `web ${rootUrl}`],
    permissions: on(graph, "delegated", "openid email profile"),
    consent: "optional" as const,
    appRoles: [
      "Viewer Grafana Viewer (User)",
      "Editor Grafana Editor (User)",
      "Admin Grafana Org Admin (User)",
    ],
    credential: "Grafana OAuth 2.0, a secret of 12 months",
    handover: [
      "client_id: clientId",
      "client_secret: secret",
      "client_authentication: =client_secret_post",
      ...urls,
      "allowed_organizations: tenantId",
    ],
  };

  it("signs people in with the three roles when only its address was said", () =>
    assert.deepEqual(wholeOf("grafana", { rootUrl: `${rootUrl}/` }), expected(plain)));

  it("has a fourth role for server administrators", () =>
    assert.deepEqual(
      wholeOf("grafana", { rootUrl, serverAdmin: "true" }),
      expected({
        ...plain,
        appRoles: [...plain.appRoles, "GrafanaAdmin Grafana Server Admin (User)"],
        handover: [...plain.handover, "allow_assign_grafana_admin: =true"],
      }),
    ));

  for (const groups of ["SecurityGroup", "ApplicationGroup"] as const) {
    it(`sees groups by ${groups}`, () =>
      assert.deepEqual(wholeOf("grafana", { rootUrl, groups }), expected({ ...plain, groupClaims: groups })));

    it(`asks Graph for more than 200 groups, by ${groups}, with an admin's consent`, () =>
      assert.deepEqual(
        wholeOf("grafana", { rootUrl, groups, groupOverage: "true" }),
        expected({
          ...plain,
          groupClaims: groups,
          beyondMinimum: on(graph, "delegated", "GroupMember.Read.All User.Read"),
          consent: "admin",
        }),
      ));
  }

  it("needs no secret in a cluster, whose issuer stays as it was printed", () => {
    const issuer = "https://westeurope.oic.prod-aks.azure.com/tenant/id/";
    assert.deepEqual(
      wholeOf("grafana", { rootUrl, authentication: "workload", issuer, namespace: "watch" }),
      expected({
        ...plain,
        credential: `${issuer} system:serviceaccount:watch:grafana ${exchangeToken}`,
        handover: [
          "client_id: clientId",
          "client_authentication: =workload_identity",
          `federated_credential_audience: =${exchangeToken}`,
          ...urls,
          "allowed_organizations: tenantId",
        ],
      }),
    );
  });

  it("needs an address, and the issuer of a cluster", () => {
    assert.deepEqual(errorsOf("grafana", {}), ["rootUrl"]);
    assert.deepEqual(errorsOf("grafana", { rootUrl, authentication: "workload" }), ["issuer"]);
  });
});

describe("the blueprint of Jenkins", () => {
  const host = "https://jenkins.contoso.example";
  const plain = {
    displayName: "Jenkins",
    redirects: [`web ${host}/securityRealm/finishLogin`],
    tokens: ["id"],
    credential: "Jenkins, a secret of 12 months",
    handover: ["Client ID: clientId", "Client Secret: secret", "Tenant: tenantId"],
  };
  const lookups = {
    consent: "admin" as const,
    beyondMinimum: on(graph, "application", "User.Read.All Group.Read.All People.Read.All"),
  };

  it("sees groups and looks people up when nothing else was said", () =>
    assert.deepEqual(
      wholeOf("jenkins", { host }),
      expected({ ...plain, ...lookups, groupClaims: "SecurityGroup" }),
    ));
  it("can do without groups", () =>
    assert.deepEqual(wholeOf("jenkins", { host, groups: "false" }), expected({ ...plain, ...lookups })));
  it("can do without looking people up", () =>
    assert.deepEqual(
      wholeOf("jenkins", { host, lookup: "false" }),
      expected({ ...plain, consent: "none", groupClaims: "SecurityGroup" }),
    ));
});

it("the blueprint of GitLab signs people in by the v2.0 endpoint", () =>
  assert.deepEqual(
    wholeOf("gitlab", { host: "https://git.contoso.example/code", secretMonths: "6" }),
    expected({
      displayName: "GitLab",
      redirects: ["web https://git.contoso.example/code/users/auth/azure_activedirectory_v2/callback"],
      permissions: on(graph, "delegated", "email openid profile"),
      consent: "optional",
      credential: "GitLab, a secret of 6 months",
      handover: ["client_id: clientId", "client_secret: secret", "tenant_id: tenantId"],
    }),
  ));

describe("the blueprint of Argo CD", () => {
  const host = "https://argocd.contoso.example";
  const web = `web ${host}/auth/callback`;
  const plain = {
    displayName: "Argo CD",
    redirects: [web, "public http://localhost:8085/auth/callback"],
    groupClaims: "SecurityGroup" as const,
    permissions: on(graph, "delegated", "User.Read"),
    consent: "optional" as const,
    credential: "ArgoCD-SSO, a secret of 12 months",
    handover: [`issuer: =${authority}/v2.0`, "clientID: clientId", "oidc.azure.clientSecret: secret"],
  };

  it("is for the page and the command line when nothing else was said", () =>
    assert.deepEqual(wholeOf("argo-cd", { host }), expected(plain)));
  it("is for the page alone", () =>
    assert.deepEqual(wholeOf("argo-cd", { host, cli: "false" }), expected({ ...plain, redirects: [web] })));
  it("sees only groups that are assigned to it", () =>
    assert.deepEqual(
      wholeOf("argo-cd", { host, groups: "ApplicationGroup" }),
      expected({ ...plain, groupClaims: "ApplicationGroup" }),
    ));
});

describe("the blueprint of Backstage", () => {
  const host = "https://backstage.contoso.example";
  const frame = "/api/auth/microsoft/handler/frame";
  const plain = {
    displayName: "Backstage",
    credential: "Backstage, a secret of 12 months",
    handover: ["clientId: clientId", "clientSecret: secret", "tenantId: tenantId"],
  };
  const forPeople = on(graph, "delegated", "email offline_access openid profile User.Read");
  const forCatalog = on(graph, "application", "GroupMember.Read.All User.Read.All");

  it("signs people in, on a developer's machine too", () => {
    const signIn = { ...plain, permissions: forPeople, consent: "optional" as const };
    const redirects = [`web ${host}${frame}`];
    assert.deepEqual(wholeOf("backstage", { uses: "signIn", host }), expected({ ...signIn, redirects }));
    assert.deepEqual(
      wholeOf("backstage", { uses: "signIn", host, localDev: "true" }),
      expected({ ...signIn, redirects: [...redirects, `web http://localhost:7007${frame}`] }),
    );
  });
  it("reads users and groups without signing anybody in, and asks no address", () =>
    assert.deepEqual(
      wholeOf("backstage", { uses: "catalog", host, localDev: "true" }),
      expected({ ...plain, permissions: forCatalog, consent: "admin" }),
    ));
  it("does both with one app", () =>
    assert.deepEqual(
      wholeOf("backstage", { uses: "signIn,catalog", host }),
      expected({
        ...plain,
        redirects: [`web ${host}${frame}`],
        permissions: [...forPeople, ...forCatalog],
        consent: "admin",
      }),
    ));
  it("must do one of them, and needs an address to sign people in", () => {
    assert.deepEqual(errorsOf("backstage", { host, uses: "" }), ["uses"]);
    assert.deepEqual(errorsOf("backstage", { uses: "signIn" }), ["host"]);
  });
});

it("the blueprint of n8n takes its addresses whole, for everybody, and asks for no consent", () =>
  assert.deepEqual(
    wholeOf("n8n", {
      callbackUrls:
        "https://n8n.contoso.example/rest/oauth2-credential/callback\nhttp://localhost:5678/rest/oauth2-credential/callback",
    }),
    expected({
      displayName: "n8n",
      audience: "AzureADandPersonalMicrosoftAccount",
      tokenVersion: 2,
      redirects: [
        "web https://n8n.contoso.example/rest/oauth2-credential/callback",
        "web http://localhost:5678/rest/oauth2-credential/callback",
      ],
      consent: "none",
      credential: "n8n credential, a secret of 12 months",
      handover: ["Client ID: clientId", "Client Secret: secret"],
    }),
  ));

describe("the blueprint of HashiCorp Vault", () => {
  const members = on(graph, "application", "GroupMember.ReadWrite.All");
  const owned = on(graph, "application", "Application.ReadWrite.OwnedBy");
  const all = on(graph, "application", "Application.ReadWrite.All");
  const access = ["User Access Administrator on the subscription that Vault shall manage"];
  const plain = {
    displayName: "HashiCorp Vault",
    consent: "admin" as const,
    credential: "HashiCorp Vault, a secret of 12 months",
    handover: ["tenant_id: tenantId", "client_id: clientId", "client_secret: secret"],
  };
  const federated = {
    issuer: "https://vault.contoso.example:8200/v1/identity/oidc/plugins",
    subject: "plugin-identity:root:secret:azure_12ab",
  };
  const withoutSecret = {
    credential: `${federated.issuer} ${federated.subject} ${exchangeToken}`,
    handover: ["tenant_id: tenantId", "client_id: clientId", `identity_token_audience: =${exchangeToken}`],
  };

  it("makes service principals and changes only those that it made, when nothing was said", () =>
    assert.deepEqual(
      wholeOf("hashicorp-vault", {}),
      expected({ ...plain, permissions: [...members, ...owned], azureRoles: access }),
    ));
  it("may change every app to rotate its own secret", () =>
    assert.deepEqual(
      wholeOf("hashicorp-vault", { rotateRoot: "true" }),
      expected({ ...plain, permissions: members, beyondMinimum: all, azureRoles: access }),
    ));
  it("makes passwords for existing apps, without an Azure role", () =>
    assert.deepEqual(
      wholeOf("hashicorp-vault", { principals: "existing", rotateRoot: "true" }),
      expected({ ...plain, permissions: [...members, ...all] }),
    ));
  it("proves itself by its own token, and then has no secret to rotate", () =>
    assert.deepEqual(
      wholeOf("hashicorp-vault", { authentication: "federated", rotateRoot: "true", ...federated }),
      expected({ ...plain, ...withoutSecret, permissions: [...members, ...owned], azureRoles: access }),
    ));
  it("does so for existing apps too", () =>
    assert.deepEqual(
      wholeOf("hashicorp-vault", { principals: "existing", authentication: "federated", ...federated }),
      expected({ ...plain, ...withoutSecret, permissions: [...members, ...all] }),
    ));
  it("needs the whole subject of Vault's token", () =>
    assert.deepEqual(
      errorsOf("hashicorp-vault", { authentication: "federated", ...federated, subject: "azure_12ab" }),
      ["subject"],
    ));
});

describe("the blueprint of GitHub Actions", () => {
  const plain = {
    displayName: "GitHub Actions",
    consent: "none" as const,
    azureRoles: ["Reader on the resource group or subscription that the workflow works on"],
    handover: ["AZURE_CLIENT_ID: clientId", "AZURE_TENANT_ID: tenantId"],
  };
  for (const subject of [
    "repo:octo-org/octo-repo:ref:refs/heads/main",
    "repo:octo-org/octo-repo:ref:refs/tags/v1.2",
    "repo:Octo-Org/octo.repo:environment:Production EU",
    "repo:octo-org/octo-repo:pull_request",
    "repo:octo-org/octo-repo:job_workflow_ref:octo-org/deploy/.github/workflows/deploy.yml@refs/heads/main",
  ])
    it(`trusts ${subject}, letter by letter and without a secret`, () =>
      assert.deepEqual(
        wholeOf("github-actions", { subject }),
        expected({
          ...plain,
          credential: `https://token.actions.githubusercontent.com ${subject} ${exchangeToken}`,
        }),
      ));

  it("names the Azure role that was asked for, or none", () => {
    const subject = "repo:octo-org/octo-repo:pull_request";
    const named = { subject, azureRole: "Website Contributor", azureScope: "the resource group shop" };
    assert.deepEqual(wholeOf("github-actions", named).azureRoles, [
      "Website Contributor on the resource group shop",
    ]);
    assert.deepEqual(wholeOf("github-actions", { ...named, azure: "false" }).azureRoles, []);
  });

  it("takes no subject that Entra could never match, or that trusts too much", () => {
    for (const subject of [
      "",
      "octo-org/octo-repo",
      "repo:octo-org/octo-repo",
      "repo:octo-org/octo-repo:",
      "repo:octo-org/octo-repo:ref:refs/heads/*",
      "repo:octo-org/*:environment:Production",
      "repo:octo-org/octo-repo:ref:main",
      "repo:octo-org/octo-repo:environment:",
      "repo:octo-org:environment:Production",
      "repo:octo-org/octo-repo:pull_request:main",
    ])
      assert.deepEqual(errorsOf("github-actions", { subject }), ["subject"], subject);
  });
});

describe("the blueprint of Datadog", () => {
  const plain = {
    displayName: "Datadog Auth",
    credential: "datadogClientSecret, a secret of 12 months",
    handover: ["Client ID: clientId", "Tenant ID: tenantId", "Client Secret: secret"],
  };
  const reads = {
    consent: "admin" as const,
    permissions: on(
      graph,
      "application",
      "Application.Read.All Directory.Read.All Group.Read.All Policy.Read.All User.Read.All",
    ),
  };
  for (const [scope, on] of [
    ["subscriptions", "each subscription that Datadog shall watch"],
    ["managementGroup", "the management group that Datadog shall watch"],
    ["tenant", "the Tenant Root Group"],
  ])
    it(`watches ${scope} by Monitoring Reader, and reads the directory or not`, () => {
      const azureRoles = [`Monitoring Reader on ${on}`];
      assert.deepEqual(wholeOf("datadog", { scope }), expected({ ...plain, ...reads, azureRoles }));
      assert.deepEqual(
        wholeOf("datadog", { scope, graph: "false" }),
        expected({ ...plain, consent: "none", azureRoles }),
      );
    });
});

describe("the blueprint of Elastic", () => {
  const plain = {
    displayName: "Elastic Microsoft Office 365",
    permissions: [
      ...on(o365Management, "application", "ActivityFeed.Read"),
      ...on(graph, "delegated", "User.Read"),
    ],
    consent: "admin" as const,
    credential: "Elastic, a secret of 12 months",
    handover: [
      "Directory (tenant) ID: tenantId",
      "Application (client) ID: clientId",
      "Client Secret: secret",
    ],
  };
  it("reads the audit log", () => assert.deepEqual(wholeOf("elastic-o365", {}), expected(plain)));
  it("reads events of data loss prevention beyond the minimum", () =>
    assert.deepEqual(
      wholeOf("elastic-o365", { dlp: "true" }),
      expected({ ...plain, beyondMinimum: on(o365Management, "application", "ActivityFeed.ReadDlp") }),
    ));
});

describe("the blueprint of Veeam", () => {
  let pem: string;
  before(async () => {
    pem = (await aCertificate()).pem;
  });

  const always = on(graph, "application", "Directory.Read.All Group.Read.All");
  const sites = [
    ...on(graph, "application", "Sites.Read.All"),
    ...on(sharePoint, "application", "Sites.FullControl.All User.Read.All"),
  ];
  const mail = on(exchange, "application", "full_access_as_app");
  const powerShell = on(exchange, "application", "Exchange.ManageAsApp");
  const teams = on(graph, "application", "TeamSettings.ReadWrite.All ChannelMember.ReadWrite.All");
  const reader = [`Global Reader ${globalReader}`];

  const workloads: [workloads: string, permissions: string[], roles: string[]][] = [
    ["exchange", [...mail, ...powerShell], reader],
    ["sharepoint", sites, []],
    ["teams", [...sites, ...mail, ...teams], []],
    ["exchange,sharepoint", [...mail, ...powerShell, ...sites], reader],
    ["exchange,sharepoint,teams", [...mail, ...powerShell, ...sites, ...teams], reader],
  ];
  for (const [workloads_, permissions, roles] of workloads)
    for (const teamsChats of [false, true])
      it(`backs up ${workloads_} by a certificate, messages of teams ${teamsChats}`, () => {
        const thumbprint = new X509Certificate(pem).fingerprint.replaceAll(":", "");
        const hasMessages = teamsChats && workloads_.includes("teams");
        assert.deepEqual(
          wholeOf("veeam-m365", { workloads: workloads_, certificate: pem, teamsChats: String(teamsChats) }),
          expected({
            displayName: "Veeam Backup for Microsoft 365",
            permissions: [...always, ...permissions],
            beyondMinimum: hasMessages ? on(graph, "application", "ChannelMessage.Read.All") : [],
            consent: "admin",
            roles,
            credential: `Veeam Backup for Microsoft 365, the certificate ${thumbprint}`,
            handover: [
              "Application ID: clientId",
              "Application certificate: =the PFX file of the certificate with the thumbprint {{thumbprint}}",
              "Directory (tenant) ID: tenantId",
            ],
          }),
        );
      });

  it("needs something to back up, and a certificate", () =>
    assert.deepEqual(errorsOf("veeam-m365", { workloads: "" }), ["workloads", "certificate"]));
});

describe("the blueprint of ServiceNow", () => {
  const redirect = "https://contoso.service-now.com/oauth_redirect.do";
  const presets = {
    read: "User.Read.All GroupMember.Read.All Organization.Read.All",
    manage: "User.ReadWrite.All Group.ReadWrite.All Organization.Read.All",
  };
  for (const [grantType, kind] of [
    ["user", "delegated"],
    ["app", "application"],
  ] as const)
    for (const preset of ["read", "manage"] as const)
      for (const activity of [false, true])
        it(`may ${preset} as ${grantType}, with sign-ins ${activity}`, () =>
          assert.deepEqual(
            wholeOf("servicenow", { instance: "contoso", preset, grantType, activity: String(activity) }),
            expected({
              displayName: "ServiceNow contoso",
              redirects: [`web ${redirect}`],
              permissions: on(graph, kind, presets[preset]),
              beyondMinimum: activity ? on(graph, kind, "AuditLog.Read.All Directory.Read.All") : [],
              consent: "admin",
              credential: "ServiceNow, a secret of 12 months",
              handover: [
                "OAuth Client ID: clientId",
                "OAuth Client Secret: secret",
                `Auth URL: =${authority}/oauth2/v2.0/authorize`,
                `Token URL: =${authority}/oauth2/v2.0/token`,
                `Revoke token URL: =${authority}/oauth2/v2.0/revoke`,
                `OAuth Redirect URL: =${redirect}`,
              ],
            }),
          ));

  it("only reads as one user when nothing was said", () =>
    assert.deepEqual(
      wholeOf("servicenow", { instance: "contoso" }).permissions,
      on(graph, "delegated", presets.read).toSorted(),
    ));
  it("takes the instance's name, not its address", () => {
    for (const instance of ["https://contoso.service-now.com", "contoso.service-now.com", "a/b", ""])
      assert.deepEqual(errorsOf("servicenow", { instance }), ["instance"], instance);
  });
});

describe("the blueprint of Snowflake", () => {
  const plain = {
    displayName: "Snowflake OAuth Resource",
    tokenVersion: 2 as const,
    consent: "none" as const,
    credential: "none",
  };
  const handover = (claim: string) => [
    "Application ID URI: identifierUri",
    `EXTERNAL_OAUTH_ISSUER: =${authority}/v2.0`,
    `EXTERNAL_OAUTH_JWS_KEYS_URL: =${authority}/discovery/v2.0/keys`,
    "EXTERNAL_OAUTH_AUDIENCE_LIST: =('{{identifierUri}}', '{{clientId}}')",
    `EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM: ='${claim}'`,
  ];

  it("exposes one scope for any role of the person, without a credential, when nothing was said", () =>
    assert.deepEqual(
      wholeOf("snowflake", {}),
      expected({ ...plain, handover: handover("upn"), expose: ["session:role-any (admins)"] }),
    ));
  it("exposes the scopes that were named", () =>
    assert.deepEqual(
      wholeOf("snowflake", {
        roles: "named",
        roleScopes: "session:scope:ANALYST\nsession:scope:LOADER: Loads at night",
      }),
      expected({
        ...plain,
        handover: handover("upn"),
        expose: ["session:scope:ANALYST (users)", "session:scope:LOADER (users)"],
      }),
    ));
  it("has an app role, and an address all the same, for clients without a person", () =>
    assert.deepEqual(
      wholeOf("snowflake", { flow: "app" }),
      expected({
        ...plain,
        handover: handover("sub"),
        appRoles: ["session:role-any Any Snowflake role (Application)"],
        expose: [],
      }),
    ));
  it("has the app roles that were named", () =>
    assert.deepEqual(
      wholeOf("snowflake", { flow: "app", roles: "named", roleValues: "session:role:ANALYST" }),
      expected({
        ...plain,
        handover: handover("sub"),
        appRoles: ["session:role:ANALYST session:role:ANALYST (User,Application)"],
        expose: [],
      }),
    ));
  it("gives nobody a role that rules the account, and takes no bare names", () => {
    for (const role of ["session:scope:ACCOUNTADMIN", "session:scope:orgadmin: All", "ANALYST", ""])
      assert.deepEqual(errorsOf("snowflake", { roles: "named", roleScopes: role }), ["roleScopes"], role);
    assert.deepEqual(
      errorsOf("snowflake", { flow: "app", roles: "named", roleValues: "session:role:SECURITYADMIN" }),
      ["roleValues"],
    );
  });
});

it("every secret of these lasts 1 to 24 months", () => {
  for (const id of [
    "grafana",
    "jenkins",
    "gitlab",
    "argo-cd",
    "backstage",
    "n8n",
    "hashicorp-vault",
    "datadog",
    "elastic-o365",
    "servicenow",
  ])
    assert.deepEqual(
      ["0", "25"].map((secretMonths) => errorsOf(id, { secretMonths }).includes("secretMonths")),
      [true, true],
      id,
    );
});

it("every one of these says what to do next, and where each value goes", () => {
  for (const id of [
    "grafana",
    "jenkins",
    "gitlab",
    "argo-cd",
    "backstage",
    "n8n",
    "hashicorp-vault",
    "github-actions",
    "datadog",
    "elastic-o365",
    "veeam-m365",
    "servicenow",
    "snowflake",
  ]) {
    const { next = [], handover } = blueprintOf(id);
    assert.ok(next.length > 0, id);
    const placeless = handover.filter(({ where }) => where === undefined).map(({ label }) => label);
    assert.deepEqual(placeless, id === "veeam-m365" ? ["Directory (tenant) ID"] : [], id);
  }
});
