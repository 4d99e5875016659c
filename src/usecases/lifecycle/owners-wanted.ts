import type { Policy } from "../../domain/policy.ts";
import { rankOfPlan } from "../../domain/rank-of-plan.ts";
import type { Registration } from "../../domain/registration.ts";
import type { Catalog } from "../ports/world.ts";

/** How many people policy wants to answer for it, by what its plan ranks today. */
export const ownersWanted = (
  { catalog }: { catalog: Catalog },
  { plan }: Pick<Registration, "plan">,
): Policy["ranks"]["low"]["owners"] => catalog.policy.ranks[rankOfPlan(plan, catalog)].owners;
