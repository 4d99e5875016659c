import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);
const source = new URL("../../src/telemetry/tracing.ts", import.meta.url).href;

const script = `
  const { inSpan, startTracing } = await import("${source}");
  const stop = await startTracing();
  await inSpan("job provision", { attributes: { "usher.subject": "REQ-7K2M9Q" } }, () =>
    inSpan("Graph POST /applications", { kind: "client" }, async (mark) => {
      mark({ "http.response.status_code": 503 });
      throw new Error("https://graph.example/canary");
    }),
  ).catch(() => {});
  await stop();
`;

type Sent = { name: string; traceId: string; spanId: string; parentSpanId?: string };

describe("traces", function () {
  this.timeout(60_000);
  const bodies: string[] = [];
  const collector = http.createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    req.on("end", () => {
      bodies.push(`${req.url} ${body}`);
      res.setHeader("content-type", "application/json").end("{}");
    });
  });
  before(() => new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve)));
  after(() => collector.close());

  it("go to the collector that is named, one span in the other, with names and no message of an error", async () => {
    const { port } = collector.address() as AddressInfo;
    await run(process.execPath, ["--input-type=module", "-e", script], {
      env: {
        ...process.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      },
    });
    assert.equal(bodies.length, 1);
    const [address, body = ""] = bodies[0]?.split(" {") ?? [];
    assert.equal(address, "/v1/traces");
    const sent = JSON.parse(`{${body}`) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] };
    const spans = sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    const job = spans.find(({ name }) => name === "job provision");
    const call = spans.find(({ name }) => name === "Graph POST /applications");
    assert.equal(call?.parentSpanId, job?.spanId);
    assert.equal(call?.traceId, job?.traceId);
    assert.match(body, /REQ-7K2M9Q/);
    assert.match(body, /"service\.name".*?"usher"/);
    assert.ok(!body.includes("canary"));
  });
});
