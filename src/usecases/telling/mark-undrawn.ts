import type { Posted } from "../ports/chat.ts";
import type { Post } from "../ports/conversations.ts";
import type { World } from "../ports/world.ts";

/**
 * For when somebody may see something else in the place of a card than what stands there: the next delivery draws it
 * again, also where the rows still say the same, and the sweep sees to a delivery. Undefined where no card of a request
 * that is kept true stands.
 */
export async function markUndrawn({ store, clock }: World, posted: Posted): Promise<Post | undefined> {
  const { posts } = store.tables;
  for (let attempt = 0; attempt < 5; attempt++) {
    const seen = await posts.standingAt(posted);
    const isKept = seen && ["approval", "request", "drift", "expiry", "need"].includes(seen.purpose);
    if (!isKept || seen.state !== "posted") return undefined;
    // Always later than what was seen, so that the same moment is never mistaken for no change.
    const changedAt = new Date(Math.max(clock.now().getTime(), seen.changedAt.getTime() + 1));
    if (await posts.change(seen, { ...seen, drawn: "", changedAt })) return seen;
  }
  return undefined;
}
