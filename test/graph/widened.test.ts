import assert from "node:assert/strict";
import { driftKey } from "../../src/domain/drift.ts";
import { driftOf } from "../../src/domain/drift-of.ts";
import { company } from "../../src/local/tenant/company.ts";
import { type BehindUsher, behindUsher } from "../support/behind-usher.ts";
import { aPermission, minutes } from "../support/builders.ts";
import { contractProblems } from "../support/graph-contract.ts";
import { failureOf, type GraphEdge, startGraphEdge } from "./graph-edge.ts";
import { aMadeOne, type Made, undoAll } from "./made-one.ts";

const { people, clients } = company;
const highest = "62e90394-69f5-4237-9190-012177145e10";
const reports = { name: "Reports Reader", templateId: "4a5d8f65-41da-4de4-8968-e035b65339cf" };
const withRoles = { rights: { consent: ["RoleManagement.ReadWrite.Directory"] } };
const guid = (n: number) => `99999999-0000-4000-8000-00000000000${n}`;
const appRoles = [
  {
    id: guid(1),
    value: "Run",
    displayName: "Run",
    description: "Runs.",
    allowedMemberTypes: ["Application"],
    isEnabled: true,
  },
];
const scope = {
  id: guid(2),
  value: "tasks",
  type: "User",
  adminConsentDisplayName: "Tasks",
  adminConsentDescription: "Tasks.",
  isEnabled: true,
};
const offering = {
  idTokens: true,
  tokenVersion: 2 as const,
  groupClaims: "SecurityGroup" as const,
  appRoles: [{ value: "Read", name: "Read", description: "Reads.", members: ["User" as const] }],
  expose: { scopes: [{ value: "read", name: "Read", description: "Reads.", who: "users" as const }] },
};

describe("a registration that somebody widened in Entra", () => {
  let edge: GraphEdge;
  let admin: BehindUsher;
  let of: Made;
  async function begin(
    given: Parameters<typeof aMadeOne>[1] = {},
    options: Parameters<typeof startGraphEdge>[0] = withRoles,
  ): Promise<void> {
    edge = await startGraphEdge(options);
    of = await aMadeOne(edge, given);
    admin = await behindUsher(edge.urls);
  }
  afterEach(async () => {
    const problems = contractProblems(edge.exchanges);
    await edge.close();
    assert.deepEqual(problems === "absent" ? [] : problems, []);
  });
  const look = async () => driftOf(of.expected, await edge.inspector.inspect(of.registration));
  const keys = async () => (await look()).map(driftKey);
  const application = async () => edge.graph(`/applications/${of.app}`);

  const changes: [string, () => Promise<unknown>, string[]][] = [
    ["a directory role", () => admin.giveRole(of.principal, highest), [`role added ${highest}`]],
    [
      "tokens straight from the sign-in page",
      () =>
        admin.change(of.app, {
          web: { implicitGrantSettings: { enableAccessTokenIssuance: true, enableIdTokenIssuance: true } },
        }),
      ["setting idTokens on", "setting accessTokens on"],
    ],
    [
      "sign-in without a proof of its own",
      () => admin.change(of.app, { isFallbackPublicClient: true }),
      ["setting publicFlows on"],
    ],
    [
      "groups in its tokens",
      () => admin.change(of.app, { groupMembershipClaims: "All" }),
      ["setting groupClaims All"],
    ],
    [
      "another version of its tokens, with mapped claims",
      () => admin.change(of.app, { api: { requestedAccessTokenVersion: 2, acceptMappedClaims: true } }),
      ["setting mappedClaims on", "setting tokenVersion 2"],
    ],
    ["a role of its own", () => admin.change(of.app, { appRoles }), ["exposed added role Run (Application)"]],
    [
      "a scope of its own, and a client that has it without consent",
      async () => {
        await admin.change(of.app, { api: { oauth2PermissionScopes: [scope] } });
        const preAuthorizedApplications = [{ appId: guid(3), delegatedPermissionIds: [scope.id] }];
        await admin.change(of.app, { api: { preAuthorizedApplications } });
      },
      ["exposed added scope tasks (User)", `exposed added client ${guid(3)}`],
    ],
    [
      "a name that tokens are asked for by",
      () => admin.change(of.app, { identifierUris: [`https://tasks.${company.domain}`] }),
      [`exposed added identifier https://tasks.${company.domain}`],
    ],
    [
      "an owner of its service principal",
      () => admin.addOwner(of.principal, people.secondRequester, "servicePrincipals"),
      [`owner added principal ${people.secondRequester}`],
    ],
  ];
  for (const [what, change, found] of changes)
    it(`by ${what} is seen and brought back, twice if need be`, async () => {
      await begin();
      assert.deepEqual(await keys(), []);
      await change();
      const drifts = await look();
      assert.deepEqual(drifts.map(driftKey), found);
      for (const _time of [1, 2]) assert.deepEqual(await undoAll(edge, of, drifts), ["undone"]);
      assert.deepEqual(await keys(), []);
    });

  it("by a client that has a planned scope without consent is seen and brought back", async () => {
    await begin(offering);
    const { oauth2PermissionScopes } = (await application()).api as {
      oauth2PermissionScopes: { id: string }[];
    };
    const delegatedPermissionIds = oauth2PermissionScopes.map(({ id }) => id);
    await admin.change(of.app, {
      api: { preAuthorizedApplications: [{ appId: guid(3), delegatedPermissionIds }] },
    });
    const drifts = await look();
    assert.deepEqual(drifts.map(driftKey), [`exposed added client ${guid(3)}`]);
    assert.deepEqual(await undoAll(edge, of, drifts), ["undone"]);
    assert.deepEqual(await keys(), []);
  });

  it("is told from another one that holds a directory role", async () => {
    await begin();
    await admin.giveRole((await aMadeOne(edge)).principal, highest);
    assert.deepEqual(await keys(), []);
  });

  it("by a directory role says which, and leaves it to an administrator where Usher may only read", async () => {
    await begin({}, {});
    await admin.giveRole(of.principal, highest);
    const drifts = await look();
    assert.deepEqual(
      drifts.map((drift) => drift.what === "role" && drift.role.name),
      ["Global Administrator"],
    );
    assert.deepEqual(await undoAll(edge, of, drifts), ["left"]);
    assert.deepEqual(await keys(), [`role added ${highest}`]);
  });

  it("by what Usher may not read is compared in all else, and that is said once", async () => {
    const blind = clients.consent.roles.filter((right) => !right.startsWith("RoleManagement"));
    edge = await startGraphEdge();
    await edge.sim("PUT", `/identities/${clients.consent.clientId}`, { roles: blind });
    of = await aMadeOne(edge);
    admin = await behindUsher(edge.urls);
    await admin.giveRole(of.principal, highest);
    await admin.setEnabled(of.principal, false);
    for (const _time of [1, 2]) assert.deepEqual(await keys(), ["sign-in disabled"]);
    const said = edge.said.filter((line) => line.includes("no right to read"));
    assert.equal(said.length, 1);
    assert.match(said.join(), /directory roles.*RoleManagement\.Read\.Directory/);
  });

  it("and narrowed beside that is as it was planned again, with the same ids", async () => {
    await begin(offering);
    assert.deepEqual(await keys(), []);
    const before = await application();
    const off = (list: unknown) => (list as object[]).map((each) => ({ ...each, isEnabled: false }));
    await admin.change(of.app, {
      appRoles: off(before.appRoles),
      api: {
        oauth2PermissionScopes: off(
          (before.api as { oauth2PermissionScopes: object[] }).oauth2PermissionScopes,
        ),
      },
    });
    await admin.change(of.app, {
      appRoles,
      api: { oauth2PermissionScopes: [] },
      identifierUris: [],
    });
    const drifts = await look();
    assert.equal(drifts.length, 4);
    for (const _time of [1, 2]) assert.deepEqual(await undoAll(edge, of, drifts), ["undone"]);
    assert.deepEqual(await keys(), []);
    const after = await application();
    assert.deepEqual(
      [after.appRoles, after.api, after.identifierUris],
      [before.appRoles, before.api, before.identifierUris],
    );
  });

  it("has a planned directory role given back, unless Usher's catalogue lists it no more", async () => {
    let isKnown = true;
    await begin({ directoryRoles: [reports] }, { ...withRoles, never: { isKnownRole: () => isKnown } });
    assert.deepEqual(await keys(), []);
    const { value } = await edge.graph("/roleManagement/directory/roleAssignments");
    const held = value.find(({ principalId }) => principalId === of.principal);
    await admin.send("DELETE", `/roleManagement/directory/roleAssignments/${held?.id}`);
    const drifts = await look();
    assert.deepEqual(drifts.map(driftKey), [`role removed ${reports.templateId}`]);
    isKnown = false;
    assert.equal((await failureOf(undoAll(edge, of, drifts))).kind, "final");
    isKnown = true;
    assert.deepEqual(await undoAll(edge, of, drifts), ["undone"]);
    assert.deepEqual(await keys(), []);
  });
});

describe("what a look at a registration costs", () => {
  let edge: GraphEdge;
  afterEach(() => edge.close());

  /** Reads at Graph; a batch itself counts for nothing, its parts do. */
  async function reads(of: Made): Promise<number> {
    await edge.inspector.inspect(of.registration);
    await edge.asked();
    await edge.inspector.inspect(of.registration);
    const asked = await edge.asked();
    assert.equal(asked.filter((each) => each.startsWith("POST")).length, 2);
    return asked.filter((each) => each.startsWith("GET")).length;
  }

  it("is the same for the smallest and the largest, and in a tenant of two thousand apps", async () => {
    edge = await startGraphEdge(withRoles);
    const small = await aMadeOne(edge, { credential: { kind: "none" } });
    const count = await reads(small);
    assert.equal(count, 9);
    const names = ["User.Read", "Mail.Read", "Files.Read.All", "Sites.Read.All"];
    const large = await aMadeOne(edge, {
      ...offering,
      permissions: names.map((name) => aPermission({ name })),
      redirects: Array.from({ length: 100 }, (_, n) => ({ platform: "web", uri: `https://${n}.example` })),
      directoryRoles: [reports],
    });
    assert.equal(await reads(large), count);
    await edge.sim("POST", "/service-principals", { count: 2_000 });
    edge.turnClock(5 * minutes);
    assert.equal(await reads(large), count);
    // At most 50 registrations a minute: far from what Graph lets an app read in ten seconds.
    assert.ok(50 * count < 1_000);
  });
});
