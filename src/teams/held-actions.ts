import { goOn, showHeld } from "../usecases/lifecycle/held-work.ts";
import { heldCard, wentOnCard } from "./cards.ts";
import { type Action, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What a restored backup left under way. */
export const heldActions: Readonly<Record<string, Action>> = {
  async "held/go-on"({ world, caller }, data) {
    const outcome = await goOn(world, caller, text(data.since));
    return "refused" in outcome ? refused(outcome) : { card: wentOnCard(outcome.lifted.work) };
  },
};

/** `go on`: shows what is held, and asks. */
export async function heldByText({ world, caller }: Turn): Promise<Reply> {
  const outcome = await showHeld(world, caller);
  if ("refused" in outcome) return refused(outcome);
  const { since, madeAt, work } = outcome.held;
  return {
    card: heldCard({ since: since.toISOString(), madeAt: madeAt.toISOString(), work }),
    isQuestion: true,
  };
}
