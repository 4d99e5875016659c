import type { Client } from "@microsoft/microsoft-graph-client";
import type {
  AppRoleAssignment,
  KeyCredentialConfiguration,
  PasswordCredentialConfiguration,
  TenantAppManagementPolicy,
} from "@microsoft/microsoft-graph-types";
import type { CredentialRules, PublishedApi } from "../domain/tenant-facts.ts";
import type { Tenant } from "../usecases/ports/entra.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import { wholeDays } from "./durations.ts";
import { graphError, isNotFound, lacksRight, translate } from "./failures.ts";
import { graphApi, resourcesOf } from "./resources.ts";
import { ownPrincipal } from "./service-principals.ts";

export type TenantOptions = {
  provisioning: { client: Client; clientId: string };
  clock: Clock;
  log?: Log;
};

/** Either lets its holder make the service principal of an application of another tenant. */
const makersOfServicePrincipals = ["Application.ReadWrite.All", "Directory.ReadWrite.All"];
/** Whoever adds an owner to an application that is there needs one of each. */
const changersOfOwners = [["Application.ReadWrite.All"], ["Directory.Read.All", "Directory.ReadWrite.All"]];
/** An administrator who has just changed a rule or a right does not wait long for it to count. */
const rememberedForMs = 5 * 60_000;
const failureCountsForMs = 30_000;

/** What the tenant publishes and forbids. The policy needs Policy.Read.All, which Usher can do without. */
export function graphTenant({ provisioning, clock, log }: TenantOptions): Tenant {
  const { client } = provisioning;
  const resources = resourcesOf(client, clock);
  const own = ownPrincipal(client, provisioning.clientId);

  const asking = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw translate("read", error, undefined, clock.now());
    }
  };

  async function readRules(): Promise<CredentialRules | undefined> {
    try {
      const policy: TenantAppManagementPolicy = await client
        .api("/policies/defaultAppManagementPolicy")
        .get();
      return rulesOf(policy, clock.now());
    } catch (error) {
      const { statusCode = 0 } = graphError(error) ?? {};
      if (!lacksRight(error) && statusCode !== 404 && statusCode !== 501) throw error;
      log?.info({ statusCode }, "the app management policy cannot be read");
      return undefined;
    }
  }

  /** The names of what Usher holds at Graph; undefined when it cannot tell. */
  async function readOwnRights(): Promise<ReadonlySet<string> | undefined> {
    try {
      const graph = await resources.see(graphApi);
      if (!graph) return undefined;
      const held: { value?: AppRoleAssignment[] } = await client
        .api(`/servicePrincipals/${await own()}/appRoleAssignments`)
        .top(999)
        .get();
      const ids = new Set(
        held.value
          ?.filter(({ resourceId }) => resourceId === graph.servicePrincipalId)
          .map(({ appRoleId }) => appRoleId),
      );
      return new Set(
        graph.permissions.flatMap(({ id, kind, name }) =>
          kind === "application" && ids.has(id) ? name : [],
        ),
      );
    } catch (error) {
      if (lacksRight(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }

  const rules = remembering(readRules, clock);
  const ownRights = remembering(readOwnRights, clock);
  return {
    apis: (clientIds) =>
      asking(async () => {
        // One that cannot be asked now does not take the answers of the others away.
        const found = await Promise.allSettled(
          clientIds.map(async (clientId): Promise<[string, PublishedApi | null]> => {
            const resource = await resources.see(clientId);
            if (!resource) return [clientId, null];
            const permissions = resource.permissions.map(({ id: _id, ...published }) => published);
            return [clientId, { clientId, name: resource.name, permissions }];
          }),
        );
        for (const each of found) {
          if (each.status === "rejected") log?.warn({ err: each.reason }, "an API could not be looked up");
        }
        return new Map(found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
      }),
    credentialRules: () => asking(rules),
    mayCreateServicePrincipals: () =>
      asking(async () => {
        const held = await ownRights();
        return held && makersOfServicePrincipals.some((right) => held.has(right));
      }),
    mayChangeOwners: () =>
      asking(async () => {
        const held = await ownRights();
        return held && changersOfOwners.every((either) => either.some((right) => held.has(right)));
      }),
  };
}

/**
 * Asks at most once in five minutes. A failure counts for half a minute, so that nobody's form waits for it again and
 * again; for that long, and for as long as it fails, the last answer that there was stands.
 */
function remembering<T>(ask: () => Promise<T>, clock: Clock): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined;
  let last: { is: T } | undefined;
  const asked = async () => {
    try {
      last = { is: await ask() };
      return last.is;
    } catch (error) {
      if (kept) kept.until = clock.now().getTime() + failureCountsForMs;
      if (last) return last.is;
      throw error;
    }
  };
  return () => {
    const now = clock.now().getTime();
    if (kept && kept.until > now) return kept.answer;
    kept = { answer: asked(), until: now + rememberedForMs };
    return kept.answer;
  };
}

/** What the tenant's default policy says of an application that is made now. */
function rulesOf(policy: TenantAppManagementPolicy, now: Date): CredentialRules {
  if (policy.isEnabled !== true) return { secretsForbidden: false };
  const { passwordCredentials, keyCredentials } = policy.applicationRestrictions ?? {};
  const passwords = (passwordCredentials ?? []).filter((each) => isInForce(each, now));
  const keys = (keyCredentials ?? []).filter((each) => isInForce(each, now));
  const longestSecretDays = longestDays(passwords, "passwordLifetime");
  const longestCertificateDays = longestDays(keys, "asymmetricKeyLifetime");
  return {
    secretsForbidden: passwords.some(({ restrictionType }) => restrictionType === "passwordAddition"),
    ...(longestSecretDays !== undefined && { longestSecretDays }),
    ...(longestCertificateDays !== undefined && { longestCertificateDays }),
  };
}

type Restriction = PasswordCredentialConfiguration | KeyCredentialConfiguration;

function isInForce(restriction: Restriction, now: Date): boolean {
  const { state, restrictForAppsCreatedAfterDateTime: after } = restriction;
  return state !== "disabled" && !(after && new Date(after) > now);
}

/** The strictest that holds; undefined when there is none, or none that can be understood. */
function longestDays(restrictions: Restriction[], type: Restriction["restrictionType"]): number | undefined {
  const days = restrictions
    .filter(({ restrictionType }) => restrictionType === type)
    .flatMap(({ maxLifetime }) => wholeDays(maxLifetime ?? "") ?? []);
  return days.length > 0 ? Math.min(...days) : undefined;
}
