import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { ConfigError, parsePort, readConfig } from "../src/config.ts";
import { parseSecretKeys } from "../src/domain/secret-link.ts";
import { temporaryFolder } from "./support/carriers.ts";

const guid = (n: number) => `cccccccc-0000-4000-8000-00000000000${n}`;
const key = randomBytes(32);

/** The least that production needs. */
const complete = {
  BOT_ID: guid(1),
  BOT_TENANT_ID: "11111111-1111-4111-8111-111111111111",
  BOT_TYPE: "UserAssignedMSI",
  SECRET_KEY: key.toString("base64"),
  PUBLIC_URL: "https://usher.example",
};
const read = (given: Record<string, string | undefined> = {}) => readConfig({ ...complete, ...given });

/** The lines of what is missing or wrong. */
function problemsOf(given: Record<string, string | undefined>, base: object = complete): string[] {
  try {
    readConfig({ ...base, ...given });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split("\n").flatMap((line) => /^ {2}- (.*)/.exec(line)?.[1] ?? []);
  }
  return [];
}

describe("the configuration", () => {
  it("needs five variables, and is complete with them", () =>
    assert.deepEqual(read(), {
      bot: { clientId: guid(1), kind: "managed" },
      tenantId: "11111111-1111-4111-8111-111111111111",
      provisioning: { clientId: guid(1), kind: "managed" },
      consent: { clientId: guid(1), kind: "managed" },
      signIn: { clientId: guid(1), kind: "managed" },
      host: "0.0.0.0",
      port: 3978,
      publicUrl: "https://usher.example",
      trustedProxies: [],
      database: { dataDir: "./data" },
      secretKeys: [key],
      approversGroup: undefined,
      adminsGroup: undefined,
      graphUrl: "https://graph.microsoft.com",
      authorityUrl: "https://login.microsoftonline.com",
      catalogDir: "catalog",
      logLevel: "info",
    }));

  it("takes a policy that is kept elsewhere, and none from an empty variable", () => {
    assert.equal(read({ POLICY_FILE: " /etc/usher/policy.yaml " }).policyFile, "/etc/usher/policy.yaml");
    assert.ok(!("policyFile" in read({ POLICY_FILE: " " })));
  });

  it("names all that is missing at once, and the trial that needs none of it", () => {
    assert.throws(
      () => readConfig({}),
      (error: Error) => {
        for (const name of Object.keys(complete))
          assert.match(error.message, new RegExp(`- ${name} is missing`));
        assert.match(error.message, /npm run local/);
        return true;
      },
    );
    assert.equal(problemsOf({}, {}).length, 5);
  });

  for (const name of Object.keys(complete))
    it(`names ${name} when it is the only one missing, empty or only space`, () => {
      for (const text of [undefined, "", "  "]) {
        const problems = problemsOf({ [name]: text });
        assert.equal(problems.length, 1);
        assert.ok(problems[0]?.startsWith(`${name} is missing`));
      }
    });

  const wrong: [name: string, text: string][] = [
    ["BOT_ID", "usher"],
    ["BOT_TENANT_ID", "contoso.onmicrosoft.com"],
    ["BOT_TYPE", "MultiTenant"],
    ["BOT_TYPE", "singletenant"],
    ["SECRET_KEY", "short"],
    ["SECRET_KEY", randomBytes(31).toString("base64")],
    ["SECRET_KEY", randomBytes(33).toString("base64")],
    ["SECRET_KEY", `${key.toString("base64")},`],
    ["SECRET_KEY", `${key.toString("base64")},short`],
    ["SECRET_KEY", key.toString("hex")],
    ["SECRET_KEY", `<${key.toString("base64")}>`],
    ["BOT_ID", "<client id>"],
    ["BOT_ID", "00000000-0000-0000-0000-000000000000"],
    ["BOT_TENANT_ID", "<tenant id>"],
    ["BOT_TENANT_ID", "${{TEAMS_APP_TENANT_ID}}"],
    ["BOT_TENANT_ID", "00000000-0000-0000-0000-000000000000"],
    ["BOT_TYPE", "UserAssignedMSI|SingleTenant"],
    ["PUBLIC_URL", "https://<your host>"],
    ["PUBLIC_URL", "http://usher.example"],
    ["PUBLIC_URL", "usher.example"],
    ["PUBLIC_URL", "https://usher.example/?x=1"],
    ["PUBLIC_URL", "https://usher.example/#x"],
    ["PUBLIC_URL", "https://ada:pw@usher.example"],
    ["PROVISIONING_CLIENT_ID", "none"],
    ["CONSENT_CLIENT_ID", "None"],
    ["SIGNIN_CLIENT_ID", "x"],
    ["PROVISIONING_CLIENT_ID", "<client id>"],
    ["APPROVERS_GROUP", "${{APPROVERS_GROUP}}"],
    ["APPROVERS_GROUP", "Approvers"],
    ["ADMINS_GROUP", "Admins"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "3978x"],
    ["PORT", "0x10"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"],
    ["TRUSTED_PROXIES", "proxy.example"],
    ["TRUSTED_PROXIES", "10.0.0.1;10.0.0.2"],
    ["TRUSTED_PROXIES", "10.0.0.1,"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "10.0.0.0/8/8"],
    ["TRUSTED_PROXIES", "0.0.0.0/0"],
    ["TRUSTED_PROXIES", "2001:db8::/129"],
    ["TRUSTED_PROXIES", "::/0"],
    ["GRAPH_URL", "http://graph.example"],
    ["GRAPH_URL", "http://localhost:4000"],
    ["GRAPH_URL", "graph.example"],
    ["AUTHORITY_URL", "http://127.0.0.1:4000"],
    ["DATABASE_URL", "mysql://db.example/usher"],
    ["DATABASE_URL", "db.example"],
    ["DATABASE_CLIENT_ID", "usher"],
    ["LOG_LEVEL", "loud"],
  ];
  for (const [name, text] of wrong)
    it(`does not take ${name}=${text.length > 40 ? `… of ${text.length} characters` : text}, and names it`, () => {
      const problems = problemsOf({ [name]: text });
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, new RegExp(`^${name} is not `));
    });

  it("names what is wrong beside what is missing", () => {
    const problems = problemsOf({ BOT_ID: undefined, PORT: "x", GRAPH_URL: "http://graph.example" });
    assert.deepEqual(problems.map((problem) => problem.split(" ")[0]).toSorted(), [
      "BOT_ID",
      "GRAPH_URL",
      "PORT",
    ]);
  });

  it("names all that is wrong at once, each on a line of its own", () => {
    const each = { BOT_ID: "x", BOT_TENANT_ID: "x", BOT_TYPE: "x", SECRET_KEY: "x", PUBLIC_URL: "x" };
    const beside = {
      PORT: "x",
      LOG_LEVEL: "x",
      TRUSTED_PROXIES: "x",
      ADMINS_GROUP: "x",
      CONSENT_CLIENT_ID: "x",
    };
    assert.deepEqual(
      problemsOf({ ...each, ...beside })
        .map((problem) => problem.split(" is ")[0])
        .toSorted(),
      Object.keys({ ...each, ...beside }).toSorted(),
    );
    const missing = { BOT_TYPE: "SingleTenant", PROVISIONING_CLIENT_ID: guid(2) };
    const files = {
      BOT_FEDERATED: "/none/token",
      BOT_CERTIFICATE: "/none/bot.pem",
      PROVISIONING_CERTIFICATE: "/none",
    };
    assert.equal(problemsOf({ ...missing, ...files }).length, 3);
  });

  it("never shows the value of what is wrong", () => {
    for (const [name, text] of wrong.filter(([, each]) => each.length > 8))
      assert.ok(
        !problemsOf({ [name]: text })
          .join()
          .includes(text),
        name,
      );
    assert.ok(!problemsOf({ DATABASE_URL: "mysql://u:canary@db" }).join().includes("canary"));
  });

  it("reads ids without case, and texts without the space around them", () => {
    assert.equal(read({ APPROVERS_GROUP: ` ${guid(9).toUpperCase()} ` }).approversGroup, guid(9));
    assert.equal(read({ GRAPH_URL: "https://graph.example/ " }).graphUrl, "https://graph.example");
    assert.equal(read({ PUBLIC_URL: "https://usher.example///" }).publicUrl, "https://usher.example");
  });

  it("trusts no proxy unless it is named, by its address or its network", () => {
    assert.deepEqual(read({ TRUSTED_PROXIES: " " }).trustedProxies, []);
    const named = ["10.0.0.1", "10.2.0.0/16", "2001:db8::1", "2001:db8:ffff::/48"];
    assert.deepEqual(read({ TRUSTED_PROXIES: named.join(", ") }).trustedProxies, named);
  });

  it("opens PostgreSQL when there is a URL, else the folder", () => {
    const databaseUrl = "postgres://u:p@db.example/usher";
    assert.deepEqual(read({ DATABASE_URL: databaseUrl, DATA_DIR: "/var/usher" }).database, { databaseUrl });
    assert.deepEqual(read({ DATABASE_URL: "postgresql://db/usher" }).database, {
      databaseUrl: "postgresql://db/usher",
    });
    assert.deepEqual(read({ DATA_DIR: "/var/usher" }).database, { dataDir: "/var/usher" });
  });

  it("signs in to PostgreSQL as a managed identity, where the address has a user and no password", () => {
    const asIdentity = (databaseUrl: string | undefined) => ({
      DATABASE_URL: databaseUrl,
      DATABASE_CLIENT_ID: guid(1),
    });
    const databaseUrl = "postgres://usher@db.example/usher";
    assert.deepEqual(read(asIdentity(databaseUrl)).database, { databaseUrl, databaseClientId: guid(1) });
    for (const url of [
      "postgres://usher:canary@db.example/usher",
      "postgres://db.example/usher",
      undefined,
    ]) {
      const [problem, ...more] = problemsOf(asIdentity(url));
      assert.match(problem!, /^DATABASE_CLIENT_ID wants /);
      assert.ok(!problem!.includes("canary"));
      assert.deepEqual(more, []);
    }
  });
});

describe("an identity of Usher's", () => {
  let folder: string;
  let certificatePath: string;
  before(() => {
    folder = temporaryFolder();
    certificatePath = path.join(folder, "bot.pem");
    fs.writeFileSync(certificatePath, "-----BEGIN CERTIFICATE-----");
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const single = { BOT_TYPE: "SingleTenant" };

  it("is managed for a UserAssignedMSI bot, whatever else is set", () =>
    assert.equal(read({ BOT_PASSWORD: "x", BOT_CERTIFICATE: certificatePath }).bot.kind, "managed"));

  it("is a secret, which does not print", () => {
    const { bot } = read({ ...single, BOT_PASSWORD: "canary" });
    assert.ok(bot.kind === "secret");
    assert.equal(bot.secret.reveal(), "canary");
    assert.ok(!JSON.stringify(read({ ...single, BOT_PASSWORD: "canary" })).includes("canary"));
  });

  it("is a certificate rather than a secret", () =>
    assert.deepEqual(read({ ...single, BOT_PASSWORD: "x", BOT_CERTIFICATE: certificatePath }).bot, {
      clientId: guid(1),
      kind: "certificate",
      certificatePath,
    }));

  it("must be one of them for a SingleTenant bot", () => {
    const problems = problemsOf(single);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /BOT_FEDERATED, BOT_CERTIFICATE or BOT_PASSWORD is missing/);
  });

  it("is a managed identity's token rather than a certificate or a secret, or one that stands in a file", () => {
    const others = { BOT_PASSWORD: "x", BOT_CERTIFICATE: certificatePath };
    assert.deepEqual(read({ ...single, ...others, BOT_FEDERATED: guid(7).toUpperCase() }).bot, {
      clientId: guid(1),
      kind: "federated",
      by: { managedIdentity: guid(7) },
    });
    assert.deepEqual(read({ ...single, ...others, BOT_FEDERATED: certificatePath }).bot, {
      clientId: guid(1),
      kind: "federated",
      by: { tokenFile: certificatePath },
    });
    for (const wrong of ["usher", path.join(folder, "gone"), folder])
      assert.match(
        problemsOf({ ...single, BOT_FEDERATED: wrong })[0]!,
        /BOT_FEDERATED is not a client id \(a GUID\) of a managed identity, nor a file/,
      );
  });

  it("cannot have a placeholder for its secret", () => {
    for (const secret of ["<client secret>", "${{SECRET_BOT_PASSWORD}}"])
      assert.deepEqual(problemsOf({ ...single, BOT_PASSWORD: secret }), [
        "BOT_PASSWORD is not a secret but a placeholder",
      ]);
  });

  it("cannot have a certificate that is not there", () => {
    for (const missing of [path.join(folder, "gone.pem"), folder])
      assert.match(problemsOf({ ...single, BOT_CERTIFICATE: missing })[0]!, /BOT_CERTIFICATE names a file/);
  });

  it("is the bot's for Graph and the sign-in, unless another is named", () => {
    const config = read({ ...single, BOT_PASSWORD: "x" });
    assert.equal(config.provisioning, config.bot);
    assert.equal(config.consent, config.bot);
    assert.equal(config.signIn, config.bot);
  });

  it("is the provisioning one's for consent, unless another is named", () => {
    const config = read({ PROVISIONING_CLIENT_ID: guid(2), PROVISIONING_SECRET: "x" });
    assert.ok(config.provisioning.kind === "secret" && config.provisioning.clientId === guid(2));
    assert.equal(config.consent, config.provisioning);
    assert.equal(config.signIn, config.bot);
  });

  it("is its own for each that is named: certificate, secret or managed", () => {
    const config = read({
      PROVISIONING_CLIENT_ID: guid(2),
      PROVISIONING_CERTIFICATE: certificatePath,
      CONSENT_CLIENT_ID: guid(3),
      CONSENT_SECRET: "x",
      SIGNIN_CLIENT_ID: guid(4),
    });
    assert.deepEqual(
      [config.provisioning, config.consent, config.signIn].map((each) => each && [each.clientId, each.kind]),
      [
        [guid(2), "certificate"],
        [guid(3), "secret"],
        [guid(4), "managed"],
      ],
    );
  });

  it("is none for consent when Usher may not consent", () =>
    assert.equal(read({ CONSENT_CLIENT_ID: "none", PROVISIONING_CLIENT_ID: guid(2) }).consent, undefined));
});

describe("SECRET_KEY", () => {
  it("may be several: the first seals, all open", () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const text = `${first.toString("base64")}, ${second.toString("base64")}`;
    assert.deepEqual(read({ SECRET_KEY: text }).secretKeys, [first, second]);
  });

  it("may be written in the base64 of URLs and without padding", () => {
    const bytes = Buffer.alloc(32, 0xfb);
    assert.deepEqual(parseSecretKeys(bytes.toString("base64url")), [bytes]);
  });
});

describe("PORT", () => {
  for (const [text, port] of [
    ["0", 0],
    ["3978", 3978],
    ["65535", 65_535],
  ] as const)
    it(`may be ${text}`, () => assert.equal(parsePort(text), port));
});

describe("npm start without a configuration", () => {
  it("ends with a list of what is missing and without a stack", async () => {
    const root = path.resolve(import.meta.dirname, "..");
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) =>
        execFile(
          process.execPath,
          [path.join(root, "src/main.ts")],
          { env: {}, cwd: root },
          (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
        ),
    );
    assert.equal(code, 1);
    assert.equal(stdout, "");
    for (const name of Object.keys(complete)) assert.match(stderr, new RegExp(`- ${name} is missing`));
    assert.match(stderr, /npm run local/);
    assert.doesNotMatch(stderr, /^\s+at |Error:|Warning/m);
  });
});
