import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  AppRoleAssignment,
  KeyCredential,
  OAuth2PermissionGrant,
  ServicePrincipal,
} from "@microsoft/microsoft-graph-types";
import type { Drift } from "../domain/drift.ts";
import type { Expected } from "../domain/drift-of.ts";
import type { Permission } from "../domain/permission.ts";
import type { Platform } from "../domain/plan.ts";
import type { Registration } from "../domain/registration.ts";
import { graphError, isAlreadyThere, isNotFound, lacksRight } from "./failures.ts";
import { requiredAccess } from "./new-application.ts";
import { allPages } from "./pages.ts";
import type { ResourceLookup } from "./resources.ts";

type Means = { client: Client; consent: Client | undefined; resources: ResourceLookup };

/** Brings one thing back. Each can be repeated; what is so already is success. */
export async function undoDrift(
  means: Means,
  registration: Registration,
  drift: Drift,
  expected: Expected,
): Promise<"undone" | "left"> {
  try {
    return await undo(means, registration, drift, expected);
  } catch (error) {
    if (lacksRight(error)) return "left";
    throw error;
  }
}

async function undo(
  { client, consent, resources }: Means,
  { applicationObjectId, servicePrincipalId }: Registration,
  drift: Drift,
  expected: Expected,
): Promise<"undone" | "left"> {
  const application = `/applications/${applicationObjectId}`;
  const principal = `/servicePrincipals/${servicePrincipalId}`;
  switch (drift.what) {
    case "consent":
      // What is missing is granted by the registrar, which looks once more whether it may be.
      if (!consent || drift.change === "removed") return "left";
      await withdraw(consent, resources, principal, drift.permission);
      return "undone";
    case "declared": {
      const access = await requiredAccess(resources, expected.declared);
      await client.api(application).patch({ requiredResourceAccess: access } satisfies Application);
      return "undone";
    }
    case "redirect":
      await client.api(application).patch(redirectsOf(expected));
      return "undone";
    case "audience":
      await client.api(application).patch({ signInAudience: expected.audience } satisfies Application);
      return "undone";
    case "sign-in":
      await client.api(principal).patch({ accountEnabled: expected.isEnabled } satisfies ServicePrincipal);
      return "undone";
    case "owner":
      if (drift.change === "added")
        await gone(() => client.api(`${application}/owners/${drift.id}/$ref`).delete());
      else await addOwner(client, application, drift.id);
      return "undone";
    case "secret":
      if (drift.change === "removed") return "left";
      await removeSecret(client, drift.onPrincipal ? principal : application, drift.id);
      return "undone";
    case "certificate":
      if (drift.change === "removed") return "left";
      await removeCertificate(client, drift.onPrincipal ? principal : application, drift.id);
      return "undone";
    case "federated":
      if (drift.change === "removed") return "left";
      await gone(() => client.api(`${application}/federatedIdentityCredentials/${drift.id}`).delete());
      return "undone";
    case "deleted":
    case "usher":
      return "left";
    default:
      return drift satisfies never;
  }
}

async function gone(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Takes one consent away, whoever it was given for, and leaves the others of the same grant. */
async function withdraw(
  consent: Client,
  resources: ResourceLookup,
  principal: string,
  permission: Pick<Permission, "api" | "kind" | "name">,
): Promise<void> {
  const resource = await resources.see(permission.api);
  // An API that is gone from the tenant was named by the id of its service principal.
  const resourceId = resource?.servicePrincipalId ?? permission.api;
  if (permission.kind === "application") {
    const roleId =
      resource?.permissions.find(({ kind, name }) => kind === "application" && name === permission.name)
        ?.id ?? permission.name;
    const path = `${principal}/appRoleAssignments`;
    const held = await allPages<AppRoleAssignment>(consent, path);
    for (const { id } of held.filter((each) => each.resourceId === resourceId && each.appRoleId === roleId))
      await gone(() => consent.api(`${path}/${id}`).delete());
    return;
  }
  const grants = await allPages<OAuth2PermissionGrant>(consent, `${principal}/oauth2PermissionGrants`);
  for (const { id, scope } of grants.filter((each) => each.resourceId === resourceId)) {
    const standing = scope?.split(" ").filter(Boolean) ?? [];
    const left = standing.filter((name) => name !== permission.name);
    if (left.length === standing.length) continue;
    const grant = consent.api(`/oauth2PermissionGrants/${id}`);
    await gone(() =>
      left.length > 0
        ? grant.patch({ scope: left.join(" ") } satisfies OAuth2PermissionGrant)
        : grant.delete(),
    );
  }
}

function redirectsOf({ redirects }: Expected): Application {
  const uris = (platform: Platform) =>
    redirects.filter((each) => each.platform === platform).map(({ uri }) => uri);
  return {
    web: { redirectUris: uris("web") },
    spa: { redirectUris: uris("spa") },
    publicClient: { redirectUris: uris("public") },
  };
}

/** Needs more than Usher usually has; then an administrator adds the owner. */
async function addOwner(client: Client, application: string, id: string): Promise<void> {
  try {
    await client
      .api(`${application}/owners/$ref`)
      .post({ "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${id}` });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
}

/** What Entra answers for a secret that is not there is not documented, so a look decides. */
async function removeSecret(client: Client, holder: string, keyId: string): Promise<void> {
  try {
    await client.api(`${holder}/removePassword`).post({ keyId });
  } catch (error) {
    if (![400, 404].includes(graphError(error)?.statusCode ?? 0)) throw error;
    const { passwordCredentials }: Application = await client
      .api(holder)
      .select("id,passwordCredentials")
      .get();
    if (passwordCredentials?.some((key) => key.keyId === keyId)) throw error;
  }
}

/** A write replaces the whole list, so the others go along with their keys, which only a read by name answers. */
async function removeCertificate(client: Client, holder: string, keyId: string): Promise<void> {
  const { keyCredentials }: Application = await client.api(holder).select("id,keyCredentials").get();
  const left = keyCredentials?.filter((key: KeyCredential) => key.keyId !== keyId) ?? [];
  if (left.length === keyCredentials?.length) return;
  await client.api(holder).patch({ keyCredentials: left } satisfies Application);
}
