import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  OAuth2PermissionGrant,
  PasswordCredential,
  ServicePrincipal,
} from "@microsoft/microsoft-graph-types";
import type { ServicePrincipalId, TenantId } from "../domain/ids.ts";
import { SecretText } from "../domain/secret-text.ts";
import { type Clock, DirectoryFailure, type Registrar } from "../usecases/ports.ts";
import { createApplication, ownPrincipal, usherTag } from "./applications.ts";
import { graphScope } from "./client.ts";
import { requestToken } from "./credentials.ts";
import { type GraphCall, graphError, isAlreadyThere, isNotFound, isYoung, translate } from "./failures.ts";
import { byApi, idOf, resourceLookup } from "./resources.ts";

export type RegistrarOptions = {
  graphUrl: string;
  authorityUrl: string;
  tenantId: TenantId;
  /** Makes and keeps registrations. */
  provisioning: { client: Client; clientId: string };
  /** Grants consent; undefined when Usher may not. */
  consent: { client: Client } | undefined;
  clock: Clock;
};

/** The tag that the portal gives to what it lists under Enterprise applications. */
const portalTag = "WindowsAzureActiveDirectoryIntegratedApp";

/** Changes the tenant through Microsoft Graph. What each call needs is listed in docs/operations.md. */
export function graphRegistrar(options: RegistrarOptions): Registrar {
  const { provisioning, consent, clock } = options;
  const { client } = provisioning;
  const resources = resourceLookup(client, clock);
  const own = ownPrincipal(client, provisioning.clientId);

  const at = async <T>(call: GraphCall, since: Date | undefined, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw translate(call, error, since, clock.now());
    }
  };
  const consenting = () => {
    if (consent) return consent.client;
    throw new DirectoryFailure(
      "Usher may not grant consent here. A Privileged Role Administrator must grant it in Entra, under Enterprise applications > Permissions.",
      { kind: "final" },
    );
  };
  /** Success when there is nothing left to do; a young object that is not found may only not be seen yet. */
  const orGone = async (since: Date, act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isNotFound(error) || isYoung(since, clock.now())) throw error;
    }
  };
  const keysOf = async (application: string): Promise<PasswordCredential[]> => {
    try {
      const found = (await client
        .api(`/applications/${application}`)
        .select("id,passwordCredentials")
        .get()) as Application;
      return found.passwordCredentials ?? [];
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  };
  /** What Entra answers for a key that is not there is not documented, so a look decides. */
  const removeKey = async (application: string, keyId: string | null | undefined) => {
    try {
      await client.api(`/applications/${application}/removePassword`).post({ keyId });
    } catch (error) {
      const { statusCode } = graphError(error) ?? {};
      if (statusCode !== 400 && statusCode !== 404) throw error;
      const isStillThere = (await keysOf(application)).some((key) => key.keyId === keyId);
      if (isStillThere) throw error;
    }
  };

  return {
    createApplication: (application, mayExist) =>
      at("create-application", undefined, () =>
        createApplication(client, options.graphUrl, own, resources, application, mayExist),
      ),

    ensureServicePrincipal: (clientId, since) =>
      at("create-service-principal", since, async () => {
        const path = `/servicePrincipals(appId='${clientId}')`;
        const tags = [portalTag, usherTag];
        // 201 with the object when it was missing, 204 without a body when it was there.
        const made = await upsertOr(
          () => client.api(path).header("Prefer", "create-if-missing").patch({ tags }),
          () => client.api("/servicePrincipals").post({ appId: clientId, tags }),
        );
        const found = made?.id ? made : ((await client.api(path).select("id").get()) as ServicePrincipal);
        return found.id as ServicePrincipalId;
      }),

    grantApplicationPermissions: (principal, permissions, since) =>
      at("grant", since, async () => {
        await Promise.all(
          permissions.map(async (permission) => {
            const resource = await resources.find(permission.api, [permission]);
            const assignment = {
              principalId: principal,
              resourceId: resource.servicePrincipalId,
              appRoleId: idOf(resource, permission),
            };
            try {
              await consenting()
                .api(`/servicePrincipals/${resource.servicePrincipalId}/appRoleAssignedTo`)
                .post(assignment);
            } catch (error) {
              if (!isAlreadyThere(error)) throw error;
            }
          }),
        );
      }),

    grantDelegatedPermissions: (principal, permissions, since) =>
      at("grant", since, async () => {
        for (const [api, scopes] of byApi(permissions)) {
          const resource = await resources.find(api, scopes);
          await grantScopes(
            consenting(),
            principal,
            resource.servicePrincipalId,
            scopes.map(({ name }) => name),
          );
        }
      }),

    addKey: (application, key, since) =>
      at("add-key", since, async () => {
        const made: PasswordCredential = await client.api(`/applications/${application}/addPassword`).post({
          passwordCredential: { displayName: key.displayName, endDateTime: key.expiresAt.toISOString() },
        });
        if (!made.secretText || !made.keyId) {
          throw new DirectoryFailure("Entra made a key but did not say it.", {
            kind: "retry",
          });
        }
        return { keyId: made.keyId, secret: new SecretText(made.secretText) };
      }),

    removeKeysMarked: (application, marker) =>
      at("remove-key", undefined, async () => {
        const marked = (await keysOf(application)).filter(({ displayName }) => displayName?.includes(marker));
        // One after another: two writes on one object at once are a conflict at Entra.
        for (const { keyId } of marked) await removeKey(application, keyId);
        return marked.length;
      }),

    async obtainsToken(clientId, secret) {
      try {
        const scope = graphScope(options.graphUrl);
        const answer = await requestToken(options.authorityUrl, options.tenantId, clientId, secret, scope);
        if (!answer.ok && answer.status >= 500)
          throw new Error(`the sign-in service answered ${answer.status}`);
        return answer.ok;
      } catch (error) {
        throw new DirectoryFailure("The sign-in service does not answer. Usher tries again by itself.", {
          kind: "retry",
          cause: error,
        });
      }
    },

    disableServicePrincipal: (id, since) =>
      at("stop", since, () =>
        orGone(since, () => client.api(`/servicePrincipals/${id}`).patch({ accountEnabled: false })),
      ),

    removeAllKeys: (application, since) =>
      at("stop", since, () =>
        orGone(since, async () => {
          const found: Application = await client
            .api(`/applications/${application}`)
            .select("id,passwordCredentials")
            .get();
          for (const { keyId } of found.passwordCredentials ?? []) await removeKey(application, keyId);
        }),
      ),

    deleteApplication: (application, since) =>
      at("stop", since, () => orGone(since, () => client.api(`/applications/${application}`).delete())),
  };
}

/**
 * The upsert is documented, but not for every right that a tenant may have given; where it is refused, the plain
 * creation is asked, and its answer counts.
 */
async function upsertOr(
  upsert: () => Promise<ServicePrincipal | undefined>,
  create: () => Promise<ServicePrincipal>,
): Promise<ServicePrincipal | undefined> {
  try {
    return await upsert();
  } catch (error) {
    if (![400, 403, 405, 501].includes(graphError(error)?.statusCode ?? 0)) throw error;
  }
  try {
    return await create();
  } catch (error) {
    if (isAlreadyThere(error)) return undefined;
    throw error;
  }
}

/** One grant per client and resource holds all scopes, so one that is there is widened by what is missing. */
async function grantScopes(
  client: Client,
  principal: ServicePrincipalId,
  resourceId: string,
  scopes: string[],
): Promise<void> {
  try {
    await client
      .api("/oauth2PermissionGrants")
      .post({ clientId: principal, consentType: "AllPrincipals", resourceId, scope: scopes.join(" ") });
    return;
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const filter = `clientId eq '${principal}' and resourceId eq '${resourceId}' and consentType eq 'AllPrincipals'`;
  const found: { value?: OAuth2PermissionGrant[] } = await client
    .api("/oauth2PermissionGrants")
    .filter(filter)
    .get();
  const grant = found.value?.[0];
  if (!grant?.id) {
    throw new DirectoryFailure(
      "Entra does not show the consent yet that it says is there. That can take minutes.",
      {
        kind: "retry",
      },
    );
  }
  const standing = new Set(grant.scope?.split(" ").filter(Boolean));
  const missing = scopes.filter((scope) => !standing.has(scope));
  if (missing.length === 0) return;
  await client
    .api(`/oauth2PermissionGrants/${grant.id}`)
    .patch({ scope: [...standing, ...missing].join(" ") });
}
