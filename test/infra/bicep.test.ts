import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { readConfig } from "../../src/config.ts";
import { type Declaration, readBicep, type Value } from "./bicep.ts";

const folder = path.resolve(import.meta.dirname, "../../infra");
const files = fs
  .readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".bicep"))
  .map((name) => name.replaceAll(path.sep, "/"))
  .toSorted();
const textOf = (name: string) => fs.readFileSync(path.join(folder, name), "utf8");
const read = (name: string) => readBicep(textOf(name));

type Fields = { [key: string]: Value };
const fieldsOf = (value: Value | undefined): Fields => {
  assert.ok(typeof value === "object" && !Array.isArray(value));
  return value;
};
/** What stands at a path of names, as text. */
function at(value: Value | undefined, ...names: string[]): Value | undefined {
  return names.reduce<Value | undefined>((found, name) => fieldsOf(found)[name], value);
}
const unquoted = (value: Value | undefined) => String(value).replace(/^'(.*)'$/, "$1");
const resourceIn = (file: string, type: string) => {
  const [found, ...more] = read(file).filter(
    (each) => each.keyword === "resource" && !each.isExisting && each.type.startsWith(`${type}@`),
  );
  assert.ok(found && more.length === 0, `${file} has one ${type}`);
  return found.value;
};

const paramsOf = (declarations: Declaration[]) => declarations.filter(({ keyword }) => keyword === "param");
const neededOf = (declarations: Declaration[]) =>
  paramsOf(declarations)
    .filter(({ value }) => value === undefined)
    .map(({ name }) => name);

/** Every expression in a value, with the objects' keys left out. */
function expressionsIn(value: Value | undefined): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(expressionsIn);
}

/** The names that an expression uses, without what is in texts, follows a dot or is called. */
function namesIn(expression: string): string[] {
  const code = expression
    .replaceAll(/\/\/[^\n]*/g, "")
    // Out of texts only what stands in their `${…}` is left.
    .replaceAll(/'(?:[^'\\]|\\.)*'/g, (text) =>
      [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => ` ${name} `).join(""),
    );
  const own = [...code.matchAll(/(\w+) =>/g)].map(([, name]) => name);
  return [...code.matchAll(/(?<![.\w])([A-Za-z_]\w*)\b(?! *[(:])/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !own.includes(name) && !["true", "false", "null"].includes(name));
}

describe("the reader of Bicep in these tests", () => {
  const broken: [what: string, text: string, reason: RegExp][] = [
    ["an object that does not end", "var a = {\n  b: 1\n", /line 3/],
    ["a list that does not end", "var a = [\n  1\n", /line 3/],
    ["a text that does not end", "var a = 'b\n", /line 1: a text does not end/],
    ["a bracket too many", "var a = {\n}\n}\n", /line 3/],
    ["two values on one line", "var a = {\n  b: 1 }\n", /line 2/],
    ["a name twice", "var a = {\n  b: 1\n  b: 2\n}\n", /line 3: b stands twice/],
    ["a resource without a value", "resource a 'b@1'\n", /line 1: a has no value/],
    ["a word that begins nothing", "parameter a string\n", /line 1: expected a declaration/],
    ["a comma as in JSON", "var a = {\n  b: {\n  },\n}\n", /line 3/],
  ];
  for (const [what, text, reason] of broken)
    it(`does not take ${what}`, () => assert.throws(() => readBicep(text), reason));

  it("reads nested values, comments, conditions and texts with expressions in them", () => {
    const [first, second] = readBicep(
      "@minLength(3)\nparam a string = 'x' // why\n\nresource b 'c/d@2024-01-01' = if (a == 'x') {\n" +
        "  // here\n  name: '${a}-${toLower('}')}'\n  list: [\n    {\n      e: f(1, [2])\n    }\n  ]\n}\n",
    );
    assert.deepEqual(first, {
      keyword: "param",
      name: "a",
      type: "string",
      value: "'x'",
      isExisting: false,
      decorators: ["@minLength(3)"],
    });
    assert.deepEqual(second?.value, { name: "'${a}-${toLower('}')}'", list: [{ e: "f(1, [2])" }] });
  });
});

describe("the infrastructure", () => {
  it("is two templates and their modules", () =>
    assert.deepEqual(
      files.filter((name) => !name.startsWith("modules/")),
      ["azure.bicep", "foundation.bicep"],
    ));

  for (const name of files)
    describe(name, () => {
      it("can be read, and names only what it declares", () => {
        const declarations = read(name);
        assert.ok(declarations.length > 2);
        // What is put out may be called like what it is.
        const declared = declarations.filter(({ keyword }) => keyword !== "output").map((each) => each.name);
        assert.equal(new Set(declared).size, declared.length);
        const used = declarations
          .flatMap(({ value, decorators }) => [...expressionsIn(value), ...decorators])
          .flatMap(namesIn);
        assert.deepEqual(
          used.filter((each) => !declared.includes(each)),
          [],
        );
        const idle = declarations.filter(
          (each) => ["param", "var"].includes(each.keyword) && !used.includes(each.name),
        );
        // A condition of a resource uses names too.
        const conditions = [...textOf(name).matchAll(/= if \(([^)]*)\)/g)].flatMap(([, text = ""]) =>
          namesIn(text),
        );
        assert.deepEqual(
          idle.map((each) => each.name).filter((each) => !conditions.includes(each)),
          [],
        );
      });

      it("names each resource type with the version of its interface", () => {
        for (const { type } of read(name).filter(({ keyword }) => keyword === "resource"))
          assert.match(type, /^Microsoft\.[A-Za-z]+(\/[A-Za-z]+)+@\d{4}-\d\d-\d\d(-preview)?$/);
      });

      it("gives each module all that it needs, and nothing that it does not know", () => {
        for (const module of read(name).filter(({ keyword }) => keyword === "module")) {
          const of = readBicep(fs.readFileSync(path.join(folder, path.dirname(name), module.type), "utf8"));
          const given = Object.keys(fieldsOf(at(module.value, "params")));
          const known = paramsOf(of).map((each) => each.name);
          assert.deepEqual(
            given.filter((each) => !known.includes(each)),
            [],
          );
          assert.deepEqual(
            neededOf(of).filter((each) => !given.includes(each)),
            [],
          );
        }
      });

      it("takes only outputs that a module has", () => {
        const text = textOf(name);
        for (const [, module = "", output = ""] of text.matchAll(/\b(\w+)\.outputs\.(\w+)/g)) {
          const found = read(name).find((each) => each.keyword === "module" && each.name === module);
          assert.ok(found, module);
          const outputs = read(path.posix.join(path.posix.dirname(name), found.type)).filter(
            (each) => each.keyword === "output",
          );
          assert.ok(
            outputs.some((each) => each.name === output),
            `${module}.outputs.${output}`,
          );
        }
      });

      it("has no secret in what it puts out, and asks for none of a service's keys", () => {
        const outputs = read(name).filter(({ keyword }) => keyword === "output");
        for (const { name: output, value } of outputs)
          assert.doesNotMatch(
            `${output} ${String(value)}`,
            /secret|password|connectionString|instrumentationKey|token|listKeys|accessKey|primaryKey/i,
          );
        assert.doesNotMatch(textOf(name), /\blist\w*\(|@secure|administratorLogin/);
      });
    });

  for (const name of ["azure", "foundation"]) {
    it(`gets the parameters of ${name}.bicep from ${name}.parameters.json, all that it needs and no other`, () => {
      const { parameters } = JSON.parse(textOf(`${name}.parameters.json`)) as {
        parameters: Record<string, { value: string }>;
      };
      const declarations = read(`${name}.bicep`);
      const known = paramsOf(declarations).map((each) => each.name);
      const given = Object.keys(parameters);
      assert.deepEqual(
        given.filter((each) => !known.includes(each)),
        [],
      );
      assert.deepEqual(
        neededOf(declarations).filter((each) => !given.includes(each)),
        [],
      );
    });
  }
});

describe("the processes in Azure", () => {
  const app = resourceIn("modules/app.bicep", "Microsoft.App/containerApps");
  const container = () => {
    const containers = at(app, "properties", "template", "containers");
    assert.ok(Array.isArray(containers) && containers.length === 1);
    return fieldsOf(containers[0]);
  };
  const variables = () => {
    const { env } = container();
    assert.ok(Array.isArray(env));
    return env.map(fieldsOf);
  };

  it("get variables that Usher reads, and all that it cannot start without", () => {
    const guid = "cccccccc-0000-4000-8000-000000000001";
    const samples: Record<string, string> = {
      BOT_TYPE: "UserAssignedMSI",
      SECRET_KEY: Buffer.alloc(32).toString("base64"),
      PUBLIC_URL: "https://usherdev.example.azurecontainerapps.io",
      PORT: "3978",
      TRUSTED_PROXIES: "100.100.0.0/16,10.42.0.0/26",
      DATABASE_URL: "postgres://usher-dev-bot@usher-dev.postgres.database.azure.com/postgres",
    };
    const names = variables().map(({ name }) => unquoted(name));
    assert.equal(new Set(names).size, names.length);
    const asked = new Set<string>();
    const environment = new Proxy(Object.fromEntries(names.map((name) => [name, samples[name] ?? guid])), {
      get(of, name) {
        asked.add(String(name));
        return Reflect.get(of, name) as string | undefined;
      },
    });
    const config = readConfig(environment);
    assert.deepEqual(
      names.filter((name) => !asked.has(name)),
      [],
    );
    assert.deepEqual(
      [config.bot.kind, config.provisioning.kind, config.consent?.kind, config.signIn.kind],
      ["managed", "managed", "managed", "managed"],
    );
    assert.deepEqual(config.database, { databaseUrl: samples.DATABASE_URL, databaseClientId: guid });
  });

  it("get the key from the vault, and no other variable from anywhere but the template", () => {
    for (const { name, value, secretRef } of variables()) {
      if (unquoted(name) === "SECRET_KEY") assert.equal(unquoted(secretRef), "secret-key");
      else assert.ok(typeof value === "string" && secretRef === undefined);
    }
    const secrets = at(app, "properties", "configuration", "secrets");
    assert.ok(Array.isArray(secrets));
    assert.deepEqual(
      secrets.map((each) => Object.keys(fieldsOf(each)).toSorted()),
      [["identity", "keyVaultUrl", "name"]],
    );
  });

  it("cannot ask for tokens of the identity that reads the vault", () => {
    const settings = String(at(app, "properties", "configuration", "identitySettings"));
    assert.match(settings, /identity: pullIdentity\.id\s+lifecycle: 'None'/);
    assert.equal(settings.match(/lifecycle: 'Main'/g)?.length, 1);
  });

  it("are reached from outside on the two paths that Teams and browsers need, without stickiness", () => {
    const ingress = at(app, "properties", "configuration", "ingress");
    assert.equal(at(ingress, "external"), "false");
    assert.equal(at(ingress, "allowInsecure"), "false");
    assert.equal(unquoted(at(ingress, "stickySessions", "affinity")), "none");
    const route = resourceIn("modules/app.bicep", "Microsoft.App/managedEnvironments/httpRouteConfigs");
    const rules = at(route, "properties", "rules");
    assert.ok(Array.isArray(rules) && rules.length === 1);
    const { routes } = fieldsOf(rules[0]);
    assert.ok(Array.isArray(routes));
    assert.deepEqual(
      routes.map((each) => at(each, "match")),
      [
        { path: "'/api/messages'", caseSensitive: "true" },
        { prefix: "'/s/'", caseSensitive: "true" },
      ],
    );
  });

  it("are probed where Usher answers", () => {
    const { probes } = container();
    assert.ok(Array.isArray(probes));
    const paths = probes.map((each) => [unquoted(at(each, "type")), unquoted(at(each, "httpGet", "path"))]);
    assert.deepEqual(paths, [
      ["Startup", "/livez"],
      ["Liveness", "/livez"],
      ["Readiness", "/readyz"],
    ]);
  });
});

describe("the database in Azure", () => {
  const server = resourceIn("modules/database.bicep", "Microsoft.DBforPostgreSQL/flexibleServers");

  it("takes no passwords, and has no address outside", () => {
    assert.equal(unquoted(at(server, "properties", "authConfig", "passwordAuth")), "Disabled");
    assert.equal(unquoted(at(server, "properties", "authConfig", "activeDirectoryAuth")), "Enabled");
    assert.equal(unquoted(at(server, "properties", "network", "publicNetworkAccess")), "Disabled");
  });

  it("is addressed with a user and without a password", () => {
    const url = read("modules/database.bicep").find(({ name }) => name === "url");
    assert.match(String(url?.value), /^'postgres:\/\/\$\{administratorName\}@/);
  });
});

describe("the rights in Azure", () => {
  it("are two: to pull the image and to read the vault's secrets", () => {
    const roles = files.flatMap((name) =>
      read(name).filter(({ type }) => type.startsWith("Microsoft.Authorization/")),
    );
    assert.deepEqual(
      roles.map(({ value }) => [at(value, "scope"), at(value, "properties", "roleDefinitionId")]),
      [
        ["registry", "acrPull"],
        ["vault", "keyVaultSecretsUser"],
      ],
    );
    assert.match(textOf("foundation.bicep"), /var acrPull = .*'7f951dda-4ed3-4680-a7ca-43fe172d538d'/);
    assert.match(
      textOf("foundation.bicep"),
      /var keyVaultSecretsUser = .*'4633458b-17de-408a-b874-0445c86b69e6'/,
    );
  });
});
