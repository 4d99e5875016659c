import type { RequestId } from "../../domain/ids.ts";
import { type Lease, LeaseLost } from "../ports/steps.ts";
import type { World } from "../ports/world.ts";

/** A holder that did not renew for this long is dead, and another process goes on. */
const leaseMs = 12_000;
const renewEveryMs = 3_000;

/**
 * Works on a request as the only one, and answers what the work does: when to look again, or undefined when there is
 * nothing more to do. While another process is at it, it answers when to look again.
 */
export async function underLease(
  world: World,
  id: RequestId,
  work: (lease: Lease) => Promise<Date | undefined>,
): Promise<Date | undefined> {
  const { steps } = world.store.tables;
  const end = () => new Date(world.clock.now().getTime() + leaseMs);
  const lease = await steps.claim(id, world.clock.now(), end());
  if (!lease) return new Date(world.clock.now().getTime() + renewEveryMs);

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
    await steps.release(lease);
  }
}
