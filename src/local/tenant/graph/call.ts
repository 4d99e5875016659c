import type { Clock } from "../clock.ts";
import { lagMs, type Settings } from "../settings.ts";
import type { Entity, Kind, Row, State } from "../state.ts";
import { notFound } from "./errors.ts";

export type Json = Record<string, unknown>;

/** How a path names an object: by id, or by one of its alternate keys. */
export type Ref = { by: "id" | "appId" | "uniqueName" | "name" | "roleTemplateId"; value: string };

/** Whose token came with the request. */
export type Caller = { appId: string; servicePrincipalId: string; roles: readonly string[] };

/** One request to Graph, or one part of a batch, with all that answering it needs. */
export type Call = {
  state: State;
  settings: Settings;
  clock: Clock;
  now: Date;
  graphUrl: string;
  method: string;
  /** Without /v1.0 and without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: Json | undefined;
  params: Record<string, Ref>;
  /** Undefined: a read from loopback without a token. */
  caller: Caller | undefined;
};

export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

export type Route = { method: string; path: string; handle: (call: Call) => Answer };

export const contextUrl = (call: Call, what: string) => `${call.graphUrl}/v1.0/$metadata#${what}`;

export const noContent: Answer = { status: 204 };

export const isVisible = (call: Call, row: Row) =>
  row.deletedAt === undefined && row.visibleFrom <= call.now.getTime();

/** When something written now becomes visible. */
export const visibleFrom = (call: Call) =>
  call.now.getTime() + lagMs(call.state, call.settings, "replicationSeconds");

/** The object that the path names; throws Graph's 404 when it is not there for readers. */
export function target(call: Call, kind: Kind, ref: Ref): Row {
  const found =
    ref.by === "appId" || ref.by === "uniqueName"
      ? call.state.find(kind, ref.by, ref.value).find((row) => isVisible(call, row))
      : call.state.get(kind, ref.value.toLowerCase());
  if (!found || !isVisible(call, found)) throw notFound(ref.value);
  return found;
}

export function param(call: Call, name: string): Ref {
  const ref = call.params[name];
  if (!ref) throw new Error(`The route has no ${name}.`);
  return ref;
}

export const text = (entity: Entity | Json, name: string): string | undefined => {
  const value = entity[name];
  return typeof value === "string" ? value : undefined;
};
