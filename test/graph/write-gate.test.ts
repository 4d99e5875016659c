import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@microsoft/microsoft-graph-client";
import { graphClient } from "../../src/graph/client.ts";
import { writeQuota } from "../../src/store/write-quota.ts";
import type { WriteQuota } from "../../src/usecases/ports/entra.ts";
import { usherOnDisk } from "../support/carriers.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

const priya = "aaaaaaaa-0000-4000-8000-000000000003";
const approvers = "bbbbbbbb-0000-4000-8000-000000000001";

describe("writes to Graph", () => {
  let edge: GraphEdge;
  let close: () => Promise<void>;
  /** The same quota as another process has it. */
  let beside: WriteQuota;
  let own: WriteQuota;
  let server: Server | undefined;

  /** Usher's graph edge with its writes under a small quota, on a clock that only waiting turns. */
  async function withQuota(limit: number) {
    const carrier = await usherOnDisk();
    let ms = Date.now();
    const clock = { now: () => new Date(ms) };
    const pause = async (forMs: number) => {
      ms += forMs;
    };
    const open = () =>
      writeQuota(carrier.db, { identity: "usher", clock, limit: { limit, seconds: 150 }, pause });
    beside = open();
    own = open();
    edge = await startGraphEdge({ quota: own });
    close = async () => {
      await edge.close();
      await carrier.close();
    };
    await edge.asked();
  }
  afterEach(async () => {
    server?.close();
    await close();
  });

  /** A Graph that always answers this, and a client that writes to it under the quota. */
  async function answering(answer: { status: number; headers: Record<string, string>; body: object }) {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { ...answer.headers, "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const getToken = async () => ({ token: "a token", expiresOnTimestamp: Date.now() + 60_000 });
    return graphClient(`http://127.0.0.1:${port}`, { getToken }, { quota: own });
  }

  const graph = (): Client => edge.provisioning.client;
  const create = () => graph().api("/applications").post({ displayName: "Payroll" });

  it("do not leave once the quota is used up; the step is told when to come back", async () => {
    await withQuota(2);
    await create();
    await create();
    const failure = await failureOf(edge.made());
    assert.equal(failure.kind, "retry");
    assert.match(failure.message, /only so many changes at a time/);
    assert.ok(failure.retryAfterMs > 140_000, String(failure.retryAfterMs));
    assert.equal((await edge.asked("POST /v1.0")).length, 2);
  });

  it("are all that counts: reads go on, also those that are POSTs", async () => {
    await withQuota(1);
    await create();
    for (let n = 0; n < 3; n++) {
      await graph().api("/servicePrincipals").top(1).get();
      await graph()
        .api(`/users/${priya}/checkMemberGroups`)
        .post({ groupIds: [approvers] });
    }
    assert.equal((await edge.asked()).filter((each) => /checkMember|^GET .v1/.test(each)).length, 6);
    await assert.rejects(create());
  });

  it("count one by one in a $batch, its reads not", async () => {
    await withQuota(3);
    const part = (id: string, method: string) => ({
      id,
      method,
      url: "/applications",
      ...(method === "POST" && {
        headers: { "Content-Type": "application/json" },
        body: { displayName: "Payroll" },
      }),
    });
    await graph()
      .api("/$batch")
      .post({ requests: [part("1", "POST"), part("2", "GET"), part("3", "POST")] });
    await create();
    await assert.rejects(create());
  });

  it("stop in every process when Graph answers 429, for as long as it says", async () => {
    await withQuota(100);
    await edge.fault("POST", "/applications", { kind: "429", retryAfter: 90 });
    await assert.rejects(create());
    assert.equal(await beside.pass(1), 90_000);
    await assert.rejects(create());
    assert.equal((await edge.asked("POST /v1.0")).length, 1);
  });

  it("stop in every process when a part of a $batch is answered 429", async () => {
    await withQuota(100);
    await edge.fault("PATCH", "/applications", { kind: "429", retryAfter: 40 });
    const requests = [{ id: "1", method: "PATCH", url: "/applications/x", body: { tags: [] } }];
    await graph().api("/$batch").post({ requests });
    assert.equal(await beside.pass(1), 40_000);
  });

  for (const [scope, isClosed] of [
    ["Tenant_Application/Write/app/tenant", true],
    ["", true],
    ["Resource/Write/app/object", false],
  ] as const) {
    const what = scope ? `a limit of ${scope}` : "a limit and not of what";
    const headers = { "retry-after": "60", ...(scope && { "x-ms-throttle-scope": scope }) };
    const waits = isClosed ? 60_000 : 0;
    it(`${isClosed ? "stop" : "go on"} where Graph names ${what}`, async () => {
      await withQuota(100);
      const error = { code: "TooManyRequests", message: "Wait." };
      const client = await answering({ status: 429, headers, body: { error } });
      await assert.rejects(client.api("/applications/x").patch({ tags: [] }));
      assert.equal(await beside.pass(1), waits);
    });
    it(`${isClosed ? "stop" : "go on"} where a part of a $batch names ${what}`, async () => {
      await withQuota(100);
      const client = await answering({
        status: 200,
        headers: {},
        body: { responses: [{ id: "1", status: 429, headers }] },
      });
      const requests = [{ id: "1", method: "PATCH", url: "/applications/x", body: { tags: [] } }];
      await client.api("/$batch").post({ requests });
      assert.equal(await beside.pass(1), waits);
    });
  }
});
