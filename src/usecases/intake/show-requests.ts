import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { In, Request } from "../../domain/request.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

export type ShowRefusal =
  | { refused: "unknown-request" }
  | { refused: "not-approver" }
  | { refused: "directory-unreachable" };

const mostShown = 10;

/** One's own request by its id, or the newest ones. Approvers and admins may see anybody's by its id. */
export async function showRequests(
  world: World,
  caller: Caller,
  id: RequestId | undefined,
): Promise<{ requests: Request[] } | ShowRefusal> {
  if (!id) return { requests: await world.store.tables.requests.newestOf(caller.userId, mostShown) };
  const request = await world.store.tables.requests.get(id);
  if (request?.requester.userId === caller.userId) return { requests: [request] };
  const may = await mayDecide(world, caller);
  if (may === "unreachable") return { refused: "directory-unreachable" };
  return request && may ? { requests: [request] } : { refused: "unknown-request" };
}

/**
 * What waits for a decision, the longest-waiting first, then what could not be made, and what waits while it is made or
 * cleaned up; for approvers and admins.
 */
export async function pendingRequests(
  world: World,
  caller: Caller,
): Promise<{ requests: In<"pending" | "failed" | "approved" | "cleaning">[] } | ShowRefusal> {
  const may = await mayDecide(world, caller);
  if (may === "unreachable") return { refused: "directory-unreachable" };
  if (!may) return { refused: "not-approver" };
  const { requests } = world.store.tables;
  const [pending, failed, waiting] = await Promise.all([
    requests.pending(mostShown),
    requests.failed(mostShown),
    requests.waiting(mostShown),
  ]);
  return { requests: [...pending, ...failed, ...waiting].slice(0, mostShown) };
}

async function mayDecide(world: World, caller: Caller): Promise<boolean | "unreachable"> {
  try {
    return await isApproverOrAdmin(world, caller);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return "unreachable";
  }
}
