import { type DecisionRefusal, refusalToDecide, type Verdict } from "../../domain/approval.ts";
import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { Request } from "../../domain/request.ts";
import { DirectoryFailure, type World } from "../ports.ts";
import { newPost } from "../telling/new-post.ts";

export type Decision = {
  caller: Caller;
  requestId: RequestId;
  /** The revision that the person saw. */
  revision: number;
  verdict: Verdict;
  surface: Surface;
};
export type DecideRefusal =
  | DecisionRefusal
  | { refused: "unknown-request" }
  | { refused: "nobody-can-approve" }
  | { refused: "directory-unreachable" };

/**
 * Approves or denies. Who may is looked up at this moment; nothing that is decided upon comes from the card. The
 * decision, its audit line and the job are one transaction, and only the first decision wins.
 */
export async function decideRequest(
  world: World,
  decision: Decision,
): Promise<{ decided: Request } | DecideRefusal> {
  const { caller, requestId, revision, verdict } = decision;
  const request = await world.store.tables.requests.get(requestId);
  if (!request || caller.tenantId !== world.settings.tenantId) return { refused: "unknown-request" };
  const refusal = await authorityRefusal(world, request, decision);
  if (refusal) {
    await auditRefusal(world, decision, refusal.refused);
    return refusal;
  }

  const decidedBy = { userId: caller.userId, name: caller.name };
  const decidedAt = world.clock.now();
  const decided: Request =
    verdict.verdict === "approve"
      ? { ...request, state: "approved", decidedBy, decidedAt }
      : { ...request, state: "denied", decidedBy, decidedAt, denial: verdict.reason };

  const won = await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, decided))) return false;
    await tables.audit.append({
      at: decidedAt,
      who: caller.userId,
      what: "request.decided",
      surface: decision.surface,
      subject: requestId,
      revision,
      outcome: decided.state,
      detail: {
        fingerprint: request.fingerprint,
        ...(verdict.verdict === "deny" && { reason: verdict.reason }),
      },
    });
    const origin = await tables.requests.origin(requestId);
    await tables.posts.add({
      ...newPost(requestId, "decision", decidedAt),
      place: { kind: "personal", userId: request.requester.userId, ...(origin && { fallback: origin }) },
    });
    await tables.jobs.wake("deliver", requestId);
    if (decided.state === "approved") await tables.jobs.wake("provision", requestId);
    return true;
  });
  // Somebody was faster between our reading and our writing: judge again by what stands now.
  return won ? { decided } : decideRequest(world, decision);
}

async function authorityRefusal(
  world: World,
  request: Request,
  { caller, revision, verdict }: Decision,
): Promise<DecideRefusal | undefined> {
  const { approversGroup } = world.settings;
  if (!approversGroup) return { refused: "nobody-can-approve" };
  try {
    const [person, isApprover, requester] = await Promise.all([
      world.directory.person(caller.userId),
      world.directory.isMember(caller.userId, approversGroup),
      world.directory.person(request.requester.userId),
    ]);
    const decider = { actor: { userId: caller.userId, name: caller.name }, person, isApprover };
    return refusalToDecide(request, verdict.verdict, revision, decider, requester);
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: request.id }, "who may decide could not be looked up");
    return { refused: "directory-unreachable" };
  }
}

/** A press that had no right leaves a line; one that was only late does not. */
async function auditRefusal(
  world: World,
  decision: Decision,
  refused: DecideRefusal["refused"],
): Promise<void> {
  if (refused === "already-decided" || refused === "old-revision" || refused === "unknown-request") return;
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: decision.caller.userId,
      what: "request.decision-refused",
      surface: decision.surface,
      subject: decision.requestId,
      revision: decision.revision,
      outcome: refused,
      detail: { verdict: decision.verdict.verdict },
    }),
  );
}
