/** Thrown inside a transaction that takes a lease over: somebody else was first, so none of it may stand. */
export class Overtaken extends Error {}

/** False when somebody else changed it first; then nothing of the transaction stands. */
export async function unlessOvertaken(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
}
