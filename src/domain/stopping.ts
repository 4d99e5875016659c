import type { StepName, StepState } from "./provisioning.ts";
import type { Request } from "./request.ts";

/** Whatever a step waits for: when it has waited for so long, approvers and admins may end it. */
const stoppableAfterMs = 30 * 60_000;

type Waiting = { step: StepName; state: StepState; firstAttemptAt: Date; note?: string };

/** The step that has waited longest of those that the plan has; undefined when nothing waits. */
export function longestWaiting<Row extends Waiting>(
  steps: readonly StepName[],
  rows: readonly Row[],
): Row | undefined {
  return rows
    .filter(({ step, state }) => state !== "done" && steps.includes(step))
    .toSorted((a, b) => a.firstAttemptAt.getTime() - b.firstAttemptAt.getTime())[0];
}

/** From when on the making of an approved request may be stopped, if it waits for that long. */
export function stoppableFrom(
  decidedAt: Date,
  steps: readonly StepName[],
  rows: readonly Waiting[],
): Date | undefined {
  // Nobody has begun with it yet: then it has waited since it was approved.
  const since = rows.length === 0 ? decidedAt : longestWaiting(steps, rows)?.firstAttemptAt;
  return since && new Date(since.getTime() + stoppableAfterMs);
}

/** Who stopped its making and when; it could have been made otherwise. */
export function stoppedBy({ state, thread }: Request): Request["thread"][number] | undefined {
  const isEnding = state === "failed" || state === "cleaning" || state === "cleaned";
  const last = thread.at(-1);
  return isEnding && last?.kind === "stop" ? last : undefined;
}
