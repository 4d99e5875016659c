import type { Plan } from "../../domain/plan.ts";
import { type Card, expandTemplate } from "../expand.ts";
import type { Detail } from "./fitting.ts";
import { factsOf } from "./plan-facts.ts";
import { type Powers, powerLines, type Reader } from "./powers.ts";
import { said } from "./text.ts";

/** The part of a card that shows the plan: what it may do, most dangerous first, then all else that will be made. */
export function planSection(plan: Plan, powers: Powers, detail: Detail, reader: Reader): Card {
  const lines = powerLines(powers, detail, reader);
  return expandTemplate("plan", {
    permissions: lines.length > 0 ? lines : [said("No permissions.")],
    facts: factsOf(plan, powers, detail),
  });
}
