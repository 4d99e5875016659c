import { type DestinationStream, pino } from "pino";
import type { Log } from "./usecases/ports/world.ts";

/**
 * JSON lines on standard output. Of an error, under whatever name, only what explains it is written: errors of HTTP
 * clients carry the whole request, and with it tokens and links.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  // What has a message is an error to pino's own serializer, so it would explain what is explained already.
  const serializers = { err: (explained: unknown) => explained };
  const options = { level, base: null, formatters: { log: withErrorsExplained }, serializers };
  return destination ? pino(options, destination) : pino(options);
}

function withErrorsExplained(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === "err" || value instanceof Error ? explain(value) : value,
    ]),
  );
}

function explain(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(statusCode !== undefined && { statusCode }),
    stack: error.stack,
    // A chain that bites its own tail must still end.
    ...(error.cause !== undefined && depth < 4 && { cause: explain(error.cause, depth + 1) }),
  };
}
