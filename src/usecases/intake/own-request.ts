import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import { type In, isOpen, type OpenState, type Request } from "../../domain/request.ts";
import { requestNow } from "../approval/keep-time.ts";
import type { World } from "../ports/world.ts";
import { checkStaff } from "./staff.ts";

export type RequesterRefusal =
  | { refused: "unknown-request" }
  | { refused: "not-staff" }
  | { refused: "directory-unreachable" }
  | { refused: "old-revision"; revision: number }
  /** It waits for somebody else, or for another answer. */
  | { refused: "not-your-turn"; request: In<OpenState> }
  | { refused: "already-decided"; request: Exclude<Request, { state: OpenState }> };

/**
 * The caller's own request in the state that their press is for, at the revision that they saw. To anybody but its
 * requester it does not exist; that they tried leaves an audit line. Whether they still are staff is asked of the directory.
 */
export async function ownRequest<S extends OpenState>(
  world: World,
  caller: Caller,
  id: RequestId,
  revision: number | undefined,
  state: S,
  surface: Surface = "card",
): Promise<In<S> | RequesterRefusal> {
  const request = await requestNow(world, id);
  if (!request) return { refused: "unknown-request" };
  if (request.requester.userId !== caller.userId) return refuseStranger(world, caller, request, surface);
  if (!isOpen(request)) return { refused: "already-decided", request };
  if (revision !== undefined && request.revision !== revision) {
    return { refused: "old-revision", revision: request.revision };
  }
  if (request.state !== state) return { refused: "not-your-turn", request };
  const staff = await checkStaff(world, caller);
  if (staff === "unknown") return { refused: "directory-unreachable" };
  return typeof staff === "object" ? staff : (request as In<S>);
}

/** Somebody acted on a request that is not theirs: they learn nothing of it, and the audit says so. */
export async function refuseStranger(
  world: World,
  caller: Caller,
  { id, revision }: Request,
  surface: Surface,
): Promise<{ refused: "unknown-request" }> {
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "request.act-refused",
      surface,
      subject: id,
      revision,
      outcome: "not-requester",
    }),
  );
  return { refused: "unknown-request" };
}
