import assert from "node:assert/strict";
import type { ServicePrincipalId } from "../../src/domain/ids.ts";
import { anAdministrator } from "../support/administrator.ts";
import { aPermission } from "../support/builders.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";

type Published = { id: string; value: string };
const graphApi = "00000003-0000-0000-c000-000000000000";
const mayReadGrants = { rights: { provisioning: ["DelegatedPermissionGrant.Read.All"] } };

describe("what an app was granted in the tenant", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  async function anApp() {
    const { clientId, since } = await edge.made();
    const principal = await edge.registrar.ensureServicePrincipal(clientId, since);
    return { principal, clientId, since };
  }
  const administrator = () =>
    anAdministrator({
      tenant: edge.urls,
      sim: edge.sim,
      graph: async (path) => ({ body: await edge.graph(path) }),
    });

  it("is read to its last page, and named also where no plan names its API", async () => {
    edge = await startGraphEdge(mayReadGrants);
    const { principal, clientId, since } = await anApp();
    const { appRoles } = await edge.graph(`/servicePrincipals(appId='${graphApi}')`);
    const wanted = (appRoles as Published[]).map(({ value }) => value).slice(0, 120);
    await (await administrator()).grantRoles(clientId, wanted);
    for (const planned of [[], [aPermission()]]) {
      const granted = await edge.registrar.granted(principal, planned, since);
      assert.deepEqual(granted.map(({ name }) => name).toSorted(), wanted.toSorted());
      assert.deepEqual(
        [...new Set(granted.map(({ api, apiName }) => `${api} ${apiName}`))],
        [`${graphApi} Microsoft Graph`],
      );
    }
    const { requests } = (await edge.sim("GET", "/requests")) as { requests: { path: string }[] };
    assert.ok(requests.some(({ path }) => path.includes("appRoleAssignments?$skiptoken")));
  });

  it("is named by what its API publishes now, also where Usher looked at it before", async () => {
    edge = await startGraphEdge(mayReadGrants);
    const { principal, clientId, since } = await anApp();
    const admin = await administrator();
    const role = (n: number, value: string) => ({
      id: `12121212-0000-4000-8000-00000000000${n}`,
      value,
      displayName: value,
      description: value,
      allowedMemberTypes: ["Application"],
      isEnabled: true,
    });
    const [read, write] = [role(1, "Pay.Read"), role(2, "Pay.Write")];
    const made = await admin.send("POST", "/applications", { displayName: "Payroll", appRoles: [read] });
    const api = String(made.appId);
    await admin.send("POST", "/servicePrincipals", { appId: api });
    const planned = [aPermission({ api, apiName: "Payroll", name: "Pay.Read", kind: "application" })];
    assert.deepEqual(await edge.registrar.granted(principal, planned, since), []);
    await admin.send("PATCH", `/applications/${made.id}`, { appRoles: [read, write] });
    await admin.grantRoles(clientId, ["Pay.Read", "Pay.Write"], api);
    const granted = await edge.registrar.granted(principal, planned, since);
    assert.deepEqual(granted.map(({ name }) => name).toSorted(), ["Pay.Read", "Pay.Write"]);
  });

  it("is tried again where Usher may not read it, with the right that it lacks", async () => {
    edge = await startGraphEdge();
    const { principal, since } = await anApp();
    const failure = await failureOf(edge.registrar.granted(principal, [], since));
    assert.deepEqual([failure.kind, failure.isLag], ["retry", false]);
    assert.match(failure.message, /Directory\.Read\.All or DelegatedPermissionGrant\.Read\.All/);
  });

  it("is tried again while the app is young and not seen, and is final when it is gone", async () => {
    edge = await startGraphEdge(mayReadGrants);
    const gone = "12121212-0000-4000-8000-000000000000" as ServicePrincipalId;
    const since = edge.clock.now();
    assert.equal((await failureOf(edge.registrar.granted(gone, [], since))).kind, "retry");
    edge.turnClock(31 * 60_000);
    assert.equal((await failureOf(edge.registrar.granted(gone, [], since))).kind, "final");
  });
});

describe("an API that an administrator makes known to the tenant", () => {
  it("is left until it is there", async () => {
    const edge = await startGraphEdge();
    try {
      const missing = {
        clientId: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd",
        name: "Microsoft Partner Center",
        createdBy: "administrator",
      } as const;
      assert.deepEqual(await edge.registrar.ensureApis([missing]), { left: [missing] });
      const there = { ...missing, clientId: graphApi, name: "Microsoft Graph" };
      assert.deepEqual(await edge.registrar.ensureApis([there]), { left: [] });
    } finally {
      await edge.close();
    }
  });
});
