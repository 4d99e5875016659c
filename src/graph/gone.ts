import { isNotFound } from "./failures.ts";

/** Takes something away; that it is not there is success. */
export async function gone(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
