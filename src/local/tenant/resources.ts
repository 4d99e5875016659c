import { graphAppRoles, graphScopes } from "./graph-permissions.ts";

type AppRole = { id: string; value: string; displayName: string };
type Scope = AppRole & { consent: "user" | "admin" };

/** An API of Microsoft that an application can ask permissions of. */
export type Resource = {
  appId: string;
  name: string;
  /** Service principal names besides the appId: what a token's `scope` may call it. */
  names: string[];
  roles: AppRole[];
  scopes: Scope[];
  /** False: its service principal appears only when somebody creates it by appId. */
  isPresent: boolean;
};

export const graphAppId = "00000003-0000-0000-c000-000000000000";

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split(" | "));

const userImpersonation = (id: string, displayName: string): Scope[] => [
  { id, value: "user_impersonation", displayName, consent: "user" },
];

// In this API one id is both a role and a scope, which is why ids alone never say what was granted.
const activityFeed = [
  {
    id: "594c1fb6-4f81-4475-ae41-0c394909246c",
    value: "ActivityFeed.Read",
    displayName: "Read activity data",
  },
  {
    id: "4807a72c-ad38-4250-94c9-4eabfe26cd55",
    value: "ActivityFeed.ReadDlp",
    displayName: "Read DLP policy events",
  },
  {
    id: "e2cea78f-e743-4d8f-a16a-75b629a038ae",
    value: "ServiceHealth.Read",
    displayName: "Read service health",
  },
];

/** The APIs that the simulated tenant knows, with the real appIds and permission ids. */
export const resources: Resource[] = [
  {
    appId: graphAppId,
    name: "Microsoft Graph",
    names: ["https://graph.microsoft.com"],
    roles: lines(graphAppRoles).map(([value = "", id = "", displayName = ""]) => ({
      id,
      value,
      displayName,
    })),
    scopes: lines(graphScopes).map(([value = "", id = "", consent, displayName = ""]) => ({
      id,
      value,
      displayName,
      consent: consent === "user" ? "user" : "admin",
    })),
    isPresent: true,
  },
  {
    appId: "00000002-0000-0ff1-ce00-000000000000",
    name: "Office 365 Exchange Online",
    names: ["https://outlook.office365.com", "https://outlook.office.com"],
    roles: [
      {
        id: "dc50a0fb-09a3-484d-be87-e023b12c6440",
        value: "Exchange.ManageAsApp",
        displayName: "Manage Exchange As Application",
      },
      {
        id: "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
        value: "full_access_as_app",
        displayName: "Use Exchange Web Services with full access to all mailboxes",
      },
    ],
    scopes: [
      {
        id: "ab4f2b77-0b06-4fc1-a9de-02113fc2ab7c",
        value: "Exchange.Manage",
        displayName: "Manage Exchange configuration",
        consent: "admin",
      },
    ],
    isPresent: true,
  },
  {
    appId: "c5393580-f805-4401-95e8-94b7a6ef2fc2",
    name: "Office 365 Management APIs",
    names: ["https://manage.office.com"],
    roles: activityFeed,
    scopes: activityFeed.map((role) => ({ ...role, consent: "admin" })),
    isPresent: true,
  },
  {
    appId: "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    name: "Azure Service Management",
    names: ["https://management.azure.com", "https://management.core.windows.net"],
    roles: [],
    scopes: userImpersonation("41094075-9dad-400e-a0bd-54e686782033", "Access Azure Service Management"),
    isPresent: true,
  },
  {
    appId: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
    name: "Azure Key Vault",
    names: ["https://vault.azure.net"],
    roles: [],
    scopes: userImpersonation("f53da476-18e3-4152-8e01-aec403e6edc0", "Access Azure Key Vault"),
    isPresent: true,
  },
  {
    appId: "e406a681-f3d4-42a8-90b6-c2b029497af1",
    name: "Azure Storage",
    names: ["https://storage.azure.com"],
    roles: [],
    scopes: userImpersonation("03e0da56-190b-40ad-a80c-ea378c433f7f", "Access Azure Storage"),
    isPresent: false,
  },
  {
    appId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd",
    name: "Microsoft Partner Center",
    names: ["https://api.partnercenter.microsoft.com"],
    roles: [],
    scopes: userImpersonation("1cebfa2a-fb4d-419e-b5f9-839b4383e05a", "Access Partner Center"),
    isPresent: false,
  },
];

/** Directory roles that can be assigned: template id and name. */
export const directoryRoles: { id: string; displayName: string }[] = [
  { id: "62e90394-69f5-4237-9190-012177145e10", displayName: "Global Administrator" },
  { id: "fe930be7-5e62-47db-91af-98c3a49a38b1", displayName: "User Administrator" },
  { id: "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", displayName: "Privileged Authentication Administrator" },
  { id: "29232cdf-9323-42fd-ade2-1d097af3e4de", displayName: "Exchange Administrator" },
];
