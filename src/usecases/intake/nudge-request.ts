import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { In, Request } from "../../domain/request.ts";
import { nudgeAgainAt } from "../../domain/waiting.ts";
import { addCopyInChannel } from "../approval/keep-time.ts";
import { newsForAdmins, tellAdmins } from "../approval/tell-admins.ts";
import type { World } from "../ports/world.ts";
import { ownRequest, type RequesterRefusal } from "./own-request.ts";

export type NudgeRefusal = RequesterRefusal | { refused: "nudged-already"; againAt: Date };

/** Teams may send one press twice, and a person may press twice: within this time it is the same nudge. */
const samePressMs = 10_000;

/** The requester asks the approvers to look: a new copy of the card in the channel, at most once a day. */
export async function nudgeRequest(
  world: World,
  caller: Caller,
  id: RequestId,
  surface: Surface,
): Promise<{ nudged: Request } | NudgeRefusal> {
  const request = await ownRequest(world, caller, id, undefined, "pending");
  if ("refused" in request) return request;
  const now = world.clock.now();
  const { nudgedAt } = request.waiting;
  if (nudgedAt && now.getTime() - nudgedAt.getTime() < samePressMs) return { nudged: request };
  const againAt = nudgeAgainAt(request.waiting, now);
  if (againAt) return { refused: "nudged-already", againAt };
  const news = await newsForAdmins(world, request);
  const nudged: In<"pending"> = { ...request, waiting: { ...request.waiting, nudgedAt: now } };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, nudged))) return false;
    await tables.audit.append({
      at: now,
      who: caller.userId,
      what: "request.nudged",
      surface,
      subject: id,
      revision: request.revision,
      outcome: "pending",
      detail: { fingerprint: request.fingerprint },
    });
    await addCopyInChannel(tables, request, `nudge ${request.version}`, now);
    await tellAdmins(tables, request, news, now);
    return true;
  });
  return isSaved ? { nudged } : nudgeRequest(world, caller, id, surface);
}
