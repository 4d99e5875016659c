import assert from "node:assert/strict";
import { type Narrowing, narrowPlan, smallerNameOf, wholeOf } from "../../src/domain/narrow-plan.ts";
import type { Permission, PermissionFact } from "../../src/domain/permission.ts";
import { canonical, fingerprintOf, type Plan } from "../../src/domain/plan.ts";
import { permissionKey, redirectKey } from "../../src/domain/plan-difference.ts";
import { aPermission, aPlan } from "../support/builders.ts";

const fact = (name: string, given: Partial<PermissionFact> = {}): PermissionFact => {
  const { api, kind } = aPermission();
  return { api, kind, name, rank: "low", sentence: `${name}.`, ...given };
};
const smaller = (name: string) => ({ name, sentence: "Enough to read." });

const readWrite = aPermission({ name: "Files.ReadWrite.All", allows: "Writes files.", beyondMinimum: true });
const read = aPermission({ name: "Files.Read.All" });
const mail = aPermission({ name: "Mail.Read", kind: "application" });
const facts = [
  fact(readWrite.name, { smaller: smaller(read.name) }),
  fact(read.name, { smaller: { sentence: "A site can give it by hand." } }),
  // The same name as an application permission has another alternative.
  fact(readWrite.name, { kind: "application", smaller: smaller("Files.Evil") }),
];
const role = (n: number) => ({ name: `Role ${n}`, templateId: `role-${n}` });
const plan = aPlan({
  permissions: [readWrite, mail],
  directoryRoles: [role(1), { ...role(2), beyondMinimum: true }],
  redirects: [
    { platform: "web", uri: "https://one.example/" },
    { platform: "spa", uri: "https://one.example/" },
  ],
  missingApis: [{ clientId: readWrite.api, name: "Microsoft Graph", createdBy: "usher" }],
  azureRoles: [{ role: "Reader", scope: "/subscriptions/1" }],
  owner: "requester",
});
const narrowed = (given: Partial<Narrowing>, of = plan) =>
  narrowPlan(of, { ...wholeOf(of), ...given }, facts);

describe("narrowing a plan", () => {
  it("leaves it as it is while nothing is unticked", () => {
    assert.equal(fingerprintOf(narrowed({})), fingerprintOf(plan));
    const bare = aPlan({ credential: { kind: "none" }, permissions: [], redirects: [] });
    assert.equal(fingerprintOf(narrowed({}, bare)), fingerprintOf(bare));
  });

  it("drops the permissions, roles and addresses that are unticked, each of its kind", () => {
    const { permissions, directoryRoles, redirects } = narrowed({
      permissions: [permissionKey(mail)],
      roles: ["role-2"],
      redirects: ["spa https://one.example/"],
    });
    assert.deepEqual(permissions, [mail]);
    assert.deepEqual(directoryRoles, [{ ...role(2), beyondMinimum: true }]);
    assert.deepEqual(redirects, [{ platform: "spa", uri: "https://one.example/" }]);
  });

  it("leaves nothing empty behind, so that the fingerprint is that of a plan without", () => {
    const nothing = narrowed({ permissions: [], roles: [], redirects: [] });
    const { directoryRoles: _roles, missingApis: _apis, ...rest } = plan;
    assert.equal(fingerprintOf(nothing), fingerprintOf({ ...rest, permissions: [], redirects: [] }));
    assert.ok(!("directoryRoles" in nothing) && !("missingApis" in nothing));
  });

  it("makes no API known any more that nothing is left of", () => {
    const other = "99999999-0000-4000-8000-000000000001";
    const missingApis = [
      { clientId: readWrite.api, name: "Microsoft Graph", createdBy: "usher" as const },
      { clientId: other, name: "Other", createdBy: "administrator" as const },
    ];
    const of = {
      ...plan,
      permissions: [readWrite, aPermission({ api: other, name: "Do.All" })],
      missingApis,
    };
    assert.deepEqual(narrowed({ permissions: [permissionKey(readWrite)] }, of).missingApis, [missingApis[0]]);
  });

  it("puts Usher's own smaller alternative in the place of a permission, without what the tenant said of that", () => {
    const { permissions } = narrowed({ smaller: [permissionKey(readWrite)] });
    const { allows: _allows, ...rest } = readWrite;
    assert.deepEqual(permissions, [{ ...rest, name: read.name }, mail]);
  });

  it("names a permission once, when the alternative is there already", () => {
    const of = { ...plan, permissions: [read, readWrite] };
    const { permissions } = narrowed({ smaller: [permissionKey(readWrite)] }, of);
    assert.deepEqual(permissions, [read]);
  });

  it("knows no alternative for what was unticked, has none, or has one only in words", () => {
    const of = { ...plan, permissions: [readWrite, read, mail] };
    const all = of.permissions.map(permissionKey);
    const without = narrowed({ permissions: [permissionKey(mail)], smaller: all }, of);
    assert.deepEqual(without.permissions, [mail]);
    assert.equal(smallerNameOf(read, facts), undefined);
    assert.equal(smallerNameOf(mail, facts), undefined);
    assert.deepEqual(smallerNameOf(readWrite, facts), smaller(read.name));
  });

  const months: [number | undefined, number][] = [
    [6, 6],
    [1, 1],
    [11, 11],
    [12, 12],
    [13, 12],
    [24, 12],
    [0, 12],
    [-3, 12],
    [1.5, 12],
    [Number.NaN, 12],
    [Number.NEGATIVE_INFINITY, 12],
    [undefined, 12],
  ];
  for (const [wanted, left] of months)
    it(`lets a secret of 12 months live ${left} when ${wanted} are asked for`, () => {
      const { months: _months, ...rest } = wholeOf(plan);
      const { credential } = narrowPlan(
        plan,
        { ...rest, ...(wanted !== undefined && { months: wanted }) },
        facts,
      );
      assert.deepEqual(credential, { ...plan.credential, months: left });
    });

  it("leaves any other credential as it is", () => {
    const certificate = {
      kind: "certificate",
      label: "c",
      der: "MII",
      thumbprint: "A1",
      expiresAt: "2028-01-01T00:00:00.000Z",
    } as const;
    const federated = { kind: "federated", name: "f", issuer: "i", subject: "s", audience: "a" } as const;
    for (const credential of [certificate, federated, { kind: "none" } as const])
      assert.deepEqual(narrowed({ months: 1 }, { ...plan, credential }).credential, credential);
  });

  it("changes nothing by keys that the plan does not have, whatever they look like", () => {
    const forged = ["", "*", "__proto__", "constructor", permissionKey(aPermission({ name: "Evil.All" }))];
    const whole = wholeOf(plan);
    const given = {
      permissions: [...whole.permissions, ...forged],
      smaller: forged,
      roles: [...whole.roles, "62e90394-69f5-4237-9190-012177145e10", ...forged],
      redirects: [...whole.redirects, "web https://evil.example/", ...forged],
    };
    assert.equal(fingerprintOf(narrowed(given)), fingerprintOf(plan));
  });

  it("tells the same name of another API or kind apart", () => {
    const others = [
      aPermission({ name: mail.name }),
      aPermission({ name: mail.name, kind: "application", api: "99999999-0000-4000-8000-000000000001" }),
    ];
    const of = { ...plan, permissions: [mail, ...others] };
    assert.deepEqual(narrowed({ permissions: [permissionKey(mail)] }, of).permissions, [mail]);
  });
});

/** The same numbers for the same seed, so that what fails can be played again. */
function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  const some = <T>(all: readonly T[]) => all.filter(() => next() < 0.5);
  const one = <T>(all: readonly T[]) => all[below(all.length)] as T;
  return { below, some, one };
}

describe("whatever an approver sends", () => {
  const names = ["A.Read", "A.ReadWrite", "A.Manage", "B.Read", "B.ReadWrite", "C.All"];
  const kinds = ["delegated", "application"] as const;
  const apis = ["00000003-0000-0000-c000-000000000000", "99999999-0000-4000-8000-000000000001"];
  const universe = apis.flatMap((api) =>
    kinds.flatMap((kind) => names.map((name): Permission => ({ api, apiName: api, kind, name }))),
  );
  const uris = ["https://a.example/", "https://b.example/", "http://localhost"];
  const redirects = uris.flatMap((uri) =>
    (["web", "spa", "public"] as const).map((platform) => ({ platform, uri })),
  );
  const roles = [1, 2, 3, 4].map(role);

  function story(seed: number) {
    const { below, some, one } = seeded(seed);
    const directoryRoles = some(roles);
    const of: Plan = aPlan({
      permissions: some(universe),
      redirects: some(redirects),
      ...(directoryRoles.length > 0 && { directoryRoles }),
      missingApis: apis.map((clientId) => ({ clientId, name: clientId, createdBy: "usher" })),
      credential: one([
        { kind: "secret", label: "s", months: 1 + below(24) },
        { kind: "none" },
        { kind: "federated", name: "f", issuer: "i", subject: "s", audience: "a" },
      ]),
    });
    const known = some(universe).map(
      (permission): PermissionFact => ({
        ...permission,
        rank: "low",
        sentence: "x",
        smaller: { ...(below(2) > 0 && { name: one(names) }), sentence: "y" },
      }),
    );
    // Also what the plan does not have, twice, and in another order.
    const keys = universe.map(permissionKey);
    const narrowing: Narrowing = {
      permissions: [...some(keys), ...some(keys)].toReversed(),
      smaller: some(keys),
      roles: some([...roles, role(9)]).map(({ templateId }) => templateId),
      redirects: [...some(redirects).map(redirectKey), "web https://evil.example/"],
      ...(below(3) > 0 && { months: below(40) - 5 }),
    };
    const was = canonical(of);
    return { of, was, known, narrowing, to: narrowPlan(of, narrowing, known) };
  }

  it("never leaves anything that was not there, but for Usher's own smaller alternatives", () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const { of, was, known, narrowing, to } = story(seed);
      // Where each permission may have come from: it stayed, or Usher's alternative to one that stayed was taken.
      const mayStand = new Set(
        of.permissions
          .filter((permission) => narrowing.permissions.includes(permissionKey(permission)))
          .map((permission) => {
            const taken = narrowing.smaller.includes(permissionKey(permission));
            const name = taken ? smallerNameOf(permission, known)?.name : undefined;
            return permissionKey({ ...permission, ...(name && { name }) });
          }),
      );
      for (const permission of to.permissions)
        assert.ok(mayStand.has(permissionKey(permission)), `seed ${seed}: ${permissionKey(permission)}`);
      assert.equal(to.permissions.length, mayStand.size, `seed ${seed}: and nothing else is lost`);
      assert.equal(canonical(of), was, `seed ${seed}: the plan that it came from stays`);
      assert.ok(to.permissions.length <= of.permissions.length, `seed ${seed}`);
      assert.equal(new Set(to.permissions.map(permissionKey)).size, to.permissions.length, `seed ${seed}`);
      const isIn = (all: readonly unknown[] = []) => {
        const texts = new Set(all.map(canonical));
        return (each: unknown) => texts.has(canonical(each));
      };
      assert.ok(to.redirects.every(isIn(of.redirects)), `seed ${seed}`);
      assert.ok((to.directoryRoles ?? []).every(isIn(of.directoryRoles)), `seed ${seed}`);
      assert.ok((to.missingApis ?? []).every(isIn(of.missingApis)), `seed ${seed}`);
      if (of.credential.kind === "secret") {
        assert.ok(to.credential.kind === "secret");
        assert.ok(to.credential.months >= 1 && to.credential.months <= of.credential.months, `seed ${seed}`);
        assert.equal(to.credential.label, of.credential.label);
      } else assert.deepEqual(to.credential, of.credential);
      const untouched = ({
        permissions: _permissions,
        redirects: _redirects,
        directoryRoles: _roles,
        missingApis: _apis,
        credential: _credential,
        ...rest
      }: Plan) => rest;
      assert.deepEqual(untouched(to), untouched(of), `seed ${seed}`);
    }
  });

  it("leaves the same when it is sent again for what is left, without alternatives", () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const { narrowing, to } = story(seed);
      const again = narrowPlan(to, { ...wholeOf(to), smaller: narrowing.smaller }, []);
      assert.equal(fingerprintOf(again), fingerprintOf(to), `seed ${seed}`);
    }
  });
});
