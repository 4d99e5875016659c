import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { schemaOf } from "../../src/catalog/blueprint-shape.ts";
import { loadCatalog } from "../../src/catalog/load-catalog.ts";
import { ranks } from "../../src/catalog/policy-shape.ts";
import { tryBlueprint } from "../../src/catalog/try-blueprint.ts";
import { watchCatalog } from "../../src/catalog/watch-catalog.ts";
import { refusedByPolicy } from "../../src/domain/policy.ts";
import { rankOfPlan } from "../../src/domain/rank-of-plan.ts";
import { noon } from "../support/builders.ts";
import { altered, catalogFolder } from "./folder.ts";

const ours = path.resolve(import.meta.dirname, "../../catalog");
const group = "bbbbbbbb-0000-4000-8000-000000000001";
const person = "aaaaaaaa-0000-4000-8000-000000000001";
const graphId = "00000003-0000-0000-c000-000000000000";
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const problemsOf = (work: () => unknown): string[] => {
  try {
    work();
    return [];
  } catch (error) {
    return (error as { problems: string[] }).problems;
  }
};

describe("Usher's own policy", () => {
  const { catalog, warnings } = loadCatalog(ours);
  const { policy } = catalog;

  it("is well, and says the same as a file that says nothing", () => {
    const own = catalogFolder();
    try {
      own.write("policy.yaml", "policy: 1\n");
      assert.deepEqual(loadCatalog(own.folder).catalog.policy, policy);
    } finally {
      own.remove();
    }
    assert.deepEqual(warnings, []);
  });

  it("wants two approvers for tier 0 and one for the rest, and lets nobody own what is dangerous", () => {
    assert.deepEqual(
      ranks.map((rank) => [policy.ranks[rank].approvals, policy.ranks[rank].owner]),
      [
        [1, "requester"],
        [1, "requester"],
        [1, "nobody"],
        [2, "nobody"],
      ],
    );
  });

  it("approves nothing by itself, and lets everybody ask, for five at the same time", () => {
    assert.deepEqual([policy.autoApprove, policy.mayAsk, policy.openRequests], [[], [], 5]);
  });

  it("lets nobody open a link in the place of the requester", () => {
    assert.deepEqual(policy.handover, []);
  });

  for (const blueprint of catalog.blueprints)
    it(`refuses nothing that ${blueprint.title} offers`, () => {
      // The longest life that its form takes, too.
      const longest = blueprint.ask.find(({ key }) => key === "secretMonths");
      const plans = tryBlueprint(blueprint, catalog, policy, noon).flatMap((outcome) =>
        outcome.became === "plan" ? outcome.plan : [],
      );
      assert.ok(plans.length > 0);
      for (const plan of plans) {
        const months = longest?.type === "number" ? (longest.max ?? 24) : 24;
        const credential =
          plan.credential.kind === "secret" ? { ...plan.credential, months } : plan.credential;
        assert.deepEqual(refusedByPolicy(policy, { ...plan, credential }, rankOfPlan(plan, catalog)), []);
      }
    });
});

describe("the schema of policies", () => {
  it("lets nothing stand that it does not know, and describes everything that it knows", () => {
    const open: unknown[] = [];
    const bare: string[] = [];
    const schema = schemaOf("policy");
    JSON.stringify(schema, (_, value) => {
      if (value?.type === "object" && value.additionalProperties !== false) open.push(value);
      for (const [name, property] of Object.entries<Record<string, string>>(value?.properties ?? {})) {
        const referred = schema.definitions[property.$ref?.replace("#/definitions/", "") ?? ""];
        if (!property.description && !referred?.description && !ranks.some((rank) => rank === name))
          bare.push(name);
      }
      return value;
    });
    assert.deepEqual([open, bare], [[], []]);
  });
});

describe("the page on operations, about policy,", () => {
  const page = fs.readFileSync(path.resolve(ours, "../docs/operations.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("Policy")) ?? "";

  it("has a row for every key, and for no other", () => {
    const { properties, definitions } = schemaOf("policy");
    const { policy: _version, ...keys } = properties;
    const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    assert.deepEqual(
      rows.toSorted(),
      [...Object.keys(keys), ...Object.keys(definitions.rank.properties)].toSorted(),
    );
  });

  it("has an example that is well", () => {
    const own = catalogFolder();
    try {
      own.write("policy.yaml", /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? "");
      const { forbid, ranks } = loadCatalog(own.folder).catalog.policy;
      assert.deepEqual([forbid.length, ranks.high.reasonToApprove, ranks.tier0.freshSignIn], [2, true, true]);
    } finally {
      own.remove();
    }
  });
});

describe("a policy", () => {
  let own: ReturnType<typeof catalogFolder>;
  beforeEach(() => {
    own = catalogFolder();
  });
  afterEach(() => own.remove());
  const read = (text: string) => {
    own.write("policy.yaml", text);
    return loadCatalog(own.folder);
  };

  it("is Usher's own where the folder has none", () =>
    assert.deepEqual(loadCatalog(own.folder).catalog.policy, loadCatalog(ours).catalog.policy));

  it("has what it says, and the rest from Usher's own", () => {
    const { policy } = read(`openRequests: 2
mayAsk: [{group: ${group.toUpperCase()}, systems: [sample]}]
name: {pattern: "APP-.+", sentence: Begin with APP-.}
forbid: [{api: graph, kind: application, sentence: No.}]
autoApprove: [{name: Small, upTo: low, systems: [sample], group: ${group.toUpperCase()}}]
handover: [{systems: [sample], person: ${person.toUpperCase()}}, {group: ${group.toUpperCase()}}]
ranks:
  high: {approvals: 3, approvers: ${group.toUpperCase()}, remindAfterHours: never}
`).catalog;
    const { high, ...others } = policy.ranks;
    const { high: ownHigh, ...ownOthers } = loadCatalog(ours).catalog.policy.ranks;
    const { remindAfterHours: _never, ...rest } = ownHigh;
    assert.deepEqual(high, { ...rest, approvals: 3, approvers: group });
    assert.deepEqual(others, ownOthers);
    assert.deepEqual(
      { ...policy, ranks: {} },
      {
        mayAsk: [{ group, systems: ["sample"] }],
        openRequests: 2,
        name: { pattern: "APP-.+", sentence: "Begin with APP-." },
        forbid: [{ api: graphId, kind: "application", sentence: "No." }],
        autoApprove: [{ name: "Small", upTo: "low", systems: ["sample"], group }],
        handover: [{ person, systems: ["sample"] }, { group }],
        ranks: {},
      },
    );
  });

  it("does not mix ranks up that an anchor makes one", () => {
    const { low, tier0 } = read("ranks: {low: &same {reasonToApprove: true}, tier0: *same}").catalog.policy
      .ranks;
    assert.deepEqual([low.owner, tier0.owner, tier0.approvals], ["requester", "nobody", 2]);
  });

  const wrong: [what: string, text: string, problem: string][] = [
    ["is empty", "", "1:1: the file is empty"],
    [
      "is no YAML",
      "ranks: [",
      "1:9: it is no YAML here: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["says a key twice", "forbid: []\nforbid: []", '2:1: the key "forbid" stands twice'],
    ["is of another version", "policy: 2", "1:9 policy: must be 1, not 2"],
    [
      "has a key that nobody knows",
      "openrequests: 5",
      '1:1 openrequests: there is no key "openrequests". Did you mean openRequests?',
    ],
    [
      "has a rank that there is not",
      "ranks:\n  tier1: {}",
      '2:3 ranks.tier1: there is no key "tier1". Did you mean tier0?',
    ],
    [
      "has a key of a rank that nobody knows",
      "ranks:\n  low:\n    aprovals: 1",
      '3:5 ranks.low.aprovals: there is no key "aprovals". Did you mean approvals?',
    ],
    [
      "needs no approval",
      "ranks: {low: {approvals: 0}}",
      "1:26 ranks.low.approvals: must be 1 at least, not 0",
    ],
    ["needs eleven", "ranks: {low: {approvals: 11}}", "1:26 ranks.low.approvals: must be 10 at most, not 11"],
    [
      "needs half of one",
      "ranks: {low: {approvals: 0.5}}",
      "1:26 ranks.low.approvals: must be a whole number, not 0.5",
    ],
    [
      "has a text for a number",
      'ranks: {low: {approvals: "2"}}',
      '1:26 ranks.low.approvals: must be a whole number, not "2"',
    ],
    [
      "names a group by its name",
      "ranks: {low: {approvers: Admins}}",
      '1:26 ranks.low.approvers: "Admins" does not fit. Who decides: the object id of an Entra group, a GUID. Default: the group of APPROVERS_GROUP.',
    ],
    [
      "reminds after no time",
      "ranks: {low: {remindAfterHours: 0}}",
      "1:33 ranks.low.remindAfterHours: must be 1 at least, not 0",
    ],
    [
      "reminds at some time",
      "ranks: {low: {remindAfterHours: later}}",
      '1:33 ranks.low.remindAfterHours: must be "never", not "later"',
    ],
    [
      "reminds after its end",
      "ranks: {low: {remindAfterHours: 336}}",
      "1:33 ranks.low.remindAfterHours: must be less than expireAfterHours (336), or never",
    ],
    [
      "escalates after its end",
      "ranks: {low: {escalateAfterHours: 400}}",
      "1:35 ranks.low.escalateAfterHours: must be less than expireAfterHours (336), or never",
    ],
    [
      "ends before it reminds",
      "ranks: {low: {expireAfterHours: 48, escalateAfterHours: 5}}",
      "1:33 ranks.low.expireAfterHours: must be more than remindAfterHours (48 unless you say another), or say remindAfterHours: never",
    ],
    [
      "never ends",
      "ranks: {low: {expireAfterHours: never}}",
      '1:33 ranks.low.expireAfterHours: must be a whole number, not "never"',
    ],
    [
      "ends in the past",
      "ranks: {low: {expireAfterHours: -1}}",
      "1:33 ranks.low.expireAfterHours: must be 1 at least, not -1",
    ],
    [
      "ends in ten years",
      "ranks: {low: {expireAfterHours: 87600}}",
      "1:33 ranks.low.expireAfterHours: must be 8760 at most, not 87600",
    ],
    [
      "has alternates who never may",
      `ranks: {low: {escalateAfterHours: never, alternates: ${group}}}`,
      "1:54 ranks.low.alternates: they decide only after escalateAfterHours, which is never here",
    ],
    [
      "has links that end at once",
      "ranks: {low: {linkHours: 0}}",
      "1:26 ranks.low.linkHours: must be 1 at least, not 0",
    ],
    [
      "has links of more than a week",
      "ranks: {low: {linkHours: 169}}",
      "1:26 ranks.low.linkHours: must be 168 at most, not 169",
    ],
    [
      "has secrets of no month",
      "ranks: {low: {secretMonths: 0}}",
      "1:29 ranks.low.secretMonths: must be 1 at least, not 0",
    ],
    [
      "has secrets of 25 months",
      "ranks: {low: {secretMonths: 25}}",
      "1:29 ranks.low.secretMonths: must be 24 at most, not 25",
    ],
    [
      "has another owner",
      "ranks: {low: {owner: everybody}}",
      '1:22 ranks.low.owner: "everybody" is none of requester, nobody.',
    ],
    [
      "has no word for yes",
      "ranks: {low: {freshSignIn: yes}}",
      '1:28 ranks.low.freshSignIn: must be true or false, not "yes"',
    ],
    ["lets nobody ask", "openRequests: 0", "1:15 openRequests: must be 1 at least, not 0"],
    ["lets no group ask", "mayAsk: [{systems: [sample]}]", '1:10 mayAsk.0: "group" is missing'],
    [
      "lets a group ask for nothing",
      `mayAsk: [{group: ${group}, systems: []}]`,
      "1:65 mayAsk.0.systems: must not be empty",
    ],
    [
      "lets a group ask that is none",
      "mayAsk: [{group: staff}]",
      '1:18 mayAsk.0.group: "staff" does not fit. The object id of an Entra group, a GUID.',
    ],
    [
      "has a pattern that is none",
      'name: {pattern: "APP-(", sentence: No.}',
      '1:17 name.pattern: "APP-(" is no regular expression',
    ],
    ["has a pattern without a sentence", "name: {pattern: APP-.+}", '1:7 name: "sentence" is missing'],
    [
      "forbids everything",
      "forbid: [{sentence: No.}]",
      "1:10 forbid.0: it would forbid everything. Say what: permission, api, kind, role, system, audience or rank.",
    ],
    ["forbids without a sentence", "forbid: [{role: Global Reader}]", '1:10 forbid.0: "sentence" is missing'],
    [
      "forbids with an empty one",
      "forbid: [{role: Global Reader, sentence: ''}]",
      "1:42 forbid.0.sentence: must not be empty",
    ],
    [
      "forbids an API that nobody knows",
      "forbid: [{api: grpah, sentence: No.}]",
      '1:16 forbid.0.api: apis.yaml does not know the API "grpah". Did you mean graph?',
    ],
    [
      "forbids an API by the name of a method",
      "forbid: [{api: constructor, sentence: No.}]",
      '1:16 forbid.0.api: apis.yaml does not know the API "constructor".',
    ],
    [
      "forbids a kind that there is not",
      "forbid: [{kind: app, sentence: No.}]",
      '1:17 forbid.0.kind: "app" is none of delegated, application.',
    ],
    [
      "forbids a rank that there is not",
      "forbid: [{rank: tier 0, sentence: No.}]",
      '1:17 forbid.0.rank: "tier 0" is none of low, medium, high, tier0. Did you mean tier0?',
    ],
    [
      "forbids an audience that there is not",
      "forbid: [{audience: multi, sentence: No.}]",
      '1:21 forbid.0.audience: "multi" is none of AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount.',
    ],
    [
      "approves tier 0 by itself",
      "autoApprove: [{name: All, upTo: tier0, systems: [sample]}]",
      "1:33 autoApprove.0.upTo: what leads to the whole tenant (tier0) is never approved without anybody. Say low, medium or high.",
    ],
    [
      "approves every system by itself",
      "autoApprove: [{name: All, upTo: low}]",
      '1:15 autoApprove.0: "systems" is missing',
    ],
    [
      "approves no system by itself",
      "autoApprove: [{name: All, upTo: low, systems: []}]",
      "1:47 autoApprove.0.systems: must not be empty",
    ],
    [
      "approves up to no rank",
      "autoApprove: [{name: All, systems: [sample]}]",
      '1:15 autoApprove.0: "upTo" is missing',
    ],
    [
      "approves without a name",
      "autoApprove: [{upTo: low, systems: [sample]}]",
      '1:15 autoApprove.0: "name" is missing',
    ],
    [
      "lets nobody open links",
      "handover: [{systems: [sample]}]",
      "1:12 handover.0: it names nobody who opens the links. Say person or group.",
    ],
    [
      "lets a person and a group open links",
      `handover: [{person: ${person}, group: ${group}}]`,
      "1:12 handover.0: it names a person and a group. Say one of them.",
    ],
    [
      "lets somebody open links by their name",
      "handover: [{person: Mina Okafor}]",
      '1:21 handover.0.person: "Mina Okafor" does not fit. The only one who opens them: the object id of a person in Entra, a GUID.',
    ],
    [
      "lets a group open links by its name",
      "handover: [{group: Staff}]",
      '1:20 handover.0.group: "Staff" does not fit. Whoever is in it opens them: the object id of an Entra group, a GUID.',
    ],
    [
      "lets somebody open the links of no system",
      `handover: [{person: ${person}, systems: []}]`,
      "1:68 handover.0.systems: must not be empty",
    ],
    [
      "has a rule on links after the one for all systems",
      `handover: [{person: ${person}}, {group: ${group}, systems: [sample]}]`,
      "1:60 handover.1: it never counts: a rule before it is for all systems, and the first one counts. Put it before that one.",
    ],
    [
      "names more groups than Entra is asked for at once",
      `mayAsk: [${Array.from({ length: 21 }, (_, n) => `{group: ${group.slice(0, -2)}${n + 10}}`).join(", ")}]`,
      "1:1 mayAsk: names 21 groups, and Entra is asked for 20 at most. Put some into one group.",
    ],
  ];
  for (const [what, text, problem] of wrong)
    it(`stops the start when it ${what}`, () => {
      own.write("policy.yaml", text);
      const problems = problemsOf(() => watchCatalog(own.folder, silent));
      assert.ok(problems.includes(`policy.yaml:${problem}`), problems.join("\n"));
    });

  it("says everything that is wrong with it at once", () => {
    own.write("policy.yaml", "ranks: {low: {linkHours: 0, owner: me}}\nforbid: [{}]\n");
    assert.equal(problemsOf(() => loadCatalog(own.folder)).length, 3);
    own.write("policy.yaml", "ranks: {low: {remindAfterHours: 900}}\nforbid: [{sentence: No.}]\n");
    assert.equal(problemsOf(() => loadCatalog(own.folder)).length, 2);
  });

  const strange: [what: string, text: string, warning: string][] = [
    [
      "a system that may be asked for",
      `mayAsk: [{group: ${group}, systems: [smaple]}]`,
      '1:66 mayAsk.0.systems.0: there is no blueprint "smaple". Did you mean sample?',
    ],
    [
      "a system that is forbidden",
      "forbid: [{system: smaple, sentence: No.}]",
      '1:19 forbid.0.system: there is no blueprint "smaple". Did you mean sample?',
    ],
    [
      "a system that is approved by itself",
      "autoApprove: [{name: A, upTo: low, systems: [gone]}]",
      '1:46 autoApprove.0.systems.0: there is no blueprint "gone".',
    ],
    [
      "a system whose links somebody opens",
      `handover: [{systems: [smaple], group: ${group}}]`,
      '1:23 handover.0.systems.0: there is no blueprint "smaple". Did you mean sample?',
    ],
    [
      "a permission",
      "forbid: [{permission: Mail.Raed, sentence: No.}]",
      '1:23 forbid.0.permission: permissions.yaml does not describe "Mail.Raed". Did you mean Mail.Read?',
    ],
    [
      "a permission of the other kind",
      "forbid: [{permission: Mail.Read, kind: delegated, sentence: No.}]",
      '1:23 forbid.0.permission: permissions.yaml does not describe "Mail.Read".',
    ],
    [
      "a role",
      "forbid: [{role: Global Raeder, sentence: No.}]",
      '1:17 forbid.0.role: roles.yaml does not describe "Global Raeder". Did you mean Global Reader?',
    ],
  ];
  for (const [what, text, warning] of strange)
    it(`counts all the same, and says so, when nothing is called like ${what}`, () => {
      const { warnings, problems } = read(text);
      assert.deepEqual([warnings, problems], [[`policy.yaml:${warning}`], []]);
    });

  it("stays when the blueprint that it names is left out", () => {
    own.write("sample.yaml", altered("api: graph", "api: grpah"));
    const { catalog, warnings } = read("forbid: [{system: sample, sentence: No.}]");
    assert.equal(catalog.policy.forbid.length, 1);
    assert.deepEqual(warnings, ['policy.yaml:1:19 forbid.0.system: there is no blueprint "sample".']);
  });
});

describe("a policy that is watched", () => {
  let own: ReturnType<typeof catalogFolder>;
  let lines: string[];
  const note = (level: string) => (fields: Record<string, unknown>, text: string) => {
    lines.push(`${level}: ${text}: ${Object.values(fields).join(" ")}`);
  };
  const log = { info: note("info"), warn: note("warn"), error: note("error") };
  const far = { everyMs: 3_600_000 };
  const asking = (openRequests: number) => `openRequests: ${openRequests}\n`;

  beforeEach(() => {
    own = catalogFolder();
    lines = [];
    own.write("policy.yaml", asking(2));
  });
  afterEach(() => own.remove());

  it("is taken when it changes, in the same object", () => {
    const watched = watchCatalog(own.folder, log, far);
    const { catalog } = watched;
    own.write("policy.yaml", asking(3));
    watched.reload();
    assert.equal(catalog.policy.openRequests, 3);
    watched.close();
  });

  it("stays the last good one while a later edit is wrong or the file is lost, and the log says so", () => {
    const watched = watchCatalog(own.folder, log, far);
    own.write("policy.yaml", asking(0));
    watched.reload();
    assert.equal(watched.catalog.policy.openRequests, 2);
    const problem = "policy.yaml:1:15 openRequests: must be 1 at least, not 0";
    assert.deepEqual(
      [watched.problems(), lines],
      [[problem], [`error: the catalogue stays as it was: ${problem}`]],
    );
    own.erase("policy.yaml");
    watched.reload();
    assert.equal(watched.catalog.policy.openRequests, 2);
    assert.match(watched.problems().join(), /^policy\.yaml: it cannot be read: ENOENT/);
    own.write("policy.yaml", asking(4));
    watched.reload();
    assert.deepEqual([watched.catalog.policy.openRequests, watched.problems()], [4, []]);
    watched.close();
  });

  it("tells the log of names that nothing is called", () => {
    own.write("policy.yaml", "forbid: [{system: gone, sentence: No.}]\n");
    watchCatalog(own.folder, log, far).close();
    assert.deepEqual(lines, [
      'error: policy names what there is not: policy.yaml:1:19 forbid.0.system: there is no blueprint "gone".',
    ]);
  });

  it("may be kept elsewhere, and is watched there", async () => {
    const elsewhere = catalogFolder();
    elsewhere.write("rules.yaml", asking(7));
    const policyFile = elsewhere.at("rules.yaml");
    const watched = watchCatalog(own.folder, log, { policyFile, everyMs: 5 });
    try {
      assert.equal(Number(watched.catalog.policy.openRequests), 7);
      elsewhere.write("rules.yaml", asking(18));
      for (const deadline = Date.now() + 10_000; watched.catalog.policy.openRequests !== 18; ) {
        assert.ok(Date.now() < deadline, "waited in vain");
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.match(
        problemsOf(() => watchCatalog(own.folder, silent, { policyFile: elsewhere.at("none.yaml") })).join(),
        /^none\.yaml: it cannot be read: ENOENT/,
      );
    } finally {
      watched.close();
      elsewhere.remove();
    }
  });
});

describe("npm run blueprint -- check, of a policy", () => {
  const own = catalogFolder();
  after(() => own.remove());
  const cli = path.resolve(import.meta.dirname, "../../src/catalog/blueprint-cli.ts");
  const run = (words: string[], more: Record<string, string> = {}) =>
    spawnSync(process.execPath, [cli, "check", ...words], {
      env: { ...process.env, CATALOG_DIR: own.folder, ...more },
      encoding: "utf8",
    });

  it("says in words what it says of each risk", () => {
    own.write(
      "policy.yaml",
      `policy: 1
mayAsk: [{group: ${group}, systems: [sample]}]
openRequests: 1
name: {pattern: "APP-.+", sentence: Begin with APP-.}
forbid:
  - {permission: Mail.Read, kind: application, api: graph, sentence: No mail.}
  - {role: Global Reader, rank: high, sentence: No readers.}
autoApprove: [{name: Small ones, upTo: low, systems: [sample]}]
handover: [{person: ${person}, systems: [sample]}, {group: ${group}}]
ranks:
  low: {linkHours: 1, secretMonths: 1}
  tier0: {approvals: 3, alternates: ${group}, remindAfterHours: never, freshSignIn: true, reasonToApprove: true}
`,
    );
    const { status, stdout } = run([own.at("policy.yaml")]);
    assert.equal(
      stdout,
      `Policy (policy.yaml)
  May ask      group ${group}, for sample
  At once      1 open request of one person
  Names        as APP-.+ - Begin with APP-.
  Forbidden    application permission Mail.Read of Microsoft Graph - No mail.
               role Global Reader, with risk high and higher - No readers.
  By itself    "Small ones" approves sample up to low
  Opened by    person ${person}, in the place of the requester, for sample
               group ${group}, in the place of the requester, for everything
  Low          1 approval by the group of APPROVERS_GROUP
               a reminder every 2 days; without a decision it ends after 14 days
               secrets of 1 month at most; links of 1 hour; a rotation overlaps by 7 days; one owner; owned in Entra by Usher and the requester
  Medium       1 approval by the group of APPROVERS_GROUP
               a reminder every 2 days; without a decision it ends after 14 days
               secrets of 24 months at most; links of 3 days; a rotation overlaps by 7 days; one owner; owned in Entra by Usher and the requester
  High         1 approval by the group of APPROVERS_GROUP
               a reminder every 24 hours; without a decision it ends after 14 days
               secrets of 24 months at most; links of 3 days; a rotation overlaps by 7 days; one owner; owned in Entra by Usher alone
  Tier0        3 approvals by the group of APPROVERS_GROUP, each with a typed reason and a fresh sign-in; after 3 days group ${group} may decide too
               no reminders; without a decision it ends after 14 days
               secrets of 24 months at most; links of 3 days; a rotation overlaps by 7 days; one owner; owned in Entra by Usher alone

All is well.
`,
    );
    assert.equal(status, 0);
  });

  it("finds it by what stands in it, and says what is wrong with file and line", () => {
    own.write("rules.yml", "policy: 1\nforbid: [{sentence: No.}]\n");
    const { status, stdout } = run([own.at("rules.yml")]);
    own.erase("rules.yml");
    assert.match(stdout, /^Wrong:\n {2}rules\.yml:2:10 forbid\.0: it would forbid everything/);
    assert.equal(status, 1);
  });

  it("checks it with the whole folder, and says which systems it refuses", () => {
    own.write(
      "policy.yaml",
      "name: {pattern: 'APP-.+', sentence: Begin with APP-.}\nforbid: [{system: gone, sentence: No.}]\n",
    );
    const { status, stdout } = run([]);
    assert.match(stdout, /turned away with the default answers: Begin with APP-\./i);
    assert.match(stdout, /Policy \(policy\.yaml\)/);
    assert.match(stdout, /policy\.yaml:2:19 forbid\.0\.system: there is no blueprint "gone"\./);
    assert.equal(status, 1);
  });

  it("takes the one of POLICY_FILE, held against the catalogue's blueprints", () => {
    const folder = fs.mkdtempSync(path.join(own.folder, "rules-"));
    const file = path.join(folder, "rules.yaml");
    fs.writeFileSync(file, "forbid: [{system: sample, sentence: Not here.}]\n");
    own.write("policy.yaml", "nonsense: true\n");
    const { status, stdout } = run([], { POLICY_FILE: file });
    assert.match(stdout, /turned away with the default answers: Not here\./i);
    assert.equal(status, 0);
    fs.writeFileSync(file, "policy: 1\nforbid: [{system: samples, sentence: Not here.}]\n");
    assert.match(run([file]).stdout, /rules\.yaml:2:19 forbid\.0\.system: .* Did you mean sample\?/);
  });
});
