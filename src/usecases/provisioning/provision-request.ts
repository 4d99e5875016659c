import type { RequestId } from "../../domain/ids.ts";
import { fingerprintOf } from "../../domain/plan.ts";
import {
  isTooLate,
  nextDelayMs,
  readySteps,
  type StepName,
  stepsOf,
  waitsForPerson,
} from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { whatExists } from "../../domain/what-exists.ts";
import { ChatFailure } from "../ports/chat.ts";
import { DirectoryFailure, isFinal, isLag } from "../ports/entra.ts";
import type { Lease, StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { newPost } from "../telling/new-post.ts";
import { tellApprovers } from "../telling/tell-approvers.ts";
import { steps } from "./steps.ts";
import { underLease } from "./under-lease.ts";
import { HandedOver, type Work } from "./work.ts";

/**
 * Makes the registration of an approved request, from wherever an earlier run left it. Rows are the truth: each
 * step is written as an intent before its call and with its outcome after it. Answers when to look again, or
 * undefined when there is nothing more to do.
 */
export async function provisionRequest(world: World, id: RequestId): Promise<Date | undefined> {
  const request = await world.store.tables.requests.get(id);
  if (request?.state !== "approved") return undefined;
  return underLease(world, id, async (lease) => {
    // Read again under the lease: whoever held it before may have ended the request.
    const current = await world.store.tables.requests.get(id);
    return current?.state === "approved" ? runSteps(world, current, lease) : undefined;
  });
}

async function runSteps(world: World, request: In<"approved">, lease: Lease): Promise<Date | undefined> {
  // What was approved is what is made: a plan that was altered in the database is not carried out.
  if (fingerprintOf(request.plan) !== request.fingerprint) {
    await fail(
      world,
      request,
      lease,
      "The stored plan is not the one that was approved. Nothing more was made.",
    );
    return undefined;
  }
  const read = async (): Promise<Work> => ({
    request,
    lease,
    rows: await world.store.tables.steps.all(request.id),
  });
  let work = await read();
  let level = dueLevel(world, work);
  await begin(world, work, level);
  while (level.length > 0) {
    const end = await runLevel(world, work, level);
    if (end.failure !== undefined) {
      await fail(world, request, lease, end.failure);
      return undefined;
    }
    if (end.handedOver) return undefined;
    if (end.begun) {
      ({ work, level } = end.begun);
      continue;
    }
    work = await read();
    level = dueLevel(world, work);
    await begin(world, work, level);
  }
  return nextTry(world, work);
}

/** The steps that can go now, as they are written before their calls. */
function dueLevel(world: World, work: Work): StepRow[] {
  const { request, rows } = work;
  const now = world.clock.now();
  const done = new Set(rows.filter(({ state }) => state === "done").map(({ step }) => step));
  return readySteps(stepsOf(request.plan, world.settings.mayConsent), done)
    .filter((step) => (rows.find((row) => row.step === step)?.nextAttemptAt ?? now) <= now)
    .map((step) => intended(world, work, step));
}

/** When a step that waits is to be tried again. */
function nextTry(world: World, { request, rows }: Work): Date | undefined {
  // A step that the plan had before Usher was given, or lost, its identity for consent is nothing to wait for.
  const steps = stepsOf(request.plan, world.settings.mayConsent);
  const times = rows.flatMap(({ step, state, nextAttemptAt }) =>
    state !== "done" && nextAttemptAt && steps.includes(step) ? [nextAttemptAt] : [],
  );
  return times.toSorted((a, b) => a.getTime() - b.getTime())[0];
}

type StepEnd = { failure?: string; handedOver?: boolean };
/** `begun`: what comes next, whose intents were committed with the end of this level. */
type LevelEnd = StepEnd & { begun?: { work: Work; level: StepRow[] } };

/** Runs the steps of a level beside each other. Only when all have ended is anything judged: one may yet change the tenant. */
async function runLevel(world: World, work: Work, level: readonly StepRow[]): Promise<LevelEnd> {
  const done: StepRow[] = [];
  const saves: Promise<void>[] = [];
  let begun: LevelEnd["begun"];
  /** A transaction for each step, but that the last one's also begins the next level: a commit less to wait for. */
  const finish = async (row: StepRow) => {
    done.push(row);
    if (done.length < level.length) {
      saves.push(save(world, work, [row]));
      return saves.at(-1);
    }
    await Promise.all(saves);
    const others = work.rows.filter(({ step }) => !done.some((ended) => ended.step === step));
    const after = { ...work, rows: [...others, ...done] };
    const next = dueLevel(world, after);
    await save(world, work, [row, ...next]);
    // What waits may have been hurried meanwhile, so where nothing follows the rows are read again.
    if (next.length > 0) begun = { work: after, level: next };
  };
  const ends = await Promise.allSettled(level.map((row) => runStep(world, work, row, finish)));
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  const ended = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  const failed = ended.find(({ failure }) => failure !== undefined);
  return failed ?? { handedOver: ended.some(({ handedOver }) => handedOver), ...(begun && { begun }) };
}

/** The row of a step before its call. */
function intended(world: World, { rows }: Work, step: StepName): StepRow {
  const before = rows.find((row) => row.step === step);
  return {
    step,
    state: "intended",
    intent: before?.intent ?? steps[step].intent(),
    outcome: {},
    attempts: (before?.attempts ?? 0) + 1,
    firstAttemptAt: before?.firstAttemptAt ?? world.clock.now(),
    // Whoever reads the card need not see each attempt, only what it waits for.
    ...(before?.note !== undefined && { note: before.note }),
  };
}

async function runStep(
  world: World,
  work: Work,
  row: StepRow,
  finish: (done: StepRow) => Promise<void> | undefined,
): Promise<StepEnd> {
  const isAgain = work.rows.some(({ step }) => step === row.step);
  try {
    const outcome = await steps[row.step].act(world, work, row, isAgain);
    if (outcome instanceof HandedOver) return { handedOver: true };
    await finish({ ...row, state: "done", outcome, doneAt: world.clock.now() });
    return {};
  } catch (error) {
    if (error instanceof DirectoryFailure || error instanceof ChatFailure)
      return settle(world, work, row, error);
    throw error;
  }
}

/** Waits with a durable time for the next attempt, or gives up for good. */
async function settle(
  world: World,
  work: Work,
  row: StepRow,
  error: DirectoryFailure | ChatFailure,
): Promise<StepEnd> {
  const now = world.clock.now();
  // An outage may last as long as it likes; only a directory that answers and never agrees with itself is given up.
  const kind = row.step === "credential" ? "key" : "other";
  const lagSince = lagSinceOf(row, error, now);
  const isGivenUp = lagSince !== undefined && isTooLate(kind, row.attempts, lagSince, now);
  world.log.warn(
    { err: error, requestId: work.request.id, step: row.step, attempts: row.attempts },
    "a step did not go through",
  );
  if (isFinal(error) || isGivenUp) {
    const outcome = whatIsKnown(error);
    await save(world, work, [{ ...row, state: "failed", outcome, note: error.message, doneAt: now }]);
    return { failure: error.message };
  }
  const retryAfterMs = error instanceof DirectoryFailure ? error.retryAfterMs : 0;
  const nextAttemptAt = new Date(now.getTime() + nextDelayMs(row.attempts, retryAfterMs));
  // A person may take as long as they like, and a short wait is over before the card is read.
  const isLong = retryAfterMs >= 60_000 && !waitsForPerson.has(row.step);
  const outcome = isLong ? { until: nextAttemptAt.toISOString() } : {};
  const intent = withLagSince(row, lagSince);
  const waiting: StepRow = { ...row, intent, state: "waiting", outcome, note: error.message, nextAttemptAt };
  await save(world, work, [waiting], (tables) => tellOfAdministrator(tables, work, waiting, now));
  return {};
}

/** Since when the directory has answered and not agreed with itself, without anything else in between. */
function lagSinceOf({ intent }: StepRow, error: DirectoryFailure | ChatFailure, now: Date): Date | undefined {
  if (!isLag(error)) return undefined;
  return intent.lagSince === undefined ? now : new Date(intent.lagSince);
}

function withLagSince({ intent: { lagSince: _before, ...intent } }: StepRow, since: Date | undefined) {
  return since ? { ...intent, lagSince: since.toISOString() } : intent;
}

/** What another attempt, or a clean-up, must know of the failure. */
function whatIsKnown(error: DirectoryFailure | ChatFailure): StepRow["outcome"] {
  if (!(error instanceof DirectoryFailure)) return {};
  return { ...(error.isForeign && { foreign: "true" }), ...(error.isUnmade && { unmade: "true" }) };
}

/** Writes down what is about to be done. What follows on something done is said with that; all else by itself. */
async function begin(world: World, { request, rows, lease }: Work, level: readonly StepRow[]): Promise<void> {
  if (level.length === 0) return;
  await world.store.inTransaction(async (tables) => {
    for (const row of level) await tables.steps.write(lease, row);
    const isSaid = rows.length > 0 && level.every(({ attempts }) => attempts === 1);
    if (!isSaid) await tables.jobs.wake("deliver", request.id);
  });
}

/** Once for each step: what only an administrator can do is waited for without an end. */
async function tellOfAdministrator(
  tables: Tables,
  { request }: Work,
  { step, note = "" }: StepRow,
  at: Date,
): Promise<void> {
  if (step !== "admin-consent" && step !== "missing-apis") return;
  await tellApprovers(tables, request, { why: step, note, once: "first" }, at);
}

/** Every outcome of a step shows on the cards. */
async function save(
  world: World,
  { request, lease }: Work,
  changed: readonly StepRow[],
  also?: (tables: Tables) => Promise<void>,
): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    for (const row of changed) await tables.steps.write(lease, row);
    await also?.(tables);
    await tables.jobs.wake("deliver", request.id);
  });
}

async function fail(world: World, request: In<"approved">, lease: Lease, failure: string): Promise<void> {
  const rows = await world.store.tables.steps.all(request.id);
  const made = rows.filter(({ state }) => state === "done").map(({ step }) => step);
  const exists = whatExists(request, rows);
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    if (
      !(await tables.requests.change(request, {
        ...request,
        state: "failed",
        failure: `${failure} ${exists}`,
      }))
    )
      return;
    const at = world.clock.now();
    await tables.audit.append({
      at,
      who: "usher",
      what: "request.provisioning",
      surface: "system",
      subject: request.id,
      revision: request.revision,
      outcome: "failed",
      detail: { failure, made },
    });
    // A run that died over its key may have left one: the sweep looks for it.
    for (const key of await tables.keys.of(request.id))
      if (key.state === "intended") await tables.keys.update({ ...key, state: "abandoned", changedAt: at });
    await tables.links.cancel({ requestId: request.id });
    const once = `v${request.version + 1}`;
    await tellApprovers(tables, request, { why: "failed", note: `${failure} ${exists}`, once }, at);
    const origin = await tables.requests.origin(request.id);
    await tables.posts.add({
      ...newPost(request.id, "failure", at),
      place: {
        kind: "personal",
        userId: request.requester.userId,
        // Tried again, it may fail again, and that is said again.
        copy: `failed v${request.version + 1}`,
        ...(origin && { fallback: origin }),
      },
    });
    await tables.jobs.wake("deliver", request.id);
  });
}
