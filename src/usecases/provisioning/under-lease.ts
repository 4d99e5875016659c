import type { RequestId } from "../../domain/ids.ts";
import type { Held } from "../ports/hold.ts";
import { type Lease, LeaseLost } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";

/**
 * A holder that did not renew for this long is dead, and another process goes on. Who is woken meanwhile looks again
 * after a renewal's time: with that, it goes on within fifteen seconds.
 */
const leaseMs = 10_000;
const renewEveryMs = 3_000;

/** What this process is at, for when it has to stop. */
const held = new WeakMap<World["store"], Set<Lease>>();

/**
 * Works on a request as the only one, and answers what the work does: when to look again, or undefined when there is
 * nothing more to do. While another process is at it, it answers when to look again.
 *
 * What a restored backup left under way is not begun before an admin lets it go on; what somebody has wanted since is.
 */
export async function underLease(
  world: World,
  id: RequestId,
  work: (lease: Lease) => Promise<Date | undefined>,
  isWantedSince: (restored: Held) => boolean = () => false,
): Promise<Date | undefined> {
  const { steps, hold } = world.store.tables;
  const restored = await hold.get();
  if (restored && !isWantedSince(restored)) return undefined;
  const end = () => new Date(world.clock.now().getTime() + leaseMs);
  const lease = await steps.claim(id, world.clock.now(), end());
  if (!lease) return new Date(world.clock.now().getTime() + renewEveryMs);

  const mine = held.get(world.store) ?? new Set();
  held.set(world.store, mine.add(lease));
  const renewal = setInterval(() => {
    steps.renew(lease, end()).catch((error: unknown) => {
      world.log.warn({ err: error, requestId: id }, "the lease could not be renewed");
    });
  }, renewEveryMs);
  try {
    return await work(lease);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    world.log.info({ requestId: id }, "another process goes on with this request");
    return undefined;
  } finally {
    clearInterval(renewal);
    mine.delete(lease);
    await steps.release(lease);
  }
}

/** What this process is still at when it stops, another may take up at once; nothing more is written here. */
export async function giveUpLeases({ store }: World): Promise<void> {
  for (const lease of held.get(store) ?? []) await store.tables.steps.giveUp(lease);
}
