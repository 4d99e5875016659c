import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TenantAppManagementPolicy } from "@microsoft/microsoft-graph-types";
import { graphClient } from "../../src/graph/client.ts";
import { wholeDays } from "../../src/graph/durations.ts";
import { graphTenant } from "../../src/graph/tenant.ts";
import { DirectoryFailure, type Tenant } from "../../src/usecases/ports/entra.ts";
import { aPermission, graphApi, minutes, noon } from "../support/builders.ts";
import { type GraphEdge, partnerCenter, startGraphEdge } from "./graph-edge.ts";

describe("what the tenant publishes", () => {
  let edge: GraphEdge;
  beforeEach(async () => {
    edge = await startGraphEdge();
  });
  afterEach(() => edge.close());

  it("is each API with its permissions by kind, and null for one that is missing", async () => {
    const found = await edge.tenant.apis([graphApi, partnerCenter.clientId]);
    const graph = found.get(graphApi);
    assert.equal(graph?.name, "Microsoft Graph");
    const users = graph?.permissions.filter(({ name }) => name === "User.Read.All");
    assert.deepEqual(users?.map(({ kind }) => kind).toSorted(), ["application", "delegated"]);
    assert.ok(users?.every(({ isEnabled, allows }) => isEnabled && allows.length > 10));
    assert.ok(graph?.permissions.every((each) => each.allows.length <= 300 && !("id" in each)));
    assert.equal(found.get(partnerCenter.clientId), null);
  });

  it("is remembered for an hour, together with the registrar", async () => {
    await edge.tenant.apis([graphApi]);
    await edge.asked();
    await edge.made({ permissions: [aPermission()] });
    edge.turnClock(59 * minutes);
    await edge.tenant.apis([graphApi]);
    assert.deepEqual(await edge.asked("GET /v1.0/servicePrincipals(appId='00000003"), []);
    edge.turnClock(2 * minutes);
    await edge.tenant.apis([graphApi]);
    assert.equal((await edge.asked("GET /v1.0/servicePrincipals(appId='00000003")).length, 1);
  });

  it("is asked once for all who want to know at the same time", async () => {
    await Promise.all([edge.tenant.apis([graphApi]), edge.tenant.apis([graphApi, graphApi])]);
    assert.equal((await edge.asked("GET")).length, 1);
  });

  it("is asked again after a minute where it was missing", async () => {
    const isThere = async () =>
      (await edge.tenant.apis([partnerCenter.clientId])).get(partnerCenter.clientId);
    assert.equal(await isThere(), null);
    await edge.asked();
    assert.equal(await isThere(), null);
    assert.deepEqual(await edge.asked("GET"), []);
    edge.turnClock(minutes);
    assert.equal(await isThere(), null);
    assert.equal((await edge.asked("GET")).length, 1);
  });

  it("is left out while Graph does not answer for it, and that is not remembered", async () => {
    const exchange = "00000002-0000-0ff1-ce00-000000000000";
    await edge.fault("GET", graphApi, { kind: "503" });
    assert.deepEqual([...(await edge.tenant.apis([graphApi, exchange])).keys()], [exchange]);
    assert.ok((await edge.tenant.apis([graphApi])).get(graphApi));
  });
});

describe("what an API publishes", () => {
  it("tells what is disabled, leaves out roles for people, and says what it allows in the API's words", async () => {
    const scope = { isEnabled: true, type: "User" };
    const answer = {
      id: "an-id",
      displayName: "Payroll",
      appRoles: [
        {
          id: "1",
          value: "Pay.All",
          displayName: "Pay all",
          description: "x".repeat(400),
          isEnabled: true,
          allowedMemberTypes: ["Application"],
        },
        {
          id: "2",
          value: "Pay.Old",
          displayName: "Pay as before",
          description: "",
          isEnabled: false,
          allowedMemberTypes: ["Application"],
        },
        {
          id: "3",
          value: "Clerk",
          displayName: "Clerk",
          description: "A person",
          isEnabled: true,
          allowedMemberTypes: ["User"],
        },
      ],
      oauth2PermissionScopes: [
        { ...scope, id: "4", value: "Pay.Read", isEnabled: false, adminConsentDisplayName: "Old" },
        {
          ...scope,
          id: "5",
          value: "Pay.Read",
          adminConsentDisplayName: "New",
          adminConsentDescription: null,
        },
      ],
    };
    await withGraph(
      () => ({ status: 200, body: answer }),
      async (tenant) => {
        const found = (await tenant.apis(["payroll"])).get("payroll");
        assert.deepEqual(
          found?.permissions.map(({ name, kind, isEnabled, allows }) => [name, kind, isEnabled, allows]),
          [
            ["Pay.All", "application", true, "x".repeat(300)],
            ["Pay.Read", "delegated", true, "New"],
            ["Pay.Old", "application", false, "Pay as before"],
            ["Pay.Read", "delegated", false, "Old"],
          ],
        );
      },
    );
  });

  it("is told on one line, without what is not seen, and only then cut", async () => {
    const scope = { id: "1", value: "Pay.Read", isEnabled: true, type: "User" };
    const body = {
      id: "an-id",
      displayName: " Pay\u202eroll\r\n\u200b of  us ",
      oauth2PermissionScopes: [
        { ...scope, adminConsentDescription: `${"\u200b".repeat(400)}Reads\n\n\u0007pay.` },
        {
          ...scope,
          id: "2",
          value: "Pay.All",
          adminConsentDescription: "\u2066\u2069",
          adminConsentDisplayName: "All",
        },
      ],
    };
    await withGraph(
      () => ({ status: 200, body }),
      async (tenant) => {
        const found = (await tenant.apis(["payroll"])).get("payroll");
        assert.equal(found?.name, "Payroll of us");
        assert.deepEqual(
          found?.permissions.map(({ allows }) => allows),
          ["Reads pay.", "All"],
        );
      },
    );
  });
});

describe("the tenant's rules on credentials", () => {
  const enabled = (
    restrictions: NonNullable<TenantAppManagementPolicy["applicationRestrictions"]> | null,
  ): TenantAppManagementPolicy => ({ isEnabled: true, applicationRestrictions: restrictions });
  const lifetime = (maxLifetime: string) => ({ restrictionType: "passwordLifetime", maxLifetime }) as const;
  const before = "2021-01-01T10:37:00Z";
  const later = "2027-03-01T12:00:01Z";

  const table: [string, TenantAppManagementPolicy, object][] = [
    [
      "nothing, of a policy that is off",
      {
        isEnabled: false,
        applicationRestrictions: { passwordCredentials: [{ restrictionType: "passwordAddition" }] },
      },
      { secretsForbidden: false },
    ],
    ["nothing, of a policy without restrictions", enabled(null), { secretsForbidden: false }],
    [
      "no secrets, and the longest life of a certificate",
      enabled({
        passwordCredentials: [
          {
            restrictionType: "passwordAddition",
            state: "enabled",
            restrictForAppsCreatedAfterDateTime: before,
          },
        ],
        keyCredentials: [{ restrictionType: "asymmetricKeyLifetime", maxLifetime: "P366DT0H0M0S" }],
      }),
      { secretsForbidden: true, longestCertificateDays: 366 },
    ],
    [
      "the longest life of a secret, the shorter of two",
      enabled({ passwordCredentials: [lifetime("P1Y"), lifetime("P90D")] }),
      { secretsForbidden: false, longestSecretDays: 90 },
    ],
    [
      "nothing of a restriction that is disabled, of another kind, for later applications only, or without sense",
      enabled({
        passwordCredentials: [
          { restrictionType: "passwordAddition", state: "disabled" },
          { restrictionType: "customPasswordAddition" },
          { ...lifetime("P30D"), restrictForAppsCreatedAfterDateTime: later },
          lifetime("a month"),
        ],
      }),
      { secretsForbidden: false },
    ],
  ];
  for (const [what, policy, expected] of table) {
    it(`are ${what}`, async () => {
      await withGraph(
        () => ({ status: 200, body: policy }),
        async (tenant) => {
          assert.deepEqual(await tenant.credentialRules(), expected);
        },
      );
    });
  }

  for (const status of [403, 404, 501]) {
    it(`are unknown where Graph answers ${status}`, async () => {
      await withGraph(
        () => ({ status, body: {} }),
        async (tenant) => {
          assert.equal(await tenant.credentialRules(), undefined);
        },
      );
    });
  }

  it("are those of the simulated tenant, where Usher may read them", async () => {
    const settings = { secretMaxDays: 180, certificateMaxDays: 365 };
    const edge = await startGraphEdge({ settings, rights: { provisioning: ["Policy.Read.All"] } });
    try {
      assert.deepEqual(await edge.tenant.credentialRules(), {
        secretsForbidden: false,
        longestSecretDays: 180,
        longestCertificateDays: 365,
      });
    } finally {
      await edge.close();
    }
  });

  it("are unknown where Usher has no right to read them", async () => {
    const edge = await startGraphEdge({ settings: { secretsBlocked: true } });
    try {
      await edge.sim("PUT", `/identities/${edge.provisioning.clientId}`, { roles: ["Application.Read.All"] });
      assert.equal(await edge.tenant.credentialRules(), undefined);
    } finally {
      await edge.close();
    }
  });

  it("are remembered for five minutes, a failure for half a minute, and the last answer outlives failures", async () => {
    const answers = [
      { status: 503, body: {} },
      { status: 200, body: enabled({ passwordCredentials: [lifetime("P90D")] }) },
      { status: 503, body: {} },
      { status: 200, body: enabled(null) },
    ];
    await withGraph(
      () => answers.shift()!,
      async (tenant, turnClock) => {
        await assert.rejects(tenant.credentialRules(), DirectoryFailure);
        turnClock(minutes / 2 - 1);
        await assert.rejects(tenant.credentialRules(), DirectoryFailure);
        assert.equal(answers.length, 3);
        turnClock(1);
        assert.equal((await tenant.credentialRules())?.longestSecretDays, 90);
        turnClock(5 * minutes - 1);
        assert.equal((await tenant.credentialRules())?.longestSecretDays, 90);
        assert.equal(answers.length, 2);
        turnClock(1);
        assert.equal(
          (await tenant.credentialRules())?.longestSecretDays,
          90,
          "it failed, so the last stands",
        );
        assert.equal(answers.length, 1);
        turnClock(minutes / 2);
        assert.deepEqual(await tenant.credentialRules(), { secretsForbidden: false });
      },
    );
  });
});

describe("whether Usher may make the service principal of another publisher's API", () => {
  const answerWith = async (rights: string[], more?: (edge: GraphEdge) => Promise<unknown>) => {
    const edge = await startGraphEdge({ rights: { provisioning: rights } });
    try {
      await more?.(edge);
      return await edge.tenant.mayCreateServicePrincipals();
    } finally {
      await edge.close();
    }
  };

  it("is no with what it owns alone, and yes with a right over all", async () => {
    assert.equal(await answerWith([]), false);
    assert.equal(await answerWith(["Application.ReadWrite.All"]), true);
    assert.equal(await answerWith(["Directory.ReadWrite.All"]), true);
  });

  it("is unknown where it may not look", async () => {
    const refuse = (edge: GraphEdge) =>
      edge.fault("GET", "/appRoleAssignments", { status: 403, code: "Authorization_RequestDenied" });
    assert.equal(await answerWith(["Application.ReadWrite.All"], refuse), undefined);
  });

  it("is asked again after five minutes", async () => {
    const edge = await startGraphEdge();
    try {
      await edge.tenant.mayCreateServicePrincipals();
      edge.turnClock(4 * minutes);
      await edge.tenant.mayCreateServicePrincipals();
      assert.equal((await edge.asked()).filter((each) => each.includes("appRoleAssignments")).length, 1);
      edge.turnClock(minutes);
      await edge.tenant.mayCreateServicePrincipals();
      assert.equal((await edge.asked()).filter((each) => each.includes("appRoleAssignments")).length, 1);
    } finally {
      await edge.close();
    }
  });
});

describe("a duration", () => {
  const table: [string, number | undefined][] = [
    ["P90D", 90],
    ["P1Y", 365],
    ["P6M", 180],
    ["P2W", 14],
    ["P1Y2M3D", 428],
    ["P4DT12H30M5S", 4],
    ["PT36H", 1],
    ["PT0.5S", 0],
    ["P", undefined],
    ["PT", undefined],
    ["P1DT", undefined],
    ["-P1D", undefined],
    ["90", undefined],
    ["", undefined],
  ];
  for (const [text, days] of table) {
    it(`of "${text}" has ${days ?? "no"} whole days`, () => assert.equal(wholeDays(text), days));
  }
});

type GraphAnswer = { status: number; body: object };

/** The tenant as a Graph has it that answers everything with this. It is noon. */
async function withGraph(
  answer: () => GraphAnswer,
  test: (tenant: Tenant, turnClock: (ms: number) => void) => Promise<void>,
): Promise<void> {
  const server = createServer((_request, response) => {
    const { status, body } = answer();
    // Not chained: restify, where a test has it in the same process, makes every `writeHead` answer nothing.
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let now = noon.getTime();
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const token = { token: "t", expiresOnTimestamp: Number.POSITIVE_INFINITY };
    const client = graphClient(url, { getToken: async () => token });
    const clock = { now: () => new Date(now) };
    await test(graphTenant({ provisioning: { client, clientId: "own" }, clock }), (ms) => {
      now += ms;
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
