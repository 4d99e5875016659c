import type {
  Application,
  FederatedIdentityCredential,
  RequiredResourceAccess,
  ServicePrincipal,
  UnifiedRoleAssignment,
  User,
} from "@microsoft/microsoft-graph-types";
import type { Exposed, Found, HeldRole, OwnerAccount, TokenSettings } from "../domain/drift.ts";
import type { Plan, Platform } from "../domain/plan.ts";
import type { ResourceLookup } from "./resources.ts";

/** What Graph answers about a registration, in words of ours. */
type There = Extract<Found, { state: "there" }>;

/** All of an application that is compared with its plan. */
export const applicationFields = [
  "id",
  "signInAudience",
  "web",
  "spa",
  "publicClient",
  "isFallbackPublicClient",
  "groupMembershipClaims",
  "api",
  "appRoles",
  "identifierUris",
  "requiredResourceAccess",
  "passwordCredentials",
  "keyCredentials",
] satisfies (keyof Application)[];

const platforms: Readonly<Record<Platform, "web" | "spa" | "publicClient">> = {
  web: "web",
  spa: "spa",
  public: "publicClient",
};

export const redirectsOf = (application: Application): Plan["redirects"] =>
  (Object.entries(platforms) as [Platform, (typeof platforms)[Platform]][]).flatMap(([platform, field]) =>
    (application[field]?.redirectUris ?? []).map((uri) => ({ platform, uri })),
  );

const onOff = (isOn: boolean | null | undefined) => (isOn ? "on" : "off");

export function settingsOf({
  web,
  isFallbackPublicClient,
  api,
  groupMembershipClaims,
}: Application): TokenSettings {
  const implicit = web?.implicitGrantSettings;
  return {
    idTokens: onOff(implicit?.enableIdTokenIssuance),
    accessTokens: onOff(implicit?.enableAccessTokenIssuance),
    publicFlows: onOff(isFallbackPublicClient),
    mappedClaims: onOff(api?.acceptMappedClaims),
    // Several stand in one text, with commas.
    groupClaims: (groupMembershipClaims || "None")
      .split(/\s*,\s*/)
      .toSorted()
      .join(", "),
    // Entra makes tokens of version 1 where nothing is said.
    tokenVersion: String(api?.requestedAccessTokenVersion ?? 1),
  };
}

/** A role or scope that is switched off is offered to nobody. */
export function exposedOf({ appRoles, api, identifierUris }: Application): Exposed[] {
  return [
    ...(appRoles ?? [])
      .filter(({ isEnabled }) => isEnabled)
      .map(({ id, value, allowedMemberTypes }) =>
        exposed("role", value || String(id), allowedMemberTypes?.toSorted().join(", ")),
      ),
    ...(api?.oauth2PermissionScopes ?? [])
      .filter(({ isEnabled }) => isEnabled)
      .map(({ id, value, type }) => exposed("scope", value || String(id), type)),
    ...(identifierUris ?? []).map((uri) => exposed("identifier", uri)),
    ...(api?.preAuthorizedApplications ?? []).map(({ appId }) => exposed("client", appId ?? "")),
  ];
}

const exposed = (kind: Exposed["kind"], value: string, to?: string | null): Exposed => ({
  kind,
  value,
  ...(to && { to }),
});

export const peopleOf = (owners: readonly User[], onPrincipal?: true): There["owners"] =>
  owners.map(({ id, displayName }) => ({
    id: id ?? "",
    name: displayName ?? "(no name)",
    ...(onPrincipal && { onPrincipal }),
  }));

export const accountOf = ({ accountEnabled }: User): OwnerAccount =>
  accountEnabled === false ? "disabled" : "enabled";

/** A built-in role has the id of its template; a role of the tenant's own has no other. */
export const rolesOf = (assignments: readonly UnifiedRoleAssignment[]): HeldRole[] =>
  assignments.map(({ roleDefinitionId, roleDefinition, directoryScopeId }) => {
    const templateId = roleDefinitionId ?? "";
    return { templateId, name: roleDefinition?.displayName ?? templateId, scope: directoryScopeId ?? "/" };
  });

export const federatedOf = (credentials: readonly FederatedIdentityCredential[]): There["federated"] =>
  credentials.map(({ id, name, issuer, subject, audiences }) => ({
    id: id ?? "",
    name: name ?? "",
    issuer: issuer ?? "",
    subject: subject ?? "",
    audience: audiences?.[0] ?? "",
  }));

/** What nobody can name any more goes by its id: it is declared all the same. */
export async function declaredOf(
  resources: ResourceLookup,
  { permissions }: Plan,
  declared: readonly RequiredResourceAccess[],
): Promise<There["declared"]> {
  const apis = await Promise.all(
    declared.map(async ({ resourceAppId, resourceAccess }) => {
      const api = resourceAppId?.toLowerCase() ?? "";
      const resource = await resources.see(api);
      const planned = permissions.find((each) => each.api.toLowerCase() === api);
      return (resourceAccess ?? []).map(({ id, type }) => {
        const kind = type === "Role" ? ("application" as const) : ("delegated" as const);
        const published = resource?.permissions.find((each) => each.id === id && each.kind === kind);
        const apiName = planned?.apiName ?? resource?.name ?? api;
        return { api, apiName, kind, name: published?.name ?? String(id) };
      });
    }),
  );
  return apis.flat();
}

/** Those of the application first, then those of its service principal. */
export function credentialsOf(
  holders: readonly (Application | ServicePrincipal)[],
): Pick<There, "secrets" | "certificates"> {
  const of = holders.map(({ passwordCredentials, keyCredentials }, at) => {
    const where = at > 0 ? ({ onPrincipal: true } as const) : {};
    return {
      secrets: (passwordCredentials ?? []).map(({ keyId, displayName }) => ({
        keyId: keyId ?? "",
        name: displayName ?? "",
        ...where,
      })),
      certificates: (keyCredentials ?? []).map(({ keyId, displayName, customKeyIdentifier }) => ({
        keyId: keyId ?? "",
        name: displayName ?? "",
        thumbprint: thumbprintOf(customKeyIdentifier),
        ...where,
      })),
    };
  });
  return {
    secrets: of.flatMap(({ secrets }) => secrets),
    certificates: of.flatMap(({ certificates }) => certificates),
  };
}

/** In base64 or in hex, or what its maker wrote there. */
function thumbprintOf(identifier: string | null | undefined): string {
  if (!identifier) return "";
  return /^[0-9a-f]{40}$/i.test(identifier)
    ? identifier.toLowerCase()
    : Buffer.from(identifier, "base64").toString("hex");
}
