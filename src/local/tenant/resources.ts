import { graphAppRoles, graphScopes } from "./graph-permissions.ts";

/** The description stands only where it says more than the display name. */
type AppRole = { id: string; value: string; displayName: string; description?: string };
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
    roles: lines(graphAppRoles).map(([value = "", id = "", displayName = "", description]) => ({
      id,
      value,
      displayName,
      ...(description !== undefined && { description }),
    })),
    scopes: lines(graphScopes).map(([value = "", id = "", consent, displayName = "", description]) => ({
      id,
      value,
      displayName,
      ...(description !== undefined && { description }),
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
  {
    appId: "00000003-0000-0ff1-ce00-000000000000",
    name: "Office 365 SharePoint Online",
    names: ["https://microsoft.sharepoint-df.com"],
    roles: [
      {
        id: "678536fe-1083-478a-9c59-b99265e6b0d3",
        value: "Sites.FullControl.All",
        displayName: "Have full control of all site collections",
        description: "Allows the app to have full control of all site collections without a signed in user.",
      },
      {
        id: "df021288-bdef-4463-88db-98f22de89214",
        value: "User.Read.All",
        displayName: "Read user profiles",
        description:
          "Allows the app to read user profiles and to read basic site info without a signed in user.",
      },
      {
        id: "20d37865-089c-4dee-8c41-6967602d4ac8",
        value: "Sites.Selected",
        displayName: "Access selected site collections",
        description:
          "Allow the application to access a subset of site collections without a signed in user.  The specific site collections and the permissions granted will be configured in SharePoint Online.",
      },
    ],
    scopes: [
      {
        id: "4e0d77b0-96ba-4398-af14-3baa780278f4",
        value: "AllSites.Read",
        displayName: "Read items in all site collections",
        description:
          "Allows the app to read documents and list items in all site collections on behalf of the signed-in user.",
        consent: "user",
      },
      {
        id: "0cea5a30-f6f8-42b5-87a0-84cc26822e02",
        value: "User.Read.All",
        displayName: "Read user profiles",
        description:
          "Allows the app to read user profiles and to read basic site info on behalf of the signed-in user.",
        consent: "admin",
      },
    ],
    isPresent: true,
  },
  // Two more bear the name of the Partner Center, so that who looks APIs up by name takes the wrong one.
  // Their permission ids are the simulation's own.
  {
    appId: "fabfbdc4-5751-471c-ac43-3826fa1afc31",
    name: "Microsoft Partner Center",
    names: [],
    roles: [],
    scopes: userImpersonation("5a5a5a5a-0000-4000-8000-000000000001", "Access Microsoft Partner Center"),
    isPresent: true,
  },
  {
    appId: "4990cffe-04e8-4e8b-808a-1175604b879f",
    name: "Microsoft Partner Center",
    names: [],
    roles: [],
    scopes: userImpersonation("5a5a5a5a-0000-4000-8000-000000000002", "Access Microsoft Partner Center"),
    isPresent: false,
  },
];
