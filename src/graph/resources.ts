import type { Client } from "@microsoft/microsoft-graph-client";
import type { AppRole, PermissionScope, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { Permission, PermissionKind } from "../domain/permission.ts";
import type { PublishedPermission } from "../domain/tenant-facts.ts";
import { DirectoryFailure } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { isNotFound, lacksRight } from "./failures.ts";
import { createServicePrincipal } from "./service-principals.ts";

/** An API's service principal in this tenant, with what it publishes. */
export type Resource = {
  servicePrincipalId: string;
  name: string;
  permissions: readonly (PublishedPermission & { id: string })[];
};

/** Client id of Microsoft Graph itself, which is in every tenant. */
export const graphApi = "00000003-0000-0000-c000-000000000000";

/** New permissions appear at an API some times a year. */
const freshForMs = 60 * 60_000;
/** Somebody may be making a missing API's service principal at this moment. */
const missingForMs = 60_000;
const longestSentence = 300;

const lookups = new WeakMap<Client, ResourceLookup>();

/** The lookup of this client: what asks through one client remembers together. */
export function resourcesOf(client: Client, clock: Clock): ResourceLookup {
  const lookup = lookups.get(client) ?? resourceLookup(client, clock);
  lookups.set(client, lookup);
  return lookup;
}

export type ResourceLookup = ReturnType<typeof resourceLookup>;

/** Looks APIs up by client id on the tenant's own service principals, and remembers them. */
function resourceLookup(client: Client, clock: Clock) {
  const known = new Map<string, { resource: Resource | undefined; until: number }>();
  const asked = new Map<string, Promise<Resource | undefined>>();

  async function read(api: string): Promise<Resource | undefined> {
    try {
      const found: ServicePrincipal = await client
        .api(`/servicePrincipals(appId='${api}')`)
        .select("id,appId,displayName,appRoles,oauth2PermissionScopes")
        .get();
      return resourceOf(found);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Asks the tenant, once for all who want to know at the same time. */
  function ask(api: string): Promise<Resource | undefined> {
    const running = asked.get(api);
    if (running) return running;
    const asking = read(api)
      .then((resource) => {
        const until = clock.now().getTime() + (resource ? freshForMs : missingForMs);
        known.set(api, { resource, until });
        return resource;
      })
      .finally(() => asked.delete(api));
    asked.set(api, asking);
    return asking;
  }

  const remembered = (api: string) => {
    const found = known.get(api);
    return found && found.until > clock.now().getTime() ? found : undefined;
  };

  /** `hasRight`: it was seen that Usher may, so a refusal is a token from before: it keeps its roles for an hour or so. */
  async function create(api: string, name: string, hasRight: boolean): Promise<void> {
    try {
      await createServicePrincipal(client, api, { accountEnabled: true });
    } catch (error) {
      if (!lacksRight(error)) throw error;
      const command = `\`az ad sp create --id ${api}\``;
      throw hasRight
        ? new DirectoryFailure(
            `This tenant has no service principal for ${name}, and Entra does not let Usher make it yet: a right that was just given counts within the hour. Usher tries again by itself, or an administrator runs ${command}.`,
            { kind: "retry", isLag: true, cause: error },
          )
        : new DirectoryFailure(
            `This tenant has no service principal for ${name}, and Usher has no right to make it. An administrator must run ${command} once; then ask again.`,
            { kind: "final", cause: error },
          );
    }
    // It is known as missing, which is no longer true.
    known.delete(api);
  }

  return {
    /** It was not found where it was seen: its service principal may have been made anew since. */
    forget(api: string, { servicePrincipalId }: Resource): void {
      if (known.get(api)?.resource?.servicePrincipalId === servicePrincipalId) known.delete(api);
    },

    /** The API as it was seen within the last hour; undefined where the tenant has none. */
    async see(api: string): Promise<Resource | undefined> {
      const found = remembered(api);
      return found ? found.resource : ask(api);
    },

    /** Whether the tenant has the API by now: one that was missing is asked for anew. */
    async has(api: string): Promise<boolean> {
      return (remembered(api)?.resource ?? (await ask(api))) !== undefined;
    },

    /** Makes the API's service principal where it is missing, for a plan that says that Usher may. */
    async ensure(api: string, name: string): Promise<void> {
      if (!remembered(api)?.resource && !(await ask(api))) await create(api, name, true);
    },

    /**
     * The resource, with all the named permissions; asked anew when one is missing, and made when it is missing
     * itself. Throws a final failure for an unknown name.
     */
    async find(api: string, permissions: readonly Permission[]): Promise<Resource> {
      const cached = remembered(api)?.resource;
      if (cached && permissions.every((each) => idOf(cached, each))) return cached;
      let resource = await ask(api);
      if (!resource) {
        const name = permissions[0]?.apiName ?? api;
        // Named by a bare client id, and never seen: it may be anybody's, and no approver has read whose.
        if (name === api) {
          throw new DirectoryFailure(`This tenant has no API with the client ID ${api}.`, { kind: "final" });
        }
        await create(api, name, false);
        resource = await ask(api);
      }
      if (!resource) {
        throw new DirectoryFailure(
          "Entra does not see the API's service principal yet. That can take minutes.",
          { kind: "retry", isLag: true },
        );
      }
      const missing = permissions.find((each) => !idOf(resource, each));
      if (missing) {
        throw new DirectoryFailure(
          `${missing.apiName} has no ${missing.kind} permission "${missing.name}" in this tenant.`,
          { kind: "final" },
        );
      }
      return resource;
    },
  };
}

/** The id of a permission that can be granted. One id can be a role and a scope: it is only looked up within its kind. */
export function idOf(resource: Resource, { kind, name }: Permission): string | undefined {
  return resource.permissions.find((each) => each.isEnabled && each.kind === kind && each.name === name)?.id;
}

function resourceOf(principal: ServicePrincipal): Resource {
  const roles = (principal.appRoles ?? [])
    // Some roles are for people and groups only.
    .filter(({ allowedMemberTypes }) => allowedMemberTypes?.includes("Application") ?? true)
    .flatMap((role) => publishedAs("application", role, [role.description, role.displayName]));
  const scopes = (principal.oauth2PermissionScopes ?? []).flatMap((scope) =>
    publishedAs("delegated", scope, [scope.adminConsentDescription, scope.adminConsentDisplayName]),
  );
  return {
    servicePrincipalId: principal.id ?? "",
    name: plain(principal.displayName),
    // A name may have been given up and taken again: the one that counts comes first.
    permissions: [...roles, ...scopes].toSorted((a, b) => Number(b.isEnabled) - Number(a.isEnabled)),
  };
}

/** On one line, and without what is not seen: any publisher writes these texts, and approvers read them. */
function plain(text: string | null | undefined): string {
  return (text ?? "")
    .replaceAll(/(?!\s)[\p{Cc}\p{Cf}]/gu, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function publishedAs(
  kind: PermissionKind,
  { id, value, isEnabled }: Pick<AppRole & PermissionScope, "id" | "value" | "isEnabled">,
  texts: readonly (string | null | undefined)[],
) {
  if (!id || !value) return [];
  const allows = (texts.map(plain).find(Boolean) ?? value).slice(0, longestSentence).toWellFormed();
  return [{ id, name: value, kind, isEnabled: isEnabled !== false, allows }];
}

/** Groups permissions by their API, in order of first appearance. */
export function byApi(permissions: readonly Permission[]): [string, Permission[]][] {
  return [...Map.groupBy(permissions, ({ api }) => api)];
}
