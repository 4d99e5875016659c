import type { Meter } from "./meter.ts";
import { inSpan } from "./tracing.ts";

type GraphCall = { method: string; route: string };
type Handler = (subject: never) => Promise<unknown>;

/** Counts requests to Graph and times them, each a span of its trace. */
export function watchGraph(meter: Meter) {
  return (call: GraphCall, send: () => Promise<number>): Promise<void> =>
    inSpan(
      `Graph ${call.method} ${call.route}`,
      { kind: "client", attributes: { "http.request.method": call.method, "url.template": call.route } },
      async (mark) => {
        const began = performance.now();
        let status = 0;
        try {
          status = await send();
          mark({ "http.response.status_code": status });
        } finally {
          meter.graph({ ...call, status }, (performance.now() - began) / 1000);
        }
      },
    );
}

/** Each job as a trace of its own, that names what it is about. */
export function watchJobs<Handlers extends Record<string, Handler>>(handlers: Handlers): Handlers {
  const watched = Object.entries(handlers).map(([name, handler]) => [
    name,
    (subject: never) => {
      const attributes = subject === undefined ? {} : { "usher.subject": subject };
      return inSpan(`job ${name}`, { attributes }, () => handler(subject));
    },
  ]);
  return Object.fromEntries(watched) as Handlers;
}
