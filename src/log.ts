import { type DestinationStream, pino } from "pino";
import type { Log } from "./usecases/ports.ts";

/**
 * JSON lines on standard output. Of an error only what explains it is written: errors of HTTP clients carry the
 * whole request, and with it tokens and links.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = { level, base: null, serializers: { err: (error: unknown) => explain(error) } };
  return destination ? pino(options, destination) : pino(options);
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
