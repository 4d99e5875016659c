import type { World } from "../ports/world.ts";

/** More wait in no channel; what is left over is redrawn with the next press or reminder. */
const mostRedrawn = 500;

/** Policy or the facts of permissions were read anew: cards of what waits may have to say something else now. */
export async function redrawWaiting({ store }: World): Promise<void> {
  const waiting = await store.tables.requests.pending(mostRedrawn);
  await store.tables.jobs.wakeAll(
    "deliver",
    waiting.map(({ id }) => id),
  );
}
