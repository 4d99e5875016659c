import assert from "node:assert/strict";
import { type Drift, driftKey, type Exposed, type Found } from "../../src/domain/drift.ts";
import { type Expected, expectedOf, withAccepted } from "../../src/domain/drift-expected.ts";
import { driftOf } from "../../src/domain/drift-of.ts";
import {
  byDanger,
  isAcceptable,
  isRepairable,
  reachOf,
  repairedTogether,
} from "../../src/domain/drift-reach.ts";
import {
  afterLook,
  type Finding,
  isOwner,
  isReported,
  markOfFindings,
  seenAgainAfterMs,
} from "../../src/domain/finding.ts";
import type { ClientId, UserId } from "../../src/domain/ids.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { ada, afterNoon, aPermission, aPlan, ben, cleo, graphApi, noon } from "../support/builders.ts";

type There = Extract<Found, { state: "there" }>;

const keyId = "11111111-0000-4000-8000-000000000001";
const clientId = "77777777-0000-4000-8000-000000000001" as ClientId;
const reports = { name: "Reports Reader", templateId: "4a5d8f65-41da-4de4-8968-e035b65339cf" };
const highest = { name: "Global Administrator", templateId: "62e90394-69f5-4237-9190-012177145e10" };
const everywhere = { scope: "/" };
const plan = aPlan({
  permissions: [aPermission(), aPermission({ name: "User.ReadBasic.All", kind: "application" })],
});
const certificate = {
  kind: "certificate",
  label: "Payroll",
  der: "x",
  thumbprint: "AB12",
  expiresAt: "2028-01-01T00:00:00.000Z",
} as const;
const federated = {
  kind: "federated",
  name: "deploy",
  issuer: "https://token.example",
  subject: "repo:a/b",
  audience: "api://AzureADTokenExchange",
} as const;

const expected = (given: Partial<Expected> = {}, of: Plan = plan): Expected => ({
  ...expectedOf(of, {
    clientId,
    owner: ada,
    isConsented: true,
    rolesLeft: [],
    keyIds: [keyId],
    markers: ["[0123]"],
  }),
  ...given,
});
/** What stands in Entra when nobody has touched it. */
const asMade = (given: Partial<There> = {}): There => ({
  state: "there",
  audience: plan.audience,
  redirects: plan.redirects,
  settings: {
    idTokens: plan.idTokens ? "on" : "off",
    accessTokens: "off",
    publicFlows: "off",
    mappedClaims: "off",
    groupClaims: "None",
    tokenVersion: "1",
  },
  exposed: [],
  declared: plan.permissions,
  roles: [],
  ownerAccount: "enabled",
  consents: plan.permissions.map((each) => ({ ...each, forAll: true })),
  owners: [{ id: ada.userId, name: ada.name }],
  isUshersOwn: true,
  secrets: [{ keyId, name: "Payroll export [ffff]" }],
  certificates: [],
  federated: [],
  isEnabled: true,
  ...given,
});

const keys = (drifts: readonly Drift[]) => drifts.map(driftKey);
const mail = { api: graphApi, apiName: "Microsoft Graph", name: "Mail.Read", kind: "application" } as const;

describe("what differs from an approved plan", () => {
  it("is nothing where all is as it was made", () => {
    assert.deepEqual(driftOf(expected(), asMade()), []);
  });

  const consents = asMade().consents ?? [];
  const differences: [string, Partial<There>, string[]][] = [
    [
      "a consent that was added",
      { consents: [...consents, { ...mail, forAll: true }] },
      [`consent added ${graphApi}/application/Mail.Read`],
    ],
    [
      "a consent that one person gave beyond the plan",
      { consents: [...consents, { ...mail, kind: "delegated", forAll: false }] },
      [`consent added ${graphApi}/delegated/Mail.Read`],
    ],
    [
      "a consent that is only one person's now",
      { consents: consents.map((each) => ({ ...each, forAll: each.kind === "application" })) },
      [`consent removed ${graphApi}/delegated/User.Read`],
    ],
    [
      "a consent that was taken away",
      { consents: consents.slice(0, 1) },
      [`consent removed ${graphApi}/application/User.ReadBasic.All`],
    ],
    [
      "a permission that is asked for too",
      { declared: [...plan.permissions, mail] },
      [`declared added ${graphApi}/application/Mail.Read`],
    ],
    [
      "a permission that is not asked for any more",
      { declared: plan.permissions.slice(1) },
      [`declared removed ${graphApi}/delegated/User.Read`],
    ],
    [
      "an address that was added",
      { redirects: [...plan.redirects, { platform: "spa", uri: "https://evil.example" }] },
      ["redirect added spa https://evil.example"],
    ],
    [
      "an address on another platform",
      { redirects: [{ ...plan.redirects[0]!, platform: "spa" }] },
      [
        "redirect added spa https://payroll.example/signin",
        "redirect removed web https://payroll.example/signin",
      ],
    ],
    [
      "an address that was removed",
      { redirects: [] },
      ["redirect removed web https://payroll.example/signin"],
    ],
    [
      "an owner who was added",
      { owners: [...asMade().owners, { id: cleo.userId, name: cleo.name }] },
      [`owner added ${cleo.userId}`],
    ],
    ["an owner who is gone", { owners: [] }, [`owner removed ${ada.userId}`]],
    ["Usher itself being no owner any more", { isUshersOwn: false }, ["usher"]],
    [
      "a secret that was added by hand",
      { secrets: [...asMade().secrets, { keyId: "k2", name: "mine" }] },
      ["secret added k2"],
    ],
    ["a secret that was removed", { secrets: [] }, [`secret removed ${keyId}`]],
    [
      "a secret on its service principal, whatever it is called",
      { secrets: [...asMade().secrets, { keyId: "k3", name: "Payroll [0123]", onPrincipal: true }] },
      ["secret added k3"],
    ],
    [
      "a certificate that was added",
      { certificates: [{ keyId: "c1", name: "", thumbprint: "" }] },
      ["certificate added c1"],
    ],
    [
      "a federated credential that was added",
      { federated: [{ id: "f1", name: "x", issuer: "i", subject: "s", audience: "a" }] },
      ["federated added f1"],
    ],
    ["a directory role", { roles: [{ ...highest, ...everywhere }] }, [`role added ${highest.templateId}`]],
    [
      "a directory role over a part of the directory",
      { roles: [{ ...highest, scope: "/administrativeUnits/1" }] },
      [`role added ${highest.templateId} /administrativeUnits/1`],
    ],
    [
      "access tokens from the sign-in page",
      { settings: { ...asMade().settings, accessTokens: "on" } },
      ["setting accessTokens on"],
    ],
    [
      "sign-in without a proof of the app's own",
      { settings: { ...asMade().settings, publicFlows: "on" } },
      ["setting publicFlows on"],
    ],
    [
      "mapped claims",
      { settings: { ...asMade().settings, mappedClaims: "on" } },
      ["setting mappedClaims on"],
    ],
    [
      "groups in its tokens",
      { settings: { ...asMade().settings, groupClaims: "All" } },
      ["setting groupClaims All"],
    ],
    [
      "another version of its tokens",
      { settings: { ...asMade().settings, tokenVersion: "2" } },
      ["setting tokenVersion 2"],
    ],
    [
      "a role, a scope, a name and a client of its own",
      {
        exposed: [
          { kind: "role", value: "Tasks.Run", to: "Application" },
          { kind: "scope", value: "tasks", to: "User" },
          { kind: "identifier", value: "https://tasks.larkfield.example" },
          { kind: "client", value: "c1" },
        ],
      },
      [
        "exposed added role Tasks.Run (Application)",
        "exposed added scope tasks (User)",
        "exposed added identifier https://tasks.larkfield.example",
        "exposed added client c1",
      ],
    ],
    [
      "an owner of its service principal, also one who owns the application",
      { owners: [...asMade().owners, { id: ada.userId, name: ada.name, onPrincipal: true }] },
      [`owner added principal ${ada.userId}`],
    ],
    ["a disabled service principal", { isEnabled: false }, ["sign-in disabled"]],
    ["another audience", { audience: "AzureADMultipleOrgs" }, ["audience AzureADMultipleOrgs"]],
  ];
  for (const [what, found, expectedKeys] of differences)
    it(`is ${what}`, () => assert.deepEqual(keys(driftOf(expected(), asMade(found))), expectedKeys));

  const same: [string, Partial<There>, Partial<Expected>?][] = [
    [
      "ids of APIs and owners in capitals",
      {
        declared: plan.permissions.map((each) => ({ ...each, api: each.api.toUpperCase() })),
        owners: [{ id: ada.userId.toUpperCase(), name: "" }],
      },
    ],
    [
      "what Entra adds to a consent by itself",
      {
        consents: [
          ...consents,
          ...["openid", "profile", "email", "offline_access"].map((name) => ({
            ...mail,
            name,
            kind: "delegated" as const,
            forAll: true,
          })),
        ],
      },
    ],
    [
      "a secret that Usher makes at this moment",
      { secrets: [...asMade().secrets, { keyId: "k3", name: "Payroll [0123]" }] },
    ],
    ["missing consents, where Usher was to give none", { consents: [] }, { isConsented: false }],
    ["consents that Usher has no right to read", { consents: undefined as never }],
    ["directory roles that Usher has no right to read", { roles: undefined as never }, { roles: [reports] }],
    ["an owner whose account is disabled: whoever keeps owners tells that", { ownerAccount: "disabled" }],
    [
      "an owner whose account is deleted, who then owns nothing in Entra either",
      { ownerAccount: "deleted", owners: [] },
    ],
    ["accounts that Usher has no right to read", { ownerAccount: undefined as never }],
    [
      "a planned directory role",
      { roles: [{ ...reports, ...everywhere }] },
      { roles: [{ ...reports, templateId: reports.templateId.toUpperCase() }] },
    ],
    ["a role that Usher had no right to give", {}, { roles: [reports], rolesLeft: [reports.name] }],
  ];
  for (const [what, found, given] of same)
    it(`is not ${what}`, () => assert.deepEqual(driftOf(expected(given), asMade(found)), []));

  it("is what is left of it and nothing else, once it was deleted", () => {
    assert.deepEqual(driftOf(expected(), { state: "gone", what: "application" }), [
      { what: "deleted", which: "application" },
    ]);
  });

  const credentials: [string, Plan["credential"], Partial<There>, string[]][] = [
    [
      "the planned certificate, whatever case its thumbprint has",
      certificate,
      { certificates: [{ keyId: "c", name: "", thumbprint: "ab12" }] },
      [],
    ],
    [
      "another certificate in its place",
      certificate,
      { certificates: [{ keyId: "c", name: "", thumbprint: "ffff" }] },
      ["certificate added c", "certificate removed AB12"],
    ],
    ["the planned federated credential", federated, { federated: [{ id: "f", ...federated }] }, []],
    [
      "one for another subject in its place",
      federated,
      { federated: [{ id: "f", ...federated, subject: "repo:evil" }] },
      ["federated added f", "federated removed deploy"],
    ],
  ];
  for (const [what, credential, found, expectedKeys] of credentials)
    it(`knows ${what}`, () => {
      const of = aPlan({ credential });
      const drifts = driftOf(expected({ keyIds: [] }, of), asMade({ secrets: [], ...found }));
      assert.deepEqual(keys(drifts), expectedKeys);
    });
});

describe("what a plan says of tokens and of what the app offers", () => {
  const wide = aPlan({
    permissions: [],
    audience: "AzureADandPersonalMicrosoftAccount",
    idTokens: true,
    groupClaims: "SecurityGroup",
    directoryRoles: [reports],
    appRoles: [{ value: "Run", name: "Run", description: "Runs.", members: ["User", "Application"] }],
    expose: {
      scopes: [
        { value: "read", name: "Read", description: "Reads.", who: "users" },
        { value: "write", name: "Write", description: "Writes.", who: "admins" },
      ],
    },
  });
  const asPlanned: Partial<There> = {
    audience: wide.audience,
    declared: [],
    consents: [],
    settings: { ...asMade().settings, idTokens: "on", groupClaims: "SecurityGroup", tokenVersion: "2" },
    roles: [{ ...reports, ...everywhere }],
    exposed: [
      { kind: "role", value: "Run", to: "Application, User" },
      { kind: "scope", value: "read", to: "User" },
      { kind: "scope", value: "write", to: "Admin" },
      { kind: "identifier", value: `API://${clientId.toUpperCase()}` },
    ],
  };

  it("is expected, as it was made", () => {
    assert.deepEqual(driftOf(expected({}, wide), asMade(asPlanned)), []);
  });

  it("is missed where it is gone, and can be accepted", () => {
    const found = asMade({
      ...asPlanned,
      settings: { ...asPlanned.settings!, idTokens: "off", groupClaims: "None" },
      roles: [],
      exposed: [{ kind: "role", value: "Run", to: "Application, User" }] satisfies Exposed[],
    });
    const drifts = driftOf(expected({}, wide), found);
    assert.deepEqual(keys(drifts), [
      `role removed ${reports.templateId}`,
      "setting idTokens off",
      "setting groupClaims None",
      "exposed removed scope read (User)",
      "exposed removed scope write (Admin)",
      `exposed removed identifier api://${clientId}`,
    ]);
    assert.ok(drifts.every((drift) => isAcceptable(drift) && isRepairable(drift)));
    assert.deepEqual(driftOf(withAccepted(expected({}, wide), drifts), found), []);
  });

  it("is more where it is for more people", () => {
    const exposed = asPlanned.exposed!.map((each) =>
      each.value === "write" ? { ...each, to: "User" } : each,
    );
    assert.deepEqual(keys(driftOf(expected({}, wide), asMade({ ...asPlanned, exposed }))), [
      "exposed added scope write (User)",
      "exposed removed scope write (Admin)",
    ]);
  });
});

const setting = (what: "accessTokens" | "groupClaims" | "tokenVersion", from: string, to: string): Drift => ({
  what: "setting",
  setting: what,
  from,
  to,
});
const role = (change: "added" | "removed"): Drift => ({
  what: "role",
  change,
  role: { ...highest, ...everywhere },
});
const ofItsOwn = (change: "added" | "removed"): Drift => ({
  what: "exposed",
  change,
  exposed: { kind: "role", value: "Run", to: "User" },
});
const added = (what: "secret" | "certificate" | "federated"): Drift => ({
  what,
  change: "added",
  id: "x",
  name: "",
});
const removed = (what: "secret" | "certificate" | "federated"): Drift => ({
  what,
  change: "removed",
  id: "x",
  name: "",
});
const audience = (from: Plan["audience"], to: string): Drift => ({ what: "audience", from, to });
const owner = (change: "added" | "removed", id: string = cleo.userId): Drift => ({
  what: "owner",
  change,
  id,
  name: "",
});
const deleted: Drift = { what: "deleted", which: "application" };
const disabled: Drift = { what: "sign-in", change: "disabled" };

describe("a difference", () => {
  const table: [Drift, ReturnType<typeof reachOf>, boolean, boolean][] = [
    // what it is, how far it reaches, whether Usher repairs it, whether an approver may accept it
    [added("secret"), "wider", true, false],
    [removed("secret"), "narrower", false, true],
    [added("certificate"), "wider", true, false],
    [removed("certificate"), "narrower", true, true],
    [added("federated"), "wider", true, false],
    [removed("federated"), "narrower", true, true],
    [owner("added"), "wider", true, false],
    [owner("removed"), "narrower", true, true],
    [{ what: "consent", change: "added", permission: mail }, "wider", true, false],
    [{ what: "consent", change: "removed", permission: mail }, "narrower", true, true],
    [{ what: "declared", change: "added", permission: mail }, "wider", true, false],
    [{ what: "redirect", change: "added", platform: "web", uri: "https://x" }, "wider", true, false],
    [{ what: "redirect", change: "removed", platform: "web", uri: "https://x" }, "narrower", true, true],
    [disabled, "narrower", true, true],
    [{ what: "sign-in", change: "enabled" }, "wider", true, false],
    [audience("AzureADMyOrg", "AzureADMultipleOrgs"), "wider", true, false],
    [audience("AzureADMultipleOrgs", "AzureADMyOrg"), "narrower", true, true],
    [audience("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"), "wider", true, false],
    [deleted, "gone", false, false],
    [{ what: "usher" }, "narrower", false, false],
    [role("added"), "wider", true, false],
    [role("removed"), "narrower", true, true],
    [ofItsOwn("added"), "wider", true, false],
    [ofItsOwn("removed"), "narrower", true, true],
    [setting("accessTokens", "off", "on"), "wider", true, false],
    [setting("accessTokens", "on", "off"), "narrower", true, true],
    [setting("groupClaims", "SecurityGroup", "All"), "wider", true, false],
    [setting("groupClaims", "All", "SecurityGroup"), "narrower", true, true],
    [setting("tokenVersion", "2", "1"), "wider", true, false],
  ];
  for (const [drift, reach, repairable, acceptable] of table)
    it(`"${driftKey(drift)}" is ${reach}${repairable ? ", can be repaired" : ""}${acceptable ? ", can be accepted" : ""}`, () =>
      assert.deepEqual(
        [reachOf(drift), isRepairable(drift), isAcceptable(drift)],
        [reach, repairable, acceptable],
      ));

  it("that gives somebody the app's own way in comes first, and what is less comes last", () => {
    const drifts = [
      disabled,
      { what: "consent", change: "added", permission: mail } as const,
      role("added"),
      owner("added"),
      added("secret"),
      deleted,
    ];
    assert.deepEqual(
      byDanger(drifts).map(({ what }) => what),
      ["deleted", "role", "secret", "owner", "consent", "sign-in"],
    );
  });
});

describe("what is repaired together", () => {
  const consent = (name: string, kind: "application" | "delegated", api = graphApi): Drift => ({
    what: "consent",
    change: "added",
    permission: { ...mail, api, name, kind },
  });
  const isTogether = (a: Drift, b: Drift) => repairedTogether(a) === repairedTogether(b);

  it("is what one write replaces as a whole", () => {
    const pairs: [Drift, Drift][] = [
      [consent("A", "delegated"), consent("B", "delegated", graphApi.toUpperCase())],
      [
        { what: "redirect", change: "added", platform: "web", uri: "https://a" },
        { what: "redirect", change: "removed", platform: "spa", uri: "https://b" },
      ],
      [added("certificate"), removed("certificate")],
      [ofItsOwn("added"), ofItsOwn("removed")],
      [role("added"), role("removed")],
    ];
    for (const [a, b] of pairs) assert.ok(isTogether(a, b), `${driftKey(a)} and ${driftKey(b)}`);
  });

  it("is not what fails or succeeds by itself", () => {
    const pairs: [Drift, Drift][] = [
      [consent("A", "delegated"), consent("A", "application")],
      [consent("A", "delegated"), consent("A", "delegated", "another API")],
      [added("secret"), { what: "secret", change: "added", id: "y", name: "" }],
      [owner("added"), owner("added", ben.userId)],
      [added("certificate"), { what: "certificate", change: "added", id: "x", name: "", onPrincipal: true }],
      [disabled, audience("AzureADMyOrg", "AzureADMultipleOrgs")],
    ];
    for (const [a, b] of pairs) assert.ok(!isTogether(a, b), `${driftKey(a)} and ${driftKey(b)}`);
  });
});

describe("an accepted difference", () => {
  const found: Partial<There> = {
    consents: asMade().consents!.slice(0, 1),
    declared: plan.permissions.slice(0, 1),
    redirects: [],
    owners: [],
    secrets: [],
    isEnabled: false,
  };
  const accepted = driftOf(expected(), asMade(found));

  it("is expected from then on", () => {
    assert.equal(accepted.length, 6);
    assert.deepEqual(driftOf(withAccepted(expected(), accepted), asMade(found)), []);
  });

  it("is more than was approved when somebody brings it back by hand", () => {
    const back = driftOf(withAccepted(expected(), accepted), asMade());
    assert.equal(back.length, 6);
    assert.deepEqual([...new Set(back.map(reachOf))], ["wider"]);
  });

  it("leaves the rest as it was approved", () => {
    const only = accepted.filter(({ what }) => what === "consent");
    const left = driftOf(withAccepted(expected(), only), asMade(found));
    assert.deepEqual(left.map(({ what }) => what).toSorted(), [
      "declared",
      "owner",
      "redirect",
      "secret",
      "sign-in",
    ]);
  });

  for (const credential of [certificate, federated])
    it(`can be the end of a ${credential.kind} credential`, () => {
      const of = aPlan({ credential });
      const [gone] = driftOf(expected({ keyIds: [] }, of), asMade({ secrets: [] }));
      assert.ok(gone);
      const now = withAccepted(expected({ keyIds: [] }, of), [gone]);
      assert.deepEqual(driftOf(now, asMade({ secrets: [] })), []);
    });

  it("can be a narrower audience", () => {
    const wide = aPlan({ audience: "AzureADMultipleOrgs" });
    const now = asMade({ audience: "AzureADMyOrg" });
    assert.deepEqual(driftOf(withAccepted(expected({}, wide), driftOf(expected({}, wide), now)), now), []);
  });
});

describe("a look", () => {
  const open = (given: Partial<Finding> = {}): Finding =>
    ({ key: driftKey(disabled), drift: disabled, firstSeen: noon, state: "open", ...given }) as Finding;
  const soon = afterNoon(seenAgainAfterMs - 1);
  const later = afterNoon(seenAgainAfterMs);

  it("that finds something for the first time tells nobody", () => {
    assert.deepEqual(afterLook([], [disabled], noon), { changed: [open()], confirmed: [] });
  });

  it("that finds it again too soon changes nothing", () => {
    assert.deepEqual(afterLook([open()], [disabled], soon), { changed: [], confirmed: [] });
  });

  it("that finds it again half an hour later tells of it, once", () => {
    const confirmed = open({ confirmedAt: later });
    assert.deepEqual(afterLook([open()], [disabled], later), {
      changed: [confirmed],
      confirmed: [confirmed],
    });
    assert.deepEqual(afterLook([confirmed], [disabled], afterNoon(1e9)), { changed: [], confirmed: [] });
  });

  it("that does not find it again ends it", () => {
    const { changed, confirmed } = afterLook([open()], [], later);
    assert.deepEqual([changed, confirmed], [[{ ...open(), state: "gone", at: later }], []]);
  });

  for (const state of ["gone", "repaired", "accepted"] as const)
    it(`that finds again what was ${state} begins anew`, () => {
      const before = open({ state, by: ben, at: noon, confirmedAt: noon } as Partial<Finding>);
      assert.deepEqual(afterLook([before], [disabled], later).changed, [open({ firstSeen: later })]);
    });

  it("leaves what is being repaired to the repair, whether it is found or not", () => {
    const repairing = open({ state: "repairing", by: ben, at: noon, confirmedAt: noon } as Partial<Finding>);
    for (const seen of [[], [disabled]])
      assert.deepEqual(afterLook([repairing], seen, later), { changed: [], confirmed: [] });
  });

  it("reports what is open or being repaired and was seen twice", () => {
    assert.equal(isReported(open()), false);
    assert.equal(isReported(open({ confirmedAt: noon })), true);
    assert.equal(isReported(open({ confirmedAt: noon, state: "gone", at: noon } as Partial<Finding>)), false);
  });

  it("is told from an older one by its mark, in whatever order", () => {
    const other = open({ key: "usher", drift: { what: "usher" } });
    assert.equal(markOfFindings([open(), other]), markOfFindings([other, open()]));
    assert.notEqual(markOfFindings([open()]), markOfFindings([open(), other]));
    assert.notEqual(markOfFindings([open()]), markOfFindings([open({ firstSeen: later })]));
  });
});

describe("who owns a registration", () => {
  const finding = (state: Finding["state"]): Finding =>
    ({
      key: "k",
      drift: owner("added", cleo.userId.toUpperCase()),
      firstSeen: noon,
      state,
      by: ben,
      at: noon,
    }) as Finding;
  const who = (person: { userId: UserId }, findings: Finding[] = []) => isOwner(person.userId, ada, findings);

  it("is whoever Usher's records name, and whoever was made owner in Entra", () => {
    assert.deepEqual([who(ada), who(cleo), who(cleo, [finding("open")])], [true, false, true]);
  });

  it("is not who was removed again", () => {
    assert.equal(who(cleo, [finding("repaired")]), false);
  });
});
