import assert from "node:assert/strict";
import { SecretText } from "../src/domain/secret-text.ts";
import { createLog } from "../src/log.ts";
import type { Log } from "../src/usecases/ports/world.ts";

/** What is written, line by line, when `use` has the log. */
function written(use: (log: Log) => void, level = "info"): Record<string, unknown>[] {
  const lines: string[] = [];
  use(createLog(level, { write: (line: string) => void lines.push(line) }));
  return lines
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

const canary = "canary~token";

/** An error as an HTTP client throws it: with the request and its answer in it. */
const clientError = () =>
  Object.assign(new Error("Request failed"), {
    code: "ECONNRESET",
    statusCode: 503,
    config: { headers: { Authorization: `Bearer ${canary}` } },
    request: { url: `https://graph.example/?code=${canary}` },
    body: JSON.stringify({ secretText: canary }),
  });

describe("the log", () => {
  it("writes a line of JSON with the fields and the text", () => {
    const [line, ...more] = written((log) => log.info({ requestId: "REQ-7K3M9Q" }, "handed over"));
    assert.deepEqual(more, []);
    assert.equal(line?.requestId, "REQ-7K3M9Q");
    assert.equal(line?.msg, "handed over");
    assert.equal(line?.level, 30);
    assert.deepEqual(Object.keys(line ?? {}).toSorted(), ["level", "msg", "requestId", "time"]);
  });

  it("leaves out what is below its level", () => {
    const use = (log: Log) => {
      log.info({}, "info");
      log.warn({}, "warn");
      log.error({}, "error");
    };
    assert.deepEqual(
      written(use, "warn").map(({ msg }) => msg),
      ["warn", "error"],
    );
    assert.deepEqual(written(use, "silent"), []);
  });

  it("keeps a line break in a field from making a line of its own", () => {
    const lines = written((log) => log.warn({ name: 'x"}\n{"level":60,"msg":"forged"}' }, "a\nb"));
    assert.equal(lines.length, 1);
  });

  for (const key of ["err", "error", "cause", "anything"])
    it(`writes of an error under ${key} what explains it, and nothing of its request`, () => {
      const [line] = written((log) => log.error({ [key]: clientError() }, "it broke"));
      const { stack, ...explained } = line![key] as Record<string, unknown>;
      assert.deepEqual(explained, {
        type: "Error",
        message: "Request failed",
        code: "ECONNRESET",
        statusCode: 503,
      });
      assert.match(String(stack), /clientError/);
      assert.ok(!JSON.stringify(line).includes(canary));
    });

  it("writes the causes of an error as sparingly", () => {
    const error = new Error("adding an owner", { cause: clientError() });
    const [line] = written((log) => log.error({ err: error }, "it broke"));
    const { cause } = line!.err as { cause: Record<string, unknown> };
    assert.equal(cause.message, "Request failed");
    assert.ok(!JSON.stringify(line).includes(canary));
  });

  it("ends with a chain of causes that bites its own tail", () => {
    const error = new Error("round");
    error.cause = error;
    assert.equal(written((log) => log.error({ err: error }, "it broke")).length, 1);
  });

  it("writes what was thrown without being an error", () => {
    const [line] = written((log) => log.error({ err: "just a text" }, "it broke"));
    assert.equal(line?.err, "just a text");
  });

  it("writes a secret as [secret], wherever it stands", () => {
    const secret = new SecretText(canary);
    const lines = written((log) => {
      log.info({ secret, deep: { list: [secret] } }, `with ${secret}`);
      log.error({ err: secret }, "thrown");
      log.error({ err: new Error(`of ${secret}`, { cause: secret }) }, "in an error");
    });
    assert.equal(lines.length, 3);
    assert.ok(!JSON.stringify(lines).includes(canary));
    assert.equal(lines[0]?.secret, "[secret]");
  });
});
