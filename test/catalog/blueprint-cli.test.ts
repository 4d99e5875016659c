import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { altered, catalogFolder } from "./folder.ts";

const cli = path.resolve(import.meta.dirname, "../../src/catalog/blueprint-cli.ts");

describe("npm run blueprint", () => {
  const own = catalogFolder();
  after(() => own.remove());

  function run(...words: string[]) {
    const env = { ...process.env, CATALOG_DIR: own.folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
      env,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  it("shows what a good file asks for, and how its branches end", () => {
    const { status, stdout } = run("check", own.at("sample.yaml"));
    assert.equal(
      stdout,
      `Sample (request sample)
  With the default answers:
    Name         Sample Example
    Audience     people of the own tenant only (AzureADMyOrg)
    Redirects    web https://sample.example/callback
    Permissions  medium application User.Read.All (Microsoft Graph) - Reads profiles.
    Consent      Usher grants all of it
    Credential   secret "Sample", 12 months
    Hand over    Client ID = the client ID
                 Secret = the secret, by a one-time link
                 Login = "https://login.example/{{tenantId}}"
    Next         1. Put {{clientId}} into it.
  Tried with 7 combinations of answers: 6 plans, 1 turned away.
    turned away with extras: mail, mode: write: Mail is only read.

All is well.
`,
    );
    assert.equal(status, 0);
  });

  it("says with file and line what is wrong with a bad one, and checks the others all the same", () => {
    own.write("bad.yaml", altered("User.Read.All", "User.Reed.All"));
    const { status, stdout } = run("check", own.at("bad.yaml"), own.at("sample.yaml"));
    assert.match(
      stdout,
      /^Wrong:\n {2}bad\.yaml:17:32 grant\.0\.application\.0: .* Did you mean User\.Read\.All\?\n/,
    );
    assert.match(stdout, /Sample \(request sample\)/);
    assert.match(stdout, /\n1 problem to mend\.\n$/);
    assert.equal(status, 1);
    own.erase("bad.yaml");
  });

  it("says that an id is taken by another file beside it, whichever of the two is asked about", () => {
    own.write("again.yaml", altered("Sample", "Again"));
    for (const name of ["again.yaml", "sample.yaml"]) {
      const { status, stdout } = run("check", own.at(name));
      assert.match(stdout, /is called "sample" already/);
      assert.equal(status, 1);
    }
    own.erase("again.yaml");
  });

  const faults: [what: string, from: string, to: string, fault: string][] = [
    [
      "decides no audience",
      "audience: AzureADMyOrg",
      "audience: [{when: {mode: read}, use: AzureADMyOrg}]",
      "WRONG with mode: write: blueprint sample decides no audience for these answers",
    ],
    [
      "hands over no secret",
      "value: secret, when: {mode: read}",
      "value: secret, when: {extras: mail}",
      "WRONG with the default answers: the secret is handed to nobody",
    ],
    [
      "hands over a secret beside a certificate",
      "value: secret, when: {mode: read}",
      "value: secret",
      "WRONG with mode: write: a secret is handed over, but the credential is certificate",
    ],
  ];
  for (const [what, from, to, fault] of faults)
    it(`finds the combination that ${what}`, () => {
      own.write("fault.yaml", altered(from, to));
      const { status, stdout } = run("check", own.at("fault.yaml"));
      own.erase("fault.yaml");
      assert.ok(stdout.includes(fault), stdout);
      assert.equal(status, 1);
    });

  it("checks the whole folder when no file is named", () => {
    own.write("second.yaml", altered("title: Sample", "title: Second"));
    const { status, stdout } = run("check");
    own.erase("second.yaml");
    assert.match(
      stdout,
      /Sample \(request sample\)[\s\S]*second\.yaml:2:5 id: sample\.yaml is called "sample" already/,
    );
    assert.equal(status, 1);
    assert.equal(run("check").status, 0);
  });

  it("says what is wrong with a shared file, and with a file that is not there", () => {
    own.write("roles.yaml", "- {name: Global Reader}");
    assert.match(run("check").stdout, /roles\.yaml:1:3 0\.templateId: Required/);
    own.write("roles.yaml", "[]");
    assert.match(run("check", own.at("none.yaml")).stdout, /none\.yaml: it cannot be read: ENOENT/);
  });

  for (const words of [[], ["chekc"], ["check", "--all"]])
    it(`shows how it is used when it is told "${words.join(" ")}"`, () => {
      const { status, stdout, stderr } = run(...words);
      assert.match(stderr, /^How to use it:\n {2}npm run blueprint -- check /);
      assert.equal(stdout, "");
      assert.equal(status, 2);
    });
});
