import type { Tables } from "../../src/usecases/ports/store.ts";
import type { World } from "../../src/usecases/ports/world.ts";

/**
 * A world that dies before the n-th thing that is done in it (a transaction, a key or a lease, Entra, chat): from then
 * on nothing of it does anything, as in a process that was killed, until it lives again. Looks are no points of their
 * own, nor is what is within a transaction: that is whole or not at all.
 */
export function aMortal() {
  let left = Number.POSITIVE_INFINITY;
  let isDead = false;
  let diedAt = "";
  const pass = (name: string, isPoint = true) => {
    if (isPoint) left -= 1;
    if (left <= 0 && !isDead) {
      isDead = true;
      diedAt = name;
    }
    if (isDead) throw new Error("killed");
  };
  const points = ["keys", "steps"];
  const looks = ["of", "all", "due", "abandoned"];
  type Calls = Record<string, (...args: never[]) => Promise<unknown>>;
  const mortal = <T extends object>(calls: T, isPoint = true): T =>
    new Proxy(calls, {
      get: (target, name) => {
        const call = (target as Calls)[name as string];
        if (typeof call !== "function") return call;
        return async (...args: never[]) => {
          pass(String(name), isPoint && !looks.includes(String(name)));
          const answer = await call.apply(target, args);
          if (isDead) throw new Error("killed");
          return answer;
        };
      },
    });
  const mortalTables = (tables: Tables) =>
    Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [name, mortal(table, points.includes(name))]),
    ) as Tables;
  return {
    /** Dies before the n-th from now on. */
    arm(n: number) {
      left = n;
    },
    get isDead() {
      return isDead;
    },
    /** Before what it died. */
    get diedAt() {
      return diedAt;
    },
    revive() {
      left = Number.POSITIVE_INFINITY;
      isDead = false;
    },
    adjust: (world: World): World => ({
      ...world,
      store: {
        tables: mortalTables(world.store.tables),
        async inTransaction(work) {
          pass("a transaction");
          return world.store.inTransaction(work);
        },
      },
      registrar: mortal(world.registrar),
      chat: mortal(world.chat),
    }),
  };
}
