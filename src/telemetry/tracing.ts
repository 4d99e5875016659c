import { type Attributes, context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("usher");

/** What a span says beside its name: ids and names of ours, never a token, a link or what people typed. */
export type SpanOptions = { kind?: "server" | "client" | "internal"; attributes?: Attributes };

/** Does the work as a span of the trace that it is within; nothing but the work where no traces are taken. */
export function inSpan<T>(
  name: string,
  { kind = "internal", attributes = {} }: SpanOptions,
  work: (mark: (more: Attributes) => void) => Promise<T>,
): Promise<T> {
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
  return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, context.active(), async (span) => {
    try {
      return await work((more) => void span.setAttributes(more));
    } catch (error) {
      // The name only: messages of HTTP clients carry addresses.
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: error instanceof Error ? error.name : "unknown",
      });
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Sends traces to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, by OpenTelemetry's own SDK, which reads the other variables
 * of its specification too (protocol, headers, sampler). It is loaded only then. Answers how to stop it: what is still
 * to be sent is sent, within three seconds.
 */
export async function startTracing(): Promise<() => Promise<void>> {
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME || "usher",
    // What may be measured is at /metrics, and logs go to standard output.
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  sdk.start();
  return async () => {
    const cut = Promise.withResolvers<void>();
    const timer = setTimeout(cut.resolve, 3_000);
    await Promise.race([sdk.shutdown().catch(() => undefined), cut.promise]);
    clearTimeout(timer);
  };
}
