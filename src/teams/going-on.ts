import { setTimeout as wait } from "node:timers/promises";

export type GoingOn = ReturnType<typeof goingOn>;

/** What goes on after its answer, so that a process that stops can wait for it. */
export function goingOn() {
  const all = new Set<Promise<unknown>>();
  return {
    add(work: Promise<unknown>) {
      all.add(work);
      void work.finally(() => all.delete(work));
    },
    /** Waits until all of it has ended, for so long at most. */
    async ended(withinMs: number): Promise<void> {
      await Promise.race([Promise.allSettled(all), wait(withinMs, undefined, { ref: false })]);
    },
  };
}
