import type { RequestId } from "../../domain/ids.ts";
import { fingerprintOf } from "../../domain/plan.ts";
import { nextDelayMs, readySteps, type StepName, stepPatience, stepsOf } from "../../domain/provisioning.ts";
import type { In } from "../../domain/request.ts";
import { ChatFailure, DirectoryFailure, type Lease, LeaseLost, type StepRow, type World } from "../ports.ts";
import { newPost } from "../telling/new-post.ts";
import { steps } from "./steps.ts";
import { HandedOver, type Work } from "./work.ts";

/** A holder that did not renew for this long is dead, and another process goes on. */
const leaseMs = 12_000;
const renewEveryMs = 3_000;

/**
 * Makes the registration of an approved request, from wherever an earlier run left it. Rows are the truth: each
 * step is written as an intent before its call and with its outcome after it. Answers when to look again, or
 * undefined when there is nothing more to do.
 */
export async function provisionRequest(world: World, id: RequestId): Promise<Date | undefined> {
  const request = await world.store.tables.requests.get(id);
  if (request?.state !== "approved") return undefined;
  const lease = await claim(world, id);
  if (!lease) return new Date(world.clock.now().getTime() + renewEveryMs);

  const renewal = setInterval(() => {
    world.store.tables.steps.renew(lease, leaseEnd(world)).catch((error: unknown) => {
      world.log.warn({ err: error, requestId: id }, "the lease could not be renewed");
    });
  }, renewEveryMs);
  try {
    return await runSteps(world, request, lease);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    world.log.info({ requestId: id }, "another process goes on with this request");
    return undefined;
  } finally {
    clearInterval(renewal);
    await world.store.tables.steps.release(lease);
  }
}

const leaseEnd = (world: World) => new Date(world.clock.now().getTime() + leaseMs);

function claim(world: World, id: RequestId): Promise<Lease | undefined> {
  return world.store.tables.steps.claim(id, world.clock.now(), leaseEnd(world));
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
  for (;;) {
    const rows = await world.store.tables.steps.all(request.id);
    const done = new Set(rows.filter(({ state }) => state === "done").map(({ step }) => step));
    const open = readySteps(stepsOf(request.plan), done);
    const now = world.clock.now();
    const due = open.filter((step) => (rows.find((row) => row.step === step)?.nextAttemptAt ?? now) <= now);
    if (due.length === 0) {
      const times = rows.flatMap(({ state, nextAttemptAt }) =>
        state !== "done" && nextAttemptAt ? [nextAttemptAt] : [],
      );
      return times.toSorted((a, b) => a.getTime() - b.getTime())[0];
    }
    // All of a level must have ended before anything is judged: a step that still runs may yet change the tenant.
    const ends = await Promise.allSettled(due.map((step) => runStep(world, { request, rows, lease }, step)));
    const broken = ends.find((end) => end.status === "rejected");
    if (broken) throw broken.reason;
    const final = ends.find((end) => end.status === "fulfilled" && end.value.failure);
    if (final?.status === "fulfilled" && final.value.failure) {
      await fail(world, request, lease, final.value.failure);
      return undefined;
    }
    if (ends.some((end) => end.status === "fulfilled" && end.value.handedOver)) return undefined;
  }
}

type StepEnd = { failure?: string; handedOver?: boolean };

async function runStep(world: World, work: Work, step: StepName): Promise<StepEnd> {
  const before = work.rows.find((row) => row.step === step);
  const now = world.clock.now();
  const row: StepRow = {
    step,
    state: "intended",
    intent: before?.intent ?? steps[step].intent(),
    outcome: {},
    attempts: (before?.attempts ?? 0) + 1,
    firstAttemptAt: before?.firstAttemptAt ?? now,
  };
  await save(world, work, row);
  try {
    const outcome = await steps[step].act(world, work, row, before !== undefined);
    if (outcome instanceof HandedOver) return { handedOver: true };
    await save(world, work, { ...row, state: "done", outcome, doneAt: world.clock.now() });
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
  const isFinal = error instanceof DirectoryFailure && error.kind === "final";
  // An outage may last as long as it likes; only a directory that answers and never agrees with itself is given up.
  const isTooLate =
    error instanceof DirectoryFailure &&
    error.isLag &&
    row.attempts >= stepPatience.attempts &&
    now.getTime() - row.firstAttemptAt.getTime() > stepPatience.ms;
  world.log.warn(
    { err: error, requestId: work.request.id, step: row.step, attempts: row.attempts },
    "a step did not go through",
  );
  if (isFinal || isTooLate) {
    await save(world, work, { ...row, state: "failed", note: error.message });
    return { failure: error.message };
  }
  const retryAfterMs = error instanceof DirectoryFailure ? error.retryAfterMs : 0;
  const nextAttemptAt = new Date(now.getTime() + nextDelayMs(row.attempts, retryAfterMs));
  await save(world, work, { ...row, state: "waiting", note: error.message, nextAttemptAt });
  return {};
}

/** Every change of a step shows on the cards. */
async function save(world: World, { request, lease }: Work, row: StepRow): Promise<void> {
  await world.store.inTransaction(async (tables) => {
    await tables.steps.write(lease, row);
    await tables.jobs.wake("deliver", request.id);
  });
}

async function fail(world: World, request: In<"approved">, lease: Lease, failure: string): Promise<void> {
  const rows = await world.store.tables.steps.all(request.id);
  const made = rows.filter(({ state }) => state === "done").map(({ step }) => step);
  const exists = existing(request, rows);
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
    const origin = await tables.requests.origin(request.id);
    await tables.posts.add({
      ...newPost(request.id, "failure", at),
      place: { kind: "personal", userId: request.requester.userId, ...(origin && { fallback: origin }) },
    });
    await tables.jobs.wake("deliver", request.id);
  });
}

/** What stands in the tenant now, for whoever has to look after it. */
function existing({ id, plan }: In<"approved">, rows: readonly StepRow[]): string {
  const rowOf = (name: StepName) => rows.find(({ step }) => step === name);
  const application = rowOf("application");
  if (!application) {
    if (!rowOf("missing-apis")) return "Nothing was made in Entra.";
    const names = plan.missingApis?.flatMap(({ name, createdBy }) => (createdBy === "usher" ? name : []));
    return `No app registration was made in Entra; enterprise applications for ${names?.join(", ")} may have been.`;
  }
  const isSecret = plan.credential.kind === "secret";
  return application.state === "done"
    ? `The app registration exists in Entra (client ID ${application.outcome.clientId})${isSecret ? ", without a usable secret" : ""}.`
    : `An app registration may exist in Entra${isSecret ? ", without a secret" : ""}: it would bear the tag usher-request:${id}.`;
}
