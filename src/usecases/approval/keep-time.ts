import type { AuditEvent } from "../../domain/audit.ts";
import type { ActivityId, RequestId, UserId } from "../../domain/ids.ts";
import { type In, isOpen, type OpenState, type Request } from "../../domain/request.ts";
import { dueNow, escalated, reminded } from "../../domain/waiting.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { tellRequester } from "./save-decision.ts";
import { adminsNow, newsForAdmins, tellAdmins } from "./tell-admins.ts";
import { currentTerms, membersOfAll } from "./who-decides.ts";

/** Alternates are told in person; of a larger group only so many. */
const mostAlternates = 20;
/** More than one request can have due at once, also when others change it meanwhile. */
const mostRounds = 10;

/**
 * Does what is due for a request by now: a reminder, the escalation, its end. One thing a round, each in a transaction
 * of its own over what was read, so that it happens once, whoever else is at it or is killed in between.
 */
export async function keepTime(world: World, id: RequestId, now: Date): Promise<void> {
  let canEscalate = true;
  for (let round = 0; round < mostRounds; round++) {
    const request = await world.store.tables.requests.get(id);
    if (!request || !isOpen(request)) return;
    switch (dueFor(request, now, canEscalate)) {
      case "expire":
        await expire(world, request, now);
        break;
      case "escalate":
        // Who to call is not known while the directory is silent: the next sweep asks again.
        canEscalate = await escalate(world, request as In<"pending">, now);
        break;
      case "remind":
        await remind(world, request, now);
        break;
      default:
        return;
    }
  }
}

/** The request as it stands at this moment: one whose time is over has expired, also when no sweep came by since. */
export async function requestNow(world: World, id: RequestId): Promise<Request | undefined> {
  const { requests } = world.store.tables;
  const request = await requests.get(id);
  const now = world.clock.now();
  if (!request || !isOpen(request) || request.waiting.expiresAt > now) return request;
  await keepTime(world, id, now);
  return requests.get(id);
}

/** While the requester is to act there is nobody to escalate to. */
function dueFor({ state, waiting }: In<OpenState>, now: Date, canEscalate: boolean) {
  if (state === "pending" && canEscalate) return dueNow(waiting, now);
  const { escalateAt: _later, ...rest } = waiting;
  return dueNow(rest, now);
}

async function expire(world: World, request: In<OpenState>, now: Date): Promise<void> {
  const expired: In<"expired"> = { ...request, state: "expired", expiredAt: now };
  await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, expired))) return;
    const detail = { from: request.state, votes: request.votes.length };
    await tables.audit.append(auditOf(expired, "request.expired", now, detail));
    await tellRequester(tables, expired, now);
  });
}

/** Whoever has to act is reminded: approvers by a new copy of the card, the requester by the question or the offer. */
async function remind(world: World, request: In<OpenState>, now: Date): Promise<void> {
  const policy = world.catalog.policy.ranks[currentTerms(world, request).rank];
  const waiting = reminded(request.waiting, policy, now);
  const next: In<OpenState> = { ...request, waiting };
  const news = request.state === "pending" ? await newsForAdmins(world, request) : undefined;
  await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, next))) return;
    await tables.audit.append(auditOf(next, "request.reminded", now, { reminder: waiting.reminders }));
    if (news) {
      await addCopyInChannel(tables, request, `reminder ${request.version}`, now);
      await tellAdmins(tables, request, news, now);
    } else await tellRequester(tables, request, now);
  });
}

/**
 * A further copy of the approval card, kept true like the first: a card that is only redrawn where it stands is seen by
 * nobody. `copy` is a name that it does not have yet.
 */
export async function addCopyInChannel(
  tables: Tables,
  request: Request,
  copy: string,
  now: Date,
): Promise<void> {
  const conversationId = await tables.conversations.approvalsChannel();
  if (conversationId) {
    await tables.posts.add({
      ...newPost(request.id, "approval", now),
      place: { kind: "conversation", conversationId, copy: copy as ActivityId },
    });
  }
  await tables.jobs.wake("deliver", request.id);
}

/** Answers false when it is to be tried again later. */
async function escalate(world: World, request: In<"pending">, now: Date): Promise<boolean> {
  const called = await whoIsCalled(world, request);
  if (!called) return false;
  const next: In<"pending"> = { ...request, waiting: escalated(request.waiting, now) };
  await world.store.inTransaction(async (tables) => {
    if (!(await tables.requests.change(request, next))) return;
    const detail = { alternates: called.alternates.length, admins: called.admins.length };
    await tables.audit.append(auditOf(next, "request.escalated", now, detail));
    for (const userId of called.alternates) {
      await tables.posts.add({
        ...newPost(request.id, "approval", now),
        place: { kind: "personal", userId, copy: `escalated ${request.version}` },
      });
    }
    for (const userId of called.admins) {
      const { id: requestId, requester, submittedAt } = request;
      await tables.posts.add({
        ...newPost(requestId, "note", now),
        place: { kind: "personal", userId },
        message: { kind: "waits-too-long", requestId, requester, since: submittedAt.toISOString() },
      });
    }
    await tables.jobs.wake("deliver", request.id);
  });
  return true;
}

/** The alternates, or the admins where there are none; undefined while the directory does not say. */
async function whoIsCalled(
  world: World,
  request: Request,
): Promise<{ alternates: UserId[]; admins: UserId[] } | undefined> {
  const groups = currentTerms(world, request).alternates;
  try {
    const alternates = await membersOfAll(world, groups, request.requester.userId);
    if (alternates.length > 0) {
      return { alternates: alternates.slice(0, mostAlternates).map(({ userId }) => userId), admins: [] };
    }
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId: request.id }, "who to escalate to could not be read");
    if (error.kind === "retry") return undefined;
  }
  const admins = await adminsNow(world);
  if (admins?.length === 0)
    world.log.warn({ requestId: request.id }, "it waits too long, and there is nobody to tell");
  return admins && { alternates: [], admins };
}

function auditOf(
  request: Request,
  what: string,
  at: Date,
  detail: Readonly<Record<string, unknown>>,
): AuditEvent {
  return {
    at,
    who: "usher",
    what,
    surface: "system",
    subject: request.id,
    revision: request.revision,
    outcome: request.state,
    detail: { fingerprint: request.fingerprint, ...detail },
  };
}
