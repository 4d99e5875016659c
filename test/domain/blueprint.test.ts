import assert from "node:assert/strict";
import type { Answers, ApiCatalog, Blueprint, Question, When } from "../../src/domain/blueprint.ts";
import { holds } from "../../src/domain/conditions.ts";
import type { RoleFact } from "../../src/domain/permission.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { resolvePlan } from "../../src/domain/resolve-plan.ts";
import { aBlueprint, graphApi } from "../support/builders.ts";

const apis: ApiCatalog = {
  graph: { clientId: graphApi, name: "Microsoft Graph" },
  exchange: { clientId: "00000002-0000-0ff1-ce00-000000000000", name: "Office 365 Exchange Online" },
};

const roleFacts: RoleFact[] = [
  {
    name: "Global Reader",
    templateId: "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    rank: "medium",
    sentence: "Reads.",
  },
];

const resolve = (given: Partial<Blueprint>, answers: Answers = {}, ask: Question[] = []) =>
  resolvePlan(aBlueprint(ask, given), answers, { apis, roleFacts });

function planOf(given: Partial<Blueprint>, answers: Answers = {}): Plan {
  const plan = resolve(given, answers);
  assert.ok(!("refused" in plan), "it was refused");
  return plan;
}

const app = (given: Partial<Blueprint["app"]>): Partial<Blueprint> => ({
  app: { ...aBlueprint().app, ...given },
});

describe("a condition of a blueprint", () => {
  const table: [When | undefined, Answers, boolean][] = [
    [undefined, {}, true],
    [{}, {}, true],
    [{ kind: "web" }, { kind: "web" }, true],
    [{ kind: "web" }, { kind: "spa" }, false],
    [{ kind: "web" }, {}, false],
    [{ kind: ["web", "spa"] }, { kind: "spa" }, true],
    [{ kind: ["web", "spa"] }, { kind: "public" }, false],
    [{ kind: { not: "web" } }, { kind: "spa" }, true],
    [{ kind: { not: "web" } }, { kind: "web" }, false],
    [{ kind: { not: "web" } }, {}, true],
    [{ kind: { not: ["web", "spa"] } }, { kind: "spa" }, false],
    [{ fulfil: true }, { fulfil: true }, true],
    [{ fulfil: true }, { fulfil: false }, false],
    [{ fulfil: true }, { fulfil: "true" }, false],
    [{ months: 12 }, { months: 12 }, true],
    [{ rights: "read" }, { rights: ["read", "write"] }, true],
    [{ rights: "read" }, { rights: ["write"] }, false],
    [{ rights: "read" }, { rights: [] }, false],
    [{ rights: { not: "read" } }, { rights: ["read", "write"] }, false],
    [{ kind: "web", fulfil: true }, { kind: "web", fulfil: true }, true],
    [{ kind: "web", fulfil: true }, { kind: "web", fulfil: false }, false],
  ];
  for (const [when, answers, expected] of table)
    it(`${JSON.stringify(when)} ${expected ? "holds" : "does not hold"} for ${JSON.stringify(answers)}`, () =>
      assert.equal(holds(when, answers), expected));
});

describe("the plan of a blueprint", () => {
  it("fills answers into names, labels, addresses, handover and next steps", () => {
    const plan = planOf(
      {
        app: {
          ...aBlueprint().app,
          name: "App {{org}} {{n}} {{on}}",
          redirects: [{ platform: "web", uri: "{{site}}/cb" }],
        },
        credentials: [{ kind: "secret", label: "{{org}} key", months: "{{months}}" }],
        handover: [{ label: "Org", value: "={{org}}", where: "Settings" }],
        next: [{ text: "Tell {{org}}." }],
      },
      { org: "Contoso", n: 3, on: true, site: "https://a.example", months: 6 },
    );
    assert.equal(plan.displayName, "App Contoso 3 true");
    assert.deepEqual(plan.redirects, [{ platform: "web", uri: "https://a.example/cb" }]);
    assert.deepEqual(plan.credential, { kind: "secret", label: "Contoso key", months: 6 });
    assert.deepEqual(plan.handover, [{ label: "Org", value: "=Contoso", where: "Settings" }]);
    assert.deepEqual(plan.next, ["Tell Contoso."]);
  });

  it("never reads an answer again for more to fill in", () => {
    const answers = { a: "{{b}}", b: "{{a}} $& $1 $`", c: "own" };
    const plan = planOf({ ...app({ name: "{{a}}|{{b}}" }), next: [{ text: "{{a}} {{c}}" }] }, answers);
    assert.equal(plan.displayName, "{{b}}|{{a}} $& $1 $`");
    assert.deepEqual(plan.next, ["{{b}} own"]);
  });

  it("leaves nothing where an answer is missing", () =>
    assert.equal(planOf(app({ name: "App {{gone}}" })).displayName, "App"));

  it("takes nothing from what every object has", () =>
    assert.equal(planOf(app({ name: "App {{constructor}} {{toString}}{{__proto__}}" })).displayName, "App"));

  const audiences = app({
    audience: [
      { when: { who: "own" }, use: "AzureADMyOrg" },
      { when: { who: "orgs" }, use: "AzureADMultipleOrgs" },
      { use: "AzureADandPersonalMicrosoftAccount" },
    ],
  });
  for (const [who, audience] of [
    ["own", "AzureADMyOrg"],
    ["orgs", "AzureADMultipleOrgs"],
    ["else", "AzureADandPersonalMicrosoftAccount"],
  ] as const)
    it(`has the first audience whose condition holds (${who})`, () =>
      assert.equal(planOf(audiences, { who }).audience, audience));

  it("cannot be made when no audience is decided", () =>
    assert.throws(
      () => resolve(app({ audience: [{ when: { who: "own" }, use: "AzureADMyOrg" }] })),
      /example decides no audience/,
    ));

  it("lets conditions look at the audience that came out", () => {
    const next = [{ text: "Ask the vendor.", when: { appAudience: "AzureADMultipleOrgs" } }];
    assert.deepEqual(planOf({ ...audiences, next }, { who: "orgs" }).next, ["Ask the vendor."]);
    assert.deepEqual(planOf({ ...audiences, next }, { who: "own" }).next, []);
  });

  it("does not let an answer pass for the audience", () => {
    const next = [{ text: "seen", when: { appAudience: "AzureADMultipleOrgs" } }];
    assert.deepEqual(
      planOf({ ...audiences, next }, { who: "own", appAudience: "AzureADMultipleOrgs" }).next,
      [],
    );
  });

  const uris = app({
    redirects: [
      { platform: "web", uri: "{{uris}}" },
      { platform: "spa", uri: "https://b.example/spa", when: { spa: true } },
    ],
  });

  it("has an address for each line of a list", () =>
    assert.deepEqual(planOf(uris, { uris: ["https://a.example/1", "https://a.example/2"] }).redirects, [
      { platform: "web", uri: "https://a.example/1" },
      { platform: "web", uri: "https://a.example/2" },
    ]));

  for (const answers of [{ uris: [] }, { uris: "" }, {}])
    it(`has no address when the list is ${JSON.stringify(answers)}`, () =>
      assert.deepEqual(planOf(uris, answers).redirects, []));

  const wrongAddresses: [string, Answers, string | undefined, RegExp][] = [
    ["{{uri}}", { uri: "http://evil.example/cb" }, "uri", /must begin with https/],
    ["{{uri}}", { uri: ["https://a.example/", "https://*.example/"] }, "uri", /has a \*/],
    ["{{site}}/cb", { site: "https://a.example/#" }, undefined, /fragment/],
    ["https://a.example/{{path}}", { path: "a b" }, undefined, /space/],
    [
      "https://{{host}}.vendor.com/cb",
      { host: "evil.example/x?a=" },
      "host",
      /"evil\.example\/x\?a=" .*host/,
    ],
    ["https://a-{{host}}/cb", { host: "me@evil.example" }, "host", /host/],
    ["https://{{host}}.vendor.com/cb", {}, "host", /host/],
  ];
  for (const [uri, answers, key, sentence] of wrongAddresses)
    it(`is refused for the address ${uri} with ${JSON.stringify(answers)}`, () => {
      const refusal = resolve(app({ redirects: [{ platform: "web", uri }] }), answers);
      assert.ok("refused" in refusal);
      assert.deepEqual([refusal.refused, refusal.key], ["entry", key]);
      assert.match(refusal.sentence, sentence);
    });

  it("has an answer in an address's host when it is letters, digits, dots and hyphens", () => {
    const redirects = [{ platform: "web", uri: "https://{{host}}.vendor.com/{{path}}" }] as const;
    const answers = { host: "eu-1.Dev", path: "a/b?c" };
    assert.deepEqual(planOf(app({ redirects: [...redirects] }), answers).redirects, [
      { platform: "web", uri: "https://eu-1.Dev.vendor.com/a/b?c" },
    ]);
  });

  it("has an address only where its condition holds, and each once a platform", () => {
    const redirects = [
      { platform: "web", uri: "https://b.example/spa" },
      { platform: "web", uri: "{{uris}}" },
      { platform: "spa", uri: "https://b.example/spa", when: { spa: true } },
    ] as const;
    const of = (answers: Answers) => planOf(app({ redirects: [...redirects] }), answers).redirects;
    assert.deepEqual(of({ uris: ["https://b.example/spa"] }), [
      { platform: "web", uri: "https://b.example/spa" },
    ]);
    assert.deepEqual(of({ spa: true }), [
      { platform: "web", uri: "https://b.example/spa" },
      { platform: "spa", uri: "https://b.example/spa" },
    ]);
  });

  it("asks for the permissions of each grant whose condition holds, each once", () => {
    const plan = planOf(
      {
        grant: [
          { api: "graph", delegated: ["User.Read"], application: ["User.Read"] },
          { api: "graph", delegated: ["User.Read"], when: { more: true } },
          { api: "exchange", application: ["full_access_as_app"], when: { more: true } },
          { api: "graph", application: ["Directory.ReadWrite.All"], when: { more: false } },
        ],
      },
      { more: true },
    );
    assert.deepEqual(
      plan.permissions.map(({ apiName, name, kind }) => `${apiName}: ${name} ${kind}`),
      [
        "Microsoft Graph: User.Read delegated",
        "Microsoft Graph: User.Read application",
        "Office 365 Exchange Online: full_access_as_app application",
      ],
    );
    assert.equal(plan.permissions[2]?.api, apis.exchange?.clientId);
  });

  for (const api of ["nowhere", "constructor"])
    it(`cannot be made with an API that nobody knows (${api})`, () =>
      assert.throws(() => resolve({ grant: [{ api, delegated: ["x"] }] }), /does not know/));

  it("carries whether consent is given", () => {
    for (const consent of ["admin", "optional", "none"] as const)
      assert.equal(planOf({ consent }).consent, consent);
  });

  const months: [number | string, Answers, number][] = [
    [12, {}, 12],
    ["{{m}}", { m: 6 }, 6],
    ["{{m}}", { m: 24 }, 24],
    ["{{m}}", { m: 600 }, 24],
    [36, {}, 24],
    [0, {}, 1],
    [-3, {}, 1],
    ["{{m}}", {}, 1],
    ["{{m}}", { m: "many" }, 1],
    [1.5, {}, 1],
  ];
  for (const [asked, answers, given] of months)
    it(`has a secret of ${given} months for ${asked} and ${JSON.stringify(answers)}`, () =>
      assert.deepEqual(
        planOf({ credentials: [{ kind: "secret", label: "x", months: asked }] }, answers).credential,
        { kind: "secret", label: "x", months: given },
      ));

  it("switches tokens of the sign-in on by a flag or a condition", () => {
    const plan = planOf(app({ idTokens: { kind: "spa" }, accessTokens: true }), { kind: "spa" });
    assert.deepEqual([plan.idTokens, plan.accessTokens], [true, true]);
    assert.equal(planOf(app({ idTokens: { kind: "spa" } }), { kind: "web" }).idTokens, false);
  });

  it("shows handover and next steps only where their conditions hold", () => {
    const given: Partial<Blueprint> = {
      handover: [
        { label: "ID", value: "clientId" },
        { label: "Key", value: "secret", when: { on: true } },
      ],
      next: [{ text: "one" }, { text: "two", when: { on: true } }],
    };
    assert.equal(planOf(given, { on: false }).handover.length, 1);
    assert.deepEqual(planOf(given, { on: false }).next, ["one"]);
    assert.deepEqual(planOf(given, { on: true }).next, ["one", "two"]);
  });

  it("is refused with the blueprint's own sentence, before anything else is looked at", () => {
    const refuse = [
      { when: { tenant: "shared", rights: "write" }, say: "A shared tenant may not write." },
      { when: { tenant: "shared" }, say: "Later." },
    ];
    const answers = { tenant: "shared", rights: ["read", "write"], name: "x".repeat(300) };
    assert.deepEqual(resolve({ refuse, ...app({ name: "{{name}}" }) }, answers), {
      refused: "combination",
      sentence: "A shared tenant may not write.",
    });
    assert.ok(!("refused" in resolve({ refuse }, { tenant: "own" })));
  });

  it("is the same for the same answers", () => {
    const blueprint = aBlueprint([], audiences);
    assert.deepEqual(
      resolvePlan(blueprint, { who: "own" }, { apis, roleFacts }),
      resolvePlan(blueprint, { who: "own" }, { apis, roleFacts }),
    );
  });

  it("has version 2 tokens where personal accounts may sign in, whatever the blueprint says", () => {
    const audience = "AzureADandPersonalMicrosoftAccount";
    assert.equal(planOf(app({ audience, tokenVersion: 1 })).tokenVersion, 2);
    assert.equal(planOf(app({ tokenVersion: 1 })).tokenVersion, 1);
    assert.ok(!("tokenVersion" in planOf({})));
  });

  it("leaves out what is not asked for, so that plans of older versions keep their fingerprint", () =>
    assert.deepEqual(Object.keys(planOf(app({ groupClaims: "none" }))).toSorted(), [
      "accessTokens",
      "audience",
      "blueprint",
      "consent",
      "credential",
      "displayName",
      "handover",
      "idTokens",
      "next",
      "permissions",
      "redirects",
    ]));

  it("names roles by their template, each once, and refuses to be made with one that nobody knows", () => {
    const roles = [{ role: "Global Reader" }, { role: "Global Reader", when: { more: true } }];
    assert.deepEqual(planOf({ roles }, { more: true }).directoryRoles, [
      { name: "Global Reader", templateId: "f2ef992c-3afb-46b9-b7cf-a126ee74c451" },
    ]);
    assert.throws(() => planOf({ roles: [{ role: "King" }] }), /King/);
  });

  it("takes typed permissions in the kind of their question, and says beside the field what it cannot read", () => {
    const ask: Question[] = [{ key: "wanted", label: "W", type: "permissions", kind: "delegated" }];
    const grant = [{ typed: "wanted" }];
    const typed = (...wanted: string[]) => resolve({ grant }, { wanted }, ask);
    const plan = typed(
      "Mail.Read",
      "exchange: Exchange.Manage",
      "Office 365 Exchange Online: Exchange.Manage",
    );
    assert.ok(!("refused" in plan));
    assert.deepEqual(
      plan.permissions.map(({ api, name, kind }) => [api, name, kind]),
      [
        [graphApi, "Mail.Read", "delegated"],
        ["00000002-0000-0ff1-ce00-000000000000", "Exchange.Manage", "delegated"],
      ],
    );
    const pasted = typed("- Mail.Read", "https://graph.microsoft.com/Mail.Read", "Mail.Read (Delegated)");
    assert.ok(!("refused" in pasted) && pasted.permissions.length === 1);
    const both = typed("Mail Read", "Mail.Read", "no name");
    assert.match("refused" in both ? both.sentence : "", /"Mail Read".*"no name"/);
    const refusal = typed("Mail.Read", "Nowhere: Mail.Read");
    assert.ok("refused" in refusal);
    assert.equal(refusal.key, "wanted");
    assert.match(refusal.sentence, /no API "Nowhere"/);
  });

  it("takes the first credential whose condition holds, and none when none does", () => {
    const credentials: Blueprint["credentials"] = [
      { kind: "secret", label: "S", months: 6, when: { by: "secret" } },
      {
        kind: "federated",
        name: "f",
        issuer: "https://i.example",
        subject: "{{who}}",
        audience: "a",
        when: { by: "trust" },
      },
    ];
    const by = (answers: Answers) => planOf({ credentials, handover: [] }, answers).credential;
    assert.deepEqual(by({ by: "secret" }), { kind: "secret", label: "S", months: 6 });
    assert.deepEqual(by({ by: "trust", who: "repo:a/b:ref:x" }), {
      kind: "federated",
      name: "f",
      issuer: "https://i.example",
      subject: "repo:a/b:ref:x",
      audience: "a",
    });
    assert.deepEqual(by({}), { kind: "none" });
  });

  it("keeps what is known only once it is made to be filled in then", () =>
    assert.deepEqual(planOf({ next: [{ text: "Give {{clientId}} to {{who}}." }] }, { who: "Ada" }).next, [
      "Give {{clientId}} to Ada.",
    ]));

  it("takes typed app roles and scopes, a value and what it is for", () => {
    const ask: Question[] = [
      { key: "roles", label: "R", type: "lines" },
      { key: "scopes", label: "S", type: "lines" },
    ];
    const given = {
      appRoles: [{ typed: "roles" }],
      expose: { identifierUri: true as const, scopes: [{ typed: "scopes" }] },
    };
    const plan = resolve(
      given,
      { roles: ["Reader: may read", "Writer"], scopes: ["session:role:X: plays it"] },
      ask,
    );
    assert.ok(!("refused" in plan));
    assert.deepEqual(
      plan.appRoles?.map(({ value, description }) => [value, description]),
      [
        ["Reader", "may read"],
        ["Writer", "Writer"],
      ],
    );
    assert.deepEqual(
      plan.expose?.scopes.map(({ value, description }) => [value, description]),
      [["session:role:X", "plays it"]],
    );
    const refusal = resolve(given, { roles: ["has a space"], scopes: [] }, ask);
    assert.ok("refused" in refusal && refusal.key === "roles");
  });
});
