import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { In, Request } from "../../domain/request.ts";
import { beginWaiting } from "../../domain/waiting.ts";
import { addCopyInChannel } from "../approval/keep-time.ts";
import { currentTerms } from "../approval/who-decides.ts";
import type { World } from "../ports/world.ts";
import { ownRequest, type RequesterRefusal } from "./own-request.ts";

/**
 * Answers an approver's question in words. The plan stays as it was, so what was frozen of policy stays too; the
 * revision goes up, and votes on the old one lapse.
 */
export async function answerQuestion(
  world: World,
  caller: Caller,
  id: RequestId,
  revision: number | undefined,
  text: string,
  surface: Surface,
): Promise<{ answered: Request } | RequesterRefusal> {
  const request = await ownRequest(world, caller, id, revision, "returned", surface);
  if ("refused" in request) {
    // Looked for afterwards: the same press may be carried out by another process at this moment.
    const already = await world.store.tables.requests.get(id);
    const isOwn = already?.requester.userId === caller.userId;
    return already && isOwn && isThisAnswer(already, revision, text) ? { answered: already } : request;
  }
  const at = world.clock.now();
  const by = { userId: caller.userId, name: caller.name };
  const { before: _before, ...rest } = request;
  const answered: In<"pending"> = {
    ...rest,
    state: "pending",
    revision: request.revision + 1,
    votes: [],
    thread: [...request.thread, { at, by, kind: "answer", text, revision: request.revision + 1 }],
    waiting: beginWaiting(world.catalog.policy.ranks[currentTerms(world, request).rank], at, request.waiting),
  };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, answered))) return false;
    await tables.audit.append({
      at,
      who: caller.userId,
      what: "request.answered",
      surface,
      subject: id,
      revision: answered.revision,
      outcome: "pending",
      detail: { fingerprint: answered.fingerprint, answer: text },
    });
    await addCopyInChannel(tables, answered, `answered ${request.version}`, at);
    return true;
  });
  return isSaved ? { answered } : answerQuestion(world, caller, id, revision, text, surface);
}

/** The same words, sent again: by a repeat of the same press. */
function isThisAnswer(request: Request, revision: number | undefined, text: string): boolean {
  const last = request.thread.at(-1);
  return (
    request.state === "pending" &&
    (revision === undefined || request.revision === revision + 1) &&
    last?.kind === "answer" &&
    last.revision === request.revision &&
    last.text === text
  );
}
