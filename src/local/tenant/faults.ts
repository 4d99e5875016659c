/** What goes wrong, to how many requests. `…-done` and `reset-after` do the work before they fail, `late-done` after it. */
export type Fault = {
  method?: string;
  /** A regular expression on path and query. */
  path: string;
  times: number;
  kind: FaultKind;
  status?: number;
  code?: string;
  message?: string;
  retryAfter?: number;
  /** When a late one does the work, by the directory's time; 30 unless it is said. */
  afterSeconds?: number;
};

export const faultKinds = [
  "status",
  "409",
  "429",
  "503",
  "504-done",
  "504-not-done",
  "late-done",
  "reset-before",
  "reset-after",
  "hang",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type Faults = ReturnType<typeof createFaults>;

/** Faults that tests order; the oldest that matches a request strikes. In memory only. */
export function createFaults() {
  let ordered: Fault[] = [];
  return {
    /** Throws an error with a sentence when the order cannot be understood. */
    add(order: Record<string, unknown>): Fault {
      const fault = parseFault(order);
      ordered.push(fault);
      return fault;
    },
    take(method: string, path: string): Fault | undefined {
      const fault = ordered.find(
        (one) => one.times > 0 && (!one.method || one.method === method) && new RegExp(one.path).test(path),
      );
      if (!fault) return undefined;
      fault.times -= 1;
      ordered = ordered.filter(({ times }) => times > 0);
      return fault;
    },
    all: (): readonly Fault[] => ordered,
    clear(): void {
      ordered = [];
    },
  };
}

function parseFault(order: Record<string, unknown>): Fault {
  const {
    path = "",
    times = 1,
    kind = "status",
    method,
    status,
    code,
    message,
    retryAfter,
    afterSeconds,
  } = order;
  if (!faultKinds.some((one) => one === kind)) throw new Error(`kind is one of ${faultKinds.join(", ")}.`);
  if (kind === "status" && typeof status !== "number")
    throw new Error("kind status needs a status that is a number.");
  if (typeof path !== "string" || typeof times !== "number")
    throw new Error("path is a regular expression and times a number.");
  new RegExp(path);
  return {
    path,
    times,
    kind: kind as FaultKind,
    ...(typeof method === "string" ? { method: method.toUpperCase() } : {}),
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof retryAfter === "number" ? { retryAfter } : {}),
    ...(typeof afterSeconds === "number" ? { afterSeconds } : {}),
  };
}

/** The answer of a fault that answers. */
export function faultAnswer(fault: Fault) {
  const known = {
    status: { status: fault.status ?? 500, code: "UnknownError", message: "The request failed." },
    "409": {
      status: 409,
      code: "Directory_ConcurrencyViolation",
      message: "Unable to complete the request due to data concurrency violation.",
    },
    "429": { status: 429, code: "TooManyRequests", message: "Too many requests." },
    "503": { status: 503, code: "ServiceUnavailable", message: "The service is temporarily unavailable." },
    "504-done": { status: 504, code: "UnknownError", message: "" },
    "504-not-done": { status: 504, code: "UnknownError", message: "" },
    "late-done": { status: 504, code: "UnknownError", message: "" },
  };
  const answer = fault.kind in known ? known[fault.kind as keyof typeof known] : known["503"];
  return {
    status: fault.status ?? answer.status,
    code: fault.code ?? answer.code,
    message: fault.message ?? answer.message,
    headers: fault.retryAfter === undefined ? {} : { "Retry-After": String(fault.retryAfter) },
  };
}
