import {
  allIn,
  byFederation,
  byLink,
  granted,
  graph,
  type Systems,
  withRequester,
} from "../../support/variants.ts";

const exchange = "api://AzureADTokenExchange";
const authority = "https://login.microsoftonline.com/<tenant id>";

const n8n = {
  name: "n8n",
  audience: "AzureADandPersonalMicrosoftAccount",
  tokenVersion: 2,
  secrets: ["n8n credential, 12 months"],
  ...withRequester,
};

const vault = { name: "HashiCorp Vault", secrets: ["HashiCorp Vault, 12 months"] };
const vaultConfig = {
  tenant_id: "<tenant id>",
  client_id: "<client id>",
  client_secret: byLink,
  ...allIn("vault write azure/config"),
};
const anyApplication = granted(graph("application", "GroupMember.ReadWrite.All Application.ReadWrite.All"));
const ownApplications = granted(
  graph("application", "GroupMember.ReadWrite.All Application.ReadWrite.OwnedBy"),
);
const accessAdministrator = /the Azure role User Access Administrator on the subscription/;
const plugin = {
  issuer: "https://vault.larkfield.example:8200/v1/identity/oidc/plugins",
  subject: "plugin-identity:root:secret:azure_1a2b3c4d",
};

const githubIssuer = "https://token.actions.githubusercontent.com";
const githubSecrets = {
  AZURE_CLIENT_ID: "<client id>",
  AZURE_TENANT_ID: "<tenant id>",
  ...allIn("GitHub repository > Settings > Secrets and variables > Actions"),
};
const branch = "repo:larkfield/shop:ref:refs/heads/main";
const environment = "repo:larkfield/shop:environment:production";

const serviceNow = {
  name: "ServiceNow larkfield",
  web: ["https://larkfield.service-now.com/oauth_redirect.do"],
  secrets: ["ServiceNow, 12 months"],
};
const serviceNowForm = {
  "OAuth Client ID": "<client id>",
  "OAuth Client Secret": byLink,
  "Auth URL": `${authority}/oauth2/v2.0/authorize`,
  "Token URL": `${authority}/oauth2/v2.0/token`,
  "Revoke token URL": `${authority}/oauth2/v2.0/revoke`,
  "OAuth Redirect URL": "https://larkfield.service-now.com/oauth_redirect.do",
  ...allIn("Workflow Studio > Integrations > AzureAD"),
};
const readers = "User.Read.All GroupMember.Read.All Organization.Read.All";
const managers = "User.ReadWrite.All Group.ReadWrite.All Organization.Read.All";
const activity = "AuditLog.Read.All Directory.Read.All";

/** Systems that work by themselves or in the name of people. */
export const automationSystems: Systems = {
  n8n: [
    {
      it: "has the addresses that n8n shows, and names its permissions only at sign-in",
      answers: {
        callbackUrls: [
          "https://n8n.larkfield.example/rest/oauth2-credential/callback",
          "https://n8n-test.larkfield.example/rest/oauth2-credential/callback",
        ],
      },
      makes: {
        ...n8n,
        web: [
          "https://n8n.larkfield.example/rest/oauth2-credential/callback",
          "https://n8n-test.larkfield.example/rest/oauth2-credential/callback",
        ],
      },
      hands: {
        "Client ID": "<client id>",
        "Client Secret": byLink,
        ...allIn("n8n > Credentials > your Microsoft credential"),
      },
      isOpened: true,
    },
  ],
  "hashicorp-vault": [
    {
      it: "makes service principals of its own, and needs an Azure role that somebody gives",
      answers: { principals: "dynamic", authentication: "secret", rotateRoot: false },
      makes: { ...vault, ...ownApplications },
      hands: vaultConfig,
      tells: accessAdministrator,
      tellsNot: /rotate-root/,
      isOpened: true,
    },
    {
      it: "rotates its own secret, which takes every application",
      answers: { principals: "dynamic", rotateRoot: true },
      makes: { ...vault, ...anyApplication },
      hands: vaultConfig,
      tells: /vault write -f azure\/rotate-root/,
    },
    {
      it: "makes passwords for existing ones, without an Azure role",
      answers: { principals: "existing" },
      makes: { ...vault, ...anyApplication },
      hands: vaultConfig,
      tells: /application_object_id/,
      tellsNot: /Azure role User Access/,
    },
    {
      it: "has no secret with workload identity federation",
      answers: { principals: "dynamic", authentication: "federated", ...plugin },
      makes: {
        ...vault,
        ...ownApplications,
        secrets: [],
        federated: [`${plugin.issuer} ${plugin.subject} ${exchange}`],
      },
      hands: {
        tenant_id: "<tenant id>",
        client_id: "<client id>",
        identity_token_audience: exchange,
        ...allIn("vault write azure/config"),
        ...byFederation(plugin.issuer, plugin.subject),
      },
      tells: accessAdministrator,
    },
  ],
  "github-actions": [
    {
      it: "trusts the runs of one branch, and has no secret",
      answers: {
        name: "GitHub Actions larkfield/shop",
        subject: branch,
        azure: true,
        azureRole: "Website Contributor",
        azureScope: "the resource group shop",
      },
      makes: {
        name: "GitHub Actions larkfield/shop",
        federated: [`${githubIssuer} ${branch} ${exchange}`],
      },
      hands: { ...githubSecrets, ...byFederation(githubIssuer, branch) },
      tells:
        /give the app GitHub Actions larkfield\/shop the Azure role Website Contributor on the resource group shop/,
    },
    {
      it: "trusts the runs of an environment, and stays out of Azure",
      answers: { subject: environment, azure: false },
      makes: {
        name: "GitHub Actions",
        federated: [`${githubIssuer} ${environment} ${exchange}`],
        ...withRequester,
      },
      hands: { ...githubSecrets, ...byFederation(githubIssuer, environment) },
      tells: /allow-no-subscriptions: true/,
      tellsNot: /Azure role/,
    },
  ],
  servicenow: [
    {
      it: "looks things up as the user who signs in",
      answers: { instance: "larkfield" },
      makes: { ...serviceNow, ...granted(graph("delegated", readers)), ...withRequester },
      hands: serviceNowForm,
      tells: /They can do no more than this user may/,
      isOpened: true,
    },
    {
      it: "manages people and groups as that user, and sees sign-ins",
      answers: { instance: "larkfield", preset: "manage", activity: true, grantType: "user" },
      makes: { ...serviceNow, ...granted(graph("delegated", managers), graph("delegated", activity)) },
      hands: serviceNowForm,
    },
    {
      it: "looks things up as the app itself",
      answers: { instance: "larkfield", preset: "read", grantType: "app" },
      makes: { ...serviceNow, ...granted(graph("application", readers)), ...withRequester },
      hands: serviceNowForm,
      tells: /Client Credentials \(KB0993701\)/,
    },
    {
      it: "manages people and groups as the app itself, and sees sign-ins",
      answers: { instance: "larkfield", preset: "manage", activity: true, grantType: "app" },
      makes: { ...serviceNow, ...granted(graph("application", managers), graph("application", activity)) },
      hands: serviceNowForm,
    },
  ],
};
