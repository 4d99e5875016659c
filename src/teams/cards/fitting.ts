import type { Card } from "../expand.ts";

/** Teams takes 28 KB for a message; the rest is for what goes around the card. */
const mostBytes = 26_000;

/**
 * How much of a plan a card shows: every sentence, those of what is dangerous, all names, or, when even those do not
 * fit, only some of them.
 */
const details = ["sentences", "dangers", "names", "part"] as const;
export type Detail = (typeof details)[number];

/** The most detailed drawing that Teams takes. */
export function fitting(draw: (detail: Detail) => Card): Card {
  for (const detail of details) {
    const card = draw(detail);
    if (detail === "part" || Buffer.byteLength(JSON.stringify(card)) <= mostBytes) return card;
  }
  throw new Error("unreachable: the last detail is always drawn");
}
