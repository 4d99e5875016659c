/** A fixed id of the simulated company; the environment may name another, by the variable that Usher itself reads where it has one. */
const fixed = (variable: string, id: string): string => {
  const given = process.env[variable]?.trim();
  // `none` is a word of the configuration, not an id.
  return given && given !== "none" ? given : id;
};

const person = (n: number) => `aaaaaaaa-0000-4000-8000-00000000000${n}`;
const group = (n: number) => `bbbbbbbb-0000-4000-8000-00000000000${n}`;
const client = (n: number) => `cccccccc-0000-4000-8000-00000000000${n}`;

export type CompanyPerson = {
  id: string;
  name: string;
  /** What stands before the @. */
  alias: string;
  jobTitle: string;
  isEnabled: boolean;
  isGuest: boolean;
  managerId?: string;
};

export type CompanyClient = {
  clientId: string;
  servicePrincipalId: string;
  applicationObjectId: string;
  name: string;
  /** A secret of the simulation only: it opens nothing outside it. */
  secret: string;
  /** Application permissions on Microsoft Graph. */
  roles: readonly string[];
  redirectUris?: readonly string[];
};

const people = {
  requester: fixed("TENANT_REQUESTER_ID", person(1)),
  secondRequester: fixed("TENANT_SECOND_REQUESTER_ID", person(2)),
  approverOne: fixed("TENANT_APPROVER_ONE_ID", person(3)),
  approverTwo: fixed("TENANT_APPROVER_TWO_ID", person(4)),
  admin: fixed("TENANT_ADMIN_ID", person(5)),
  guest: fixed("TENANT_GUEST_ID", person(6)),
  disabled: fixed("TENANT_DISABLED_ID", person(7)),
};

const provisioningRoles = [
  "Application.ReadWrite.OwnedBy",
  "Application.Read.All",
  "User.Read.All",
  "GroupMember.Read.All",
  // The policy on secrets and certificates. Policy.Read.ApplicationConfiguration, which Microsoft's page names beside
  // it, is not among the permissions that Graph publishes.
  "Policy.Read.All",
];
const consentRoles = [
  "AppRoleAssignment.ReadWrite.All",
  "DelegatedPermissionGrant.ReadWrite.All",
  "Application.Read.All",
  "RoleManagement.Read.Directory",
];

function companyClient(
  n: number,
  variable: string,
  name: string,
  secret: string,
  roles: readonly string[],
): CompanyClient {
  return {
    clientId: fixed(variable, client(n)),
    servicePrincipalId: `dddddddd-0000-4000-8000-00000000000${n}`,
    applicationObjectId: `eeeeeeee-0000-4000-8000-00000000000${n}`,
    name,
    secret,
    roles,
  };
}

/** The small company that the simulated tenant starts with. Everybody who scripts against it imports its ids from here. */
export const company = {
  name: "Larkfield Instruments",
  domain: "larkfield.example",
  tenantId: fixed("BOT_TENANT_ID", "11111111-1111-4111-8111-111111111111"),
  people,
  directory: [
    {
      id: people.requester,
      name: "Mina Okafor",
      alias: "mina",
      jobTitle: "Automation engineer",
      isEnabled: true,
      isGuest: false,
      managerId: people.approverOne,
    },
    {
      id: people.secondRequester,
      name: "Jonas Weber",
      alias: "jonas",
      jobTitle: "Service desk lead",
      isEnabled: true,
      isGuest: false,
      managerId: people.approverOne,
    },
    {
      id: people.approverOne,
      name: "Priya Nair",
      alias: "priya",
      jobTitle: "Head of identity",
      isEnabled: true,
      isGuest: false,
      managerId: people.admin,
    },
    {
      id: people.approverTwo,
      name: "Tomás Rivera",
      alias: "tomas",
      jobTitle: "Security analyst",
      isEnabled: true,
      isGuest: false,
      managerId: people.approverOne,
    },
    {
      id: people.admin,
      name: "Aiko Tanaka",
      alias: "aiko",
      jobTitle: "Director of IT",
      isEnabled: true,
      isGuest: false,
    },
    {
      id: people.guest,
      name: "Lena Fischer",
      alias: "lena_partner.example#EXT#",
      jobTitle: "Consultant",
      isEnabled: true,
      isGuest: true,
    },
    {
      id: people.disabled,
      name: "Omar Haddad",
      alias: "omar",
      jobTitle: "Former administrator",
      isEnabled: false,
      isGuest: false,
    },
  ] satisfies CompanyPerson[] as CompanyPerson[],
  groups: {
    approvers: fixed("APPROVERS_GROUP", group(1)),
    admins: fixed("ADMINS_GROUP", group(2)),
  },
  team: fixed("TENANT_TEAM_ID", "19:team@thread.tacv2"),
  approvalsChannel: fixed("TENANT_CHANNEL_ID", "19:approvals@thread.tacv2"),
  clients: {
    bot: companyClient(1, "BOT_ID", "Usher", "local-trial-bot-secret", [
      ...new Set([...provisioningRoles, ...consentRoles]),
    ]),
    provisioning: companyClient(
      2,
      "PROVISIONING_CLIENT_ID",
      "Usher provisioning",
      "local-trial-provisioning-secret",
      provisioningRoles,
    ),
    consent: companyClient(
      3,
      "CONSENT_CLIENT_ID",
      "Usher consent",
      "local-trial-consent-secret",
      consentRoles,
    ),
    signin: {
      ...companyClient(4, "SIGNIN_CLIENT_ID", "Usher sign-in", "local-trial-signin-secret", []),
      // Of an address on this machine Entra compares all but the port.
      redirectUris: ["http://127.0.0.1/s/callback"],
    },
  },
} as const;
