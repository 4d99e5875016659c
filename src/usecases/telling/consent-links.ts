import type { Settings } from "../ports/world.ts";

/** Where an administrator grants what was approved, and where they see it. */
export type ConsentLinks = { grant: string; permissions?: string };

/** Where an administrator sees what stands in Entra; undefined for a cloud whose portal nobody knows. */
export function portalLink(
  { authorityUrl }: Pick<Settings, "authorityUrl">,
  { clientId }: { clientId: string },
): string | undefined {
  const portal = portals[new URL(authorityUrl).hostname];
  return (
    portal && `${portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/${clientId}`
  );
}

/** The portal of each cloud, by its sign-in service. */
const portals: Readonly<Record<string, string>> = {
  "login.microsoftonline.com": "https://entra.microsoft.com",
  "login.microsoftonline.us": "https://entra.microsoft.us",
};

/**
 * «https://login.microsoftonline.com/{organization}/adminconsent?client_id={client-id}» (Microsoft Learn, Construct the
 * URL for granting tenant-wide admin consent): it grants what the application declares, which is its plan. The other
 * form, /v2.0/adminconsent, wants scopes and a registered redirect address, which not every application has.
 */
export function consentLinks(
  { authorityUrl, tenantId }: Pick<Settings, "authorityUrl" | "tenantId">,
  { clientId, servicePrincipalId }: { clientId: string; servicePrincipalId: string },
): ConsentLinks {
  const portal = portals[new URL(authorityUrl).hostname];
  const blade = "#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions";
  return {
    grant: `${authorityUrl}/${tenantId}/adminconsent?client_id=${clientId}`,
    ...(portal && { permissions: `${portal}/${blade}/objectId/${servicePrincipalId}/appId/${clientId}` }),
  };
}
