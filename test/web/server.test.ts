import assert from "node:assert/strict";
import { connect } from "node:net";
import { createServer, PortTaken, type ServerOptions } from "../../src/web/server.ts";
import { checkOf, type Edge, pressReveal, startEdge } from "./edge.ts";

describe("the HTTP edge", () => {
  let edge: Edge;
  const received: unknown[] = [];
  const answered: string[] = [];
  let directoryUp = true;
  const options: Partial<ServerOptions> = {
    messages: async (req, res) => {
      received.push(req.body);
      if (req.body.type === "broken") throw new Error("inner detail");
      res.send(200, { ok: true });
    },
    ready: async () => ({ store: true, directory: directoryUp }),
    metrics: {
      answer: (...counted) => void answered.push(counted.join(" ")),
      text: async () => "usher_said 1\n",
    },
  };
  beforeEach(async () => {
    received.length = 0;
    directoryUp = true;
    edge = await startEdge(options);
  });
  afterEach(() => edge.stop());

  const post = (body: string, headers: Record<string, string> = { "Content-Type": "application/json" }) =>
    fetch(`${edge.real}/api/messages`, { method: "POST", body, headers });
  /** Sends bytes as they are, and answers what comes back until the connection ends. */
  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = "";
      const socket = connect(edge.port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("close", () => resolve(answer)).on("error", reject);
    });

  it("hands a parsed activity to the chat edge", async () => {
    const reply = await post(JSON.stringify({ type: "message", text: "hé" }), {
      "Content-Type": "application/json; charset=utf-8",
    });
    assert.equal(reply.status, 200);
    assert.deepEqual(await reply.json(), { ok: true });
    assert.deepEqual(received, [{ type: "message", text: "hé" }]);
    assert.deepEqual(edge.lines, []);
  });

  it("refuses a malformed activity with a sentence and one line in the log", async () => {
    const big = JSON.stringify({ text: "x".repeat(256 * 1024) });
    const cases: [number, string, Record<string, string>?][] = [
      [400, '{"text": "canary'],
      [400, ""],
      [400, "[]"],
      [400, "null"],
      [415, "type=message", { "Content-Type": "application/x-www-form-urlencoded" }],
      [415, "{}", { "Content-Type": "application/json", "Content-Encoding": "gzip" }],
      [413, big],
    ];
    for (const [status, body, headers] of cases) {
      edge.lines.length = 0;
      const reply = await post(body, headers);
      assert.equal(reply.status, status);
      const { error } = (await reply.json()) as { error: string };
      assert.match(error, /^The body must .{5,60}\.$/);
      assert.equal(edge.lines.length, 1);
      assert.ok(!`${error}${edge.lines}`.includes("canary"));
    }
    assert.deepEqual(received, []);
  });

  it("keeps the cause of a failed activity inside", async () => {
    const reply = await post(JSON.stringify({ type: "broken" }));
    assert.equal(reply.status, 500);
    assert.doesNotMatch(await reply.text(), /inner|\.ts/);
    assert.match(edge.lines.join(), /inner detail/);
  });

  it("says that it lives, and whether each dependency is there", async () => {
    assert.equal((await fetch(`${edge.real}/livez`)).status, 200);
    const ready = await fetch(`${edge.real}/readyz`);
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), { ready: true, dependencies: { store: true, directory: true } });
    directoryUp = false;
    const unready = await fetch(`${edge.real}/readyz`);
    assert.equal(unready.status, 503);
    assert.deepEqual(await unready.json(), { ready: false, dependencies: { store: true, directory: false } });
  });

  it("counts its answers by route, never by address", async () => {
    const visitor = edge.newVisitor();
    await visitor.send(edge.link);
    await visitor.send(`${edge.publicUrl}/nowhere`);
    const metrics = await fetch(`${edge.real}/metrics`);
    assert.equal(await metrics.text(), "usher_said 1\n");
    assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.deepEqual(answered.slice(-3), ["GET /s/:token 200", "GET none 404", "GET /metrics 200"]);
  });

  it("bears the same strict headers on every answer, errors too", async () => {
    const visitor = edge.newVisitor();
    const { publicUrl, link } = edge;
    const page = await visitor.browse(`${link}?sign-in`);
    const check = checkOf(page.body);
    const replies = [
      page,
      await visitor.send(`${link}/reveal`, pressReveal("")),
      await visitor.send(`${link}/reveal`, pressReveal(check)),
      await visitor.send(`${link}/reveal`, pressReveal(check)),
      await visitor.send(link, { method: "HEAD" }),
      await visitor.send(link, { method: "OPTIONS" }),
      await visitor.send(`${link}?sign-in`),
      await visitor.send(`${publicUrl}/s/callback?state=x`),
      await visitor.send(`${publicUrl}/s/page.js`),
      await visitor.send(`${publicUrl}/s/page.css`),
      await visitor.send(`${publicUrl}/s/%zz`),
      await visitor.send(`${publicUrl}/nowhere`),
      await visitor.send(`${publicUrl}/api/messages`, { method: "POST", body: "{" }),
      await visitor.send(`${publicUrl}/livez`),
      await visitor.send(`${publicUrl}/readyz`),
      await visitor.send(`${publicUrl}/metrics`),
    ];
    for (const { url, headers } of replies) {
      assert.equal(headers.get("cache-control"), "no-store", url);
      assert.match(
        headers.get("content-security-policy")!,
        /^default-src 'none'; script-src 'self'; style-src 'self'; /,
      );
      assert.doesNotMatch(headers.get("content-security-policy")!, /unsafe|\*|http/);
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.match(headers.get("strict-transport-security")!, /^max-age=\d{8}/);
      assert.equal(headers.get("server"), null);
    }
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 403, 200, 410, 200, 405, 303, 403, 200, 200, 404, 404, 415, 200, 200, 200],
    );
  });

  it("answers what is not HTTP, or has a bad host, and goes on", async () => {
    for (const bytes of ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n"]) {
      const answer = await raw(bytes);
      assert.match(answer, /^HTTP\/1.1 400 Bad Request\r\n/);
      assert.match(answer, /\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src 'none'/);
    }
    assert.equal((await fetch(`${edge.real}/livez`)).status, 200);
  });

  it("answers a request that offers another protocol as any other", async () => {
    const offer = "Upgrade: websocket\r\nConnection: Upgrade, close\r\n";
    assert.match(await raw(`GET /livez HTTP/1.1\r\nHost: x\r\n${offer}\r\n`), /^HTTP\/1.1 200 OK\r\n/);
  });

  it("promises no https where it has none, and sets cookies that work there", async () => {
    const plain = await startEdge({ publicUrl: "http://127.0.0.1:1" });
    const reply = await plain.newVisitor().send(`${plain.link}?sign-in`);
    await plain.stop();
    assert.equal(reply.headers.get("strict-transport-security"), null);
    assert.match(
      reply.headers.get("set-cookie")!,
      /^usher-sign-in-[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  it("says that a port is taken, and what to do", async () => {
    const second = createServer({ publicUrl: edge.publicUrl, log: console, ready: async () => ({}) });
    await assert.rejects(second.listen({ host: "127.0.0.1", port: edge.port }), (error: Error) => {
      assert.ok(error instanceof PortTaken);
      assert.match(error.message, /^Port \d+ on 127\.0\.0\.1 is already in use\. .* PORT /);
      return true;
    });
    await second.close();
  });
});
