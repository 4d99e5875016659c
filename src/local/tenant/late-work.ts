/** Work whose answer nobody waited for: done when the directory's time has come to it. In memory only. */
export function createLateWork() {
  let waiting: { at: number; work: () => Promise<unknown> }[] = [];
  return {
    add(at: number, work: () => Promise<unknown>): void {
      waiting.push({ at, work });
    },
    /** Does what is due, in order. What is refused by then is refused unheard. */
    async doDue(now: number): Promise<void> {
      const due = waiting.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { work } of due) await work().catch(() => {});
    },
  };
}

export type LateWork = ReturnType<typeof createLateWork>;
