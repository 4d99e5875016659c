import type { AddressInfo } from "node:net";
import { pino } from "pino";
import restify from "restify";
import type { Log } from "../usecases/ports/world.ts";
import { type Answer, json, text } from "./answer.ts";
import { answeringWith, routeOf, send } from "./answering.ts";
import { callerAddressBehind } from "./caller-address.ts";
import { securityHeaders } from "./headers.ts";
import { mountLinkRoutes } from "./link-routes.ts";
import { readJsonObject } from "./request-body.ts";
import type { SecretPage } from "./secret-page.ts";

type Request = restify.Request;
type Response = restify.Response;

export type ServerOptions = {
  /** What people's browsers reach, without a slash at the end. */
  publicUrl: string;
  log: Log;
  /** Takes a parsed activity (`req.body`) and answers it. Without it there is no such route. */
  messages?: (req: Request, res: Response) => Promise<void>;
  /** Whether each thing that Usher depends on is there. */
  ready: () => Promise<Record<string, boolean>>;
  /** Counts what is answered, and says what was counted as Prometheus reads it. Without it there is no `/metrics`. */
  metrics?: { answer(method: string, route: string, status: number): void; text(): Promise<string> };
  secretPage?: SecretPage;
  /** Addresses and networks of proxies whose X-Forwarded-For counts; none when left out. */
  trustedProxies?: readonly string[];
};

export type HttpServer = {
  /** Answers the port, which is a free one when 0 was asked for. Throws `PortTaken` when somebody else has it. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>;
  /** Still answers, but says that it is not ready and keeps no connection open: balancers are to turn to others. */
  retire(): void;
  /** Takes no new connection, and lets answers under way end, for `graceMs` at most (5 seconds). */
  close(graceMs?: number): Promise<void>;
};

export class PortTaken extends Error {
  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `Port ${port} on ${host} is already in use. Stop what listens there, or set PORT to another one.`,
      options,
    );
    this.name = "PortTaken";
  }
}

const activityLimit = 256 * 1024;

/** The HTTP edge of Usher. In its log a route stands by its pattern, never an address: a link's address opens the link. */
export function createServer(options: ServerOptions): HttpServer {
  const { log, messages, secretPage, metrics } = options;
  const headers = securityHeaders(options.publicUrl);
  const server = restify.createServer({
    name: "",
    // restify's own lines hold addresses and error texts.
    log: pino({ level: "silent" }) as never,
    // A link with too long a token is answered like any other.
    maxParamLength: 16_384,
  });
  // With restify's listener there, Node hands over the socket of every request that offers an upgrade, and nobody answers.
  server.server.removeAllListeners("upgrade");
  server.server.requestTimeout = 30_000;

  let isRetired = false;
  server.pre((req: Request, res: Response, next: restify.Next) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (isRetired) res.setHeader("Connection", "close");
    try {
      // restify's router reads the address outside of any guard, where a bad Host header would end the process.
      req.getUrl();
      next();
    } catch {
      void send(req, res, text(400, "Bad request"));
      next(false);
    }
  });
  server.on(
    "restifyError",
    (req: Request, res: Response, error: { statusCode?: number }, done: () => void) => {
      if (!res.headersSent) void send(req, res, routingAnswer(error.statusCode));
      done();
    },
  );
  server.on("after", (req: Request, res: Response) => {
    metrics?.answer(req.method ?? "", routeOf(req), res.statusCode);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: import("node:net").Socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    const lines = Object.entries({ ...headers, Connection: "close", "Content-Length": "0" });
    socket.end(
      `HTTP/1.1 400 Bad Request\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    );
  });

  const answering = answeringWith(log);

  if (messages) {
    server.post("/api/messages", async (req: Request, res: Response) => {
      const read = await readJsonObject(req, activityLimit);
      if ("refused" in read) {
        const { status, sentence } = read.refused;
        await send(req, res, json(status, { error: sentence }));
        log.warn({ route: "/api/messages", status }, sentence);
        return;
      }
      req.body = read.body;
      try {
        await messages(req, res);
      } catch (error) {
        if (!res.headersSent)
          await send(req, res, json(500, { error: "The activity could not be handled." }));
        log.error({ route: "/api/messages", err: error }, "an activity could not be handled");
      }
    });
  }

  server.get(
    "/livez",
    answering(() => json(200, { live: true }), "quiet"),
  );
  server.get(
    "/readyz",
    answering(async () => {
      if (isRetired) return json(503, { ready: false, stopping: true });
      const dependencies = await options.ready();
      const ready = Object.values(dependencies).every(Boolean);
      return json(ready ? 200 : 503, { ready, dependencies });
    }, "quiet"),
  );
  if (metrics) {
    server.get(
      "/metrics",
      answering(async () => {
        const body = { type: "text/plain; version=0.0.4", text: await metrics.text() };
        return { status: 200, body };
      }, "quiet"),
    );
  }

  if (secretPage) {
    const addressOf = callerAddressBehind(options.trustedProxies ?? []);
    mountLinkRoutes(server, secretPage, options.publicUrl, answering, addressOf);
  }

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        const failed = (error: NodeJS.ErrnoException) =>
          reject(error.code === "EADDRINUSE" ? new PortTaken(host, port, { cause: error }) : error);
        server.once("error", failed);
        server.listen(port, host, () => {
          server.removeListener("error", failed);
          resolve({ port: (server.address() as AddressInfo).port });
        });
      }),
    retire() {
      isRetired = true;
    },
    close: (graceMs = 5_000) =>
      new Promise((resolve) => {
        if (!server.server.listening) return resolve();
        const cut = setTimeout(() => server.server.closeAllConnections(), graceMs);
        // One that is answered only now would be kept open for the next request.
        const idle = setInterval(() => server.server.closeIdleConnections(), 100);
        server.server.close(() => {
          clearTimeout(cut);
          clearInterval(idle);
          resolve();
        });
      }),
  };
}

/** The router's refusals, in words that repeat nothing of the address. */
function routingAnswer(status: number | undefined): Answer {
  if (status === 404) return text(404, "Not found");
  return status === 405
    ? text(405, "Method not allowed")
    : text(status ?? 500, "The request could not be answered");
}
