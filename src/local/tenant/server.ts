import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { clockOf } from "./clock.ts";
import { runControl } from "./control.ts";
import { type Exchange, exchangeOf } from "./exchange.ts";
import { createFaults } from "./faults.ts";
import { createGraphService } from "./graph/service.ts";
import { signInsPath } from "./graph/sign-ins.ts";
import { createLateWork } from "./late-work.ts";
import { createRequestLog } from "./request-log.ts";
import { seedCompany } from "./seed.ts";
import { changeSettings, type Settings } from "./settings.ts";
import { createSigninService } from "./signin-service.ts";
import { openState } from "./state.ts";
import { createStorms } from "./storm.ts";
import type { Tenant } from "./tenant.ts";
import { signingKey } from "./tokens.ts";

export type TenantOptions = {
  /** 0: any free port. */
  graphPort: number;
  signinPort: number;
  /** Holds the one file with the tenant's state and keys. */
  dataDir: string;
  /** Where people may be sent back to after sign-in, besides `/s/callback` on loopback. */
  redirectUris?: string[];
  now?: () => Date;
  settings?: Partial<Settings>;
  /** With a certificate both services speak https, for clients that refuse anything else. */
  tls?: { key: string; cert: string };
  /** Hears of every request to Graph with both bodies, for tests: without secrets. */
  onExchange?: (exchange: Exchange) => void;
};

export type RunningTenant = { graphUrl: string; authorityUrl: string; close: () => Promise<void> };

const host = "127.0.0.1";
const bodyLimit = 4 * 1024 * 1024;

/**
 * Starts Microsoft Graph and the sign-in service of the simulated company on loopback. `graphUrl` is without `/v1.0`,
 * `authorityUrl` without the tenant. Rejects when a port is taken.
 */
export async function startTenant(options: TenantOptions): Promise<RunningTenant> {
  const state = openState(options.dataDir);
  const clock = clockOf(state, options.now ?? (() => new Date()));
  seedCompany(state, clock.now());
  if (options.settings) changeSettings(state, options.settings);
  const tenant: Tenant = {
    state,
    clock,
    key: signingKey(state),
    faults: createFaults(),
    storms: createStorms(),
    late: createLateWork(),
    log: createRequestLog(),
    urls: { graph: "", authority: "" },
    redirectUris: options.redirectUris ?? [],
  };

  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(stop));
    state.close();
  };
  try {
    const graphPort = await listen(servers, options, options.graphPort);
    const signinPort = await listen(servers, options, options.signinPort);
    const scheme = options.tls ? "https" : "http";
    // The name must be one that the certificate can have.
    const name = options.tls ? "localhost" : host;
    tenant.urls.graph = `${scheme}://${name}:${graphPort}`;
    tenant.urls.authority = `${scheme}://${name}:${signinPort}`;
  } catch (error) {
    await close();
    throw error;
  }
  const [graphServer, signinServer] = servers;
  graphServer?.on("request", graphListener(tenant, options.onExchange));
  signinServer?.on("request", signinListener(tenant));
  return { graphUrl: tenant.urls.graph, authorityUrl: tenant.urls.authority, close };
}

async function listen(servers: Server[], { tls }: TenantOptions, port: number): Promise<number> {
  const server = tls ? createSecureServer(tls) : createServer();
  // Clients keep connections open; a longer life here than theirs avoids answers to a closed one.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function graphListener(tenant: Tenant, onExchange: TenantOptions["onExchange"]): RequestListener {
  const service = createGraphService(tenant);
  return listener(tenant, async (request, response, body) => {
    const { method = "GET", url = "/" } = request;
    const requestId = randomUUID();
    const isBeta = url.startsWith(`${signInsPath}?`);
    if (!isBeta && !/^\/v1\.0(?:\/|$)/.test(url)) {
      const message = `Invalid version. Only /v1.0 and ${signInsPath} are simulated.`;
      return sendJson(response, 400, { error: { code: "BadRequest", message } });
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
    );
    const asked = { method, url: isBeta ? url : url.slice("/v1.0".length), headers, body };
    const outcome = await service(asked);
    onExchange?.(exchangeOf(asked, outcome));
    if (outcome === "silence") return;
    if (outcome === "cut") return void request.socket.destroy();
    const { answer } = outcome;
    const clientRequestId = headers["client-request-id"] ?? requestId;
    sendJson(response, answer.status, answer.body, {
      "request-id": requestId,
      "client-request-id": clientRequestId,
      ...answer.headers,
    });
  });
}

function signinListener(tenant: Tenant): RequestListener {
  return listener(tenant, createSigninService(tenant));
}

type Serve = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void>;

/** Reads the body, keeps foreign pages out and answers `/_sim`; the rest is `serve`. */
function listener(tenant: Tenant, serve: Serve): RequestListener {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    // A name that resolves to loopback would let any web page read the tenant.
    if (!isLoopback(request.headers.host))
      return sendJson(response, 421, { error: { code: "BadRequest", message: "Loopback only." } });
    const body = await readBody(request);
    await tenant.late.doDue(tenant.clock.now().getTime());
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path !== "/_sim" && !path.startsWith("/_sim/")) return serve(request, response, body);
    if (request.headers.origin)
      return sendJson(response, 403, { error: "Web pages may not control the simulation." });
    const answer = runControl(tenant, request.method ?? "GET", path, body);
    sendJson(response, answer.status, answer.body);
  };
  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) return void request.socket.destroy();
      sendJson(response, 500, { error: { code: "Service_InternalServerError", message: String(error) } });
    });
  };
}

const isLoopback = (hostHeader = "") =>
  ["127.0.0.1", "localhost", "[::1]"].includes(hostHeader.replace(/:\d+$/, ""));

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error("The body is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  // Not chained: restify, where a test has it in the same process, makes every `writeHead` answer nothing.
  if (body === undefined) {
    response.writeHead(status, headers);
    response.end();
    return;
  }
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify(body));
}
