import type { Client } from "@microsoft/microsoft-graph-client";
import type { ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { Permission } from "../domain/permission.ts";
import { type Clock, DirectoryFailure } from "../usecases/ports.ts";
import { isNotFound } from "./failures.ts";

/** An API's service principal in this tenant, with the ids of what it publishes. */
export type Resource = {
  servicePrincipalId: string;
  roleIds: ReadonlyMap<string, string>;
  scopeIds: ReadonlyMap<string, string>;
};

/** New permissions appear at an API some times a year. */
const freshForMs = 60 * 60_000;

/** Looks APIs up by client id on the tenant's own service principals, and remembers them for an hour. */
export function resourceLookup(client: Client, clock: Clock) {
  const known = new Map<string, { resource: Resource; until: number }>();

  async function read(api: string): Promise<Resource | undefined> {
    try {
      const found = (await client
        .api(`/servicePrincipals(appId='${api}')`)
        .select("id,appId,displayName,appRoles,oauth2PermissionScopes")
        .get()) as ServicePrincipal;
      return {
        servicePrincipalId: found.id ?? "",
        roleIds: idsByValue(found.appRoles),
        scopeIds: idsByValue(found.oauth2PermissionScopes),
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Makes the API's service principal where the tenant has none yet. That needs more than Application.ReadWrite.OwnedBy. */
  async function create(api: string): Promise<void> {
    await client
      .api(`/servicePrincipals(appId='${api}')`)
      .header("Prefer", "create-if-missing")
      .patch({ accountEnabled: true });
  }

  return {
    /** The resource, with all the named permissions; asked anew when one is missing. Throws a final failure for an unknown name. */
    async find(api: string, permissions: readonly Permission[]): Promise<Resource> {
      const cached = known.get(api);
      const now = clock.now().getTime();
      if (cached && cached.until > now && permissions.every((each) => idOf(cached.resource, each))) {
        return cached.resource;
      }
      let resource = await read(api);
      if (!resource) {
        await create(api);
        resource = await read(api);
      }
      if (!resource) {
        throw new DirectoryFailure(
          "Entra does not see the API's service principal yet. That can take minutes.",
          {
            kind: "retry",
          },
        );
      }
      const missing = permissions.find((each) => !idOf(resource, each));
      if (missing) {
        throw new DirectoryFailure(
          `${missing.apiName} has no ${missing.kind} permission "${missing.name}" in this tenant.`,
          { kind: "final" },
        );
      }
      known.set(api, { resource, until: now + freshForMs });
      return resource;
    },
  };
}

export type ResourceLookup = ReturnType<typeof resourceLookup>;

/** One id can be a role and a scope: an id is only ever looked up within its kind. */
export function idOf(resource: Resource, { kind, name }: Permission): string | undefined {
  return (kind === "application" ? resource.roleIds : resource.scopeIds).get(name);
}

function idsByValue(
  published: readonly { id?: string; value?: string | null; isEnabled?: boolean | null }[] | undefined,
) {
  return new Map(
    (published ?? []).flatMap(({ id, value, isEnabled }) =>
      id && value && isEnabled !== false ? [[value, id] as const] : [],
    ),
  );
}

/** Groups permissions by their API, in order of first appearance. */
export function byApi(permissions: readonly Permission[]): [string, Permission[]][] {
  return [...Map.groupBy(permissions, ({ api }) => api)];
}
