import type { Selectable } from "kysely";
import type { RequestId, UserId } from "../domain/ids.ts";
import type { Fingerprint } from "../domain/plan.ts";
import type { Actor, Request, RequestState, Said, Vote, Waiting } from "../domain/request.ts";
import { isOpen } from "../domain/request.ts";
import { nextDue } from "../domain/waiting.ts";
import type { Dated, Schema } from "./schema.ts";
import { present } from "./values.ts";

export type RequestRow = Selectable<Schema["requests"]>;

/** What a request holds in each state, as columns; what its state does not know is null. */
export function requestColumns(request: Request) {
  const turned = turnedOf(request);
  const decided = "decidedBy" in request ? request : undefined;
  return {
    state: request.state,
    revision: request.revision,
    reason: request.reason,
    plan: JSON.stringify(request.plan),
    fingerprint: request.fingerprint,
    system: request.plan.blueprint.id,
    terms: JSON.stringify(request.terms),
    votes: JSON.stringify(request.votes),
    thread: JSON.stringify(request.thread),
    before: request.before ? JSON.stringify(request.before) : null,
    waiting: isOpen(request) ? JSON.stringify(request.waiting) : null,
    due_at: dueAt(request),
    turned_by_id: turned?.by.userId ?? null,
    turned_by_name: turned?.by.name ?? null,
    turned_at: turned?.at ?? null,
    question: request.state === "returned" ? request.question : null,
    decided_by_id: decided?.decidedBy.userId ?? null,
    decided_by_name: decided?.decidedBy.name ?? null,
    decided_at: decided?.decidedAt ?? null,
    denial: request.state === "denied" ? request.denial : null,
    withdrawn_at: request.state === "withdrawn" ? request.withdrawnAt : null,
    expired_at: request.state === "expired" ? request.expiredAt : null,
    failure: "failure" in request ? request.failure : null,
    half_undone: request.state === "failed" && request.isHalfUndone === true,
    ...cleaningColumns(request),
  };
}

/**
 * When a sweep must look at it next. While the requester is to act there is nobody to escalate to, and one that always
 * were due would stand before all others.
 */
function dueAt(request: Request): Date | null {
  if (!isOpen(request)) return null;
  const { escalateAt: _escalateAt, ...rest } = request.waiting;
  return nextDue(request.state === "pending" ? request.waiting : rest);
}

function cleaningColumns(request: Request) {
  const { by, since } =
    request.state === "cleaning"
      ? { by: request.cleaningBy, since: request.cleaningSince }
      : { by: request.state === "cleaned" ? request.cleanedBy : undefined, since: undefined };
  return {
    cleaning_by_id: by?.userId ?? null,
    cleaning_by_name: by?.name ?? null,
    cleaning_since: since ?? null,
    cleaned_at: request.state === "cleaned" ? request.cleanedAt : null,
    stays: request.state === "cleaned" ? (request.stays ?? null) : null,
  };
}

function turnedOf(request: Request): { by: Actor; at: Date } | undefined {
  if (request.state === "returned") return { by: request.returnedBy, at: request.returnedAt };
  return request.state === "offered" ? { by: request.offeredBy, at: request.offeredAt } : undefined;
}

export function requestOf(row: RequestRow): Request {
  const asked = {
    id: row.id as RequestId,
    revision: row.revision,
    version: row.version,
    requester: { userId: row.requester_id as UserId, name: row.requester_name },
    reason: row.reason,
    plan: row.plan,
    fingerprint: row.fingerprint as Fingerprint,
    submittedAt: row.submitted_at,
    terms: row.terms,
    votes: row.votes.map((vote): Vote => ({ ...vote, at: new Date(vote.at) })),
    thread: row.thread.map((said): Said => ({ ...said, at: new Date(said.at) })),
    ...(row.before && { before: row.before }),
  };
  const state = row.state as RequestState;
  const actor = (id: string | null, name: string | null): Actor => ({
    userId: present(id) as UserId,
    name: present(name),
  });
  const open = () => ({ waiting: waitingOf(present(row.waiting)) });
  const turned = () => actor(row.turned_by_id, row.turned_by_name);
  const cleaner = () => actor(row.cleaning_by_id, row.cleaning_by_name);
  const decided = () => ({
    decidedBy: actor(row.decided_by_id, row.decided_by_name),
    decidedAt: present(row.decided_at),
  });
  switch (state) {
    case "pending":
      return { ...asked, state, ...open() };
    case "returned":
      return {
        ...asked,
        state,
        ...open(),
        question: present(row.question),
        returnedBy: turned(),
        returnedAt: present(row.turned_at),
      };
    case "offered":
      return { ...asked, state, ...open(), offeredBy: turned(), offeredAt: present(row.turned_at) };
    case "expired":
      return { ...asked, state, expiredAt: present(row.expired_at) };
    case "withdrawn":
      return { ...asked, state, withdrawnAt: present(row.withdrawn_at) };
    case "denied":
      return { ...asked, state, ...decided(), denial: present(row.denial) };
    case "failed":
      return {
        ...asked,
        state,
        ...decided(),
        failure: present(row.failure),
        ...(row.half_undone && { isHalfUndone: true as const }),
      };
    case "cleaning":
      return {
        ...asked,
        state,
        ...decided(),
        failure: present(row.failure),
        cleaningBy: cleaner(),
        cleaningSince: present(row.cleaning_since),
      };
    case "cleaned":
      return {
        ...asked,
        state,
        ...decided(),
        failure: present(row.failure),
        cleanedBy: cleaner(),
        cleanedAt: present(row.cleaned_at),
        ...(row.stays !== null && { stays: row.stays }),
      };
    case "approved":
    case "provisioned":
      return { ...asked, state, ...decided() };
    default:
      return state satisfies never;
  }
}

function waitingOf({
  expiresAt,
  remindAt,
  escalateAt,
  escalatedAt,
  nudgedAt,
  reminders,
}: Dated<Waiting>): Waiting {
  return {
    expiresAt: new Date(expiresAt),
    ...(remindAt && { remindAt: new Date(remindAt) }),
    ...(escalateAt && { escalateAt: new Date(escalateAt) }),
    ...(escalatedAt && { escalatedAt: new Date(escalatedAt) }),
    ...(nudgedAt && { nudgedAt: new Date(nudgedAt) }),
    reminders,
  };
}
