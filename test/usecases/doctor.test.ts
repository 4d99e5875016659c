import assert from "node:assert/strict";
import { compareRights, ownPermissions } from "../../src/domain/own-permissions.ts";
import { checkDatabase } from "../../src/usecases/doctor/check-database.ts";
import { checkObjects } from "../../src/usecases/doctor/check-identities.ts";
import { examine } from "../../src/usecases/doctor/examine.ts";
import { ok } from "../../src/usecases/doctor/finding.ts";
import type { DatabaseFacts, Probes } from "../../src/usecases/ports/probes.ts";

const silent = { info: () => {}, warn: () => {}, error: () => {} };

describe("a check of doctor", () => {
  it("that throws, or never ends, is a line, and the others are made", async () => {
    const token = "eyJhbGciOi";
    const found = await examine(
      [
        { name: "Well", look: () => [ok("Well", "fine")] },
        { name: "Throws", look: () => Promise.reject(new Error(`it holds ${token}`)) },
        {
          name: "Throws at once",
          look: () => {
            throw Object.assign(new Error(token), { code: "ECONNRESET" });
          },
        },
        { name: "Never", look: () => new Promise(() => {}) },
      ],
      silent,
      { withinMs: 20 },
    );
    assert.deepEqual(
      found.map(({ name, state }) => `${name}: ${state}`),
      ["Well: ok", "Throws: wrong", "Throws at once: wrong", "Never: wrong"],
    );
    assert.match(found[2]?.says ?? "", /ECONNRESET/);
    assert.match(found[3]?.says ?? "", /No answer within/);
    assert.doesNotMatch(JSON.stringify(found), new RegExp(token));
  });
});

describe("the check of the database", () => {
  const facts: DatabaseFacts = {
    kind: "postgres",
    version: "18.4",
    number: 180_004,
    fsync: true,
    isReadOnly: false,
    missing: [],
    unknown: [],
  };
  const found = (given: Partial<DatabaseFacts>) =>
    checkDatabase({ database: async () => ({ ...facts, ...given }) } as Probes);
  const cases: [Partial<DatabaseFacts>, RegExp][] = [
    [{ version: "13.9", number: 130_009 }, /13\.9 is too old/],
    [{ fsync: false }, /fsync is off/],
    [{ isReadOnly: true }, /takes no writes/],
    [{ missing: ["2026-11-20-first"] }, /older version: 2026-11-20-first/],
    [{ unknown: ["2030-01-01-later"] }, /newer version.*2030-01-01-later/],
  ];
  for (const [given, says] of cases)
    it(`says ${says.source}`, async () => {
      const [line, ...more] = await found(given);
      assert.equal(line?.state, "wrong");
      assert.match(line?.says ?? "", says);
      assert.equal(more.length, 0);
    });
  it("says nothing of one that is well", async () => {
    assert.deepEqual(
      (await found({})).map(({ state }) => state),
      ["ok"],
    );
  });
});

describe("the check of objects", () => {
  it("warns before Entra's limit is reached", async () => {
    const state = async (owned: number) =>
      (await checkObjects({ ownedObjects: async () => owned } as Probes))[0]?.state;
    assert.equal(await state(224), "ok");
    assert.equal(await state(225), "wrong");
  });
});

describe("the rights of an identity", () => {
  const two = { provisioning: "p", consent: "c" };
  const always = (identity: string) =>
    ownPermissions.flatMap((each) => (each.identity === identity && each.when === "always" ? each.name : []));
  const missing = (held: string[], identities = two, clientId = "p") =>
    compareRights(held, identities, clientId).missing.map(({ name }) => name);

  it("are enough as the list has them, each of them needed", () => {
    for (const [identity, clientId] of [
      ["provisioning", "p"],
      ["consent", "c"],
    ] as const) {
      const all = always(identity);
      assert.deepEqual(missing(all, two, clientId), []);
      for (const name of all)
        assert.deepEqual(
          missing(
            all.filter((each) => each !== name),
            two,
            clientId,
          ),
          [name],
        );
    }
  });

  it("are those of both parts where one identity does both", () => {
    assert.deepEqual(
      missing(always("provisioning"), { provisioning: "p", consent: "p" }).includes(
        "AppRoleAssignment.ReadWrite.All",
      ),
      true,
    );
  });

  it("are more where Usher may not consent, and a wider one will do", () => {
    const alone = { provisioning: "p", consent: "none" };
    assert.deepEqual(missing(always("provisioning"), alone), ["DelegatedPermissionGrant.Read.All"]);
    assert.deepEqual(missing([...always("provisioning"), "Directory.Read.All"], alone), []);
    assert.deepEqual(missing(["Application.ReadWrite.All", "Directory.Read.All"]), []);
  });

  it("are named where Usher asks for them nowhere", () => {
    const { optional, needless } = compareRights(["Policy.Read.All", "Mail.Read"], two, "p");
    assert.deepEqual([optional, needless], [["Policy.Read.All"], ["Mail.Read"]]);
  });
});
