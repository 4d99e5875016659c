import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { loadCatalog } from "../src/catalog/load-catalog.ts";
import { type RawAnswers, readAnswers } from "../src/domain/answers.ts";
import { resolvePlan } from "../src/domain/blueprint.ts";
import { highestRank, rankPermissions } from "../src/domain/permission.ts";
import type { Plan } from "../src/domain/plan.ts";
import { temporaryFolder } from "./support/carriers.ts";

const ours = path.resolve(import.meta.dirname, "../catalog");
const { catalog, problems } = loadCatalog(ours);

function planOf(id: string, raw: RawAnswers): Plan {
  const blueprint = catalog.blueprints.find((each) => each.id === id);
  assert.ok(blueprint, `there is no blueprint ${id}`);
  const read = readAnswers(blueprint, raw);
  assert.ok("answers" in read, JSON.stringify(read));
  const plan = resolvePlan(blueprint, read.answers, catalog.apis);
  assert.ok(!("refused" in plan), JSON.stringify(plan));
  return plan;
}
const errorsOf = (id: string, raw: RawAnswers) => {
  const read = readAnswers(catalog.blueprints.find((each) => each.id === id)!, raw);
  return "errors" in read ? Object.keys(read.errors) : [];
};
const permissionsOf = (plan: Plan) => plan.permissions.map(({ name, kind }) => `${name} ${kind}`);
const rankOf = (plan: Plan) => highestRank(rankPermissions(plan.permissions, catalog.permissionFacts));

describe("Usher's own catalogue", () => {
  it("is without problems, with something else at its end", () => {
    assert.deepEqual(problems, []);
    assert.deepEqual(
      catalog.blueprints.map(({ id }) => id),
      ["netwrix-identity-manager", "custom"],
    );
  });

  it("describes every permission that a blueprint can ask for", () => {
    for (const { grant } of catalog.blueprints)
      for (const { api, delegated = [], application = [] } of grant)
        for (const [kind, names] of Object.entries({ delegated, application }))
          for (const name of names)
            assert.ok(
              catalog.permissionFacts.some(
                (fact) =>
                  fact.name === name && fact.kind === kind && fact.api === catalog.apis[api]?.clientId,
              ),
              `${name} (${kind})`,
            );
  });

  it("describes each permission once", () => {
    const names = catalog.permissionFacts.map(({ api, name, kind }) => `${api} ${name} ${kind}`);
    assert.equal(new Set(names).size, names.length);
  });
});

describe("the blueprint of Netwrix Identity Manager", () => {
  const id = "netwrix-identity-manager";

  it("only reads the directory unless it shall fulfil", () => {
    const plan = planOf(id, { organization: "Contoso", fulfill: "false" });
    assert.deepEqual(plan, {
      blueprint: { id, title: "Netwrix Identity Manager" },
      displayName: "Identity Manager Contoso",
      audience: "AzureADMyOrg",
      redirects: [],
      idTokens: false,
      accessTokens: false,
      permissions: [
        {
          api: "00000003-0000-0000-c000-000000000000",
          apiName: "Microsoft Graph",
          name: "Directory.Read.All",
          kind: "application",
        },
      ],
      consent: "admin",
      credential: { kind: "secret", label: "Identity Manager Contoso Secret", months: 12 },
      handover: ["ApplicationId", "ApplicationKey", "TenantId"].map((label, at) => ({
        label,
        value: ["clientId", "secret", "tenantId"][at],
        where: "appsettings.agent.json > Connections > your connection",
      })),
      next: plan.next,
    });
    assert.equal(plan.next.length, 3);
    assert.equal(plan.next.at(-1), "The secret ends in 12 months.");
    assert.equal(rankOf(plan), "medium");
  });

  it("may change the directory when it shall fulfil, which ranks highest, and says one step more", () => {
    const plan = planOf(id, { organization: "Contoso", fulfill: "true", secretMonths: "6" });
    assert.deepEqual(permissionsOf(plan), ["Directory.ReadWrite.All application"]);
    assert.equal(rankOf(plan), "tier0");
    assert.equal(plan.next.length, 4);
    assert.equal(plan.credential.months, 6);
  });

  it("only reads when nothing was said", () =>
    assert.deepEqual(permissionsOf(planOf(id, { organization: "Contoso" })), [
      "Directory.Read.All application",
    ]));

  it("needs an organisation of at most 80 characters, and 1 to 24 months", () => {
    assert.deepEqual(errorsOf(id, {}), ["organization"]);
    assert.deepEqual(errorsOf(id, { organization: "x".repeat(81) }), ["organization"]);
    for (const secretMonths of ["0", "25", "x"])
      assert.deepEqual(errorsOf(id, { organization: "Contoso", secretMonths }), ["secretMonths"]);
  });

  it("writes an organisation that looks like a template as it is", () =>
    assert.equal(
      planOf(id, { organization: "{{secretMonths}}" }).displayName,
      "Identity Manager {{secretMonths}}",
    ));
});

describe("the blueprint of something else", () => {
  const id = "custom";

  it("signs people in of the own organisation, and no more, when nothing was said", () => {
    const plan = planOf(id, { name: "Payroll", permissions: "user-read" });
    assert.equal(plan.displayName, "Payroll");
    assert.equal(plan.audience, "AzureADMyOrg");
    assert.deepEqual(plan.redirects, []);
    assert.deepEqual(permissionsOf(plan), ["User.Read delegated"]);
    assert.deepEqual(plan.credential, { kind: "secret", label: "Payroll", months: 12 });
    assert.deepEqual(
      plan.handover.map(({ value }) => value),
      ["clientId", "secret", "tenantId"],
    );
    assert.equal(plan.next.at(-1), "The secret ends in 12 months: note whoever must renew it.");
  });

  for (const [audience, expected] of [
    ["own", "AzureADMyOrg"],
    ["orgs", "AzureADMultipleOrgs"],
    ["orgs-and-personal", "AzureADandPersonalMicrosoftAccount"],
  ])
    it(`lets ${audience} sign in as ${expected}`, () =>
      assert.equal(planOf(id, { name: "Payroll", audience }).audience, expected));

  for (const [permission, expected] of [
    ["user-read", "User.Read delegated"],
    ["offline-access", "offline_access delegated"],
    ["people-basic", "User.ReadBasic.All delegated"],
    ["app-people-basic", "User.ReadBasic.All application"],
    ["app-teams-basic", "Team.ReadBasic.All application"],
    ["app-service-health", "ServiceHealth.Read.All application"],
  ])
    it(`gives ${permission} as ${expected}, which is low`, () => {
      const plan = planOf(id, { name: "Payroll", permissions: permission });
      assert.deepEqual(permissionsOf(plan), [expected]);
      assert.equal(rankOf(plan), "low");
    });

  it("gives all six of both kinds together, and none when none is ticked", () => {
    const all = catalog.blueprints.at(-1)?.ask.find(({ key }) => key === "permissions");
    assert.ok(all?.type === "many");
    const plan = planOf(id, { name: "Payroll", permissions: Object.keys(all.options).join(",") });
    assert.equal(plan.permissions.length, 6);
    assert.deepEqual(planOf(id, { name: "Payroll", permissions: "" }).permissions, []);
  });

  it("has the addresses of its list for the web platform", () =>
    assert.deepEqual(
      planOf(id, { name: "Payroll", redirectUris: "https://a.example/1\nhttps://a.example/2" }).redirects,
      [
        { platform: "web", uri: "https://a.example/1" },
        { platform: "web", uri: "https://a.example/2" },
      ],
    ));

  it("names each field that must be mended", () =>
    assert.deepEqual(
      errorsOf(id, {
        audience: "everybody",
        redirectUris: "http://a.example",
        permissions: "Directory.ReadWrite.All",
        secretMonths: "99",
      }),
      ["name", "audience", "redirectUris", "permissions", "secretMonths"],
    ));

  it("refuses a name that is too long where personal accounts may sign in", () => {
    const blueprint = catalog.blueprints.find((each) => each.id === id)!;
    const answers = {
      name: "x".repeat(91),
      audience: "orgs-and-personal",
      permissions: [],
      secretMonths: 12,
    };
    assert.ok("refused" in resolvePlan(blueprint, answers, catalog.apis));
    assert.ok(!("refused" in resolvePlan(blueprint, { ...answers, audience: "orgs" }, catalog.apis)));
  });
});

describe("a catalogue", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    fs.cpSync(ours, folder, { recursive: true });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const custom = fs.readFileSync(path.join(ours, "custom.yaml"), "utf8");
  const write = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text);
  /** Our own "custom" under another id, with one thing changed. */
  const writeAltered = (from: string | RegExp, to: string) => {
    const altered = custom.replace("id: custom", "id: altered").replace(from, to);
    assert.notEqual(altered, custom.replace("id: custom", "id: altered"), "nothing was altered");
    write("altered.yaml", altered);
  };

  const wrong: [what: string, from: string | RegExp, to: string, problem: RegExp][] = [
    ["is no YAML", "ask:", "ask: [", /altered\.yaml: /],
    ["has a key that nobody knows", "consent: admin", "consent: admin\nconsnet: none", /consnet/],
    ["lacks its consent", "consent: admin", "", /consent/],
    ["has a consent that is none", "consent: admin", "consent: maybe", /consent/],
    ["is of a later version", "blueprint: 1", "blueprint: 2", /blueprint/],
    ["has an id of capitals", "id: altered", "id: Altered", /lower-case/],
    ["has the id of another", "id: altered", "id: custom", /another blueprint is called "custom"/],
    ["asks the same twice", "key: audience", "key: name", /two questions have the key "name"/],
    ["asks in a way that nobody knows", "type: urls", "type: colour", /type/],
    ["names an API that nobody knows", "api: graph", "api: grpah", /does not know the API "grpah"/],
    [
      "names what every object has as an API",
      "api: graph",
      "api: constructor",
      /does not know the API "constructor"/,
    ],
    [
      "has a condition on no question",
      "when: {permissions: user-read}",
      "when: {permission: user-read}",
      /no question "permission"/,
    ],
    ["has a token condition on no question", "app:", "app:\n  idTokens: {kidn: web}", /no question "kidn"/],
    [
      "fills in what nobody asks",
      "{{secretMonths}} months",
      "{{secretMonth}} months",
      /\{\{secretMonth\}\}: there is no question/,
    ],
    [
      "fills in what cannot be a key",
      "{{secretMonths}} months",
      "{{secret-months}} months",
      /no question "secret-months"/,
    ],
    ["offers a default that is no option", "default: own", "default: mine", /"audience" has a default/],
    [
      "offers defaults that are no options",
      "default: [user-read]",
      "default: [user-raed]",
      /"permissions" has a default/,
    ],
    ["hands over an answer by itself", "value: clientId", 'value: "{{name}}"', /a value is clientId/],
    ["has a pattern that is none", "max: 120", 'pattern: "["', /regular expression/],
    [
      "has two credentials",
      "credentials:",
      "credentials:\n  - {kind: secret, label: x, months: 1}",
      /credentials/,
    ],
    ["has a redirect for a platform that nobody knows", "platform: web", "platform: phone", /platform/],
  ];
  for (const [what, from, to, problem] of wrong)
    it(`leaves out a blueprint that ${what}, and says so`, () => {
      writeAltered(from, to);
      const loaded = loadCatalog(folder);
      assert.equal(loaded.problems.length, 1, JSON.stringify(loaded.problems));
      assert.match(loaded.problems[0]!, /^(altered|custom)\.yaml: /);
      assert.match(loaded.problems[0]!, problem);
      assert.equal(loaded.catalog.blueprints.length, catalog.blueprints.length);
    });

  it("shows a new blueprint before something else, in the order of titles", () => {
    writeAltered("title: Something else", "title: Acme Backup");
    const titles = loadCatalog(folder).catalog.blueprints.map(({ title }) => title);
    assert.equal(titles[0], "Acme Backup");
    assert.equal(titles.at(-1), "Something else");
    assert.equal(titles.length, catalog.blueprints.length + 1);
  });

  it("passes over what is no YAML file", () => {
    write("readme.md", "# not a blueprint");
    assert.deepEqual(loadCatalog(folder).problems, []);
  });

  for (const name of ["apis.yaml", "permissions.yaml"])
    it(`cannot be loaded without ${name}, or with a wrong one`, () => {
      write(name, "nonsense: 1");
      assert.throws(() => loadCatalog(folder), new RegExp(name));
      fs.rmSync(path.join(folder, name));
      assert.throws(() => loadCatalog(folder), new RegExp(name));
    });

  it("cannot be loaded when a permission is of an API that nobody knows", () => {
    write("permissions.yaml", "- {api: nowhere, name: X, kind: delegated, rank: low, sentence: X.}");
    assert.throws(() => loadCatalog(folder), /permissions\.yaml: .*"nowhere"/);
  });

  it("knows a permission of another API apart", () => {
    write(
      "apis.yaml",
      `${fs.readFileSync(path.join(ours, "apis.yaml"), "utf8")}\nother: {clientId: 00000002-0000-0ff1-ce00-000000000000, name: Other}`,
    );
    write("permissions.yaml", "- {api: other, name: X, kind: delegated, rank: low, sentence: X.}");
    assert.deepEqual(loadCatalog(folder).catalog.permissionFacts, [
      {
        api: "00000002-0000-0ff1-ce00-000000000000",
        name: "X",
        kind: "delegated",
        rank: "low",
        sentence: "X.",
      },
    ]);
  });
});
