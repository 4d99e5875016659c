import { findStray, stopStray } from "../usecases/lifecycle/stop-stray.ts";
import { confirmStrayCard, stoppedStrayCard } from "./cards.ts";
import { type Action, text } from "./press.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** What Usher made and has no record of. */
export const strayActions: Readonly<Record<string, Action>> = {
  async "registration/confirm-stray"({ world, caller }, data) {
    const outcome = await stopStray(world, caller, text(data.client) ?? "", "card");
    return "refused" in outcome ? refused(outcome) : { card: stoppedStrayCard(outcome.stopped) };
  },
};

/** Asks once; like a name that nobody has, where there is none. */
export async function askToStopStray({ world, caller }: Turn, named: string): Promise<Reply> {
  const found = await findStray(world, caller, named);
  return "refused" in found ? refused(found) : { card: confirmStrayCard(found.stray), isQuestion: true };
}
