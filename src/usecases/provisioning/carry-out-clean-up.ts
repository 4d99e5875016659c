import type { RequestId } from "../../domain/ids.ts";
import { nextDelayMs, provisioningSteps } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { whatExists, whatStays } from "../../domain/what-exists.ts";
import { tellRequester } from "../approval/save-decision.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Lease, StepRow } from "../ports/steps.ts";
import type { Tables } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { tellApprovers } from "../telling/tell-approvers.ts";
import { underLease } from "./under-lease.ts";
import { type Undoing, undo } from "./undo.ts";

/** A step makes a few calls, each of which is given up after 15 seconds. */
const callsLastMs = 60_000;

/**
 * Undoes the steps of a request in reverse, from wherever an earlier run left it. As when they were made, rows are the
 * truth: what is about to be undone is written before the call and what is undone after it, and each undo may be done
 * again. Answers when to look again, or undefined when there is nothing more to do.
 */
export async function carryOutCleanUp(world: World, id: RequestId): Promise<Date | undefined> {
  const request = await world.store.tables.requests.get(id);
  if (request?.state !== "cleaning") return undefined;
  return underLease(world, id, (lease) => undoAll(world, id, lease));
}

async function undoAll(world: World, id: RequestId, lease: Lease): Promise<Date | undefined> {
  // Read again under the lease: whoever held it before may have ended it.
  const request = await world.store.tables.requests.get(id);
  if (request?.state !== "cleaning") return undefined;
  const calmAt = await whenCalm(world, request);
  if (calmAt > world.clock.now()) return calmAt;
  const waits: Date[] = [];
  for (const step of provisioningSteps.toReversed()) {
    // A restore brings back all that it was deleted with, so nothing else may be left by then.
    if (step === "application" && waits.length > 0) break;
    const rows = await world.store.tables.steps.all(id);
    const row = rows.find((each) => each.step === step);
    if (!row || row.state === "undone") continue;
    const isWaiting = row.state === "undoing" && row.nextAttemptAt && row.nextAttemptAt > world.clock.now();
    const next = isWaiting ? row.nextAttemptAt : await undoStep(world, { request, rows, lease }, row);
    if (next === "gave up") return undefined;
    if (next) waits.push(next);
  }
  if (waits.length > 0) return waits.toSorted((a, b) => a.getTime() - b.getTime())[0];
  await end(world, request, lease);
  return undefined;
}

/**
 * What was stopped in the middle of a call may still be carried out by Entra for a while: what is undone before that
 * would be there again afterwards.
 */
async function whenCalm(world: World, { id, cleaningSince }: In<"cleaning">): Promise<Date> {
  const rows = await world.store.tables.steps.all(id);
  const isInCall = rows.some(({ state }) => state === "intended");
  return isInCall ? new Date(cleaningSince.getTime() + callsLastMs) : cleaningSince;
}

/** Undefined once it is undone. */
async function undoStep(
  world: World,
  undoing: Undoing,
  before: StepRow,
): Promise<Date | "gave up" | undefined> {
  const { request, lease } = undoing;
  const isAgain = before.state === "undoing";
  const row: StepRow = {
    step: before.step,
    state: "undoing",
    // What is not clear about the step that was made is forgotten with its state, so it is kept here.
    intent: isAgain ? before.intent : undo[before.step].intent(before),
    outcome: before.outcome,
    attempts: isAgain ? before.attempts + 1 : 1,
    firstAttemptAt: isAgain ? before.firstAttemptAt : world.clock.now(),
    // The card goes on saying what it waits for, until something has changed.
    ...(isAgain && before.note !== undefined && { note: before.note }),
  };
  await save(world, request, lease, row);
  const keep = async (outcome: StepRow["outcome"]) => {
    await save(world, request, lease, { ...row, outcome: { ...row.outcome, ...outcome } });
  };
  try {
    const outcome = await undo[row.step].act(world, undoing, row, keep);
    const { note: _passed, ...rest } = row;
    await save(world, request, lease, {
      ...rest,
      state: "undone",
      outcome: { ...row.outcome, ...outcome },
      doneAt: world.clock.now(),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    return settle(world, undoing, row, error);
  }
}

/** Waits with a durable time for the next attempt, or gives the request back to the approvers. */
async function settle(
  world: World,
  { request, lease }: Undoing,
  row: StepRow,
  error: DirectoryFailure,
): Promise<Date | "gave up"> {
  const now = world.clock.now();
  world.log.warn(
    { err: error, requestId: request.id, step: row.step, attempts: row.attempts },
    "a step was not undone",
  );
  const stands =
    (await world.store.tables.steps.all(request.id)).find(({ step }) => step === row.step) ?? row;
  if (error.kind === "final") {
    await giveUp(world, request, lease, { ...stands, attempts: 0, note: error.message });
    return "gave up";
  }
  const nextAttemptAt = new Date(now.getTime() + nextDelayMs(row.attempts, error.retryAfterMs));
  await save(world, request, lease, { ...stands, note: error.message, nextAttemptAt });
  return nextAttemptAt;
}

/** Every change of a step shows on the cards. */
async function save(world: World, { id }: In<"cleaning">, lease: Lease, row: StepRow): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    await tables.steps.write(lease, row);
    await tables.jobs.wake("deliver", id);
  });
}

async function giveUp(world: World, request: In<"cleaning">, lease: Lease, row: StepRow): Promise<void> {
  const { cleaningBy, cleaningSince: _since, failure: _before, ...kept } = request;
  await world.store.inTransaction(async (tables) => {
    await tables.steps.write(lease, row);
    const exists = whatExists(request, await tables.steps.all(request.id));
    const failure = `The clean-up did not go through. ${row.note ?? ""} ${exists}`;
    const failed: In<"failed"> = { ...kept, state: "failed", failure, isHalfUndone: true };
    if (!(await tables.requests.change(request, failed))) return;
    await audit(tables, world, request, "failed", { failure, cleaningBy: cleaningBy.userId });
    const at = world.clock.now();
    const once = `v${request.version + 1}`;
    await tellApprovers(tables, request, { why: "half-undone", note: failure, once }, at);
    // They were promised to hear how it ends.
    await tellRequester(tables, { ...failed, version: request.version + 1 }, at);
  });
}

async function end(world: World, request: In<"cleaning">, lease: Lease): Promise<void> {
  const at = world.clock.now();
  const { cleaningBy, cleaningSince: _since, ...kept } = request;
  await world.store.inTransaction(async (tables) => {
    await tables.steps.check(lease);
    const stays = whatStays(request, await tables.steps.all(request.id));
    const cleaned: In<"cleaned"> = {
      ...kept,
      state: "cleaned",
      cleanedBy: cleaningBy,
      cleanedAt: at,
      ...(stays && { stays }),
    };
    if (!(await tables.requests.change(request, cleaned))) return;
    await audit(tables, world, request, "cleaned", {
      cleaningBy: cleaningBy.userId,
      ...(stays && { stays }),
    });
    await tellRequester(tables, { ...cleaned, version: request.version + 1 }, at);
  });
  world.log.info({ requestId: request.id }, "cleaned up");
}

function audit(
  tables: Tables,
  world: World,
  { id, revision }: In<"cleaning">,
  outcome: "failed" | "cleaned",
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return tables.audit.append({
    at: world.clock.now(),
    who: "usher",
    what: outcome === "cleaned" ? "request.cleaned" : "request.cleaning",
    surface: "system",
    subject: id,
    revision,
    outcome,
    detail,
  });
}
