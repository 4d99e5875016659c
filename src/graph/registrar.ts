import type { Client } from "@microsoft/microsoft-graph-client";
import type { Application } from "@microsoft/microsoft-graph-types";
import type { TenantId } from "../domain/ids.ts";
import type { Giving } from "../domain/never.ts";
import { DirectoryFailure, type Registrar } from "../usecases/ports/entra.ts";
import type { Clock } from "../usecases/ports/world.ts";
import { applicationCredentials } from "./application-credentials.ts";
import { createApplication, findOwn } from "./applications.ts";
import { graphScope } from "./client.ts";
import { requestToken } from "./credentials.ts";
import { type GraphCall, translate } from "./failures.ts";
import { grantedTo } from "./granted.ts";
import { assignDirectoryRoles, grantApplicationPermissions, grantDelegatedPermissions } from "./grants.ts";
import { type NeverRules, neverGiven } from "./never.ts";
import { usherTag } from "./new-application.ts";
import { changeOwner } from "./owners.ts";
import { graphApi, resourcesOf } from "./resources.ts";
import { restoring } from "./restoring.ts";
import { proofOf } from "./secret-proof.ts";
import { ensurePrincipal, ownPrincipal } from "./service-principals.ts";
import { stopping } from "./stopping.ts";
import { findStray } from "./strays.ts";

export type RegistrarOptions = {
  graphUrl: string;
  authorityUrl: string;
  tenantId: TenantId;
  /** Makes and keeps registrations. */
  provisioning: { client: Client; clientId: string };
  /** Grants consent and gives directory roles; undefined when Usher may not. */
  consent: { client: Client } | undefined;
  /** What is refused whatever was approved, looked at just before each call that gives something away. */
  never: NeverRules;
  clock: Clock;
};

/** Of service principals; the first one the portal gives to what it lists under Enterprise applications. */
const tags = ["WindowsAzureActiveDirectoryIntegratedApp", usherTag];

/** Changes the tenant through Microsoft Graph. What each call needs is listed in docs/operations.md. */
export function graphRegistrar(options: RegistrarOptions): Registrar {
  const { provisioning, consent, clock } = options;
  const { client } = provisioning;
  const resources = resourcesOf(client, clock);
  const credentials = applicationCredentials(client);
  const own = ownPrincipal(client, provisioning.clientId);
  const never = neverGiven(client, options.never);
  const means = { client, own, resources, clock };

  const at = async <T>(call: GraphCall, since: Date | undefined, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw translate(call, error, since, clock.now());
    }
  };
  const giving = <T>(call: GraphCall, since: Date | undefined, what: Giving, act: () => Promise<T>) =>
    at(call, since, async () => {
      await never.check(what);
      return act();
    });
  const consenting = () => {
    if (consent) return consent.client;
    throw new DirectoryFailure(
      "Usher may not grant consent here. A Privileged Role Administrator must grant it in Entra, under Enterprise applications > Permissions.",
      { kind: "final" },
    );
  };
  return {
    createApplication: (application, mayExist) =>
      giving("create-application", undefined, { permissions: application.plan.permissions }, () =>
        createApplication(means, options.graphUrl, application, mayExist),
      ),

    findApplication: (uniqueName, requestId) =>
      at("stop", undefined, () => findOwn(means, { uniqueName, requestId, owner: undefined }, "to-remove")),

    findStray: (clientId) => at("read", undefined, () => findStray(client, own, clientId)),

    changeOwner: (application, owner, since) =>
      giving("grant", since, { to: application }, () =>
        changeOwner({ client, graphUrl: options.graphUrl }, application, owner),
      ),

    ensureServicePrincipal: (clientId, since) =>
      at("create-service-principal", since, () => ensurePrincipal(client, clientId, { tags })),

    ensureApis: (apis) =>
      at("create-service-principal", undefined, async () => {
        const left = await Promise.all(
          apis.map(async (api) => {
            if (api.createdBy === "administrator") return (await resources.has(api.clientId)) ? [] : [api];
            await resources.ensure(api.clientId, api.name);
            return [];
          }),
        );
        return { left: left.flat() };
      }),

    setIdentifierUri: (application, clientId, since) =>
      giving("identifier-uri", since, { to: application }, async () => {
        const change: Application = { identifierUris: [`api://${clientId}`] };
        await client.api(`/applications/${application}`).patch(change);
      }),

    assignDirectoryRoles: (principal, roles, since) =>
      giving("grant", since, { to: principal, roles }, async () =>
        consent
          ? assignDirectoryRoles(consent.client, principal, roles)
          : { left: roles.map(({ name }) => name) },
      ),

    grantApplicationPermissions: (principal, permissions, since) =>
      giving("grant", since, { to: principal, permissions }, () =>
        grantApplicationPermissions(consenting(), resources, principal, permissions),
      ),

    grantDelegatedPermissions: (principal, permissions, since) =>
      giving("grant", since, { to: principal, permissions }, () =>
        grantDelegatedPermissions(consenting(), resources, principal, permissions),
      ),

    granted: (principal, planned, since) =>
      at("read", since, () => grantedTo(client, resources, principal, planned)),

    addKey: (application, key, since) =>
      giving("add-key", since, { to: application }, () => credentials.addKey(application, key)),

    addCertificate: (application, certificate, since) =>
      giving("add-certificate", since, { to: application }, () =>
        credentials.addCertificate(application, certificate),
      ),

    addFederatedCredential: (application, credential, since) =>
      giving("add-federated-credential", since, { to: application }, () =>
        credentials.addFederatedCredential(application, credential),
      ),

    async proveSecret(clientId, secret, expected) {
      const { authorityUrl, tenantId, graphUrl } = options;
      try {
        return await proofOf(expected, async (api) => {
          // Our own tenant's tokens, also for an app that other tenants and personal accounts may use: it lives here.
          const scope = api === graphApi ? graphScope(graphUrl) : `${api}/.default`;
          const answer = await requestToken(authorityUrl, tenantId, clientId, secret, scope);
          if (answer.ok) return answer.token;
          if (answer.status >= 500) throw new Error(`the sign-in service answered ${answer.status}`);
          return undefined;
        });
      } catch (error) {
        throw new DirectoryFailure("The sign-in service does not answer. Usher tries again by itself.", {
          kind: "retry",
          cause: error,
        });
      }
    },

    ...stopping({ client, consent: consent?.client, clock, giving }),
    ...restoring({ client, clock, tags, giving }),
  };
}
