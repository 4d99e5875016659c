import { drawn } from "./drawn.ts";
import { type Fault, type FaultKind, faultKinds } from "./faults.ts";

/** Faults without a plan: each request is struck by each of the kinds with this chance. */
type Storm = {
  seed: number;
  /** From 0 to 1. */
  share: number;
  kinds: readonly StormKind[];
  /** Whether it rages over the sign-in service too. */
  signIn: boolean;
};
type StormKind = Exclude<FaultKind, "status">;

/** All that a storm may bring. `hang` must be asked for: nobody gets an answer, and a client waits its whole patience. */
const stormKinds = faultKinds.filter((kind) => kind !== "status");
/** Work that comes late comes within five minutes, and may then be unseen for as long as anything new. */
const latestSeconds = 5 * 60;
const usualKinds = stormKinds.filter((kind) => kind !== "hang");

export type Storms = ReturnType<typeof createStorms>;

/**
 * Faults by seed, in memory only. The n-th request since the storm began meets what the seed says of n, so the same
 * requests in the same order meet the same. Requests at the same time may come in another order; then the same faults
 * strike others of them. A batch counts as itself, and each of its parts as a request of its own.
 */
export function createStorms() {
  let storm: Storm | undefined;
  let requests = 0;
  let struck: Partial<Record<StormKind, number>> = {};
  return {
    /** Throws an error with a sentence when the order cannot be understood. */
    begin(order: Record<string, unknown>): Storm {
      storm = parseStorm(order);
      requests = 0;
      struck = {};
      return storm;
    },
    take(method: string, path: string, service: "graph" | "sign-in"): Fault | undefined {
      if (!storm || (service === "sign-in" && !storm.signIn)) return undefined;
      const { seed, share } = storm;
      requests += 1;
      const kind = storm.kinds.find(
        (each) => canStrike(each, method, path) && drawn(seed, `${requests} ${each}`) < share,
      );
      if (!kind) return undefined;
      struck[kind] = (struck[kind] ?? 0) + 1;
      return {
        path: "",
        times: 0,
        kind,
        ...(kind === "429" && { retryAfter: 1 }),
        ...(kind === "late-done" && {
          afterSeconds: Math.round(drawn(seed, `${requests} late`) * latestSeconds),
        }),
      };
    },
    now: () => ({ storm: storm ?? null, requests, struck }),
    end(): void {
      storm = undefined;
    },
  };
}

/** Graph slows down the parts of a batch each on its own, never the whole; and only writes conflict or come late. */
function canStrike(kind: StormKind, method: string, path: string): boolean {
  if (kind === "late-done") return method !== "GET";
  if (kind === "429") return !/\/\$batch$/i.test(path);
  if (kind === "409") return method !== "GET" && /\/applications|\/servicePrincipals/.test(path);
  return true;
}

function parseStorm(order: Record<string, unknown>): Storm {
  const { seed, share = 0.05, kinds = usualKinds, signIn = false } = order;
  if (typeof seed !== "number" || !Number.isInteger(seed)) throw new Error("seed is a whole number.");
  if (typeof share !== "number" || share < 0 || share > 1) throw new Error("share is from 0 to 1.");
  if (!Array.isArray(kinds) || kinds.some((kind) => !stormKinds.some((one) => one === kind)))
    throw new Error(`kinds is a list of ${stormKinds.join(", ")}.`);
  if (typeof signIn !== "boolean") throw new Error("signIn is true or false.");
  return { seed, share, kinds: kinds as StormKind[], signIn };
}
