import assert from "node:assert/strict";
import { checkConsent, expectedRoles, type Granted, someOf } from "../../src/domain/consent-check.ts";
import { aPermission, aPlan } from "../support/builders.ts";

const asGranted = ({ api, apiName, kind, name }: ReturnType<typeof aPermission>): Granted => ({
  api,
  apiName,
  kind,
  name,
  forAll: true,
});
const scope = aPermission({ name: "User.Read" });
const role = aPermission({ name: "Mail.Read", kind: "application" });
const plan = aPlan({ permissions: [scope, role] });
const all = [scope, role].map(asGranted);

describe("what was granted, held against the plan", () => {
  const table: [what: string, granted: Granted[], missing: string[], beyond: string[]][] = [
    ["all of it", all, [], []],
    ["all of it twice", [...all, ...all], [], []],
    [
      "all of it, with the API's id in capitals",
      all.map((each) => ({ ...each, api: each.api.toUpperCase() })),
      [],
      [],
    ],
    [
      "nothing",
      [],
      ["User.Read (delegated, Microsoft Graph)", "Mail.Read (application, Microsoft Graph)"],
      [],
    ],
    ["only the role", all.slice(1), ["User.Read (delegated, Microsoft Graph)"], []],
    [
      "one permission more",
      [...all, { ...asGranted(role), name: "Mail.Send" }],
      [],
      ["Mail.Send (application, Microsoft Graph)"],
    ],
    [
      "a permission of the same name and the other kind",
      [...all, { ...asGranted(scope), name: "Mail.Read" }],
      [],
      ["Mail.Read (delegated, Microsoft Graph)"],
    ],
    [
      "a permission of the same name at another API",
      [...all, { ...asGranted(role), api: "other", apiName: "Other" }],
      [],
      ["Mail.Read (application, Other)"],
    ],
    [
      "the scope for one person only",
      [asGranted(role), { ...asGranted(scope), forAll: false }],
      ["User.Read (delegated, Microsoft Graph)"],
      [],
    ],
    [
      "something more for one person",
      [...all, { ...asGranted(scope), name: "Files.Read", forAll: false }],
      [],
      ["Files.Read (delegated, Microsoft Graph)"],
    ],
    [
      "what Entra adds to sign people in",
      [
        ...all,
        ...["openid", "profile", "email", "offline_access"].map((name) => ({ ...asGranted(scope), name })),
      ],
      [],
      [],
    ],
    [
      "an application permission that is called like it",
      [...all, { ...asGranted(role), name: "openid" }],
      [],
      ["openid (application, Microsoft Graph)"],
    ],
  ];
  for (const [what, granted, missing, beyond] of table)
    it(`misses ${missing.length} and has ${beyond.length} too much with ${what}`, () =>
      assert.deepEqual(checkConsent(plan, granted), { missing, beyond }));
});

describe("the roles in an app's tokens", () => {
  const graph = { api: role.api, apiName: "Microsoft Graph" };

  it("are those that were consented to, and Microsoft Graph is always asked", () => {
    const other = aPermission({ api: "OTHER", apiName: "Other", name: "Run", kind: "application" });
    assert.deepEqual(expectedRoles(aPlan({ permissions: [scope, other] })), [
      { ...graph, allowed: [], required: [] },
      { api: "other", apiName: "Other", allowed: ["Run"], required: ["Run"] },
    ]);
    assert.deepEqual(expectedRoles(plan), [{ ...graph, allowed: ["Mail.Read"], required: ["Mail.Read"] }]);
  });

  it("may be there, and need not, where they are only declared", () => {
    for (const consent of ["optional", "none"] as const)
      assert.deepEqual(expectedRoles({ ...plan, consent }), [
        { ...graph, allowed: ["Mail.Read"], required: [] },
      ]);
  });
});

describe("a list of names in a sentence", () => {
  it("ends with how many more there are", () => {
    assert.equal(someOf(["a", "b"], 2), "a, b");
    assert.equal(someOf(["a", "b", "c", "d"], 2), "a, b and 2 more");
  });
});
