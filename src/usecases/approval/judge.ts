import { type DecisionRefusal, refusalToDecide, type Verdict } from "../../domain/approval.ts";
import type { Surface } from "../../domain/audit.ts";
import type { RequestId } from "../../domain/ids.ts";
import type { Caller } from "../../domain/person.ts";
import type { TermsNow } from "../../domain/policy.ts";
import type { Actor, Request } from "../../domain/request.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { World } from "../ports/world.ts";
import { tellAdminsIfNobodyDecides } from "./tell-admins.ts";
import { currentTerms, groupsOf, policyRefusals } from "./who-decides.ts";

/** A press of somebody who wants to decide. */
export type Press = {
  caller: Caller;
  requestId: RequestId;
  /** The revision that the person saw. */
  revision: number;
  surface: Surface;
};

export type DecideRefusal =
  | DecisionRefusal
  | { refused: "unknown-request" }
  | { refused: "nobody-can-approve" }
  | { refused: "directory-unreachable" };

export type Judged = { request: Request; terms: TermsNow; actor: Actor };

/**
 * What counts for the request, if the caller may decide so on it. Who may is looked up at this moment; nothing that is
 * decided upon comes from the card. What is refused for want of a right leaves an audit line. `request` is as the caller
 * has read it, once: a change since then shows when it is written.
 */
export async function judge(
  world: World,
  press: Press,
  verdict: Verdict,
  request: Request | undefined,
): Promise<Judged | DecideRefusal> {
  const refusal =
    !request || press.caller.tenantId !== world.settings.tenantId
      ? ({ refused: "unknown-request" } as const)
      : await refusalOf(world, request, press, verdict);
  if (refusal) {
    await auditRefusal(world, press, verdict, refusal);
    if (request && mayMeanNobody.has(refusal.refused)) await tellAdminsIfNobodyDecides(world, request);
    return refusal;
  }
  const { userId, name } = press.caller;
  return {
    request: request as Request,
    terms: currentTerms(world, request as Request),
    actor: { userId, name },
  };
}

async function refusalOf(
  world: World,
  request: Request,
  { caller, revision }: Press,
  verdict: Verdict,
): Promise<DecideRefusal | undefined> {
  const terms = currentTerms(world, request);
  const actor = { userId: caller.userId, name: caller.name };
  if (actor.userId === request.requester.userId) return { refused: "own-request" };
  if (terms.approvers.length === 0) return { refused: "nobody-can-approve" };
  try {
    const [person, groups, requester] = await Promise.all([
      world.directory.person(caller.userId),
      world.directory.memberOf(caller.userId, groupsOf(terms)),
      world.directory.person(request.requester.userId),
    ]);
    return refusalToDecide(
      request,
      verdict,
      revision,
      { actor, person, groups },
      { terms, requester, policyRefusals: policyRefusals(world, request, terms) },
    );
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: request.id }, "who may decide could not be looked up");
    return { refused: "directory-unreachable" };
  }
}

/** Refusals that can mean that nobody at all may decide: then the admins hear of it. */
const mayMeanNobody: ReadonlySet<DecideRefusal["refused"]> = new Set([
  "not-approver",
  "nobody-can-approve",
  "directory-unreachable",
] as const);

/** What was only late, or is the requester's turn, is no act against anything. */
const harmless: ReadonlySet<DecideRefusal["refused"]> = new Set([
  "already-decided",
  "waits-for-requester",
  "reason-missing",
  "fresh-sign-in-needed",
] as const);

async function auditRefusal(
  world: World,
  { caller, requestId, revision, surface }: Press,
  { verdict }: Verdict,
  refusal: DecideRefusal,
): Promise<void> {
  // A revision that never was is no old card.
  const isForged = refusal.refused === "old-revision" && revision > refusal.revision;
  if (harmless.has(refusal.refused) || (refusal.refused === "old-revision" && !isForged)) return;
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: "request.decision-refused",
      surface,
      subject: requestId,
      revision: Math.min(Math.max(Math.trunc(revision), 0), 2_000_000_000),
      outcome: refusal.refused,
      detail: { verdict },
    }),
  );
}
