import assert from "node:assert/strict";
import { company } from "../../src/local/tenant/company.ts";
import { graphAppId } from "../../src/local/tenant/resources.ts";
import { aRegistration, aTenant, createIfMissing, errorOf, type TestTenant } from "./tenant-client.ts";

describe("the simulated directory before it agrees with itself", () => {
  let tenant: TestTenant;
  let graphId: string;
  before(async () => {
    tenant = await aTenant({ settings: { replicationSeconds: 60 } });
    graphId = String(
      (await tenant.bot("GET", `/servicePrincipals(appId='${graphAppId}')?$select=id`)).body.id,
    );
  });
  after(() => tenant.discard());
  const noRole = "00000000-0000-0000-0000-000000000000";
  const replicate = () => tenant.control("POST", "/clock", { advanceSeconds: 60 });
  const missing = (id: unknown) => ({
    code: "Request_ResourceNotFound",
    message: `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  });

  it("knows nothing of a new application where it is read or built upon", async () => {
    const { id, appId } = (
      await tenant.bot("POST", "/applications", { displayName: "New", uniqueName: "usher-lag" })
    ).body;
    assert.deepEqual(errorOf(await tenant.bot("GET", `/applications/${id}`)), {
      status: 404,
      ...missing(id),
    });
    assert.deepEqual(errorOf(await tenant.bot("POST", `/applications/${id}/addPassword`, {})), {
      status: 404,
      ...missing(id),
    });
    const path = `/servicePrincipals(appId='${appId}')`;
    const { clientId } = company.clients.consent;
    await tenant.control("PUT", `/identities/${clientId}`, {
      roles: ["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"],
    });
    const wide = tenant.as(company.clients.consent);
    assert.deepEqual(errorOf(await wide("PATCH", path, {}, createIfMissing)), {
      status: 400,
      code: "Request_BadRequest",
      message: `The appId '${appId}' of the service principal does not reference a valid application object.`,
    });
    // Who may touch only its own reads, of its own, that it is in another tenant.
    assert.deepEqual(errorOf(await tenant.bot("PATCH", path, {}, createIfMissing)), {
      status: 403,
      code: "Authorization_RequestDenied",
      message:
        "When using this permission, the backing application of the service principal being created must in the local tenant",
    });
    assert.equal((await tenant.bot("GET", "/applications(uniqueName='usher-lag')")).status, 404);
    // Yet the name is taken.
    assert.equal(
      (await tenant.bot("POST", "/applications", { displayName: "New", uniqueName: "usher-lag" })).status,
      400,
    );

    await replicate();
    const made = await tenant.bot("PATCH", path, {}, createIfMissing);
    assert.equal(made.status, 201);
    const grant = {
      clientId: made.body.id,
      consentType: "AllPrincipals",
      resourceId: graphId,
      scope: "User.Read",
    };
    assert.deepEqual(errorOf(await tenant.bot("POST", "/oauth2PermissionGrants", grant)), {
      status: 400,
      ...missing(made.body.id),
      code: "Request_BadRequest",
    });
    const role = { principalId: made.body.id, resourceId: graphId, appRoleId: noRole };
    const assignments = (of: unknown) => `/servicePrincipals/${of}/appRoleAssign`;
    assert.deepEqual(errorOf(await wide("POST", `${assignments(graphId)}edTo`, role)), {
      status: 400,
      code: "Request_BadRequest",
      message: "Not a valid reference update.",
    });
    assert.deepEqual(errorOf(await wide("POST", `${assignments(made.body.id)}ments`, role)), {
      status: 404,
      ...missing(made.body.id),
    });
    await replicate();
    assert.equal((await tenant.bot("POST", "/oauth2PermissionGrants", grant)).status, 201);
    assert.equal((await wide("POST", `${assignments(graphId)}edTo`, role)).status, 201);
  });

  it("takes its own time for each object, the same for the same seed", async () => {
    const timesOf = async (seed: number) => {
      await tenant.control("PUT", "/settings", { replicationSeconds: { upTo: 600, seed } });
      const made = await Promise.all(
        ["A", "B", "C"].map((displayName) => tenant.bot("POST", "/applications", { displayName })),
      );
      const seenAfter = made.map(() => 0);
      for (let seconds = 0; seconds <= 600; seconds += 20) {
        for (const [at, { body }] of made.entries())
          if (!seenAfter[at] && (await tenant.bot("GET", `/applications/${body.id}`)).status === 200)
            seenAfter[at] = seconds;
        await tenant.control("POST", "/clock", { advanceSeconds: 20 });
      }
      return seenAfter.toSorted((a, b) => a - b);
    };
    try {
      const [first, again, other] = [await timesOf(7), await timesOf(7), await timesOf(8)];
      assert.deepEqual(again, first);
      assert.notDeepEqual(other, first);
      assert.equal(new Set(first).size, 3);
    } finally {
      await tenant.control("PUT", "/settings", { replicationSeconds: 60 });
    }
    for (const wrong of [-1, "60", null, { upTo: 60 }, { upTo: -1, seed: 1 }])
      assert.equal(
        (await tenant.control("PUT", "/settings", { replicationSeconds: wrong })).status,
        400,
        JSON.stringify(wrong),
      );
  });

  it("does not list a new secret yet, and cannot remove it", async () => {
    const { id } = (await tenant.bot("POST", "/applications", { displayName: "New" })).body;
    await replicate();
    const { keyId } = (await tenant.bot("POST", `/applications/${id}/addPassword`, {})).body;
    const listed = async () =>
      ((await tenant.bot("GET", `/applications/${id}`)).body.passwordCredentials as unknown[]).length;
    assert.equal(await listed(), 0);
    assert.equal(
      errorOf(await tenant.bot("POST", `/applications/${id}/removePassword`, { keyId })).code,
      "Directory_ConcurrencyViolation",
    );
    await replicate();
    assert.equal(await listed(), 1);
    assert.equal((await tenant.bot("POST", `/applications/${id}/removePassword`, { keyId })).status, 204);
  });
});

describe("the simulated Graph in trouble", () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await aTenant();
  });
  afterEach(() => tenant.discard());
  const create = (uniqueName: string) =>
    tenant.bot("POST", "/applications", { displayName: "New", uniqueName });
  const exists = async (uniqueName: string) =>
    (await tenant.bot("GET", `/applications(uniqueName='${uniqueName}')`)).status === 200;
  const fault = (kind: string, more = {}) =>
    tenant.control("POST", "/faults", { method: "POST", path: "/applications$", kind, ...more });

  it("may have done the work when it answers 504 or cuts the connection, or not", async () => {
    const seen: Record<string, boolean> = {};
    for (const kind of ["504-done", "504-not-done"]) {
      await fault(kind);
      assert.equal((await create(kind)).status, 504);
      seen[kind] = await exists(kind);
    }
    for (const kind of ["reset-after", "reset-before"]) {
      await fault(kind);
      await assert.rejects(create(kind), /fetch failed/);
      seen[kind] = await exists(kind);
    }
    assert.deepEqual(seen, {
      "504-done": true,
      "504-not-done": false,
      "reset-after": true,
      "reset-before": false,
    });
    assert.equal((await create("after")).status, 201);
  });

  it("answers what a test orders, as often as it orders it", async () => {
    await fault("429", { times: 2, retryAfter: 7 });
    const [first, second, third] = [await create("a"), await create("a"), await create("a")];
    assert.deepEqual(
      [first.status, first.headers.get("retry-after"), second.status, third.status],
      [429, "7", 429, 201],
    );
    await fault("status", { status: 403, code: "Directory_QuotaExceeded", message: "Full." });
    assert.deepEqual(errorOf(await create("b")), {
      status: 403,
      code: "Directory_QuotaExceeded",
      message: "Full.",
    });
    assert.equal((await tenant.control("POST", "/faults", { kind: "surprise" })).status, 400);
  });

  it("keeps quotas on objects and on writes, and policies on secrets", async () => {
    const { id } = await aRegistration(tenant);
    await tenant.control("PUT", "/settings", { directoryQuota: 1 });
    assert.equal(errorOf(await create("one too many")).code, "Directory_QuotaExceeded");
    // Each has a quota of its own.
    await tenant.control("PUT", `/identities/${company.clients.consent.clientId}`, {
      roles: ["Application.ReadWrite.All"],
    });
    const other = tenant.as(company.clients.consent);
    assert.equal((await other("POST", "/applications", { displayName: "theirs" })).status, 201);
    await tenant.control("PUT", "/settings", { directoryQuota: null, secretMaxDays: 90 });
    const addPassword = () => tenant.bot("POST", `/applications/${id}/addPassword`, {});
    assert.equal(errorOf(await addPassword()).code, "CredentialInvalidLifetimeAsPerAppPolicy");
    await tenant.control("PUT", "/settings", { secretsBlocked: true });
    assert.equal(errorOf(await addPassword()).code, "CredentialTypeNotAllowedAsPerAppPolicy");

    await tenant.control("PUT", "/settings", { writeQuota: { limit: 2, seconds: 100 } });
    const statuses = [await create("x"), await create("y"), await create("z")].map(({ status }) => status);
    assert.deepEqual(statuses, [201, 201, 429]);
    await tenant.control("POST", "/clock", { advanceSeconds: 100 });
    assert.equal((await create("z")).status, 201);
  });

  it("slows down the parts of a batch each on its own, inside an answer that is 200", async () => {
    await tenant.control("PUT", "/settings", { writeQuota: { limit: 2, seconds: 100 } });
    const requests = ["a", "b", "c", "d"].map((id) => ({
      id,
      ...(id === "b"
        ? { method: "GET", url: "/organization" }
        : { method: "POST", url: "/applications", body: { displayName: id } }),
    }));
    const batch = await tenant.bot("POST", "/$batch", { requests });
    assert.equal(batch.status, 200);
    const parts = batch.body.responses as {
      id: string;
      status: number;
      headers: Record<string, string>;
      body: { error: { code: string } };
    }[];
    assert.deepEqual(
      parts.map(({ id, status }) => `${id} ${status}`),
      ["a 201", "b 200", "c 201", "d 429"],
    );
    assert.ok(Number(parts[3]?.headers["Retry-After"]) > 90);
    assert.equal(parts[3]?.body.error.code, "TooManyRequests");
  });

  it("lists what it was asked, by whom, without bodies", async () => {
    await aRegistration(tenant);
    const { requests } = (await tenant.control("GET", "/requests")).body as {
      requests: Record<string, unknown>[];
    };
    const writes = requests.filter(({ path }) => String(path).startsWith("/v1.0/"));
    assert.deepEqual(writes[0], {
      ...writes[0],
      method: "POST",
      path: "/v1.0/applications",
      status: 201,
      appId: company.clients.bot.clientId,
    });
    await tenant.control("POST", "/requests/clear");
    assert.deepEqual((await tenant.control("GET", "/requests")).body, { requests: [] });
  });

  it("answers the parts of a batch each on its own, and 424 after a failed parent", async () => {
    const { id } = await aRegistration(tenant);
    const batch = await tenant.bot("POST", "/$batch", {
      requests: [
        { id: "1", method: "GET", url: "/organization" },
        {
          id: "2",
          method: "PATCH",
          url: `/applications/${id}`,
          body: { displayName: "" },
          headers: { "Content-Type": "application/json" },
        },
        { id: "3", method: "DELETE", url: `/applications/${id}`, dependsOn: ["2"] },
      ],
    });
    assert.equal(batch.status, 200);
    const parts = batch.body.responses as { id: string; status: number }[];
    assert.deepEqual(
      parts.map(({ id: part, status }) => [part, status]),
      [
        ["1", 200],
        ["2", 400],
        ["3", 424],
      ],
    );
    const requests = Array.from({ length: 21 }, (_, n) => ({
      id: String(n),
      method: "GET",
      url: "/organization",
    }));
    assert.equal((await tenant.bot("POST", "/$batch", { requests })).status, 400);
  });

  it("refuses a body that is no JSON, and a path that it does not know", async () => {
    const broken = await tenant.bot("POST", "/applications", "{", { "content-type": "application/json" });
    const unknown = await tenant.bot("GET", "/unheardOf");
    const wrongMethod = await tenant.bot("PUT", "/applications", {});
    assert.deepEqual([broken.status, unknown.status, wrongMethod.status], [400, 404, 405]);
    const { innerError } = broken.body.error as { innerError: Record<string, unknown> };
    assert.deepEqual(Object.keys(innerError), ["date", "request-id", "client-request-id"]);
    assert.match(String(broken.headers.get("request-id")), /^[0-9a-f-]{36}$/);
  });

  it("answers nobody who came by another name than loopback", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      request(`${tenant.graphUrl}/v1.0/users`, { headers: { host: "attacker.example" } }, ({ statusCode }) =>
        resolve(statusCode),
      ).end();
    });
    assert.equal(status, 421);
  });
});

describe("the simulated directory whose copies agree only after a while", () => {
  let tenant: TestTenant;
  before(async () => {
    tenant = await aTenant();
  });
  after(() => tenant.discard());
  const turn = (seconds: number) => tenant.control("POST", "/clock", { advanceSeconds: seconds });
  const nameOf = async (id: unknown) =>
    (await tenant.bot("GET", `/applications/${id}?$select=displayName`)).body.displayName;

  it("shows what was before a change, an owner's removal and a deletion, until its time is over", async () => {
    const { id, principalId } = await aRegistration(tenant);
    const ownersOf = async () =>
      ((await tenant.bot("GET", `/servicePrincipals/${principalId}/owners`)).body.value as unknown[]).length;
    await tenant.control("PUT", "/settings", { changeSeconds: 60 });
    const before = await nameOf(id);
    assert.equal((await tenant.bot("PATCH", `/applications/${id}`, { displayName: "Anew" })).status, 204);
    assert.equal(await nameOf(id), before);
    await turn(30);
    // A second change does not make the first one seen earlier, nor put it off.
    assert.equal((await tenant.bot("PATCH", `/applications/${id}`, { notes: "And more" })).status, 204);
    await turn(30);
    assert.equal(await nameOf(id), "Anew");

    const owners = await ownersOf();
    assert.equal((await tenant.bot("DELETE", `/applications/${id}`)).status, 204);
    assert.equal(await nameOf(id), "Anew");
    assert.equal(await ownersOf(), owners);
    assert.equal((await tenant.bot("DELETE", `/applications/${id}`)).status, 404);
    await turn(60);
    assert.equal((await tenant.bot("GET", `/applications/${id}`)).status, 404);
    await tenant.control("PUT", "/settings", { changeSeconds: 0 });
  });

  it("does late what nobody waited for, if it can still be done by then", async () => {
    const order = { method: "POST", path: "/applications$", kind: "late-done", afterSeconds: 60 };
    const create = (uniqueName: string) =>
      tenant.bot("POST", "/applications", { displayName: "Late", uniqueName });
    const found = async (uniqueName: string) =>
      (await tenant.bot("GET", `/applications(uniqueName='${uniqueName}')`)).body;
    await tenant.control("POST", "/faults", order);
    assert.equal((await create("usher-late")).status, 504);
    assert.equal((await found("usher-late")).id, undefined);
    await turn(60);
    assert.ok((await found("usher-late")).id);

    await tenant.control("POST", "/faults", order);
    assert.equal((await create("usher-twice")).status, 504);
    const again = await create("usher-twice");
    assert.equal(again.status, 201);
    await turn(60);
    assert.equal((await found("usher-twice")).id, again.body.id);
  });
});
