import type { TokenCredential } from "@azure/identity";
import {
  AuthenticationHandler,
  Client,
  type Context,
  HTTPMessageHandler,
  type Middleware,
} from "@microsoft/microsoft-graph-client";
import type { TenantId } from "../domain/ids.ts";
import type { WriteQuota } from "../usecases/ports/entra.ts";
import { isLoopbackHttp } from "./credentials.ts";
import { FreshAfterRefusal } from "./fresh-after-refusal.ts";
import type { RenewableCredential } from "./renewable-credential.ts";
import { type WatchCall, WatchedCalls } from "./watched-calls.ts";
import { WriteGate } from "./write-gate.ts";

/** Graph answers within seconds or not at all; what a timed-out write did is unknown. */
const requestTimeoutMs = 15_000;

/** The scope that stands for all that the identity was granted on this Graph. */
export function graphScope(graphUrl: string): string {
  return `${isLoopbackHttp(graphUrl) ? "https://graph.microsoft.com" : new URL(graphUrl).origin}/.default`;
}

/** Whether the identity is given a token for Graph within three seconds. One that it has already is enough. */
export async function hasToken(credential: TokenCredential, graphUrl: string): Promise<boolean> {
  const abortSignal = AbortSignal.timeout(3_000);
  try {
    return Boolean(await credential.getToken(graphScope(graphUrl), { abortSignal }));
  } catch {
    return false;
  }
}

/** The name of the error for a token that is another tenant's; the SDK hands it on as a code. */
export const foreignTenant = "ForeignTenantError";

type ClientOptions = {
  /** The only tenant that anything is sent to. */
  tenantId?: TenantId;
  /** What writes wait for. */
  quota?: WriteQuota;
  /** Sees each request that goes out. */
  watch?: WatchCall;
};

/**
 * Microsoft's client, without its retry handler: that one repeats POSTs on 429, 503 and 504 by itself, and each blind
 * repeat of `addPassword` is one more live secret. Our own retries are durable and look before they create.
 */
export function graphClient(
  graphUrl: string,
  credential: TokenCredential & Partial<Pick<RenewableCredential, "renew">>,
  { tenantId, quota, watch }: ClientOptions = {},
): Client {
  const scope = graphScope(graphUrl);
  const token = async () => {
    const answer = await credential.getToken(scope);
    if (!answer) throw new Error("no token for Microsoft Graph");
    if (tenantId) refuseOther(tenantId, answer.token);
    return answer.token;
  };
  // The SDK's handler sends tokens to https addresses only, which is right everywhere but on loopback.
  const authentication = isLoopbackHttp(graphUrl)
    ? new LoopbackAuthentication(token)
    : new AuthenticationHandler({ getAccessToken: token });
  const timeout = new RequestTimeout();
  const fresh = new FreshAfterRefusal((token) => credential.renew?.(token));
  const chain: Middleware[] = [
    authentication,
    fresh,
    ...(quota ? [new WriteGate(quota)] : []),
    ...(watch ? [new WatchedCalls(watch)] : []),
    timeout,
    new HTTPMessageHandler(),
  ];
  for (const [at, each] of chain.entries()) {
    const next = chain[at + 1];
    if (next) each.setNext?.(next);
  }
  return Client.initWithMiddleware({
    middleware: authentication,
    baseUrl: `${graphUrl}/`,
    defaultVersion: "v1.0",
    customHosts: new Set([new URL(graphUrl).hostname]),
  });
}

/**
 * A managed identity's token is of the tenant that its machine is in, whatever the configuration says. A token that does
 * not say its tenant is taken: Microsoft promises nobody but Graph what is in it.
 */
function refuseOther(tenantId: TenantId, token: string): void {
  const tid = tenantOf(token);
  if (tid === undefined || tid.toLowerCase() === tenantId) return;
  throw Object.assign(new Error(`Usher's identity is of the tenant ${tid}, not of ${tenantId}`), {
    name: foreignTenant,
  });
}

function tenantOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { tid } = claims as { tid?: unknown };
    return typeof tid === "string" ? tid : undefined;
  } catch {
    return undefined;
  }
}

class LoopbackAuthentication implements Middleware {
  #next: Middleware | undefined;
  readonly #token: () => Promise<string>;

  constructor(token: () => Promise<string>) {
    this.#token = token;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const headers = new Headers(context.options?.headers as Record<string, string>);
    headers.set("authorization", `Bearer ${await this.#token()}`);
    context.options = { ...context.options, headers: Object.fromEntries(headers) };
    await this.#next?.execute(context);
  }
}

class RequestTimeout implements Middleware {
  #next: Middleware | undefined;

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    // A fresh request has no signal of its own; one that is given (an act with a deadline) goes first.
    const given = context.options?.signal;
    const signals = [AbortSignal.timeout(requestTimeoutMs), ...(given ? [given as AbortSignal] : [])];
    context.options = { ...context.options, signal: AbortSignal.any(signals) };
    await this.#next?.execute(context);
  }
}
