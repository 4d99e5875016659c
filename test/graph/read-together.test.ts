import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { GraphError } from "@microsoft/microsoft-graph-client";
import { graphClient } from "../../src/graph/client.ts";
import { readTogether } from "../../src/graph/read-together.ts";

type Part = { id: string; url: string };
type Answer = { status: number; headers?: object; body?: object };

/** A Graph that knows nothing but batches, and what each part of them is answered. */
async function aBatchServer(answer: (part: Part, round: number) => Answer) {
  const rounds: string[][] = [];
  const server = createServer(async (request, response) => {
    const { requests } = JSON.parse(await text(request)) as { requests: Part[] };
    rounds.push(requests.map(({ url }) => url));
    const responses = requests.map((part) => ({ id: part.id, ...answer(part, rounds.length) }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ responses }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  return { rounds, url, client: graphClient(url, credential), close: () => server.close() };
}

describe("reading several things together", () => {
  let graph: Awaited<ReturnType<typeof aBatchServer>>;
  afterEach(() => graph.close());
  const page = (value: number[], next?: string) => ({
    status: 200,
    body: { value, ...(next && { "@odata.nextLink": next }) },
  });

  it("follows every page of each, beside each other, and to no other host", async () => {
    graph = await aBatchServer(({ url }) => {
      const at = Number(/skip=(\d)/.exec(url)?.[1] ?? 0);
      const last = url.startsWith("/long") ? 2 : 1;
      const next = `https://elsewhere.example/v1.0${url.split("?")[0]}?$skip=${at + 1}`;
      return page([at], at < last ? next : undefined);
    });
    const read = await readTogether(graph.client, { long: "/long", short: "/short" });
    assert.deepEqual(
      [read.long, read.short].map((each) => "value" in each && each.value),
      [
        [0, 1, 2],
        [0, 1],
      ],
    );
    assert.deepEqual(graph.rounds, [
      ["/long", "/short"],
      ["/long?$skip=1", "/short?$skip=1"],
      ["/long?$skip=2"],
    ]);
  });

  it("keeps the pages that it has when a later one is throttled", async () => {
    graph = await aBatchServer(({ url }, round) => {
      if (!url.includes("skip")) return page([1], "https://elsewhere.example/v1.0/a?$skip=1");
      return round === 2 ? { status: 429, headers: { "Retry-After": "0.01" } } : page([2]);
    });
    const { a } = await readTogether(graph.client, { a: "/a" });
    assert.deepEqual("value" in a && a.value, [1, 2]);
  });

  it("answers the error of a part beside what the others found", async () => {
    const error = { code: "Request_ResourceNotFound", message: "It is not there." };
    graph = await aBatchServer(({ id }) => (id === "b" ? { status: 404, body: { error } } : page([1])));
    const { a, b } = await readTogether(graph.client, { a: "/a", b: "/b" });
    assert.ok("value" in a && b instanceof GraphError);
    assert.deepEqual([b.statusCode, b.code], [404, error.code]);
  });

  it("gives up a part that is never answered", async () => {
    graph = await aBatchServer(() => ({ status: 503, headers: { "Retry-After": "0.01" } }));
    await assert.rejects(
      readTogether(graph.client, { a: "/a" }),
      (error: GraphError) => error.statusCode === 503,
    );
    assert.equal(graph.rounds.length, 3);
  });
});
