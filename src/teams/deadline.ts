/** Teams gives up on an invoke after about ten seconds, and people after two. */
const answerWithinMs = 1_500;

/**
 * The outcome if it is there in time, otherwise `late` now and the outcome to `after` when it comes. The work goes on
 * either way: it is saved by itself, and only its answer is late.
 */
export async function answerInTime<T>(
  work: Promise<T>,
  late: T,
  after: (outcome: T) => Promise<void>,
  failed: (error: unknown) => unknown,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), answerWithinMs);
  });
  try {
    const first = await Promise.race([work.then((outcome) => ({ outcome })), timeUp]);
    if (first !== "late") return first.outcome;
    void work.then(after).catch(failed);
    return late;
  } finally {
    clearTimeout(timer);
  }
}
