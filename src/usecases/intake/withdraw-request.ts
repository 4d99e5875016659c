import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Request } from "../../domain/request.ts";
import type { World } from "../ports.ts";

export type WithdrawRefusal =
  | { refused: "unknown-request" }
  | { refused: "already-decided"; request: Exclude<Request, { state: "pending" }> };

/** Takes a waiting request back; only its requester may. To anybody else it does not exist. */
export async function withdrawRequest(
  world: World,
  caller: Caller,
  id: RequestId,
  surface: Surface,
): Promise<{ withdrawn: Request } | WithdrawRefusal> {
  const request = await world.store.tables.requests.get(id);
  if (!request || request.requester.userId !== caller.userId) return { refused: "unknown-request" };
  if (request.state === "withdrawn") return { withdrawn: request };
  if (request.state !== "pending") return { refused: "already-decided", request };

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
    });
    await tables.jobs.wake("deliver", id);
    return true;
  });
  return changed ? { withdrawn } : withdrawRequest(world, caller, id, surface);
}
