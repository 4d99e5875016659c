/** What is kept of a request: enough to count and order, never a body, a header or a secret. */
export type LoggedRequest = {
  n: number;
  time: string;
  durationMs: number;
  method: string;
  /** With the query for Graph; without it for the sign-in, where a query can hold a code. */
  path: string;
  /** 0: the connection was cut. */
  status: number;
  /** Client id of the caller's token. */
  appId: string | null;
  /** True for a part of a batch; the batch itself is there too. */
  isPart: boolean;
};

export type RequestLog = ReturnType<typeof createRequestLog>;

const kept = 50_000;

/** The newest requests, in memory only. */
export function createRequestLog() {
  let requests: LoggedRequest[] = [];
  let n = 0;
  return {
    add(request: Omit<LoggedRequest, "n">): void {
      n += 1;
      requests.push({ n, ...request });
      if (requests.length > kept * 1.1) requests = requests.slice(-kept);
    },
    all: (): readonly LoggedRequest[] => requests,
    clear(): void {
      requests = [];
      n = 0;
    },
  };
}
