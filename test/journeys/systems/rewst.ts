import {
  byLink,
  consentLink,
  granted,
  graph,
  of,
  type Systems,
  withRequester,
} from "../../support/variants.ts";

const callback = "https://engine.rewst.io/integrations/bundles/microsoft_cloud/callback";

const rewst = {
  name: "Rewst",
  web: [callback],
  // A picture alone shows it; without it sign-in fails with AADSTS700054.
  idTokens: true,
  secrets: ["Rewst, 12 months"],
};
const multi = { ...rewst, audience: "AzureADMultipleOrgs" };

const forUs = {
  "Client ID": "<client id>",
  "Client Secret": byLink,
  "Auth Subject": "Tenant ID",
  "Tenant ID": "<tenant id>",
};
const forCustomers = { "Client ID": "<client id>", "Client Secret": byLink, "Auth Subject": "common" };

const minimum = graph("delegated", "email offline_access openid profile User.Read");
const writers = "Directory.ReadWrite.All Domain.ReadWrite.All ServiceHealth.Read.All User.ReadWrite.All";
const recommended = [...graph("delegated", writers), ...graph("application", writers)];
const activity = "ActivityFeed.Read ActivityFeed.ReadDlp ServiceHealth.Read";
const triggers = [
  ...of("Office 365 Management APIs", "delegated", activity),
  ...of("Office 365 Management APIs", "application", activity),
];
const azure = of("Azure Service Management", "delegated", "user_impersonation");
const keyVault = of("Azure Key Vault", "delegated", "user_impersonation");
const storage = of("Azure Storage", "delegated", "user_impersonation");
const csp = of("Microsoft Partner Center", "delegated", "user_impersonation");
const exo = [
  ...of("Office 365 Exchange Online", "delegated", "Exchange.Manage"),
  ...of("Office 365 Exchange Online", "application", "Exchange.ManageAsApp"),
];
const fullAccess = of("Office 365 Exchange Online", "application", "full_access_as_app");

export const rewstSystems: Systems = {
  "rewst-v1": [
    {
      it: "is for our own tenant, and needs no permission",
      answers: { audience: "single", secretMonths: 6 },
      makes: { ...rewst, secrets: ["Rewst, 6 months"], ...withRequester },
      hands: forUs,
      tells: /Owned App Registration.*Authorize/,
      isOpened: true,
    },
    {
      it: "is for several tenants, through common",
      answers: { audience: "multi", secretMonths: 24 },
      makes: { ...multi, secrets: ["Rewst, 24 months"], ...withRequester },
      hands: forCustomers,
    },
  ],
  rewst: [
    {
      it: "has the minimum of Graph when nothing more is chosen",
      answers: { integrations: ["graph"], graphPermissions: "minimum" },
      makes: { ...rewst, ...granted(minimum), ...withRequester },
      hands: forUs,
      tells: /Owned App Registration.*Authorize/,
      tellsNot: /Key Vault|AdminAgents|Exchange Administrator/,
      isOpened: true,
    },
    {
      it: "has what the vendor recommends for Graph, for people and by itself",
      answers: { graphPermissions: "recommended" },
      makes: { ...rewst, ...granted(minimum, recommended) },
      hands: forUs,
    },
    {
      it: "has the triggers on the Office 365 Management APIs, not on Graph",
      answers: { integrations: ["graph", "triggers"] },
      makes: { ...rewst, ...granted(minimum, triggers) },
      hands: forUs,
    },
    {
      it: "acts in Azure for people",
      answers: { integrations: ["graph", "azure"] },
      makes: { ...rewst, ...granted(minimum, azure) },
      hands: forUs,
      tells: /Azure Key Vault/,
    },
    {
      it: "acts in Key Vault and Storage too, and makes Storage known to the tenant",
      answers: { integrations: ["graph", "azure"], azureExtras: ["keyvault", "storage"] },
      makes: { ...rewst, ...granted(minimum, azure, keyVault, storage) },
      hands: forUs,
      promises: /API that this tenant does not have yet, created by Usher after approval: +Azure Storage/,
    },
    {
      it: "is open to customers with CSP, on the right one of three Partner Centers",
      answers: { integrations: ["graph", "csp"] },
      makes: { ...multi, ...granted(minimum, csp) },
      hands: { ...forCustomers, ...consentLink(callback) },
      tells: /AdminAgents.*GDAP.*each mapped customer/,
    },
    {
      it: "manages Exchange for people and by itself",
      answers: { integrations: ["graph", "exo"], exoFullAccess: false },
      makes: { ...rewst, ...granted(minimum, exo) },
      hands: forUs,
      tells: /Exchange Administrator/,
    },
    {
      it: "opens every mailbox only when that is asked for",
      answers: { integrations: ["graph", "exo"], exoFullAccess: true },
      makes: { ...rewst, ...granted(minimum, exo, fullAccess) },
      hands: forUs,
    },
    {
      it: "has everything together",
      answers: {
        integrations: ["graph", "triggers", "azure", "csp", "exo"],
        graphPermissions: "recommended",
        azureExtras: ["keyvault", "storage"],
        exoFullAccess: true,
        audience: "auto",
        secretMonths: 24,
      },
      makes: {
        ...multi,
        ...granted(minimum, recommended, triggers, azure, keyVault, storage, csp, exo, fullAccess),
        secrets: ["Rewst, 24 months"],
      },
      hands: { ...forCustomers, ...consentLink(callback) },
      tells: /Key Vault.*Storage.*AdminAgents.*each mapped customer.*Exchange Administrator/,
    },
    {
      it: "is open to customers without CSP when that is chosen",
      answers: { audience: "multi" },
      makes: { ...multi, ...granted(minimum), ...withRequester },
      hands: { ...forCustomers, ...consentLink(callback) },
    },
    {
      it: "is for our own tenant when that is chosen",
      answers: { audience: "single", secretMonths: 1 },
      makes: { ...rewst, ...granted(minimum), ...withRequester, secrets: ["Rewst, 1 month"] },
      hands: forUs,
    },
    {
      it: "is turned away with CSP for our own tenant alone",
      answers: { integrations: ["graph", "csp"], audience: "single" },
      says: "CSP works in the tenants of customers, so the app must be open to them (Auth Subject common).",
    },
  ],
};
