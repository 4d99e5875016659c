import {
  highestRank,
  type PermissionFact,
  type Rank,
  type RoleFact,
  rankAzureRole,
  rankPermissions,
  rankRoles,
} from "./permission.ts";
import type { Plan } from "./plan.ts";

/** How dangerous a plan is by what is known now: as its most dangerous part. Policy goes by it. */
export function rankOfPlan(
  { permissions, directoryRoles = [], azureRoles = [] }: Plan,
  {
    permissionFacts,
    roleFacts,
  }: { permissionFacts: readonly PermissionFact[]; roleFacts: readonly RoleFact[] },
): Rank {
  return highestRank([
    ...rankPermissions(permissions, permissionFacts),
    ...rankRoles(directoryRoles, roleFacts),
    ...azureRoles.map(({ role }) => ({ rank: rankAzureRole(role) })),
  ]);
}
