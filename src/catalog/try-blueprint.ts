import type { Blueprint } from "../domain/blueprint.ts";
import { limitsOf } from "../domain/limits.ts";
import type { Plan } from "../domain/plan.ts";
import { type Policy, refusedByPolicy } from "../domain/policy.ts";
import { rankOfPlan } from "../domain/rank-of-plan.ts";
import { resolvePlan } from "../domain/resolve-plan.ts";
import { type Combination, combinations } from "./sample-answers.ts";
import type { Shared } from "./shared-files.ts";

/** What comes of one combination of answers: a plan, a sentence that turns it away, or a fault of the blueprint. */
export type Outcome = { chosen: string } & (
  | { became: "plan"; plan: Plan }
  | { became: "refused"; sentence: string }
  | { became: "fault"; reason: string }
);

/** Resolves a blueprint on sample answers, so that each of its branches is seen once before anybody asks for it. */
export function tryBlueprint(blueprint: Blueprint, shared: Shared, policy: Policy, now: Date): Outcome[] {
  return combinations(blueprint, shared).map((combination) =>
    outcomeOf(combination, blueprint, shared, policy, now),
  );
}

function outcomeOf(
  { chosen, answers }: Combination,
  blueprint: Blueprint,
  shared: Shared,
  policy: Policy,
  now: Date,
): Outcome {
  try {
    const plan = resolvePlan(blueprint, answers, shared);
    if ("refused" in plan) {
      // Sample answers are as the questions want them: an entry that is wrong is the blueprint's fault.
      return plan.refused === "entry"
        ? { chosen, became: "fault", reason: plan.sentence }
        : { chosen, became: "refused", sentence: plan.sentence };
    }
    const reason = faultOf(plan);
    if (reason !== undefined) return { chosen, became: "fault", reason };
    // The tenant's own rules are not known here, only those that hold everywhere.
    const [sentence] = [
      ...limitsOf(plan, undefined, now),
      ...refusedByPolicy(policy, plan, rankOfPlan(plan, shared)),
    ];
    return sentence === undefined
      ? { chosen, became: "plan", plan }
      : { chosen, became: "refused", sentence };
  } catch (error) {
    return { chosen, became: "fault", reason: (error as Error).message };
  }
}

function faultOf({ credential, handover }: Plan): string | undefined {
  const isHandedOver = handover.some(({ value }) => value === "secret");
  const isSecret = credential.kind === "secret";
  if (isSecret && !isHandedOver) return "the secret is handed to nobody";
  if (!isSecret && isHandedOver) return `a secret is handed over, but the credential is ${credential.kind}`;
  return undefined;
}
