import { AsyncLocalStorage } from "node:async_hooks";

/** Runs work alone, in the order asked. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * One turn at a time for a database with a single session.
 *
 * Work that asks for a turn from inside its own turn would wait for itself for ever: a query on the root handle
 * inside a transaction does that. So it throws at once. Work that a turn left running behind it may ask again
 * as soon as that turn has ended.
 */
export function turns(): Turn {
  const holder = new AsyncLocalStorage<{ held: boolean }>();
  let last: Promise<void> = Promise.resolve();
  return async (work) => {
    if (holder.getStore()?.held)
      throw new Error(
        "A query on the root handle inside a transaction would wait for ever: the embedded database has one session. Use the transaction's own handle.",
      );
    const before = last;
    const mine = { held: true };
    const { promise, resolve: passOn } = Promise.withResolvers<void>();
    last = promise;
    await before;
    try {
      return await holder.run(mine, work);
    } finally {
      mine.held = false;
      passOn();
    }
  };
}
