import type { Drift } from "../../src/domain/drift.ts";
import { type Expected, expectedOf } from "../../src/domain/drift-expected.ts";
import { repairedTogether } from "../../src/domain/drift-reach.ts";
import type { ClientId, UserId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { Registration } from "../../src/domain/registration.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aPlan, aRegistration, days, minutes } from "../support/builders.ts";
import type { GraphEdge } from "./graph-edge.ts";

export type Made = { registration: Registration; expected: Expected; app: string; principal: string };

/** All that Usher makes for a plan, an hour ago. */
export async function aMadeOne(edge: GraphEdge, given: Partial<Plan> = {}): Promise<Made> {
  const plan = aPlan({ permissions: [], redirects: [], ...given });
  const { id, clientId, since } = await edge.made(plan);
  const { registrar } = edge;
  const servicePrincipalId = await registrar.ensureServicePrincipal(clientId as ClientId, since);
  if (plan.expose) await registrar.setIdentifierUri(id, clientId as ClientId, since);
  const of = (kind: "application" | "delegated") => plan.permissions.filter((each) => each.kind === kind);
  await registrar.grantApplicationPermissions(servicePrincipalId, of("application"), since);
  await registrar.grantDelegatedPermissions(servicePrincipalId, of("delegated"), since);
  const roles = plan.directoryRoles ?? [];
  if (roles.length > 0) await registrar.assignDirectoryRoles(servicePrincipalId, roles, since);
  const keyIds: string[] = [];
  const { credential } = plan;
  if (credential.kind === "secret") {
    const key = { displayName: "Payroll [1]", expiresAt: new Date(Date.now() + 90 * days) };
    keyIds.push((await registrar.addKey(id, key, since)).keyId);
  } else if (credential.kind === "certificate") await registrar.addCertificate(id, credential, since);
  else if (credential.kind === "federated") await registrar.addFederatedCredential(id, credential, since);
  const registration = aRegistration({
    plan,
    owner: { userId: company.people.requester as UserId, name: "Mina" },
    clientId: clientId as ClientId,
    applicationObjectId: id,
    servicePrincipalId,
    createdAt: since,
  });
  edge.turnClock(60 * minutes);
  const expected = expectedOf(plan, {
    clientId: registration.clientId,
    owner: undefined,
    isConsented: true,
    rolesLeft: [],
    keyIds,
    markers: [],
  });
  return { registration, expected, app: id, principal: servicePrincipalId };
}

/** Undoes what is undone together, as the repair does; answers how that ended. */
export async function undoAll(
  { inspector }: GraphEdge,
  { registration, expected }: Made,
  drifts: readonly Drift[],
): Promise<string[]> {
  const ends: string[] = [];
  for (const together of Map.groupBy(drifts, repairedTogether).values())
    ends.push(await inspector.undo(registration, together, expected));
  return [...new Set(ends)];
}
