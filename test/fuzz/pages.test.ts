import assert from "node:assert/strict";
import { connect } from "node:net";
import fc from "fast-check";
import { type Edge, startEdge } from "../web/edge.ts";
import { share } from "./size.ts";

/** Whatever a browser, a scanner or somebody who guesses sends to the pages of links. */
describe("what comes to the pages of links", function () {
  this.timeout(3_600_000);
  let edge: Edge;
  before(async () => {
    edge = await startEdge();
  });
  after(() => edge.stop());
  beforeEach(() => {
    edge.lines.length = 0;
  });

  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "..",
      "%2e%2e",
      "%zz",
      "%00",
      "s",
      "callback",
      "reveal",
      "page.js",
      "\u202e",
      "a".repeat(3_000),
    ),
  );
  const pairs = fc.array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom("state", "code", "error", "error_description", "sign-in", "check", "iss", "id_token"),
        fc.string(),
      ),
      piece,
    ),
    { maxLength: 5 },
  );
  const headers = fc.dictionary(
    fc.constantFrom(
      "cookie",
      "referer",
      "sec-fetch-site",
      "sec-fetch-mode",
      "content-type",
      "accept",
      "user-agent",
      "x-forwarded-for",
      "range",
      "if-none-match",
    ),
    fc.oneof(
      fc.constantFrom("__Host-usher=x", "cross-site", "application/x-www-form-urlencoded", "*/*", "bytes=0-"),
      fc.string().map((each) => each.replaceAll(/[^\x20-\x7e]/g, "").trim()),
    ),
    { maxKeys: 4 },
  );

  const wellFormed = ([key, value]: [string, string]): [string, string] => [
    key.toWellFormed(),
    value.toWellFormed(),
  ];

  /** Answered, with words for people, and without the secret. */
  async function holds(path: string, init: RequestInit): Promise<void> {
    const answer = await fetch(`${edge.real}${path}`, { redirect: "manual", ...init });
    const body = await answer.text();
    assert.ok(answer.status < 500, `${path} is answered ${answer.status}`);
    assert.ok(!body.includes(edge.secret), "the secret");
    assert.ok(!edge.lines.join().includes(edge.token), "the link's token in the log");
  }

  it("is answered, whatever is asked for with whatever headers", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"),
        fc.array(piece, { maxLength: 3 }),
        pairs,
        headers,
        (method, pieces, query, given) => {
          const path = `/s/${pieces.map((each) => encodeURIComponent(each.toWellFormed())).join("/")}?${new URLSearchParams(query.map(wellFormed))}`;
          return holds(path, { method, headers: given });
        },
      ),
      share(0.08),
    ));

  it("opens nothing by a sign-in that nobody began, or by a form that no page sent", () =>
    fc.assert(
      fc.asyncProperty(fc.boolean(), pairs, headers, (isCallback, query, given) => {
        const form = new URLSearchParams(query.map(wellFormed));
        return isCallback
          ? holds(`/s/callback?${form}`, { headers: given })
          : holds(`/s/${edge.token}/reveal`, {
              method: "POST",
              body: form,
              headers: { ...given, "content-type": "application/x-www-form-urlencoded" },
            });
      }),
      share(0.08),
    ));

  it("opens nothing for a token that is almost right", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.boolean(), async (at, other, isReveal) => {
        const { token } = edge;
        const i = at % token.length;
        const char = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[other % 64] ?? "A";
        if (char === token[i]) return;
        const near = `${token.slice(0, i)}${char}${token.slice(i + 1)}`;
        await holds(`/s/${near}${isReveal ? "/reveal" : "?sign-in"}`, { method: isReveal ? "POST" : "GET" });
      }),
      share(0.04),
    ));

  it("goes on after bytes that are no HTTP", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(
          "",
          "GET /s/x HTTP/1.1\r\nHost: ",
          "POST /s/x/reveal HTTP/1.1\r\nContent-Length: -1\r\n",
        ),
        async (bytes, begin) => {
          await new Promise<void>((resolve) => {
            const socket = connect(edge.port, "127.0.0.1", () =>
              socket.end(Buffer.concat([Buffer.from(begin), bytes])),
            );
            socket.on("error", () => {}).on("close", () => resolve());
            socket.resume();
          });
        },
      ),
      share(0.02),
    );
    assert.equal((await fetch(`${edge.real}/livez`)).status, 200);
  });
});
