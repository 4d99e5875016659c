import type { Jobs } from "../../src/usecases/ports/store.ts";

/** For a store beside the one that is tried: what it changes wakes nobody. */
export const wakesNobody = (): Jobs => ({ wake: async () => {}, wakeAll: async () => {} });
