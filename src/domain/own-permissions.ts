/** One application permission on Microsoft Graph that Usher itself holds. */
export type OwnPermission = {
  identity: "provisioning" | "consent";
  name: string;
  /** What it is for. */
  reason: string;
  /** `asked`: only when the administrator names it. `without-consent`: where Usher itself may not consent. */
  when: "always" | "asked" | "without-consent";
};

export const ownPermissions: readonly OwnPermission[] = [
  {
    identity: "provisioning",
    name: "Application.ReadWrite.OwnedBy",
    reason: "make, change and delete the registrations that it owns; nobody else's",
    when: "always",
  },
  {
    identity: "provisioning",
    name: "Application.Read.All",
    reason: "find the APIs' service principals and their permissions, and its own service principal",
    when: "always",
  },
  {
    identity: "provisioning",
    name: "User.Read.All",
    reason:
      "is the account enabled, is it a guest, what is the name, and who is the manager of an owner who left",
    when: "always",
  },
  {
    identity: "provisioning",
    name: "GroupMember.Read.All",
    reason: "who is in the groups of approvers, admins and the policy, and what a group is called",
    when: "always",
  },
  {
    identity: "provisioning",
    name: "DelegatedPermissionGrant.Read.All",
    reason: "see what an administrator has consented to, since Usher may not consent itself",
    when: "without-consent",
  },
  {
    identity: "provisioning",
    name: "Directory.Read.All",
    reason: "the older and wider right for the same, and for adding an owner again who was taken away",
    when: "asked",
  },
  {
    identity: "provisioning",
    name: "Application.ReadWrite.All",
    reason:
      "make the service principal of another publisher's API where the tenant has none. It can add secrets to any app",
    when: "asked",
  },
  {
    identity: "provisioning",
    name: "Policy.Read.All",
    reason: "know the app management policy before an approver is asked",
    when: "asked",
  },
  {
    identity: "provisioning",
    name: "AuditLog.Read.All",
    reason: "see which of two secrets is in use while one is rotated. Needs Entra ID P1",
    when: "asked",
  },
  {
    identity: "consent",
    name: "AppRoleAssignment.ReadWrite.All",
    reason:
      "consent to application permissions. It can grant anything to any app, itself included: Global Administrator in effect",
    when: "always",
  },
  {
    identity: "consent",
    name: "DelegatedPermissionGrant.ReadWrite.All",
    reason: "consent to delegated permissions",
    when: "always",
  },
  {
    identity: "consent",
    name: "Application.Read.All",
    reason: "read what it consents to",
    when: "always",
  },
  {
    identity: "consent",
    name: "RoleManagement.Read.Directory",
    reason: "see which directory roles an app holds, when registrations are compared with their plans",
    when: "always",
  },
  {
    identity: "consent",
    name: "RoleManagement.ReadWrite.Directory",
    reason: "give directory roles to the apps. It can give any role to anybody, itself included",
    when: "asked",
  },
];

export type Identities = {
  /** Client id. */
  provisioning: string;
  /** Client id; `none` when Usher may not consent. */
  consent: string;
};

/** What is granted to which client id. One identity that does both parts gets both, each once. */
export function permissionsFor(
  { provisioning, consent }: Identities,
  asked: readonly string[],
): Map<string, OwnPermission[]> {
  const mayConsent = consent !== "none";
  const granted = new Map<string, OwnPermission[]>();
  for (const permission of ownPermissions) {
    const { identity, name, when } = permission;
    const isWanted =
      when === "always" || (when === "asked" ? asked.includes(name) : !mayConsent) || asked.includes(name);
    if (!isWanted || (identity === "consent" && !mayConsent)) continue;
    const clientId = identity === "consent" ? consent : provisioning;
    const of = granted.get(clientId) ?? [];
    if (!of.some((each) => each.name === name)) granted.set(clientId, [...of, permission]);
  }
  return granted;
}

/** Rights that hold another one in them. */
const within: Readonly<Record<string, readonly string[]>> = {
  "Application.ReadWrite.OwnedBy": ["Application.ReadWrite.All"],
  "Application.Read.All": ["Application.ReadWrite.All", "Directory.Read.All"],
  "User.Read.All": ["User.ReadWrite.All", "Directory.Read.All"],
  "GroupMember.Read.All": ["Group.Read.All", "Directory.Read.All"],
  "DelegatedPermissionGrant.Read.All": ["DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All"],
  "RoleManagement.Read.Directory": ["RoleManagement.ReadWrite.Directory", "Directory.Read.All"],
};

/** Of what an identity is to hold, what it lacks; and what it holds that Usher never asks for. */
export function compareRights(
  held: readonly string[],
  identities: Identities,
  clientId: string,
): { missing: OwnPermission[]; optional: string[]; needless: string[] } {
  const wanted = permissionsFor(identities, []).get(clientId) ?? [];
  const known =
    permissionsFor(
      identities,
      ownPermissions.map(({ name }) => name),
    ).get(clientId) ?? [];
  const has = (name: string) => [name, ...(within[name] ?? [])].some((each) => held.includes(each));
  const isWanted = (name: string) => wanted.some((each) => each.name === name);
  return {
    missing: wanted.filter(({ name }) => !has(name)),
    optional: known.flatMap(({ name }) => (!isWanted(name) && held.includes(name) ? name : [])),
    needless: held.filter((name) => !known.some((each) => each.name === name)),
  };
}
