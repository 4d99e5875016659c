/** Work in one lane goes one after another; different lanes go beside each other. For this process only. */
export function lanes() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(lane: string, act: () => Promise<T>): Promise<T> => {
    const before = last.get(lane) ?? Promise.resolve();
    const mine = before.then(act, act);
    const settled = mine.catch(() => undefined);
    last.set(lane, settled);
    try {
      return await mine;
    } finally {
      if (last.get(lane) === settled) last.delete(lane);
    }
  };
}
