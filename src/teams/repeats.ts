import { type Activity, ActivityTypes } from "botbuilder";
import type { ActivityId, ConversationId } from "../domain/ids.ts";
import type { Arrivals } from "../usecases/ports/activities.ts";
import type { World } from "../usecases/ports/world.ts";
import type { Reply } from "./reply.ts";

/** Teams repeats an invoke that it has no answer to after 15 seconds, and then gives up. */
const repeatsWithinMs = 60_000;

/** Notes an activity, and answers whether it is not to be acted upon again. */
export async function isRepeated(world: World, activity: Activity): Promise<boolean> {
  if (!activity.id) return false;
  const conversation = activity.conversation.id as ConversationId;
  const now = world.clock.now();
  const arrivals = await world.store.tables.activities.note(conversation, activity.id as ActivityId, now);
  return isOnceTooOften(world, activity, arrivals);
}

/**
 * Whether what has arrived so often is not to be acted upon again. A press that Teams repeats goes on: whoever took the
 * first may have died over it, and a second press does no harm.
 */
export function isOnceTooOften(
  { clock, log }: World,
  activity: Activity,
  { count, firstAt }: Arrivals = { count: 1, firstAt: clock.now() },
): boolean {
  if (count === 1) return false;
  if (isPress(activity) && clock.now().getTime() - firstAt.getTime() < repeatsWithinMs) return false;
  log.warn({ type: activity.type, count }, "an activity came again and was left alone");
  return true;
}

export const heardBefore: Reply = {
  sentence:
    "Usher got this press before, so nothing was done now. Say status or pending to see how things stand.",
};

export const isPress = (activity: Activity) =>
  activity.type === ActivityTypes.Invoke && activity.name === "adaptiveCard/action";

/** Some clients leave the verb out, so every button's data has it too. */
export function verbOf(activity: Activity): string {
  const { action } = (activity.value ?? {}) as {
    action?: { verb?: unknown; data?: { verb?: unknown } | null };
  };
  const verb = action?.verb ?? action?.data?.verb;
  return typeof verb === "string" ? verb : "";
}
