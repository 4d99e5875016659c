import { missingVotes } from "../../domain/approval.ts";
import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { TermsNow } from "../../domain/policy.ts";
import type { In, Request, Waiting } from "../../domain/request.ts";
import { beginWaiting } from "../../domain/waiting.ts";
import { addCopyInChannel } from "../approval/keep-time.ts";
import { auditLapsed, tellAndMake } from "../approval/save-decision.ts";
import { currentTerms, policyRefusals, standingVotes } from "../approval/who-decides.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { ownRequest, type RequesterRefusal } from "./own-request.ts";

/**
 * The requester takes the narrower plan. Votes are counted again: where the one of whoever narrowed it is enough, it is
 * approved, and this is what gets it made; otherwise it waits for the others.
 */
export async function acceptOffer(
  world: World,
  caller: Caller,
  id: RequestId,
  revision: number,
  surface: Surface,
): Promise<{ accepted: Request } | RequesterRefusal> {
  const request = await ownRequest(world, caller, id, revision, "offered", surface);
  if ("refused" in request) {
    // Looked for afterwards: the same press may be carried out by another process at this moment.
    const already = await acceptedAlready(world, caller, id, revision);
    return already ? { accepted: already } : request;
  }
  const terms = currentTerms(world, request);
  let votes: Request["votes"];
  try {
    votes = await standingVotes(world, request, terms);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return { refused: "directory-unreachable" };
  }
  const at = world.clock.now();
  const by = { userId: caller.userId, name: caller.name };
  const thread = [...request.thread, { at, by, kind: "accept" as const, revision }];
  const last = votes.at(-1);
  const isApproved =
    last !== undefined &&
    missingVotes({ votes }, terms) === 0 &&
    policyRefusals(world, request, terms).length === 0;
  const accepted: In<"pending"> | In<"approved"> = isApproved
    ? { ...request, state: "approved", votes, thread, decidedBy: last.approver, decidedAt: at }
    : { ...request, state: "pending", votes, thread, waiting: waitingAnew(world, request, terms, at) };
  const isSaved = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, accepted))) return false;
    await auditLapsed(
      tables,
      accepted,
      request.votes.filter((vote) => !votes.includes(vote)),
      at,
    );
    const event = { at, surface, subject: id, revision, outcome: accepted.state };
    const detail = { fingerprint: accepted.fingerprint, votes: votes.length, approvals: terms.approvals };
    await tables.audit.append({ ...event, who: caller.userId, what: "request.accepted", detail });
    if (accepted.state === "approved") {
      await tables.audit.append({
        ...event,
        who: accepted.decidedBy.userId,
        what: "request.decided",
        detail: { ...detail, acceptedBy: caller.userId },
      });
      await tellAndMake(tables, accepted, at);
    } else await addCopyInChannel(tables, accepted, `accepted ${request.version}`, at);
    return true;
  });
  return isSaved ? { accepted } : acceptOffer(world, caller, id, revision, surface);
}

/** The approvers who are still missing get the whole time: it was the requester's until now. */
function waitingAnew({ catalog }: World, { waiting }: In<"offered">, { rank }: TermsNow, at: Date): Waiting {
  const { escalatedAt } = waiting;
  return { ...beginWaiting(catalog.policy.ranks[rank], at, waiting), ...(escalatedAt && { escalatedAt }) };
}

/** Pressed a second time: what came of the first press is the answer. */
async function acceptedAlready(world: World, caller: Caller, id: RequestId, revision: number) {
  const request = await world.store.tables.requests.get(id);
  if (request?.requester.userId !== caller.userId || request.revision !== revision) return undefined;
  const hasAccepted = request.thread.some((said) => said.kind === "accept" && said.revision === revision);
  return hasAccepted && request.state !== "offered" ? request : undefined;
}
