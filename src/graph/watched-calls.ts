import type { Context, Middleware } from "@microsoft/microsoft-graph-client";

/** A request to Graph as a pattern: `/applications/{id}/owners`. */
export type GraphCall = { method: string; route: string };

/** Sends it, which answers the status: 0 where Graph did not answer. */
export type WatchCall = (call: GraphCall, send: () => Promise<number>) => Promise<void>;

/** Shows each request as it goes out, after all that it waits for. */
export class WatchedCalls implements Middleware {
  #next: Middleware | undefined;
  readonly #watch: WatchCall;

  constructor(watch: WatchCall) {
    this.#watch = watch;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const { request, options } = context;
    const url = typeof request === "string" ? request : request.url;
    await this.#watch({ method: options?.method ?? "GET", route: graphRoute(url) }, async () => {
      await this.#next?.execute(context);
      return context.response?.status ?? 0;
    });
  }
}

/** What is asked for without whose: ids, keys and queries are left out. */
export function graphRoute(url: string): string {
  const [, , ...segments] = new URL(url).pathname.split("/");
  return segments
    .map(
      (segment) =>
        `/${/^(?:[$A-Za-z.]{1,40}|oauth2\w{1,30})(\(.*\))?$/.test(segment) ? segment.replace(/\(.+\)$/, "()") : "{id}"}`,
    )
    .join("");
}
