import { parseUserId } from "../domain/ids.ts";
import type { PersonNamed } from "../usecases/lifecycle/person-to-own.ts";
import { type TakeOver, takeOver } from "../usecases/lifecycle/take-over.ts";
import { ownershipCard } from "./cards.ts";
import { personTyped } from "./ownership-actions.ts";
import { type Action, forged, requestIn, text } from "./press.ts";
import { cardAsItStands } from "./reminder-actions.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What approvers and admins do about a registration that nobody owns any more. */
export const leaverActions: Readonly<Record<string, Action>> = {
  async "owners/take-over"(turn, data) {
    const id = requestIn({ request: data.registration });
    return id ? taken(turn, { named: id, surface: "card" }) : forged(turn, "owners/take-over", data);
  },
  async "owners/hand-over"(turn, data) {
    const id = requestIn({ request: data.registration });
    const userId = parseUserId(text(data.handTo));
    if (!id || !userId) return forged(turn, "owners/hand-over", data);
    return taken(turn, { named: id, to: { userId }, surface: "card" });
  },
};

/** `take over REQ-…`: the one who says it is to own it. */
export const takeOverByText = (turn: Turn, named: string): Promise<Reply> =>
  named.trim() === ""
    ? Promise.resolve(sayWhich("take over"))
    : taken(turn, { named: named.trim(), surface: "command" });

/** `hand over REQ-… @person`: a colleague is asked to own it. */
export async function handOverByText(turn: Turn, rest: string): Promise<Reply> {
  const typed = await personTyped(turn, "hand over", rest);
  if ("sentence" in typed) return typed;
  const { named, person } = typed;
  if (named === "" || !person)
    return {
      sentence:
        "Say which one, and to whom: hand over REQ-… and the person's name with @, or their email address. Nothing was changed.",
    };
  return taken(turn, { named, to: person satisfies PersonNamed, surface: "command" });
}

const sayWhich = (words: string) => ({
  sentence: `Say which one: ${words} and its name, its client ID or its REQ- id.`,
});

async function taken(turn: Turn, act: Omit<TakeOver, "caller">): Promise<Reply> {
  const outcome = await takeOver(turn.world, { caller: turn.caller, ...act });
  const isRefused = "refused" in outcome;
  if (isRefused && !("view" in outcome)) return refused(outcome);
  const note = isRefused ? "Your press changed nothing: this is how it stands by now." : undefined;
  // The card in the channel says for everybody what came of it.
  const stands = act.surface === "card" ? await cardAsItStands(turn) : undefined;
  return stands ?? { card: ownershipCard(outcome.view, note) };
}
