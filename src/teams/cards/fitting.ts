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
export const fitting = (draw: (detail: Detail) => Card): Card => firstThatFits(details, draw).card;

/** The first of these looks that Teams takes, or the last of them. */
export function firstThatFits<T>(looks: readonly T[], draw: (look: T) => Card): { card: Card; look: T } {
  for (const look of looks) {
    const card = draw(look);
    if (look === looks.at(-1) || roomIn(card) >= 0) return { card, look };
  }
  throw new Error("unreachable: the last look is always drawn");
}

/** How many bytes Teams would still take. */
export const roomIn = (card: Card) => mostBytes - Buffer.byteLength(JSON.stringify(card));
