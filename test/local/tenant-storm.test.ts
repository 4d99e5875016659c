import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { aTenant, type TestTenant } from "./tenant-client.ts";

describe("a storm over the simulated Graph", () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await aTenant();
    // The token is had before the storm, as a caller that has worked for a while has it.
    await tenant.bot("GET", "/organization");
  });
  afterEach(() => tenant.discard());

  const begin = (order: object) => tenant.control("PUT", "/storm", order);
  const seen = async () =>
    (await tenant.control("GET", "/storm")).body as {
      requests: number;
      struck: Record<string, number>;
      storm: { kinds: string[] } | null;
    };
  /** What each of so many requests, one after the other, was answered; 0 where the connection was cut. */
  async function answers(count: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < count; n++) {
      const displayName = `Application ${n}`;
      const answer = await tenant.bot("POST", "/applications", { displayName }).catch(() => ({ status: 0 }));
      statuses.push(answer.status);
    }
    return statuses;
  }

  it("strikes each request with each kind by the share that was asked for", async () => {
    await begin({ seed: 1, share: 0.05 });
    const statuses = await answers(400);
    const { requests, struck } = await seen();
    assert.equal(requests, 400);
    assert.deepEqual(Object.keys(struck).toSorted(), [
      "409",
      "429",
      "503",
      "504-done",
      "504-not-done",
      "late-done",
      "reset-after",
      "reset-before",
    ]);
    // Twenty of each on the average.
    for (const [kind, times] of Object.entries(struck))
      assert.ok(times > 5 && times < 40, `${kind} ${times}`);
    const count = (...wanted: number[]) => statuses.filter((status) => wanted.includes(status)).length;
    assert.equal(count(409), struck["409"]);
    assert.equal(count(429), struck["429"]);
    const late = struck["late-done"] ?? 0;
    assert.equal(count(504), (struck["504-done"] ?? 0) + (struck["504-not-done"] ?? 0) + late);
    assert.equal(count(0), (struck["reset-before"] ?? 0) + (struck["reset-after"] ?? 0));
    const done = count(201) + (struck["504-done"] ?? 0) + (struck["reset-after"] ?? 0) + late;
    await tenant.control("DELETE", "/storm");
    // What is late comes within five minutes.
    await tenant.control("POST", "/clock", { advanceSeconds: 5 * 60 });
    const { value } = (await tenant.bot("GET", "/applications?$top=999")).body as {
      value: { displayName: string }[];
    };
    assert.equal(value.filter(({ displayName }) => displayName.startsWith("Application ")).length, done);
  });

  it("is the same for the same seed and the same requests in the same order", async () => {
    const storm = async (seed: number) => {
      await begin({ seed, share: 0.1 });
      return answers(60);
    };
    const [first, again, other] = [await storm(5), await storm(5), await storm(6)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  });

  it("brings only what was asked for, after what a test ordered, and ends when it is told to", async () => {
    await begin({ seed: 1, share: 1, kinds: ["503"] });
    await tenant.control("POST", "/faults", { path: "/applications", kind: "status", status: 418 });
    assert.deepEqual(await answers(3), [418, 503, 503]);
    await tenant.control("DELETE", "/storm");
    assert.deepEqual(await answers(1), [201]);
    assert.equal((await seen()).storm, null);
  });

  it("leaves reads free of conflicts, and the sign-in alone unless it is asked for", async () => {
    await begin({ seed: 1, share: 1, kinds: ["409"] });
    assert.equal((await tenant.bot("GET", "/applications")).status, 200);
    assert.deepEqual(await answers(1), [409]);
    await begin({ seed: 1, share: 1, kinds: ["503"] });
    assert.equal((await tenant.token(company.clients.bot)).status, 200);
    await begin({ seed: 1, share: 1, kinds: ["503"], signIn: true });
    assert.equal((await tenant.token(company.clients.bot)).status, 503);
  });

  it("strikes the parts of a batch each on its own, and slows down none as a whole", async () => {
    await begin({ seed: 2, share: 0.5, kinds: ["429"] });
    const requests = Array.from({ length: 20 }, (_, n) => ({
      id: String(n),
      method: "GET",
      url: "/organization",
    }));
    const batch = await tenant.bot("POST", "/$batch", { requests });
    assert.equal(batch.status, 200);
    const parts = batch.body.responses as { status: number; headers: Record<string, string> }[];
    const slowed = parts.filter(({ status }) => status === 429);
    assert.ok(slowed.length > 3 && slowed.length < 17, String(slowed.length));
    assert.ok(slowed.every(({ headers }) => headers["Retry-After"] === "1"));
    assert.ok(parts.every(({ status }) => status === 429 || status === 200));
  });

  it("is refused in a sentence when it cannot be understood", async () => {
    for (const [order, sentence] of [
      [{}, /seed/],
      [{ seed: 1, share: 2 }, /share/],
      [{ seed: 1, kinds: ["rain"] }, /kinds is a list of 409/],
      [{ seed: 1, signIn: "yes" }, /signIn/],
    ] as const) {
      const { status, body } = await begin(order);
      assert.equal(status, 400);
      assert.match(String(body.error), sentence);
    }
  });
});
