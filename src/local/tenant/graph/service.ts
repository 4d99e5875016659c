import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Fault, faultAnswer } from "../faults.ts";
import { settingsOf } from "../settings.ts";
import type { Tenant } from "../tenant.ts";
import { runBatch } from "./batch.ts";
import type { Answer, Caller, Json } from "./call.ts";
import { callerOf } from "./caller.ts";
import { dispatch } from "./dispatch.ts";
import { badRequest, errorBody, GraphError } from "./errors.ts";
import { createWriteLimits } from "./write-limits.ts";

/** A request as it came over HTTP. */
export type GraphHttpRequest = {
  method: string;
  /** Path and query behind /v1.0; with its version where that is another. */
  url: string;
  headers: Record<string, string | undefined>;
  body: string;
};

/** What to do with the connection: answer, cut it, or say nothing for ever. */
export type Outcome = { answer: Answer } | "cut" | "silence";

/** Microsoft Graph over the tenant: tokens, limits, faults, latency and the request log around the routes. */
export function createGraphService(tenant: Tenant) {
  const limits = createWriteLimits();

  /** One request or one part of a batch. */
  async function one(request: Parsed, isPart: boolean): Promise<Outcome> {
    const started = performance.now();
    const settings = settingsOf(tenant.state);
    const path = request.url.startsWith("/beta/") ? request.url : `/v1.0${request.url}`;
    const fault =
      tenant.faults.take(request.method, path) ?? tenant.storms.take(request.method, path, "graph");
    const isWrite =
      request.method !== "GET" &&
      !/(?:check|get)Member(?:Groups|Objects)|getByIds|^\/\$batch/i.test(request.url);
    const half = isPart ? 0 : settings.latencyMs / 2;
    let outcome: Outcome;
    let leave = () => {};
    try {
      if (isWrite) {
        leave = limits.enter(settings, request.url);
        limits.count(settings, request.caller?.appId ?? "", tenant.clock.now().getTime());
      }
      if (half) await wait(half);
      outcome = await struck(tenant, fault, async () => request.run());
      if (half) await wait(half);
    } catch (error) {
      outcome = { answer: errorAnswer(tenant, error, request.headers) };
    } finally {
      leave();
    }
    tenant.log.add({
      time: tenant.clock.now().toISOString(),
      durationMs: Math.round(performance.now() - started),
      method: request.method,
      path,
      status: typeof outcome === "string" ? 0 : outcome.answer.status,
      appId: request.caller?.appId ?? null,
      isPart,
    });
    return outcome;
  }

  return async (http: GraphHttpRequest): Promise<Outcome> => {
    let caller: Caller | undefined;
    const refuse = (error: unknown) => one({ ...http, caller, run: () => Promise.reject(error) }, false);
    try {
      caller = callerOf(tenant, http.headers.authorization, isBatch(http) ? "GET" : http.method);
    } catch (error) {
      return refuse(error);
    }
    let body: Json | undefined;
    try {
      body = parseBody(http);
    } catch (error) {
      return refuse(error);
    }
    if (!isBatch(http))
      return one({ ...http, caller, run: async () => dispatch(tenant, { ...http, body, caller }) }, false);

    const runPart = async (part: Omit<GraphHttpRequest, "body"> & { body: Json | undefined }) => {
      const run = async () => {
        if (!caller && part.method !== "GET") callerOf(tenant, undefined, part.method);
        return dispatch(tenant, { ...part, caller });
      };
      const outcome = await one({ ...part, caller, run }, true);
      // Inside a batch there is no connection to cut.
      return typeof outcome === "string" ? { status: 503 } : outcome.answer;
    };
    return one({ ...http, caller, run: () => runBatch(body, runPart) }, false);
  };
}

type Parsed = Omit<GraphHttpRequest, "body"> & {
  caller: Caller | undefined;
  run: () => Promise<Answer>;
};

const isBatch = (http: GraphHttpRequest) => http.method === "POST" && /^\/\$batch$/i.test(http.url);

async function struck(
  tenant: Tenant,
  fault: Fault | undefined,
  work: () => Promise<Answer>,
): Promise<Outcome> {
  if (!fault) return { answer: await work() };
  if (fault.kind === "hang") return "silence";
  if (fault.kind === "reset-before") return "cut";
  if (fault.kind === "late-done") {
    const { afterSeconds = 30 } = fault;
    tenant.late.add(tenant.clock.now().getTime() + afterSeconds * 1000, work);
  }
  if (fault.kind === "reset-after" || fault.kind === "504-done") await work();
  if (fault.kind === "reset-after") return "cut";
  const { status, code, message, headers } = faultAnswer(fault);
  return { answer: errorAnswer(tenant, new GraphError(status, code, message, headers), {}) };
}

function errorAnswer(tenant: Tenant, error: unknown, headers: Record<string, string | undefined>): Answer {
  const refusal =
    error instanceof GraphError
      ? error
      : new GraphError(500, "Service_InternalServerError", `The simulation failed: ${String(error)}`);
  const clientRequestId = headers["client-request-id"] ?? randomUUID();
  return {
    status: refusal.status,
    headers: refusal.headers,
    body: errorBody(refusal, randomUUID(), clientRequestId, tenant.clock.now()),
  };
}

function parseBody(http: GraphHttpRequest): Json | undefined {
  if (http.body === "") return undefined;
  let body: unknown;
  try {
    body = JSON.parse(http.body);
  } catch {
    throw badRequest(
      "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
      "BadRequest",
    );
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw badRequest("A JSON object was expected.", "BadRequest");
  return body as Json;
}
