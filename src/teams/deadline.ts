import { setTimeout as pause } from "node:timers/promises";

/** Teams gives up on an invoke after about ten seconds, and people after two. */
const answerWithinMs = 1_500;
/** The late answer first has to arrive: what is drawn before it would be covered by it. */
const arrivesWithinMs = 500;

/**
 * The outcome if it is there in time, otherwise what `late` says now and the outcome to `after` when it comes. The work
 * goes on either way: it is saved by itself, and only its answer is late.
 */
export async function answerInTime<T>(
  work: Promise<T>,
  then: {
    late(): Promise<T>;
    after(outcome: T): Promise<void>;
    failed(error: unknown): unknown;
    /** What goes on after the answer. */
    goesOn(rest: Promise<unknown>): void;
  },
): Promise<T> {
  const outcome = work.then((value) => ({ value }));
  const inTime = await firstOf(outcome, answerWithinMs);
  if (inTime) return inTime.value;
  const instead = await then.late();
  // It may have come meanwhile.
  const justInTime = await firstOf(outcome, 0);
  if (justInTime) return justInTime.value;
  const arrived = pause(arrivesWithinMs);
  const rest = outcome.then(async ({ value }) => {
    await arrived;
    await then.after(value);
  });
  then.goesOn(rest.catch(then.failed));
  return instead;
}

async function firstOf<T>(outcome: Promise<T>, withinMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), withinMs);
  });
  try {
    return await Promise.race([outcome, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
