import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import restify from "restify";
import type { Log } from "../usecases/ports.ts";
import { type Answer, json, seeOther, text } from "./answer.ts";
import { securityHeaders } from "./headers.ts";
import { createMetrics } from "./metrics.ts";
import { readForm, readJsonObject } from "./request-body.ts";
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
  /** Counts of the caller's own for `/metrics`, by name without `usher_` and `_total`. */
  counters?: () => Readonly<Record<string, number>>;
  secretPage?: SecretPage;
};

export type HttpServer = {
  /** Answers the port, which is a free one when 0 was asked for. Throws `PortTaken` when somebody else has it. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>;
  /** Lets answers under way end, for `graceMs` at most (5 seconds). */
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
const formLimit = 4 * 1024;

/** The HTTP edge of Usher. In its log a route stands by its pattern, never an address: a link's address opens the link. */
export function createServer(options: ServerOptions): HttpServer {
  const { log, messages, secretPage } = options;
  const headers = securityHeaders(options.publicUrl);
  const metrics = createMetrics();
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

  server.pre((req: Request, res: Response, next: restify.Next) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    try {
      // restify's router reads the address outside of any guard, where a bad Host header would end the process.
      req.getUrl();
      next();
    } catch {
      send(req, res, text(400, "Bad request"));
      next(false);
    }
  });
  server.on(
    "restifyError",
    (req: Request, res: Response, error: { statusCode?: number }, done: () => void) => {
      if (!res.headersSent) send(req, res, routingAnswer(error.statusCode));
      done();
    },
  );
  server.on("after", (req: Request, res: Response) => {
    metrics.countAnswer(req.method ?? "", routeOf(req), res.statusCode);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: import("node:net").Socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    const lines = Object.entries({ ...headers, Connection: "close", "Content-Length": "0" });
    socket.end(
      `HTTP/1.1 400 Bad Request\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    );
  });

  /** Makes a route's handler: sends its answer, logs one line unless `quiet`, and turns what is thrown into a plain 500. */
  function answering(handler: (req: Request) => Promise<Answer> | Answer, quiet?: "quiet") {
    return async (req: Request, res: Response) => {
      const began = performance.now();
      const line = (status: number, outcome?: string) => ({
        method: req.method,
        route: routeOf(req),
        status,
        outcome,
        ms: Math.round(performance.now() - began),
      });
      try {
        const answer = await handler(req);
        send(req, res, answer);
        if (!quiet) log.info(line(answer.status, answer.outcome), "answered");
      } catch (error) {
        const sentence =
          "Something went wrong here. Nothing is known to have changed; try again in a minute.";
        send(req, res, text(500, sentence));
        log.error({ ...line(500), err: error }, "could not answer");
      }
    };
  }

  if (messages) {
    server.post("/api/messages", async (req: Request, res: Response) => {
      const read = await readJsonObject(req, activityLimit);
      if ("refused" in read) {
        const { status, sentence } = read.refused;
        send(req, res, json(status, { error: sentence }));
        log.warn({ route: "/api/messages", status }, sentence);
        return;
      }
      req.body = read.body;
      try {
        await messages(req, res);
      } catch (error) {
        if (!res.headersSent) send(req, res, json(500, { error: "The activity could not be handled." }));
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
      const dependencies = await options.ready();
      const ready = Object.values(dependencies).every(Boolean);
      return json(ready ? 200 : 503, { ready, dependencies });
    }, "quiet"),
  );
  server.get(
    "/metrics",
    answering(() => {
      const body = { type: "text/plain; version=0.0.4", text: metrics.text(options.counters?.() ?? {}) };
      return { status: 200, body };
    }, "quiet"),
  );

  if (secretPage) {
    const linkRequest = (req: Request) => ({ token: String(req.params.token), headers: req.headers });
    const queryOf = (req: Request) => new URLSearchParams(req.getQuery());
    const assets = [
      { name: "page.js", type: "text/javascript; charset=utf-8" },
      { name: "page.css", type: "text/css; charset=utf-8" },
    ];
    // The router prefers a fixed path to a parameter, so these are no tokens.
    for (const { name, type } of assets) {
      const body = { type, text: readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8") };
      server.get(
        `/s/${name}`,
        answering(() => ({ status: 200, body }), "quiet"),
      );
    }
    server.get(
      "/s/callback",
      answering((req) => secretPage.finishSignIn(queryOf(req), req.headers)),
    );
    server.get(
      "/s/:token",
      answering((req) => {
        const begins = queryOf(req).get("sign-in");
        if (begins === null) return secretPage.open(linkRequest(req));
        return secretPage.beginSignIn(linkRequest(req), begins === "another-person" ? begins : "anybody");
      }),
    );
    server.head(
      "/s/:token",
      answering(() => secretPage.closed()),
    );
    server.post(
      "/s/:token/reveal",
      answering(async (req) => {
        const read = await readForm(req, formLimit);
        return secretPage.reveal(linkRequest(req), "form" in read ? read.form : new URLSearchParams());
      }),
    );
    // Whoever sends the address of the revealed page again, without the form, is led to what the link says now.
    server.get(
      "/s/:token/reveal",
      answering((req) => seeOther(`${options.publicUrl}/s/${encodeURIComponent(req.params.token)}`)),
    );
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
    close: (graceMs = 5_000) =>
      new Promise((resolve) => {
        if (!server.server.listening) return resolve();
        const cut = setTimeout(() => server.server.closeAllConnections(), graceMs);
        server.server.close(() => {
          clearTimeout(cut);
          resolve();
        });
      }),
  };
}

/** What was asked for, as a pattern. */
function routeOf(req: Request): string {
  const { route } = req as unknown as { route?: { path?: string } };
  return route?.path ?? "none";
}

/** The router's refusals, in words that repeat nothing of the address. */
function routingAnswer(status: number | undefined): Answer {
  if (status === 404) return text(404, "Not found");
  return status === 405
    ? text(405, "Method not allowed")
    : text(status ?? 500, "The request could not be answered");
}

function send(req: Request, res: Response, answer: Answer): void {
  const page =
    "type" in answer.body ? answer.body : { type: "text/html; charset=utf-8", text: `${answer.body}` };
  res.setHeader("Content-Type", page.type);
  res.setHeader("Content-Length", Buffer.byteLength(page.text));
  if (answer.location !== undefined) res.setHeader("Location", answer.location);
  if (answer.cookies && answer.cookies.length > 0) res.setHeader("Set-Cookie", answer.cookies);
  // What is still to come of a refused body is not read; the connection ends with the answer.
  if (!req.complete) res.setHeader("Connection", "close");
  res.sendRaw(answer.status, page.text);
}
