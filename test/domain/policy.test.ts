import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { GroupId, UserId } from "../../src/domain/ids.ts";
import type { Rank } from "../../src/domain/permission.ts";
import type { Plan } from "../../src/domain/plan.ts";
import {
  autoApprovalOf,
  decidingGroups,
  type ForbidRule,
  groupsThatMayAsk,
  openedByOf,
  type Policy,
  type RankPolicy,
  refusedByPolicy,
  type Terms,
  type TermsNow,
  termsNow,
  termsOf,
  termsOfRevision,
} from "../../src/domain/policy.ts";
import { rankOfPlan } from "../../src/domain/rank-of-plan.ts";
import { aPermission, aPlan, approversGroup, aRankPolicy, graphApi } from "../support/builders.ts";
import { aPolicy as ours } from "../support/policy.ts";

const group = (n: number) => `bbbbbbbb-0000-4000-8000-00000000001${n}` as GroupId;
const [one, two, three, four] = [group(1), group(2), group(3), group(4)] as const;
const [person, colleague] = [1, 2].map((n) => `aaaaaaaa-0000-4000-8000-00000000001${n}` as UserId) as [
  UserId,
  UserId,
];
const ranks: readonly Rank[] = ["low", "medium", "high", "tier0"];
const asked = (rank: Rank, system = "custom") => ({ rank, system });
/** Usher's own policy with something else in it, as it is once it was read. */
const aPolicy = (given: Partial<Policy> = {}): Policy => ({ ...ours(), ...given });
/** The same for every rank. */
const everyRank = (given: Partial<RankPolicy>) =>
  aPolicy({
    ranks: {
      low: aRankPolicy(given),
      medium: aRankPolicy(given),
      high: aRankPolicy(given),
      tier0: aRankPolicy(given),
    },
  });

describe("the terms of a request", () => {
  it("are what policy says of its rank when it is submitted", () => {
    const policy = everyRank({
      approvals: 3,
      approvers: one,
      alternates: two,
      linkHours: 10,
      freshSignIn: true,
    });
    assert.deepEqual(termsOf(policy, asked("high"), approversGroup), {
      rank: "high",
      approvals: 3,
      approvers: one,
      alternates: two,
      reasonToApprove: false,
      freshSignIn: true,
      linkHours: 10,
    });
  });

  it("name the group of the settings where policy names none, and none where there is none", () => {
    assert.equal(termsOf(aPolicy(), asked("low"), approversGroup).approvers, approversGroup);
    assert.ok(!("approvers" in termsOf(aPolicy(), asked("low"), undefined)));
    assert.ok(!("alternates" in termsOf(aPolicy(), asked("low"), approversGroup)));
  });

  type Row = [
    what: string,
    frozen: Partial<RankPolicy>,
    today: Partial<RankPolicy>,
    now: Partial<TermsNow>,
    changes: RegExp | undefined,
  ];
  const other: Row[] = [
    [
      "stay as they were when nothing changed",
      {},
      {},
      { approvals: 1, approvers: [approversGroup] },
      undefined,
    ],
    [
      "need more approvals when policy does",
      {},
      { approvals: 3 },
      { approvals: 3 },
      /needs 3 approvals now, not 1/,
    ],
    ["need no fewer when policy does", { approvals: 3 }, {}, { approvals: 3 }, undefined],
    [
      "want whoever decides in both groups when policy names another one",
      { approvers: one },
      { approvers: two },
      { approvers: [one, two] },
      /in that one and in the one before/,
    ],
    [
      "want the one group when it is the same",
      { approvers: one },
      { approvers: one },
      { approvers: [one] },
      undefined,
    ],
    [
      "have no alternates when there were none at that time",
      {},
      { alternates: two },
      { alternates: [] },
      undefined,
    ],
    [
      "have no alternates when there are none any more",
      { alternates: two },
      {},
      { alternates: [] },
      undefined,
    ],
    [
      "want alternates in both groups when policy names another one",
      { alternates: two },
      { alternates: three },
      { alternates: [two, three] },
      undefined,
    ],
    [
      "need a fresh sign-in once policy says so",
      {},
      { freshSignIn: true },
      { freshSignIn: true },
      /an approval needs a fresh sign-in now/,
    ],
    [
      "go on to need it when policy lets go of it",
      { freshSignIn: true },
      {},
      { freshSignIn: true },
      undefined,
    ],
    [
      "need a reason once policy says so",
      {},
      { reasonToApprove: true },
      { reasonToApprove: true },
      /an approval needs a reason now/,
    ],
    [
      "go on to need one when policy lets go of it",
      { reasonToApprove: true },
      {},
      { reasonToApprove: true },
      undefined,
    ],
    ["let links live shorter when policy says so", {}, { linkHours: 5 }, { linkHours: 5 }, undefined],
    [
      "let them live no longer when policy says so",
      { linkHours: 5 },
      { linkHours: 168 },
      { linkHours: 5 },
      undefined,
    ],
  ];
  for (const [what, frozen, today, now, changes] of other)
    it(`${what}`, () => {
      const terms = termsOf(everyRank(frozen), asked("medium"), approversGroup);
      const counted = termsNow(terms, everyRank(today), asked("medium"), approversGroup);
      assert.deepEqual({ ...counted, ...now }, counted);
      if (changes) assert.match(counted.changes.join(" "), changes);
      else assert.deepEqual(counted.changes, []);
    });

  it("let nobody decide when there is no group any more, and say nothing of one that came later", () => {
    const withGroup = termsOf(aPolicy(), asked("low"), approversGroup);
    assert.deepEqual(termsNow(withGroup, aPolicy(), asked("low"), undefined).approvers, []);
    const without = termsOf(aPolicy(), asked("low"), undefined);
    const now = termsNow(without, aPolicy(), asked("low"), approversGroup);
    assert.deepEqual([now.approvers, now.changes], [[approversGroup], []]);
  });

  it("go by the higher of the rank that it had and the one that it has by now", () => {
    const frozen = termsOf(aPolicy(), asked("low"), approversGroup);
    const now = termsNow(frozen, aPolicy(), asked("tier0"), approversGroup);
    assert.deepEqual([now.rank, now.approvals], ["tier0", 2]);
    const high = termsOf(aPolicy(), asked("tier0"), approversGroup);
    assert.deepEqual(termsNow(high, aPolicy(), asked("low"), approversGroup).approvals, 2);
  });

  it("of the next revision at the same rank are never laxer than before", () => {
    const before = termsOf(
      everyRank({ approvals: 3, approvers: one, reasonToApprove: true, linkHours: 5 }),
      asked("low"),
      two,
    );
    const today = termsOf(
      everyRank({ approvals: 2, freshSignIn: true, alternates: three }),
      asked("low"),
      two,
    );
    assert.deepEqual(termsOfRevision(before, today), { ...before, freshSignIn: true });
    assert.deepEqual(termsOfRevision(today, before), {
      ...before,
      approvers: two,
      alternates: three,
      freshSignIn: true,
    });
  });

  it("of the next revision at another rank are those of that rank today", () => {
    const before = termsOf(aPolicy(), asked("tier0"), approversGroup);
    const today = termsOf(aPolicy(), asked("low"), one);
    assert.deepEqual(termsOfRevision(before, today), today);
  });

  it("never become wider, whatever policy said before and says now", () => {
    const choices: Partial<RankPolicy>[] = [
      {},
      { approvals: 2, approvers: one },
      { approvers: two, alternates: three, freshSignIn: true, linkHours: 168 },
      { approvals: 4, alternates: four, reasonToApprove: true, linkHours: 1 },
      { approvers: one, alternates: one },
    ];
    const handovers: Policy["handover"][] = [
      [],
      [{ person }],
      [{ group: four }],
      [],
      [{ person: colleague }],
    ];
    const policies = choices.map((choice, n) => ({ ...everyRank(choice), handover: handovers[n] ?? [] }));
    let compared = 0;
    for (const before of policies)
      for (const after of policies)
        for (const rankBefore of ranks)
          for (const rankAfter of ranks)
            for (const settled of [approversGroup, undefined]) {
              const frozen = termsOf(before, asked(rankBefore), settled);
              const now = termsNow(frozen, after, asked(rankAfter), approversGroup);
              assert.deepEqual(widened(frozen, now), [], JSON.stringify({ frozen, now }));
              compared++;
            }
    assert.equal(compared, 5 * 5 * 4 * 4 * 2);
  });
});

/** What of the terms lets more happen than the frozen ones did. */
function widened(frozen: Terms, now: TermsNow): string[] {
  return [
    ...(now.approvals < frozen.approvals ? ["fewer approvals"] : []),
    ...(ranks.indexOf(now.rank) < ranks.indexOf(frozen.rank) ? ["a lower rank"] : []),
    ...(frozen.freshSignIn && !now.freshSignIn ? ["no fresh sign-in"] : []),
    ...(frozen.reasonToApprove && !now.reasonToApprove ? ["no reason"] : []),
    ...(now.linkHours > frozen.linkHours ? ["longer links"] : []),
    ...(frozen.approvers && now.approvers.length > 0 && !now.approvers.includes(frozen.approvers)
      ? ["other approvers"]
      : []),
    ...(now.alternates.length > 0 && !(frozen.alternates && now.alternates.includes(frozen.alternates))
      ? ["other alternates"]
      : []),
    ...(now.openedBy && !isDeepStrictEqual(now.openedBy, frozen.openedBy) ? ["others open links"] : []),
  ];
}

describe("who opens the one-time links of a request", () => {
  const termsWith = (handover: Policy["handover"], system = "custom") =>
    termsOf(aPolicy({ handover }), asked("low", system), approversGroup);
  const nowWith = (frozen: Terms, handover: Policy["handover"], rank: Rank = "low") =>
    termsNow(frozen, aPolicy({ handover }), asked(rank), approversGroup);

  it("is the requester where policy names nobody for its system", () => {
    assert.ok(!("openedBy" in termsWith([])));
    assert.ok(!("openedBy" in termsWith([{ person, systems: ["rewst"] }])));
  });

  it("is whom the first rule for its system names", () => {
    const handover: Policy["handover"] = [
      { person, systems: ["rewst", "n8n"] },
      { group: one, systems: ["n8n", "custom"] },
      { person: colleague },
    ];
    const opens = (system: string) => openedByOf(aPolicy({ handover }), system);
    assert.deepEqual(opens("n8n"), { person });
    assert.deepEqual(opens("custom"), { group: one });
    assert.deepEqual(opens("grafana"), { person: colleague });
    assert.deepEqual(termsWith(handover).openedBy, { group: one });
  });

  it("stays whom policy named while it names the same, whatever the rule around it", () => {
    const frozen = termsWith([{ group: one, systems: ["custom"] }]);
    const now = nowWith(frozen, [{ person, systems: ["n8n"] }, { group: one }], "tier0");
    assert.deepEqual([now.openedBy, now.changes.filter((each) => /link/.test(each))], [{ group: one }, []]);
  });

  const changed: [what: string, handover: Policy["handover"]][] = [
    ["nobody", []],
    ["another person", [{ person: colleague }]],
    ["a group with the id of the person", [{ group: person as string as GroupId }]],
    ["the same for other systems only", [{ person, systems: ["n8n"] }]],
    ["another one in a rule before it", [{ group: one }, { person }]],
  ];
  for (const [what, handover] of changed)
    it(`is the requester again once policy names ${what}, and that is said`, () => {
      const now = nowWith(termsWith([{ person }]), handover);
      assert.ok(!("openedBy" in now));
      assert.match(now.changes.join(" "), /only the requester opens its one-time link now/);
    });

  it("is nobody who was not named when it was asked for, and nothing is said of them", () => {
    const now = nowWith(termsWith([]), [{ person }]);
    assert.ok(!("openedBy" in now));
    assert.deepEqual(now.changes, []);
  });

  it("is whom policy names by then for the next revision, since that is approved anew", () => {
    const [before, today] = [termsWith([{ person }]), termsWith([{ group: one }])];
    assert.deepEqual(termsOfRevision(before, today).openedBy, { group: one });
    assert.ok(!("openedBy" in termsOfRevision(before, termsWith([]))));
  });
});

describe("what policy forbids", () => {
  const reads = aPermission({ name: "Mail.Read", kind: "application" });
  const plan = aPlan({
    permissions: [reads, aPermission()],
    directoryRoles: [{ name: "Global Reader", templateId: "f2ef992c-3afb-46b9-b7cf-a126ee74c451" }],
  });
  const other = "00000002-0000-0ff1-ce00-000000000000";

  const rules: [what: string, rule: Omit<ForbidRule, "sentence">, forbids: boolean][] = [
    ["a permission by its name", { permission: "Mail.Read" }, true],
    ["no other permission", { permission: "Mail.ReadWrite" }, false],
    ["no permission whose name only begins so", { permission: "Mail.R" }, false],
    ["a permission of that kind", { permission: "Mail.Read", kind: "application" }, true],
    ["no permission of the other kind", { permission: "Mail.Read", kind: "delegated" }, false],
    ["a permission of that API", { permission: "Mail.Read", api: graphApi }, true],
    ["no permission of another API", { permission: "Mail.Read", api: other }, false],
    ["every permission of an API", { api: graphApi }, true],
    ["nothing of an API that is not asked for", { api: other }, false],
    ["every permission of a kind", { kind: "delegated" }, true],
    ["a role by its name", { role: "Global Reader" }, true],
    ["no other role", { role: "Global Administrator" }, false],
    ["a system", { system: "custom" }, true],
    ["no other system", { system: "rewst" }, false],
    ["an audience", { audience: "AzureADMyOrg" }, true],
    ["no other audience", { audience: "AzureADMultipleOrgs" }, false],
    ["its rank", { rank: "high" }, true],
    ["every rank above", { rank: "medium" }, true],
    ["no rank below", { rank: "tier0" }, false],
    ["what fits all of a rule", { permission: "Mail.Read", system: "custom", rank: "high" }, true],
    ["nothing that fits a part of it", { permission: "Mail.Read", system: "rewst" }, false],
  ];
  for (const [what, rule, forbids] of rules)
    it(`is ${what}`, () => {
      const policy = aPolicy({ forbid: [{ ...rule, sentence: "Not here." }] });
      assert.deepEqual(refusedByPolicy(policy, plan, "high"), forbids ? ["Not here."] : []);
    });

  it("is said once, however many rules say the same", () => {
    const forbid = [
      { permission: "Mail.Read", sentence: "Not here." },
      { role: "Global Reader", sentence: "Not here." },
      { system: "custom", sentence: "Nor this." },
    ];
    assert.deepEqual(refusedByPolicy(aPolicy({ forbid }), plan, "high"), ["Not here.", "Nor this."]);
  });

  it("is a name that does not match as a whole", () => {
    const policy = aPolicy({ name: { pattern: "APP-.+|Payroll", sentence: "Begin with APP-." } });
    const refused = (displayName: string) => refusedByPolicy(policy, aPlan({ displayName }), "low");
    for (const name of ["Payroll export", "my APP-1", "app-1", "APP-", ""])
      assert.deepEqual(refused(name), ["Begin with APP-."], name);
    for (const name of ["APP-1", "Payroll"]) assert.deepEqual(refused(name), [], name);
  });

  it("is a secret that lives longer than its risk allows", () => {
    const policy = everyRank({ secretMonths: 6 });
    const refused = (credential: Plan["credential"]) =>
      refusedByPolicy(policy, aPlan({ credential }), "low").join();
    assert.match(refused({ kind: "secret", label: "x", months: 7 }), /live 6 months at most/);
    assert.equal(refused({ kind: "secret", label: "x", months: 6 }), "");
    assert.equal(refused({ kind: "none" }), "");
  });

  it("is an owner whom policy does not allow by now", () => {
    const owned = aPlan({ owner: "requester" });
    assert.match(refusedByPolicy(aPolicy(), owned, "high").join(), /nobody but Usher own/);
    assert.deepEqual(refusedByPolicy(aPolicy(), owned, "medium"), []);
    assert.deepEqual(refusedByPolicy(aPolicy(), aPlan({ owner: "nobody" }), "high"), []);
  });
});

describe("an approval by policy itself", () => {
  const rule = { name: "Small ones", upTo: "medium", systems: ["custom"] } as const;
  const policyWith = (given: Partial<Policy> = {}, more: { group?: GroupId } = {}) =>
    aPolicy({ autoApprove: [{ ...rule, systems: ["custom"], ...more }], ...given });
  const nobody = new Set<GroupId>();
  const isApproved = (policy: Policy, rank: Rank, plan = aPlan(), isIn: ReadonlySet<GroupId> = nobody) =>
    autoApprovalOf(policy, plan, rank, isIn)?.name;

  it("goes up to the rank of its rule", () =>
    assert.deepEqual(
      ranks.map((rank) => isApproved(policyWith(), rank)),
      ["Small ones", "Small ones", undefined, undefined],
    ));

  it("is only for its systems", () =>
    assert.equal(
      isApproved(policyWith(), "low", aPlan({ blueprint: { id: "rewst", title: "Rewst" } })),
      undefined,
    ));

  it("is only for who is in its group", () => {
    const policy = policyWith({}, { group: one });
    assert.equal(isApproved(policy, "low"), undefined);
    assert.equal(isApproved(policy, "low", aPlan(), new Set([two])), undefined);
    assert.equal(isApproved(policy, "low", aPlan(), new Set([one])), "Small ones");
  });

  it("never is where a rule forbids", () =>
    assert.equal(
      isApproved(policyWith({ forbid: [{ system: "custom", sentence: "No." }] }), "low"),
      undefined,
    ));

  it("never is where the tenant was not asked", () =>
    assert.equal(isApproved(policyWith(), "low", aPlan({ isUnchecked: true })), undefined));

  it("is there only when policy says so", () => assert.equal(isApproved(aPolicy(), "low"), undefined));
});

describe("who may ask", () => {
  const mayAsk = [
    { group: one },
    { group: two, systems: ["rewst", "n8n"] },
    { group: three, systems: ["n8n"] },
  ];

  it("is everybody unless policy names groups", () =>
    assert.equal(groupsThatMayAsk(aPolicy(), "rewst"), undefined));

  it("is whoever is in a group that is for the system, or for all", () => {
    const policy = aPolicy({ mayAsk });
    assert.deepEqual(groupsThatMayAsk(policy, "rewst"), [one, two]);
    assert.deepEqual(groupsThatMayAsk(policy, "n8n"), [one, two, three]);
    assert.deepEqual(groupsThatMayAsk(policy, "custom"), [one]);
    assert.deepEqual(groupsThatMayAsk(policy, undefined), [one, two, three]);
  });

  it("is nobody where groups are named, and none for the system", () =>
    assert.deepEqual(groupsThatMayAsk(aPolicy({ mayAsk: mayAsk.slice(2) }), "rewst"), []));
});

describe("the groups that decide", () => {
  it("are those of the settings where a rank names none, and all alternates, each once", () => {
    const ranksOf = {
      low: aRankPolicy(),
      medium: aRankPolicy({ approvers: one }),
      high: aRankPolicy({ approvers: one, alternates: two }),
      tier0: aRankPolicy({ approvers: three, alternates: approversGroup }),
    };
    const policy = aPolicy({ ranks: ranksOf });
    assert.deepEqual(
      new Set(decidingGroups(policy, approversGroup)),
      new Set([approversGroup, one, two, three]),
    );
    assert.equal(decidingGroups(policy, approversGroup).length, 4);
    assert.deepEqual(decidingGroups(aPolicy(), undefined), []);
  });
});

describe("the rank of a plan", () => {
  const roleFacts = [
    {
      name: "Global Reader",
      templateId: "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
      rank: "high",
      sentence: "Reads all.",
    },
  ] as const;
  const permissionFacts = [
    { api: graphApi, name: "User.Read", kind: "delegated", rank: "low", sentence: "Reads the own profile." },
    {
      api: graphApi,
      name: "User.Read.All",
      kind: "application",
      rank: "medium",
      sentence: "Reads profiles.",
    },
  ] as const;
  const all = aPermission({ name: "User.Read.All", kind: "application" });
  const globalReader = { name: "Global Reader", templateId: roleFacts[0].templateId };
  const plans: [what: string, plan: Partial<Plan>, rank: Rank][] = [
    ["low without anything", { permissions: [] }, "low"],
    ["that of its most dangerous permission", { permissions: [aPermission(), all] }, "medium"],
    ["that of its role where that is higher", { permissions: [all], directoryRoles: [globalReader] }, "high"],
    [
      "that of its role in Azure where that is higher",
      { permissions: [aPermission()], azureRoles: [{ role: "Contributor", scope: "x" }] },
      "high",
    ],
    [
      "medium with a role in Azure that reads",
      { permissions: [], azureRoles: [{ role: "Reader", scope: "x" }] },
      "medium",
    ],
    ["high where nobody has described a permission", { permissions: [aPermission({ name: "New" })] }, "high"],
    [
      "tier0 where nobody has described a role",
      { permissions: [], directoryRoles: [{ name: "New", templateId: "x" }] },
      "tier0",
    ],
  ];
  for (const [what, plan, rank] of plans)
    it(`is ${what}`, () => assert.equal(rankOfPlan(aPlan(plan), { permissionFacts, roleFacts }), rank));
});
