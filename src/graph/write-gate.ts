import type { Context, Middleware } from "@microsoft/microsoft-graph-client";
import type { WriteQuota } from "../usecases/ports/entra.ts";

/** The code of a refusal that never left this machine. */
export const quotaUsedUp = "UsherWriteQuotaUsedUp";

/** Where Graph does not say how long it wants to be left alone. */
const usualRetryAfterMs = 10_000;

/**
 * How `x-ms-throttle-scope` begins where a limit is the whole identity's or the tenant's. Any other is of less, such as
 * the 60 writes a minute on applications with personal accounts: only that write waits then.
 */
const wideScope = /^(?:Tenant_Application|Tenant|Application)(?:\/|$)/i;

/** POSTs that only read. */
const readingPost = /\/(?:check|get)Member(?:Groups|Objects)$|\/getByIds$/i;

/**
 * Lets a write go only when the quota has room for it. Where that takes longer than a request may wait, it is answered
 * as Graph would answer it, with 429 and Retry-After, so that the step waits in its row. A 429 of Graph's own closes
 * the quota for all processes, unless Graph says that it is about less than all writes.
 */
export class WriteGate implements Middleware {
  #next: Middleware | undefined;
  readonly #quota: WriteQuota;

  constructor(quota: WriteQuota) {
    this.#quota = quota;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const writes = writesOf(context);
    const waitMs = writes > 0 ? await this.#quota.pass(writes) : 0;
    if (waitMs > 0) {
      context.response = refusal(waitMs);
      return;
    }
    await this.#next?.execute(context);
    const retryAfterMs = writes > 0 && context.response ? await askedToWait(context) : undefined;
    if (retryAfterMs !== undefined) await this.#quota.close(retryAfterMs);
  }
}

type Part = { method?: string; url?: string };

/** Each part of a `$batch` counts by itself. */
function writesOf({ request, options }: Context): number {
  const url = pathOf(typeof request === "string" ? request : request.url);
  if (!url.endsWith("/$batch")) return isWrite(options?.method ?? "GET", url) ? 1 : 0;
  const { requests = [] } = JSON.parse(String(options?.body ?? "{}")) as { requests?: Part[] };
  return requests.filter(({ method = "GET", url: part = "" }) => isWrite(method, pathOf(part))).length;
}

const pathOf = (url: string) => url.replace(/[?#].*$/, "");
const isWrite = (method: string, path: string) => !/^get$/i.test(method) && !readingPost.test(path);

/** How long Graph wants to be left alone; undefined when it does not ask for that, or not for all writes. */
async function askedToWait({ request, response }: Context): Promise<number | undefined> {
  if (response?.status === 429) return waitOfAll((name) => response.headers.get(name));
  const url = pathOf(typeof request === "string" ? request : request.url);
  if (!url.endsWith("/$batch") || !response?.ok) return undefined;
  type Answers = { responses?: { status?: number; headers?: Record<string, string> }[] };
  const { responses = [] } = (await response.clone().json()) as Answers;
  const throttled = responses
    .filter(({ status }) => status === 429)
    .flatMap(({ headers }) => {
      const of = new Headers(headers);
      return waitOfAll((name) => of.get(name)) ?? [];
    });
  return throttled.length > 0 ? Math.max(...throttled) : undefined;
}

function waitOfAll(header: (name: string) => string | null): number | undefined {
  const scope = header("x-ms-throttle-scope");
  return scope && !wideScope.test(scope) ? undefined : retryAfterMs(header("retry-after"));
}

function retryAfterMs(header: string | null): number {
  const seconds = header ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : usualRetryAfterMs;
}

const refusal = (waitMs: number) =>
  Response.json(
    { error: { code: quotaUsedUp, message: "Not sent: the quota of writes is used up." } },
    { status: 429, headers: { "Retry-After": String(waitMs / 1000) } },
  );
