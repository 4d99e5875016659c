import {
  allIn,
  byCertificate,
  byLink,
  byNothing,
  granted,
  graph,
  of,
  type Systems,
  withRequester,
} from "../../support/variants.ts";

const datadog = { name: "Datadog Auth", secrets: ["datadogClientSecret, 12 months"] };
const datadogTile = {
  "Client ID": "<client id>",
  "Tenant ID": "<tenant id>",
  "Client Secret": byLink,
  ...allIn("Datadog > Integrations > Azure"),
};
const datadogReads = granted(
  graph(
    "application",
    "Application.Read.All Directory.Read.All Group.Read.All Policy.Read.All User.Read.All",
  ),
);

const elastic = { name: "Elastic Microsoft Office 365", secrets: ["Elastic, 12 months"] };
const signIn = graph("delegated", "User.Read");
const elasticForm = {
  "Directory (tenant) ID": "<tenant id>",
  "Application (client) ID": "<client id>",
  "Client Secret": byLink,
  ...allIn("Elastic > Integrations > Microsoft Office 365"),
};

const veeam = { name: "Veeam Backup for Microsoft 365", certificates: ["<thumbprint>"] };
const veeamPlace = "Goes in: Veeam Backup for Microsoft 365 > Add organization > Microsoft Entra application";
const veeamForm = {
  "Application ID": `<client id> ${veeamPlace}`,
  "Application certificate": `the PFX file of the certificate with the thumbprint <thumbprint> ${veeamPlace}`,
  "Directory (tenant) ID": "<tenant id>",
  ...byCertificate,
};
const veeamBasis = graph("application", "Directory.Read.All Group.Read.All");
const mailboxes = of("Office 365 Exchange Online", "application", "full_access_as_app");
const exchangeSettings = of("Office 365 Exchange Online", "application", "Exchange.ManageAsApp");
const sites = [
  ...graph("application", "Sites.Read.All"),
  ...of("Office 365 SharePoint Online", "application", "Sites.FullControl.All User.Read.All"),
];
const teams = graph("application", "TeamSettings.ReadWrite.All ChannelMember.ReadWrite.All");

const snowflake = {
  name: "Snowflake OAuth Resource",
  tokenVersion: 2,
  identifierUris: ["api://<client id>"],
  ...withRequester,
};
const integration = "Goes in: CREATE SECURITY INTEGRATION";
const authority = "https://login.microsoftonline.com/<tenant id>";
const snowflakeForm = (mapping: string) => ({
  "Application ID URI":
    "api://<client id> Goes in: SNOWFLAKE_APPLICATION_ID_URI; clients put it before the scope",
  EXTERNAL_OAUTH_ISSUER: `${authority}/v2.0 ${integration}`,
  EXTERNAL_OAUTH_JWS_KEYS_URL: `${authority}/discovery/v2.0/keys ${integration}`,
  EXTERNAL_OAUTH_AUDIENCE_LIST: `('api://<client id>', '<client id>') ${integration}`,
  EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM: `'${mapping}' ${integration}`,
  // Usher adds it where the vendor's own labels do not name it.
  "Client ID": "<client id>",
  ...byNothing,
});

/** Systems that read, back up or are asked for data. */
export const dataSystems: Systems = {
  datadog: [
    {
      it: "reads apps, people, groups and policies, and gets its Azure role by hand",
      answers: { graph: true, scope: "subscriptions" },
      makes: { ...datadog, ...datadogReads },
      hands: datadogTile,
      tells: /the Azure role Monitoring Reader on each subscription/,
      isOpened: true,
    },
    {
      it: "reads only metrics, of a management group",
      answers: { graph: false, scope: "managementGroup", secretMonths: 3 },
      makes: { ...datadog, secrets: ["datadogClientSecret, 3 months"] },
      hands: datadogTile,
      tells: /Monitoring Reader on the management group/,
    },
    {
      it: "reads the metrics of everything",
      answers: { graph: false, scope: "tenant" },
      makes: datadog,
      hands: datadogTile,
      tells: /Monitoring Reader on the Tenant Root Group/,
    },
  ],
  "elastic-o365": [
    {
      it: "reads the audit log",
      answers: { dlp: false },
      makes: {
        ...elastic,
        ...granted(of("Office 365 Management APIs", "application", "ActivityFeed.Read"), signIn),
        ...withRequester,
      },
      hands: elasticForm,
      isOpened: true,
    },
    {
      it: "reads what data loss prevention found, too",
      answers: { dlp: true },
      makes: {
        ...elastic,
        ...granted(
          of("Office 365 Management APIs", "application", "ActivityFeed.Read ActivityFeed.ReadDlp"),
          signIn,
        ),
      },
      hands: elasticForm,
      tells: /DLP\.All/,
    },
  ],
  "veeam-m365": [
    {
      it: "backs up Exchange, as Global Reader",
      answers: { workloads: ["exchange"], certificate: "<pem>" },
      makes: {
        ...veeam,
        ...granted(veeamBasis, mailboxes, exchangeSettings),
        roles: ["Global Reader"],
      },
      hands: veeamForm,
    },
    {
      it: "backs up SharePoint and OneDrive, without a role",
      answers: { workloads: ["sharepoint"], certificate: "<pem>" },
      makes: { ...veeam, ...granted(veeamBasis, sites) },
      hands: veeamForm,
    },
    {
      it: "backs up Teams, whose files and mailboxes stand elsewhere",
      answers: { workloads: ["teams"], teamsChats: false, certificate: "<pem>" },
      makes: { ...veeam, ...granted(veeamBasis, teams, sites, mailboxes) },
      hands: veeamForm,
      tellsNot: /Export APIs/,
    },
    {
      it: "backs up all of it, with the messages of teams",
      answers: { workloads: ["exchange", "sharepoint", "teams"], teamsChats: true, certificate: "<pem>" },
      makes: {
        ...veeam,
        ...granted(
          veeamBasis,
          sites,
          teams,
          mailboxes,
          exchangeSettings,
          graph("application", "ChannelMessage.Read.All"),
        ),
        roles: ["Global Reader"],
      },
      hands: veeamForm,
      tells: /Export APIs/,
    },
  ],
  snowflake: [
    {
      it: "is an API with one scope for any role",
      answers: { flow: "user", roles: "any" },
      makes: { ...snowflake, scopes: ['session:role-any "Any Snowflake role" → admins'] },
      hands: snowflakeForm("upn"),
      tells: /EXTERNAL_OAUTH_ANY_ROLE_MODE = 'ENABLE'/,
    },
    {
      it: "has a scope for each named role",
      answers: {
        flow: "user",
        roles: "named",
        roleScopes: ["session:scope:ANALYST: Reads reports", "session:scope:LOADER"],
      },
      makes: {
        ...snowflake,
        scopes: [
          'session:scope:ANALYST "session:scope:ANALYST" → users',
          'session:scope:LOADER "session:scope:LOADER" → users',
        ],
      },
      hands: snowflakeForm("upn"),
      tellsNot: /ANY_ROLE_MODE/,
    },
    {
      it: "has one app role for clients without a person",
      answers: { flow: "app", roles: "any" },
      makes: { ...snowflake, appRoles: ['session:role-any "Any Snowflake role" → Application'] },
      hands: snowflakeForm("sub"),
    },
    {
      it: "has an app role for each named role",
      answers: { flow: "app", roles: "named", roleValues: ["session:role:ANALYST: Reads reports"] },
      makes: {
        ...snowflake,
        appRoles: ['session:role:ANALYST "session:role:ANALYST" → User+Application'],
      },
      hands: snowflakeForm("sub"),
    },
    {
      it: "is turned away with a role that Snowflake blocks",
      answers: { flow: "user", roles: "named", roleScopes: ["session:scope:ACCOUNTADMIN"] },
      says: "Write session:scope: and the name of a Snowflake role that is not ACCOUNTADMIN, SECURITYADMIN or ORGADMIN.",
    },
  ],
};
