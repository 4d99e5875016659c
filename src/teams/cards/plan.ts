import type { Plan } from "../../domain/plan.ts";
import { type Card, expandTemplate } from "../expand.ts";
import type { Detail } from "./fitting.ts";
import { factsOf, type WhoConsents } from "./plan-facts.ts";
import { type Powers, powerLines, type Reader } from "./powers.ts";
import { fact, type Line, said } from "./text.ts";

/** The part of a card that shows the plan: what it may do, most dangerous first, then all else that will be made. */
export function planSection(
  plan: Plan,
  powers: Powers & WhoConsents,
  detail: Detail,
  reader: Reader,
  heading = "What will be made",
): Card {
  const lines = powerLines(powers, detail, reader);
  return expandTemplate("plan", {
    heading,
    permissions: lines.length > 0 ? lines : [said("No permissions.")],
    facts: factsOf(plan, powers, detail),
  });
}

const unaskedWords: Readonly<Record<Reader, string>> = {
  requester: "it could not be asked just now",
  approver: "it could not be asked when this was reviewed",
};

/** Whoever reads a plan must know when nobody could tell whether the tenant takes it. */
export const uncheckedLines = ({ isUnchecked }: Plan, reader: Reader): Line[] =>
  isUnchecked
    ? [
        fact(
          "Not checked against the tenant",
          `${unaskedWords[reader]}. Names of permissions, missing APIs and the tenant's policy show only when it is made.`,
        ),
      ]
    : [];
