import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import type { ServicePrincipalId, TenantId } from "../domain/ids.ts";
import { type Clock, DirectoryFailure, type Registrar } from "../usecases/ports.ts";
import { applicationCredentials } from "./application-credentials.ts";
import { createApplication } from "./applications.ts";
import { graphScope } from "./client.ts";
import { requestToken } from "./credentials.ts";
import { type GraphCall, isNotFound, isYoung, translate } from "./failures.ts";
import { assignDirectoryRoles, grantApplicationPermissions, grantDelegatedPermissions } from "./grants.ts";
import { usherTag } from "./new-application.ts";
import { resourcesOf } from "./resources.ts";
import { createServicePrincipal, ownPrincipal } from "./service-principals.ts";

export type RegistrarOptions = {
  graphUrl: string;
  authorityUrl: string;
  tenantId: TenantId;
  /** Makes and keeps registrations. */
  provisioning: { client: Client; clientId: string };
  /** Grants consent and gives directory roles; undefined when Usher may not. */
  consent: { client: Client } | undefined;
  clock: Clock;
};

/** The tag that the portal gives to what it lists under Enterprise applications. */
const portalTag = "WindowsAzureActiveDirectoryIntegratedApp";

/** Changes the tenant through Microsoft Graph. What each call needs is listed in docs/operations.md. */
export function graphRegistrar(options: RegistrarOptions): Registrar {
  const { provisioning, consent, clock } = options;
  const { client } = provisioning;
  const resources = resourcesOf(client, clock);
  const credentials = applicationCredentials(client);
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

  return {
    createApplication: (application, mayExist) =>
      at("create-application", undefined, () =>
        createApplication(client, options.graphUrl, own, resources, application, mayExist),
      ),

    ensureServicePrincipal: (clientId, since) =>
      at("create-service-principal", since, async () => {
        const tags = [portalTag, usherTag];
        const made = await createServicePrincipal(client, clientId, { tags });
        const found: ServicePrincipal = made?.id
          ? made
          : await client.api(`/servicePrincipals(appId='${clientId}')`).select("id").get();
        return found.id as ServicePrincipalId;
      }),

    ensureApis: (apis) =>
      at("create-service-principal", undefined, async () => {
        await Promise.all(
          apis
            .filter(({ createdBy }) => createdBy === "usher")
            .map(({ clientId, name }) => resources.ensure(clientId, name)),
        );
      }),

    setIdentifierUri: (application, clientId, since) =>
      at("identifier-uri", since, async () => {
        const change: Application = { identifierUris: [`api://${clientId}`] };
        await client.api(`/applications/${application}`).patch(change);
      }),

    assignDirectoryRoles: (principal, roles, since) =>
      at("grant", since, async () =>
        consent
          ? assignDirectoryRoles(consent.client, principal, roles)
          : { left: roles.map(({ name }) => name) },
      ),

    grantApplicationPermissions: (principal, permissions, since) =>
      at("grant", since, () => grantApplicationPermissions(consenting(), resources, principal, permissions)),

    grantDelegatedPermissions: (principal, permissions, since) =>
      at("grant", since, () => grantDelegatedPermissions(consenting(), resources, principal, permissions)),

    addKey: (application, key, since) => at("add-key", since, () => credentials.addKey(application, key)),

    addCertificate: (application, certificate, since) =>
      at("add-certificate", since, () => credentials.addCertificate(application, certificate)),

    addFederatedCredential: (application, credential, since) =>
      at("add-federated-credential", since, () =>
        credentials.addFederatedCredential(application, credential),
      ),

    removeKeysMarked: (application, marker) =>
      at("remove-key", undefined, () => credentials.removeKeysMarked(application, marker)),

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
        orGone(since, () => credentials.removeAll(application, (act) => orGone(since, act))),
      ),

    deleteApplication: (application, since) =>
      at("stop", since, () => orGone(since, () => client.api(`/applications/${application}`).delete())),
  };
}
