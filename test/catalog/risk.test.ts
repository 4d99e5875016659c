import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { PermissionKind, Rank, Smaller } from "../../src/domain/permission.ts";

type Described = { rank: Rank; sentence: string; smaller?: Smaller };
type DescribedPermission = Described & { api?: string; name: string; kind: PermissionKind };
type DescribedRole = Described & { name: string; templateId: string };
type GraphNames = Record<"appRoles" | "oauth2PermissionScopes", { value: string }[]>;
type AskedFor = {
  ask?: { key: string; options?: Record<string, string> }[];
  grant?: { api?: string; delegated?: string[]; application?: string[] }[];
  roles?: { role?: string; typed?: string }[];
};

const folder = path.resolve(import.meta.dirname, "../../catalog");
const read = (file: string) => parse(fs.readFileSync(path.join(folder, file), "utf8"));
const permissions = read("permissions.yaml") as DescribedPermission[];
const roles = read("roles.yaml") as DescribedRole[];
const blueprints = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => read(file) as AskedFor & { blueprint?: number })
  .filter(({ blueprint }) => blueprint === 1);

const order: readonly Rank[] = ["low", "medium", "high", "tier0"];
const isLower = (one: Described, other: Described) => order.indexOf(one.rank) < order.indexOf(other.rank);
const idOf = ({ api = "graph", name, kind }: { api?: string; name: string; kind: PermissionKind }) =>
  `${api} ${kind} ${name}`;
const described = new Map(permissions.map((each) => [idOf(each), each]));
const rolesByName = new Map(roles.map((each) => [each.name, each]));
const repeated = (all: readonly string[]) => all.filter((each, at) => all.indexOf(each) !== at);

/** Microsoft's list is not kept here: it is long and changes weekly. Without it nothing else is missing. */
const graphList = path.resolve(import.meta.dirname, "../../../shared/data/graph-permissions.json");
const hasGraphList = fs.existsSync(graphList);
const withoutGraphList = hasGraphList ? "" : " (left out: Microsoft Graph's list of permissions is not here)";

/** Narrower although of the same rank, and not to be seen from the name. */
const narrower = new Set([
  "graph application Application.ReadWrite.All > Application.ReadWrite.OwnedBy",
  "graph application Directory.Read.All > User.Read.All",
  "graph application RoleManagement.Read.All > RoleManagement.Read.Directory",
  "graph application TeamMember.ReadWrite.All > TeamMember.ReadWriteNonOwnerRole.All",
  "graph delegated Directory.Read.All > User.Read.All",
  "sharePoint delegated AllSites.Write > AllSites.Read",
]);
/** Reading in the place of writing, or one's own in the place of everything. */
const isNarrowerByName = (name: string, smaller: string) =>
  smaller === name.replace(".ReadWrite", ".Read") || smaller === name.replace(/\.(Shared|All)$/, "");

describe("the ranks and sentences of permissions", () => {
  it("are there for every permission that a blueprint names", () => {
    const asked = blueprints.flatMap(({ grant = [] }) =>
      grant.flatMap(({ api, delegated = [], application = [] }) => [
        ...delegated.map((name) => idOf({ ...(api && { api }), name, kind: "delegated" })),
        ...application.map((name) => idOf({ ...(api && { api }), name, kind: "application" })),
      ]),
    );
    assert.ok(asked.length > 10);
    assert.deepEqual(
      asked.filter((each) => !described.has(each)),
      [],
    );
  });

  it("are there once for each", () => {
    assert.deepEqual(repeated(permissions.map(idOf)), []);
  });

  it("name an API that the catalogue knows", () => {
    const known = Object.keys(read("apis.yaml") as object);
    assert.deepEqual(
      permissions.filter(({ api = "graph" }) => !known.includes(api)),
      [],
    );
  });

  it("name something smaller only where it is described, and ranks lower or is known to be narrower", () => {
    const ofSameRank: string[] = [];
    for (const permission of permissions) {
      const name = permission.smaller?.name;
      if (!name) continue;
      const step = `${idOf(permission)} > ${name}`;
      const smaller = described.get(idOf({ ...permission, name }));
      assert.ok(smaller, `${step}: not described`);
      assert.ok(!isLower(permission, smaller), `${step}: ranks higher`);
      if (!isLower(smaller, permission) && !isNarrowerByName(permission.name, name)) ofSameRank.push(step);
    }
    assert.deepEqual(ofSameRank.toSorted(), [...narrower].toSorted());
  });

  it("call no permission tier 0 that acts for a person, but the one that has no other limit", () => {
    assert.deepEqual(
      permissions.filter(({ kind, rank }) => kind === "delegated" && rank === "tier0").map(idOf),
      ["graph delegated Directory.AccessAsUser.All"],
    );
  });

  it("call every known path to control of the tenant tier 0", () => {
    const graph = [
      "AppRoleAssignment.ReadWrite.All",
      "Application.ReadWrite.All",
      "Application.ReadWrite.OwnedBy",
      "Directory.ReadWrite.All",
      "Domain.ReadWrite.All",
      "Group.ReadWrite.All",
      "GroupMember.ReadWrite.All",
      "Policy.ReadWrite.AuthenticationMethod",
      "Policy.ReadWrite.ConditionalAccess",
      "PrivilegedAccess.ReadWrite.AzureAD",
      "PrivilegedAccess.ReadWrite.AzureADGroup",
      "PrivilegedAccess.ReadWrite.AzureResources",
      "RoleAssignmentSchedule.ReadWrite.Directory",
      "RoleManagement.ReadWrite.Directory",
      "RoleManagementPolicy.ReadWrite.AzureADGroup",
      "RoleManagementPolicy.ReadWrite.Directory",
      "User-PasswordProfile.ReadWrite.All",
      "UserAuthenticationMethod.ReadWrite.All",
    ].map((name) => `graph application ${name}`);
    const exchange = ["full_access_as_app", "Exchange.ManageAsApp"];
    const paths = [...graph, ...exchange.map((name) => `exchangeOnline application ${name}`)];
    assert.deepEqual(
      paths.filter((each) => described.get(each)?.rank !== "tier0"),
      [],
    );
  });

  it("say something else for each permission, unless the other kind bears the same name", () => {
    const sayings = new Map<string, string>();
    for (const permission of permissions) {
      const before = sayings.get(permission.sentence) ?? permission.name;
      assert.equal(before, permission.name, permission.sentence);
      sayings.set(permission.sentence, permission.name);
    }
  });

  (hasGraphList ? it : it.skip)(`name only permissions that Microsoft Graph has${withoutGraphList}`, () => {
    const published = JSON.parse(fs.readFileSync(graphList, "utf8")) as GraphNames;
    const names = {
      application: new Set(published.appRoles.map(({ value }) => value)),
      delegated: new Set(published.oauth2PermissionScopes.map(({ value }) => value)),
    };
    const ofGraph = permissions.filter(({ api = "graph" }) => api === "graph");
    assert.deepEqual(ofGraph.filter(({ kind, name }) => !names[kind].has(name)).map(idOf), []);
  });
});

describe("the ranks and sentences of directory roles", () => {
  it("are there for every role that a blueprint names or lets people choose", () => {
    const named = blueprints.flatMap(({ ask = [], roles: wanted = [] }) =>
      wanted.flatMap(({ role, typed }) =>
        role ? [role] : Object.keys(ask.find(({ key }) => key === typed)?.options ?? {}),
      ),
    );
    assert.ok(named.length > 3);
    assert.deepEqual(
      named.filter((name) => !rolesByName.has(name)),
      [],
    );
  });

  it("are there once for each name and each template", () => {
    assert.deepEqual(repeated(roles.flatMap(({ name, templateId }) => [name, templateId])), []);
  });

  it("name something smaller only where it is described, and does not rank higher", () => {
    for (const role of roles) {
      const name = role.smaller?.name;
      if (!name) continue;
      const smaller = rolesByName.get(name);
      assert.ok(smaller, `${role.name} > ${name}: not described`);
      assert.ok(!isLower(role, smaller), `${role.name} > ${name}`);
    }
  });

  it("say something else for each role", () => {
    assert.deepEqual(repeated(roles.map(({ sentence }) => sentence)), []);
  });
});

describe("a sentence for an approver", () => {
  it("is one short sentence with a full stop", () => {
    const sentences = [...permissions, ...roles].flatMap(({ sentence, smaller }) => [
      sentence,
      ...(smaller ? [smaller.sentence] : []),
    ]);
    assert.deepEqual(
      sentences.filter(
        (each) => each.length > 160 || !/^[A-Z][^\n]*[^.]\.$/.test(each) || /[.!?]\s/.test(each),
      ),
      [],
    );
  });

  it("says of a permission that acts for a person, for whom", () => {
    const silent = permissions.filter(
      ({ kind, sentence }) =>
        kind === "delegated" && !/sign(s|ed) in|for the person|Signs people/.test(sentence),
    );
    assert.deepEqual(silent.map(idOf), []);
  });
});
