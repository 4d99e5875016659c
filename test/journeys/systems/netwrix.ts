import { allIn, byLink, granted, graph, type Systems, withRequester } from "../../support/variants.ts";

const privilegeSecure = {
  name: "Netwrix Privilege Secure",
  secrets: ["Netwrix Privilege Secure, 12 months"],
};
const serviceAccount = {
  "App ID": "<client id> Goes in: service account",
  "App Secret": `${byLink} Goes in: service account`,
  "Tenant ID": "<tenant id> Goes in: tenant resource",
};
const older = graph(
  "application",
  "Directory.ReadWrite.All Group.ReadWrite.All User.ReadWrite.All RoleManagement.ReadWrite.Directory",
);
const signIn = graph("delegated", "User.Read");
const newer = graph(
  "application",
  // The vendor's page prints UserEnableDisableAccount.All.
  "GroupMember.ReadWrite.All User-PasswordProfile.ReadWrite.All User.EnableDisableAccount.All UserAuthenticationMethod.ReadWrite.All",
);
const passwordWriteback = /Password Writeback/;

const identityManager = {
  name: "Identity Manager Larkfield",
  secrets: ["Identity Manager Larkfield Secret, 12 months"],
};
const connection = {
  ApplicationId: "<client id>",
  ApplicationKey: byLink,
  TenantId: "<tenant id>",
  ...allIn("appsettings.agent.json > Connections > your connection"),
};

export const netwrixSystems: Systems = {
  "netwrix-privilege-secure": [
    {
      it: "of 4.1 is User Administrator",
      answers: { docsVersion: "4.1", manageGlobalAdmins: false },
      makes: { ...privilegeSecure, ...granted(older, signIn), roles: ["User Administrator"] },
      hands: serviceAccount,
      tells: /add a service account.*add the Entra ID tenant/,
      tellsNot: passwordWriteback,
      isOpened: true,
    },
    {
      it: "of 4.1 is Global Administrator instead when it manages such",
      answers: { docsVersion: "4.1", manageGlobalAdmins: true },
      makes: { ...privilegeSecure, ...granted(older, signIn), roles: ["Global Administrator"] },
      hands: serviceAccount,
    },
    {
      it: "of 26.03 has four permissions and a role more",
      answers: { docsVersion: "26.03", manageGlobalAdmins: false, secretMonths: 24 },
      makes: {
        ...privilegeSecure,
        ...granted(older, newer),
        roles: ["Privileged Authentication Administrator", "User Administrator"],
        secrets: ["Netwrix Privilege Secure, 24 months"],
      },
      hands: serviceAccount,
    },
    {
      it: "of 26.03 is Global Administrator instead when it manages such",
      answers: { docsVersion: "26.03", manageGlobalAdmins: true },
      makes: {
        ...privilegeSecure,
        ...granted(older, newer),
        roles: ["Global Administrator", "Privileged Authentication Administrator"],
      },
      hands: serviceAccount,
    },
    {
      it: "of a hybrid tenant needs one step more, or rotation always fails",
      answers: { docsVersion: "4.1", hybrid: true },
      makes: { ...privilegeSecure, ...granted(older, signIn), roles: ["User Administrator"] },
      hands: serviceAccount,
      tells: passwordWriteback,
    },
  ],
  "netwrix-identity-manager": [
    {
      it: "reads the directory",
      answers: { organization: "Larkfield", fulfill: false },
      makes: {
        ...identityManager,
        ...granted(graph("application", "Directory.Read.All")),
        ...withRequester,
      },
      hands: connection,
      tells: /must not begin with a digit/,
      isOpened: true,
    },
    {
      it: "writes the directory with that permission only",
      answers: { organization: "Larkfield", fulfill: true, secretMonths: 6 },
      makes: {
        ...identityManager,
        ...granted(graph("application", "Directory.ReadWrite.All")),
        secrets: ["Identity Manager Larkfield Secret, 6 months"],
      },
      hands: connection,
    },
  ],
};
