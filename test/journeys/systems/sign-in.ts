import {
  allIn,
  byFederation,
  byLink,
  declared,
  granted,
  graph,
  type Systems,
  withRequester,
} from "../../support/variants.ts";

const authority = "https://login.microsoftonline.com/<tenant id>";

const grafanaUrl = "https://grafana.larkfield.example";
const grafana = {
  name: "Grafana",
  web: [`${grafanaUrl}/login/azuread`, grafanaUrl],
  ...declared(graph("delegated", "openid email profile")),
  appRoles: [
    'Viewer "Grafana Viewer" → User',
    'Editor "Grafana Editor" → User',
    'Admin "Grafana Org Admin" → User',
  ],
  secrets: ["Grafana OAuth 2.0, 12 months"],
  ...withRequester,
};
const grafanaKey = (key: string, value: string) => ({
  [key]: `${value} Goes in: [auth.azuread], or GF_AUTH_AZUREAD_${key.toUpperCase()}`,
});
const grafanaIds = {
  ...grafanaKey("client_id", "<client id>"),
  ...grafanaKey("auth_url", `${authority}/oauth2/v2.0/authorize`),
  ...grafanaKey("token_url", `${authority}/oauth2/v2.0/token`),
  ...grafanaKey("allowed_organizations", "<tenant id>"),
};
const grafanaSecret = {
  ...grafanaIds,
  ...grafanaKey("client_secret", byLink),
  ...grafanaKey("client_authentication", "client_secret_post"),
};
// Entra compares an issuer to the letter, so its slash stays.
const clusterIssuer = "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/";
const podSubject = "system:serviceaccount:watch:grafana";

const jenkins = {
  name: "Jenkins",
  web: ["https://jenkins.larkfield.example/securityRealm/finishLogin"],
  idTokens: true,
  secrets: ["Jenkins, 12 months"],
};
const jenkinsLookups = granted(graph("application", "User.Read.All Group.Read.All People.Read.All"));
const jenkinsForm = {
  "Client ID": "<client id>",
  "Client Secret": byLink,
  Tenant: "<tenant id>",
  ...allIn("Manage Jenkins > Security > Azure Active Directory"),
};

const argoCd = {
  name: "Argo CD",
  web: ["https://argocd.larkfield.example/auth/callback"],
  ...declared(graph("delegated", "User.Read")),
  secrets: ["ArgoCD-SSO, 12 months"],
  ...withRequester,
};
const argoCdForm = {
  issuer: `${authority}/v2.0 Goes in: ConfigMap argocd-cm > oidc.config`,
  clientID: "<client id> Goes in: ConfigMap argocd-cm > oidc.config",
  "oidc.azure.clientSecret": `${byLink} Goes in: Secret argocd-secret, as base64`,
};

const backstage = { name: "Backstage", secrets: ["Backstage, 12 months"] };
const backstageFrame = "/api/auth/microsoft/handler/frame";
const backstageSignIn = graph("delegated", "email offline_access openid profile User.Read");
const backstageCatalog = graph("application", "GroupMember.Read.All User.Read.All");
const backstageForm = {
  clientId: "<client id> Goes in: app-config.yaml, as AZURE_CLIENT_ID",
  clientSecret: `${byLink} Goes in: app-config.yaml, as AZURE_CLIENT_SECRET`,
  tenantId: "<tenant id> Goes in: app-config.yaml, as AZURE_TENANT_ID",
};
const backstageHost = "https://backstage.larkfield.example";

/** Systems that people sign in to. */
export const signInSystems: Systems = {
  grafana: [
    {
      it: "has its three roles and two addresses",
      answers: { rootUrl: `${grafanaUrl}/` },
      makes: grafana,
      hands: grafanaSecret,
      isOpened: true,
    },
    {
      it: "has a fourth role for server administrators",
      answers: { rootUrl: grafanaUrl, serverAdmin: true },
      makes: { ...grafana, appRoles: [...grafana.appRoles, 'GrafanaAdmin "Grafana Server Admin" → User'] },
      hands: { ...grafanaSecret, ...grafanaKey("allow_assign_grafana_admin", "true") },
    },
    {
      it: "sees people's security groups",
      answers: { rootUrl: grafanaUrl, groups: "SecurityGroup", groupOverage: false },
      makes: { ...grafana, groupClaims: "SecurityGroup" },
      hands: grafanaSecret,
    },
    {
      it: "asks Graph for more than 200 groups, with an admin's consent",
      answers: { rootUrl: grafanaUrl, groups: "ApplicationGroup", groupOverage: true },
      makes: {
        ...grafana,
        groupClaims: "ApplicationGroup",
        ...granted(graph("delegated", "openid email profile GroupMember.Read.All User.Read")),
      },
      hands: grafanaSecret,
    },
    {
      it: "has no secret in a cluster",
      answers: {
        rootUrl: grafanaUrl,
        authentication: "workload",
        issuer: clusterIssuer,
        namespace: "watch",
        serviceAccount: "grafana",
      },
      makes: {
        ...grafana,
        secrets: [],
        federated: [`${clusterIssuer} ${podSubject} api://AzureADTokenExchange`],
      },
      hands: {
        ...grafanaIds,
        ...grafanaKey("client_authentication", "workload_identity"),
        ...grafanaKey("federated_credential_audience", "api://AzureADTokenExchange"),
        ...byFederation(clusterIssuer, podSubject),
      },
    },
  ],
  jenkins: [
    {
      it: "sees groups, and looks people up by itself",
      answers: { host: "https://jenkins.larkfield.example" },
      makes: { ...jenkins, ...jenkinsLookups, groupClaims: "SecurityGroup" },
      hands: jenkinsForm,
      tells: /Press Verify configuration/,
      isOpened: true,
    },
    {
      it: "does without groups",
      answers: { host: "https://jenkins.larkfield.example", groups: false },
      makes: { ...jenkins, ...jenkinsLookups },
      hands: jenkinsForm,
    },
    {
      it: "does without looking anybody up",
      answers: { host: "https://jenkins.larkfield.example", groups: true, lookup: false },
      makes: { ...jenkins, groupClaims: "SecurityGroup", ...withRequester },
      hands: jenkinsForm,
      tells: /Disable graph integration/,
    },
  ],
  gitlab: [
    {
      it: "signs people in by the v2.0 endpoint's provider",
      answers: { host: "https://gitlab.larkfield.example", secretMonths: 18 },
      makes: {
        name: "GitLab",
        web: ["https://gitlab.larkfield.example/users/auth/azure_activedirectory_v2/callback"],
        ...declared(graph("delegated", "email openid profile")),
        secrets: ["GitLab, 18 months"],
        ...withRequester,
      },
      hands: {
        client_id: "<client id>",
        client_secret: byLink,
        tenant_id: "<tenant id>",
        ...allIn("omniauth_providers > azure_activedirectory_v2 > args"),
      },
      isOpened: true,
    },
  ],
  "argo-cd": [
    {
      it: "has the command line's address on the other platform",
      answers: { host: "https://argocd.larkfield.example" },
      makes: {
        ...argoCd,
        public: ["http://localhost:8085/auth/callback"],
        groupClaims: "SecurityGroup",
      },
      hands: argoCdForm,
      tells: /--sso/,
      isOpened: true,
    },
    {
      it: "does without the command line, with assigned groups only",
      answers: { host: "https://argocd.larkfield.example", cli: false, groups: "ApplicationGroup" },
      makes: { ...argoCd, groupClaims: "ApplicationGroup" },
      hands: argoCdForm,
      tellsNot: /--sso/,
    },
  ],
  backstage: [
    {
      it: "signs people in",
      answers: { uses: ["signIn"], host: backstageHost },
      makes: {
        ...backstage,
        web: [`${backstageHost}${backstageFrame}`],
        ...declared(backstageSignIn),
        ...withRequester,
      },
      hands: backstageForm,
      isOpened: true,
    },
    {
      it: "signs developers in on their own machine too",
      answers: { uses: ["signIn"], host: backstageHost, localDev: true },
      makes: {
        ...backstage,
        web: [`${backstageHost}${backstageFrame}`, `http://localhost:7007${backstageFrame}`],
        ...declared(backstageSignIn),
        ...withRequester,
      },
      hands: backstageForm,
    },
    {
      it: "only reads people and groups into its catalogue",
      answers: { uses: ["catalog"] },
      makes: { ...backstage, ...granted(backstageCatalog), ...withRequester },
      hands: backstageForm,
    },
    {
      it: "does both in one app",
      answers: { uses: ["signIn", "catalog"], host: backstageHost },
      makes: {
        ...backstage,
        web: [`${backstageHost}${backstageFrame}`],
        ...granted(backstageSignIn, backstageCatalog),
        ...withRequester,
      },
      hands: backstageForm,
    },
  ],
};
