import { type Client, GraphError } from "@microsoft/microsoft-graph-client";
import type {
  Application,
  AppRoleAssignment,
  FederatedIdentityCredential,
  OAuth2PermissionGrant,
  ServicePrincipal,
  UnifiedRoleAssignment,
  User,
} from "@microsoft/microsoft-graph-types";
import type { Found } from "../domain/drift.ts";
import type { Registration } from "../domain/registration.ts";
import { DirectoryFailure, type Inspector } from "../usecases/ports/entra.ts";
import type { Clock, Log } from "../usecases/ports/world.ts";
import { isNotFound, isYoung, lacksRight, notVisibleYet, translate } from "./failures.ts";
import {
  accountOf,
  applicationFields,
  credentialsOf,
  declaredOf,
  exposedOf,
  federatedOf,
  peopleOf,
  redirectsOf,
  rolesOf,
  settingsOf,
} from "./found.ts";
import { nameGrants } from "./granted.ts";
import { type NeverRules, neverGiven } from "./never.ts";
import { readTogether } from "./read-together.ts";
import { resourcesOf } from "./resources.ts";
import { ownPrincipal } from "./service-principals.ts";
import { callOf, grantedBack, undoDrift } from "./undo-drift.ts";

export type InspectorOptions = {
  graphUrl: string;
  provisioning: { client: Client; clientId: string };
  consent: { client: Client } | undefined;
  /** What is refused whatever was approved, looked at just before anything is put back. */
  never: NeverRules;
  clock: Clock;
  log?: Log;
};

/** What Usher compares only where it may read it, and the right that it needs for that. */
const rights = {
  consents: "Directory.Read.All or DelegatedPermissionGrant.Read.All",
  "directory roles": "RoleManagement.Read.Directory",
  "owners of service principals": "Application.Read.All",
  "the owners' accounts": "User.Read.All",
} as const;

/** Looks at one registration in one request to Graph, or one for each identity, when what its APIs publish is known. */
export function graphInspector(options: InspectorOptions): Inspector {
  const { graphUrl, provisioning, consent, clock, log } = options;
  const { client } = provisioning;
  const resources = resourcesOf(client, clock);
  const own = ownPrincipal(client, provisioning.clientId);
  const never = neverGiven(client, options.never);

  const said = new Set<string>();
  /** Undefined where Usher has no right to read it, which is said once. */
  function readable<T>(what: keyof typeof rights, answer: unknown): T | undefined {
    if (!lacksRight(answer)) return there<T>(answer);
    if (!said.has(what))
      log?.warn({ what, right: rights[what] }, "Usher has no right to read what it would compare");
    said.add(what);
    return undefined;
  }

  async function inspect(registration: Registration): Promise<Found> {
    const { applicationObjectId, servicePrincipalId, owner } = registration;
    const application = `/applications/${applicationObjectId}`;
    const principal = `/servicePrincipals/${servicePrincipalId}`;
    const looks = {
      application: `${application}?$select=${applicationFields.join()}`,
      owners: `${application}/owners`,
      federated: `${application}/federatedIdentityCredentials`,
      principal: `${principal}?$select=id,accountEnabled,passwordCredentials,keyCredentials`,
      principalOwners: `${principal}/owners`,
      owner: `/users/${owner.userId}?$select=id,accountEnabled`,
    };
    const grantLooks = {
      assignments: `${principal}/appRoleAssignments`,
      grants: `${principal}/oauth2PermissionGrants`,
      roles: `/roleManagement/directory/roleAssignments?$filter=principalId%20eq%20'${servicePrincipalId}'&$expand=roleDefinition`,
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
    const isUsher = ({ id }: User) => id?.toLowerCase() === ownId;
    const owners = there<{ value: User[] }>(read.owners).value;
    const ofPrincipal =
      readable<{ value: User[] }>("owners of service principals", read.principalOwners)?.value ?? [];
    const account = isNotFound(read.owner) ? "deleted" : readable<User>("the owners' accounts", read.owner);
    const roles = readable<{ value: UnifiedRoleAssignment[] }>("directory roles", granted.roles);
    const consents = await consentsOf(registration, granted);
    return {
      state: "there",
      audience: found.signInAudience ?? "",
      redirects: redirectsOf(found),
      settings: settingsOf(found),
      exposed: exposedOf(found),
      declared: await declaredOf(resources, registration.plan, found.requiredResourceAccess ?? []),
      ...(consents && { consents }),
      ...(roles && { roles: rolesOf(roles.value) }),
      owners: [
        ...peopleOf(owners.filter((each) => !isUsher(each))),
        ...peopleOf(
          ofPrincipal.filter((each) => !isUsher(each)),
          true,
        ),
      ],
      isUshersOwn: owners.some(isUsher),
      ...(account && { ownerAccount: account === "deleted" ? account : accountOf(account) }),
      ...credentialsOf([found, there<ServicePrincipal>(read.principal)]),
      federated: federatedOf(there<{ value: FederatedIdentityCredential[] }>(read.federated).value),
      isEnabled: there<ServicePrincipal>(read.principal).accountEnabled !== false,
    };
  }

  async function consentsOf({ plan }: Registration, answers: Record<"assignments" | "grants", unknown>) {
    const assignments = readable<{ value: AppRoleAssignment[] }>("consents", answers.assignments);
    const grants = readable<{ value: OAuth2PermissionGrant[] }>("consents", answers.grants);
    if (!assignments || !grants) return undefined;
    const all = { assignments: assignments.value, grants: grants.value };
    return nameGrants(client, resources, plan.permissions, all);
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

  return {
    async inspect(registration) {
      try {
        return await inspect(registration);
      } catch (error) {
        throw translate("read", error, undefined, clock.now());
      }
    },

    async undo(registration, drifts, expected) {
      const { applicationObjectId, servicePrincipalId, createdAt } = registration;
      try {
        await never.check({ to: applicationObjectId });
        await never.check({ to: servicePrincipalId, ...grantedBack(drifts) });
        const means = { client, consent: consent?.client, resources, graphUrl };
        return await undoDrift(means, registration, drifts, expected);
      } catch (error) {
        throw translate(callOf(drifts), error, createdAt, clock.now());
      }
    },
  };
}

function there<T>(answer: unknown): T {
  if (answer instanceof GraphError) throw answer;
  return answer as T;
}
