import type { TokenCredential } from "@azure/identity";
import {
  AuthenticationHandler,
  Client,
  type Context,
  HTTPMessageHandler,
  type Middleware,
} from "@microsoft/microsoft-graph-client";
import { isLoopbackHttp } from "./credentials.ts";

/** Graph answers within seconds or not at all; what a timed-out write did is unknown. */
const requestTimeoutMs = 15_000;

/** The scope that stands for all that the identity was granted on this Graph. */
export function graphScope(graphUrl: string): string {
  return `${isLoopbackHttp(graphUrl) ? "https://graph.microsoft.com" : new URL(graphUrl).origin}/.default`;
}

/**
 * Microsoft's client, without its retry handler: that one repeats POSTs on 429, 503 and 504 by itself, and each blind
 * repeat of `addPassword` is one more live secret. Our own retries are durable and look before they create.
 */
export function graphClient(graphUrl: string, credential: TokenCredential): Client {
  const scope = graphScope(graphUrl);
  const token = async () => {
    const answer = await credential.getToken(scope);
    if (!answer) throw new Error("no token for Microsoft Graph");
    return answer.token;
  };
  // The SDK's handler sends tokens to https addresses only, which is right everywhere but on loopback.
  const authentication = isLoopbackHttp(graphUrl)
    ? new LoopbackAuthentication(token)
    : new AuthenticationHandler({ getAccessToken: token });
  const timeout = new RequestTimeout();
  authentication.setNext(timeout);
  timeout.setNext(new HTTPMessageHandler());
  return Client.initWithMiddleware({
    middleware: authentication,
    baseUrl: `${graphUrl}/`,
    defaultVersion: "v1.0",
    customHosts: new Set([new URL(graphUrl).hostname]),
  });
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
