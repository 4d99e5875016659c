import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { readBicep } from "./bicep.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (name: string) => fs.readFileSync(path.join(root, name), "utf8");

type Step = {
  uses: string;
  with?: Record<string, unknown>;
  writeToEnvironmentFile?: Record<string, string>;
};
type Stages = { version: string; provision?: Step[]; deploy?: Step[]; publish?: Step[] };

const environments = {
  dev: "m365agents.yml",
  local: "m365agents.local.yml",
  playground: "m365agents.playground.yml",
};

const placeholdersIn = (text: string) =>
  [...text.matchAll(/\$\{\{ *(\w+) *\}\}/g)].map(([, name = ""]) => name);

/** Every text in a step. */
const textsIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : value && typeof value === "object"
      ? Object.values(value).flatMap(textsIn)
      : [];

describe("the files of the Agents Toolkit", () => {
  for (const [environment, file] of Object.entries(environments)) {
    const stages = parse(read(file)) as Stages;
    const steps = [stages.provision, stages.deploy, stages.publish].flatMap((stage) => stage ?? []);
    const variables = parseEnv(read(`env/.env.${environment}`)) as Record<string, string>;

    describe(file, () => {
      it("names the version of its schema twice alike", () => {
        const [, named] = /agents-toolkits\/(v[\d.]+)\/yaml\.schema\.json/.exec(read(file)) ?? [];
        assert.equal(stages.version, named);
        assert.ok(steps.length > 0);
      });

      it("names files that there are, but for those that it makes", () => {
        const made = /^\.\/(appPackage|infra)\/build\b|^\.\/\.localConfigs$/;
        const paths = steps
          .flatMap(({ with: given }) => textsIn(given))
          .filter((each) => /^\.\/\S+$/.test(each));
        assert.deepEqual(
          paths.filter((each) => !made.test(each) && !fs.existsSync(path.join(root, each))),
          [],
        );
      });

      it("names scripts that there are", () => {
        const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
        const run = steps
          .filter(({ uses }) => uses === "cli/runNpmCommand")
          .map(({ with: given }) => String(given?.args));
        for (const args of run) {
          const [, script] = /^run ([\w:-]+)/.exec(args) ?? [];
          assert.ok(script === undefined ? args === "ci" : script in scripts, args);
        }
      });

      it(`uses and writes only variables of env/.env.${environment}, and secrets, which are kept out of it`, () => {
        const templates = steps.flatMap(({ with: given }) =>
          textsIn(given).filter((each) => /^\.\/(infra|appPackage)\/[\w.]+\.json$/.test(each)),
        );
        const used = [read(file), ...templates.map(read)].flatMap(placeholdersIn);
        const written = steps.flatMap(({ writeToEnvironmentFile }) =>
          Object.values(writeToEnvironmentFile ?? {}),
        );
        const unknown = [...used, ...written].filter((name) => !(name in variables));
        assert.deepEqual(
          unknown.filter((name) => !name.startsWith("SECRET_")),
          [],
        );
      });

      it("keeps every secret in a variable of its own kind", () => {
        for (const { with: given, writeToEnvironmentFile } of steps) {
          for (const [what, name] of Object.entries(writeToEnvironmentFile ?? {}))
            assert.equal(/secret/i.test(what), name.startsWith("SECRET_"), name);
          const { envs = {} } = (given ?? {}) as { envs?: Record<string, string> };
          for (const [name, value] of Object.entries(envs))
            if (/PASSWORD|SECRET/.test(name)) assert.match(value, /^\$\{\{SECRET_\w+\}\}$/);
        }
      });
    });

    it(`have no secret in env/.env.${environment}, which is in git`, () => {
      assert.equal(variables.TEAMSFX_ENV, environment);
      for (const [name, value] of Object.entries(variables)) {
        assert.doesNotMatch(name, /^SECRET_|PASSWORD|TOKEN/);
        assert.ok(value.length < 24, name);
      }
    });
  }

  it("have what the deployment puts out among the variables", () => {
    const variables = parseEnv(read("env/.env.dev"));
    for (const template of ["foundation", "azure"])
      for (const { keyword, name } of readBicep(read(`infra/${template}.bicep`)))
        if (keyword === "output") assert.ok(name in variables, name);
  });

  it("keep what is secret or made out of git", () => {
    const ignored = read(".gitignore").split("\n");
    for (const each of ["env/.env.*.user", ".localConfigs", "appPackage/build/", "infra/build/"])
      assert.ok(ignored.includes(each), each);
  });

  it("register the sign-in with the address and the claim that Usher needs, for this tenant only", () => {
    const manifest = JSON.parse(read("infra/signin.manifest.json")) as {
      signInAudience: string;
      web: { redirectUris: string[] };
      optionalClaims: { idToken: { name: string }[] };
    };
    assert.equal(manifest.signInAudience, "AzureADMyOrg");
    assert.deepEqual(manifest.web.redirectUris, ["${{PUBLIC_URL}}/s/callback"]);
    assert.deepEqual(
      manifest.optionalClaims.idToken.map(({ name }) => name),
      ["auth_time"],
    );
  });
});
