import type { In, Request } from "../../domain/request.ts";
import type { World } from "../ports/world.ts";
import { type EndPress, type EndRefusal, failedRequest, isEndedBy } from "./failed-request.ts";

/**
 * Undoes what was made for a request that could not be made: saved first, carried out by a job until nothing is left.
 * Pressed twice, it happens once.
 */
export async function cleanUp(world: World, press: EndPress): Promise<{ cleaning: Request } | EndRefusal> {
  const { caller, requestId, surface } = press;
  const found = await failedRequest(world, press, "clean");
  if ("refused" in found) {
    const isDone = found.refused === "not-failed" && isEndedBy(found.request, caller.userId);
    return isDone ? { cleaning: found.request } : found;
  }
  const { request } = found;

  const at = world.clock.now();
  const { isHalfUndone: _again, ...kept } = request;
  const cleaningBy = { userId: caller.userId, name: caller.name };
  const cleaning: In<"cleaning"> = { ...kept, state: "cleaning", cleaningBy, cleaningSince: at };
  const won = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, cleaning))) return false;
    await tables.links.cancel({ requestId });
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "request.cleaning",
      surface,
      subject: requestId,
      revision: request.revision,
      outcome: "cleaning",
      detail: { failure: request.failure },
    });
    await tables.jobs.wake("clean", requestId);
    await tables.jobs.wake("deliver", requestId);
    return true;
  });
  return won ? { cleaning } : cleanUp(world, press);
}
