import type { Surface } from "../../domain/audit.ts";
import type { RequestId, UserId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { In, Request } from "../../domain/request.ts";
import { isApproverOrAdmin } from "../approval/authority.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";

/** A press of somebody who wants to go on with what could not be made, or wants it gone. */
export type EndPress = { caller: Caller; requestId: RequestId; surface: Surface };

export type EndRefusal =
  | { refused: "unknown-request" }
  | { refused: "own-failure"; request: Request }
  | { refused: "may-not-end" }
  | { refused: "not-failed"; request: Exclude<Request, In<"failed">> }
  | { refused: "directory-unreachable" };

/** The request that could not be made, if the caller may say what becomes of it. */
export async function failedRequest(
  world: World,
  press: EndPress,
  act: "retry" | "clean",
): Promise<{ request: In<"failed"> } | EndRefusal> {
  const found = await endableRequest(world, press, act);
  if ("refused" in found) return found;
  const { request } = found;
  return request.state === "failed" ? { request } : { refused: "not-failed", request };
}

/**
 * The request in whatever state, if the caller may say what becomes of it: an approver or admin at this moment, and not
 * who asked. What is refused for want of a right leaves an audit line.
 */
export async function endableRequest(
  world: World,
  { caller, requestId, surface }: EndPress,
  act: "retry" | "clean" | "stop",
): Promise<{ request: Request } | EndRefusal> {
  const request = await world.store.tables.requests.get(requestId);
  const refusal = await refusalOf(world, caller, request);
  if (refusal && request && refusal.refused !== "directory-unreachable") {
    await world.store.inTransaction((tables) =>
      tables.audit.append({
        at: world.clock.now(),
        who: caller.userId,
        what: "request.act-refused",
        surface,
        subject: request.id,
        revision: request.revision,
        outcome: refusal.refused,
        detail: { act },
      }),
    );
  }
  if (refusal) return refusal;
  return request ? { request } : { refused: "unknown-request" };
}

/** Whether this person has ended it before: then the answer to another press is the same. */
export function isEndedBy(request: Request, who: UserId): boolean {
  return (
    (request.state === "cleaning" && request.cleaningBy.userId === who) ||
    (request.state === "cleaned" && request.cleanedBy.userId === who)
  );
}

async function refusalOf(
  world: World,
  caller: Caller,
  request: Request | undefined,
): Promise<EndRefusal | undefined> {
  if (caller.tenantId !== world.settings.tenantId) return { refused: "may-not-end" };
  if (request?.requester.userId === caller.userId) return { refused: "own-failure", request };
  try {
    const may = await isApproverOrAdmin(world, caller);
    return may ? undefined : { refused: "may-not-end" };
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error }, "who may retry, stop or clean up could not be looked up");
    return { refused: "directory-unreachable" };
  }
}
