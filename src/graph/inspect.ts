import { type Client, GraphError } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  AppRoleAssignment,
  FederatedIdentityCredential,
  OAuth2PermissionGrant,
  RequiredResourceAccess,
  ServicePrincipal,
  User,
} from "@microsoft/microsoft-graph-types";
import type { Found } from "../domain/drift.ts";
import type { Plan, Platform } from "../domain/plan.ts";
import type { Registration } from "../domain/registration.ts";
import { DirectoryFailure, type Inspector } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { isNotFound, isYoung, lacksRight, notVisibleYet, translate } from "./failures.ts";
import { nameGrants } from "./granted.ts";
import { readTogether } from "./read-together.ts";
import { type ResourceLookup, resourcesOf } from "./resources.ts";
import { ownPrincipal } from "./service-principals.ts";
import { undoDrift } from "./undo-drift.ts";

export type InspectorOptions = {
  provisioning: { client: Client; clientId: string };
  consent: { client: Client } | undefined;
  clock: Clock;
};

const applicationFields =
  "id,signInAudience,web,spa,publicClient,requiredResourceAccess,passwordCredentials,keyCredentials";

/** Looks at one registration in one request to Graph, or one for each identity, when what its APIs publish is known. */
export function graphInspector({ provisioning, consent, clock }: InspectorOptions): Inspector {
  const { client } = provisioning;
  const resources = resourcesOf(client, clock);
  const own = ownPrincipal(client, provisioning.clientId);

  async function inspect(registration: Registration): Promise<Found> {
    const application = `/applications/${registration.applicationObjectId}`;
    const principal = `/servicePrincipals/${registration.servicePrincipalId}`;
    const looks = {
      application: `${application}?$select=${applicationFields}`,
      owners: `${application}/owners`,
      federated: `${application}/federatedIdentityCredentials`,
      principal: `${principal}?$select=id,accountEnabled,passwordCredentials,keyCredentials`,
    };
    const grantLooks = {
      assignments: `${principal}/appRoleAssignments`,
      grants: `${principal}/oauth2PermissionGrants`,
    };
    // Whoever grants consent may read it; the other identity usually may not read all of it.
    const [read, granted] =
      consent && consent.client !== client
        ? await Promise.all([readTogether(client, looks), readTogether(consent.client, grantLooks)])
        : await readTogether(client, { ...looks, ...grantLooks }).then((all) => [all, all] as const);
    for (const what of ["application", "principal"] as const) {
      const answer = read[what];
      if (isNotFound(answer)) return whatBecameOf(registration, what);
    }
    const found = there<Application>(read.application);
    const ownId = (await own()).toLowerCase();
    const owners = there<{ value: User[] }>(read.owners).value;
    const isUsher = ({ id }: User) => id?.toLowerCase() === ownId;
    const consents = await consentsOf(registration, granted);
    return {
      state: "there",
      audience: found.signInAudience ?? "",
      redirects: redirectsOf(found),
      declared: await declaredOf(resources, registration.plan, found.requiredResourceAccess ?? []),
      ...(consents && { consents }),
      owners: owners
        .filter((owner) => !isUsher(owner))
        .map(({ id, displayName }) => ({ id: id ?? "", name: displayName ?? "(no name)" })),
      isUshersOwn: owners.some(isUsher),
      ...credentialsOf([found, there<ServicePrincipal>(read.principal)]),
      federated: there<{ value: FederatedIdentityCredential[] }>(read.federated).value.map(
        ({ id, name, issuer, subject, audiences }) => ({
          id: id ?? "",
          name: name ?? "",
          issuer: issuer ?? "",
          subject: subject ?? "",
          audience: audiences?.[0] ?? "",
        }),
      ),
      isEnabled: there<ServicePrincipal>(read.principal).accountEnabled !== false,
    };
  }

  /** Undefined where Usher has no right to read them. */
  async function consentsOf(
    { plan }: Registration,
    { assignments, grants }: Record<"assignments" | "grants", unknown>,
  ) {
    if ([assignments, grants].some(lacksRight)) return undefined;
    return nameGrants(client, resources, plan.permissions, {
      assignments: there<{ value: AppRoleAssignment[] }>(assignments).value,
      grants: there<{ value: OAuth2PermissionGrant[] }>(grants).value,
    });
  }

  /** What is not found may be too new to be seen, be deleted and kept, or be gone for good. */
  async function whatBecameOf(
    { applicationObjectId, servicePrincipalId, createdAt }: Registration,
    what: "application" | "principal",
  ): Promise<Found> {
    const id = what === "application" ? applicationObjectId : servicePrincipalId;
    const path = `/directory/deletedItems/${id}`;
    const { deleted } = await readTogether(client, { deleted: path });
    if (isNotFound(deleted) || lacksRight(deleted)) {
      if (isYoung(createdAt, clock.now()))
        throw new DirectoryFailure(notVisibleYet, { kind: "retry", isLag: true });
      return { state: "gone", what };
    }
    const { deletedDateTime } = there<Application>(deleted);
    return { state: "gone", what, ...(deletedDateTime && { deletedAt: new Date(deletedDateTime) }) };
  }

  const at = async <T>(act: () => Promise<T>, since?: Date): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw translate(since ? "grant" : "read", error, since, clock.now());
    }
  };
  return {
    inspect: (registration) => at(() => inspect(registration)),
    undo: (registration, drift, expected) =>
      at(
        () => undoDrift({ client, consent: consent?.client, resources }, registration, drift, expected),
        registration.createdAt,
      ),
  };
}

function there<T>(answer: unknown): T {
  if (answer instanceof GraphError) throw answer;
  return answer as T;
}

const platforms: Readonly<Record<Platform, "web" | "spa" | "publicClient">> = {
  web: "web",
  spa: "spa",
  public: "publicClient",
};

const redirectsOf = (application: Application): Plan["redirects"] =>
  (Object.entries(platforms) as [Platform, (typeof platforms)[Platform]][]).flatMap(([platform, field]) =>
    (application[field]?.redirectUris ?? []).map((uri) => ({ platform, uri })),
  );

/** What nobody can name any more goes by its id: it is declared all the same. */
async function declaredOf(
  resources: ResourceLookup,
  { permissions }: Plan,
  declared: readonly RequiredResourceAccess[],
) {
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
function credentialsOf(holders: readonly (Application | ServicePrincipal)[]) {
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
