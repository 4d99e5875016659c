import { hasVoted } from "../../domain/approval.ts";
import type { AuditEvent } from "../../domain/audit.ts";
import type { Request } from "../../domain/request.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import type { Decision } from "./decide-request.ts";
import { currentTerms } from "./who-decides.ts";

/** One transaction: the request's next state over what was read, its audit lines, its messages and its jobs. */
export function saveDecision(
  world: World,
  from: Request,
  to: Request,
  { caller, surface, verdict }: Decision,
): Promise<boolean> {
  return world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(from, to))) return false;
    // Whoever votes anew has not lapsed.
    const lapsed = from.votes.filter(({ approver }) => !hasVoted(to.votes, approver.userId));
    await auditLapsed(tables, to, lapsed, world.clock.now());
    await tables.audit.append({
      at: world.clock.now(),
      who: caller.userId,
      what: to.state === "pending" ? "request.voted" : "request.decided",
      surface,
      subject: to.id,
      revision: to.revision,
      outcome: to.state,
      detail: {
        fingerprint: to.fingerprint,
        ...(verdict.verdict === "approve" && {
          votes: to.votes.length,
          approvals: currentTerms(world, to).approvals,
        }),
        ...(verdict.verdict === "approve" && verdict.isFresh && { freshSignIn: true }),
        ...(verdict.reason && { reason: verdict.reason }),
      },
    });
    if (to.state === "pending") await tables.jobs.wake("deliver", to.id);
    else await tellAndMake(tables, to, world.clock.now());
    return true;
  });
}

/** Votes of people who may not decide any more do not count; that leaves a line for each. */
export async function auditLapsed(
  tables: Tables,
  request: Request,
  lapsed: Request["votes"],
  at: Date,
): Promise<void> {
  for (const { approver } of lapsed) {
    const event: AuditEvent = {
      at,
      who: approver.userId,
      what: "request.vote-lapsed",
      surface: "system",
      subject: request.id,
      revision: request.revision,
      outcome: "not-approver",
    };
    await tables.audit.append(event);
  }
}

/** The requester hears of a decision in person, and what was approved is made. */
export async function tellAndMake(tables: Tables, decided: Request, at: Date): Promise<void> {
  await tellRequester(tables, decided, at);
  if (decided.state === "approved") await tables.jobs.wake("provision", decided.id);
}

/** A message of its own to the requester about what has become of the request; its state says what it is. */
export async function tellRequester(tables: Tables, request: Request, at: Date): Promise<void> {
  const origin = await tables.requests.origin(request.id);
  await tables.posts.add({
    ...newPost(request.id, "decision", at),
    place: {
      kind: "personal",
      userId: request.requester.userId,
      copy: `${request.state} r${request.revision} v${request.version}`,
      ...(origin && { fallback: origin }),
    },
  });
  await tables.jobs.wake("deliver", request.id);
}
