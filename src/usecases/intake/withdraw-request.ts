import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { isOpen, type OpenState, type Request } from "../../domain/request.ts";
import type { World } from "../ports/world.ts";
import { refuseStranger } from "./own-request.ts";

export type WithdrawRefusal =
  | { refused: "unknown-request" }
  | { refused: "already-decided"; request: Exclude<Request, { state: OpenState }> };

/**
 * Takes a request back that is not decided yet, also instead of answering or of accepting less. Only its requester
 * may; to anybody else it does not exist.
 */
export async function withdrawRequest(
  world: World,
  caller: Caller,
  id: RequestId,
  surface: Surface,
): Promise<{ withdrawn: Request } | WithdrawRefusal> {
  const request = await world.store.tables.requests.get(id);
  if (!request) return { refused: "unknown-request" };
  if (request.requester.userId !== caller.userId) return refuseStranger(world, caller, request, surface);
  if (request.state === "withdrawn") return { withdrawn: request };
  if (!isOpen(request)) return { refused: "already-decided", request };

  const withdrawn: Request = { ...request, state: "withdrawn", withdrawnAt: world.clock.now() };
  const changed = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, withdrawn))) return false;
    await tables.audit.append({
      at: withdrawn.withdrawnAt,
      who: caller.userId,
      what: "request.withdrawn",
      surface,
      subject: id,
      revision: request.revision,
      outcome: "withdrawn",
      detail: { fingerprint: request.fingerprint, was: request.state },
    });
    await tables.jobs.wake("deliver", id);
    return true;
  });
  return changed ? { withdrawn } : withdrawRequest(world, caller, id, surface);
}
