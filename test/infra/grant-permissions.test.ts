import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { ownPermissions, permissionsFor } from "../../src/domain/own-permissions.ts";
import { company } from "../../src/local/tenant/company.ts";
import { aTenant, type TestTenant } from "../local/tenant-client.ts";
import { fakeAzureCli } from "./fake-azure-cli.ts";
import { runScript } from "./run-script.ts";

const root = path.resolve(import.meta.dirname, "../..");
const operations = fs.readFileSync(path.join(root, "docs/operations.md"), "utf8");
const { bot, provisioning, consent, signin: signIn } = company.clients;
const namesOf = (identity: string) =>
  ownPermissions.filter((each) => each.identity === identity).map(({ name }) => name);

/** The rows of the page's table: identity, permission, what for. */
function documented(): { identity: string; name: string; cell: string; reason: string }[] {
  const section = operations.split(/^## /m).find((part) => part.startsWith("Identities and rights")) ?? "";
  let identity = "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .flatMap((line) => {
      const [, first = "", cell = "", reason = ""] = line.split("|").map((each) => each.trim());
      identity = first || identity;
      return [...cell.matchAll(/`(\w+(?:\.\w+)+)`/g)].map(([, name = ""]) => ({
        identity,
        name,
        cell,
        reason,
      }));
    });
}

describe("the permissions that Usher itself holds", () => {
  it("are those that the page on operations names, identity by identity", () => {
    for (const identity of ["provisioning", "consent"])
      assert.deepEqual(
        documented()
          .filter((each) => each.identity === identity)
          .map(({ name }) => name)
          .toSorted(),
        namesOf(identity).toSorted(),
      );
    assert.deepEqual([...new Set(documented().map(({ identity }) => identity))], ["provisioning", "consent"]);
  });

  it("are granted without being asked for where the page calls them neither optional nor off", () => {
    for (const { identity, name, cell } of documented()) {
      const permission = ownPermissions.find((each) => each.identity === identity && each.name === name);
      const isAlways = !/optional|off unless|with `CONSENT_CLIENT_ID=none` only/.test(cell);
      assert.equal(permission?.when === "always", isAlways, name);
    }
  });

  it("are enough for what the code does: the trial's tenant lets its identities do nothing with others", () => {
    for (const [identity, { roles }] of Object.entries({ provisioning, consent })) {
      const unnamed = roles.filter((role) => !namesOf(identity).includes(role));
      assert.deepEqual(unnamed, [], identity);
      const always = ownPermissions.filter((each) => each.identity === identity && each.when === "always");
      assert.deepEqual(
        always.map(({ name }) => name).filter((name) => !roles.includes(name)),
        [],
        identity,
      );
    }
  });

  it("say what the widest of them can do", () => {
    for (const name of [
      "AppRoleAssignment.ReadWrite.All",
      "RoleManagement.ReadWrite.Directory",
      "Application.ReadWrite.All",
    ])
      assert.match(
        ownPermissions.find((each) => each.name === name)?.reason ?? "",
        /It can (add|grant|give) /,
      );
  });

  it("go to one identity, each once, where it does both parts", () => {
    const granted = permissionsFor({ provisioning: "p", consent: "p" }, []);
    assert.deepEqual([...granted.keys()], ["p"]);
    const names = granted.get("p")?.map(({ name }) => name) ?? [];
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes("AppRoleAssignment.ReadWrite.All") && names.includes("User.Read.All"));
  });

  it("have none that consents, and one that sees consents, where Usher may not consent", () => {
    const granted = permissionsFor({ provisioning: "p", consent: "none" }, []);
    const names = [...granted.values()].flat().map(({ name }) => name);
    assert.ok(!names.some((name) => /ReadWrite/.test(name) && name !== "Application.ReadWrite.OwnedBy"));
    assert.ok(names.includes("DelegatedPermissionGrant.Read.All"));
    assert.ok(!names.includes("Directory.Read.All"));
  });
});

describe("granting them", () => {
  let tenant: TestTenant;
  let environment: Record<string, string>;
  let file: string;
  /** Whoever is signed in with `az login`: an administrator, played by the bot's client. */
  const administrator = bot;
  before(async () => {
    tenant = await aTenant();
    const mayGrant = ["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"];
    await tenant.control("PUT", `/identities/${administrator.clientId}`, { roles: mayGrant });
    const { body } = await tenant.token(administrator);
    environment = {
      PATH: `${fakeAzureCli(tenant.dataDir, String(body.access_token))}${path.delimiter}${process.env.PATH}`,
      GRAPH_URL: tenant.graphUrl,
      AUTHORITY_URL: "https://login.example",
    };
    file = path.join(tenant.dataDir, ".env.test");
  });
  after(() => tenant.discard());
  beforeEach(async () => {
    for (const { clientId } of [provisioning, consent])
      await tenant.control("PUT", `/identities/${clientId}`, { roles: [] });
    write({});
  });

  const write = (given: Record<string, string>) => {
    const values = {
      BOT_ID: bot.clientId,
      BOT_TENANT_ID: company.tenantId,
      PROVISIONING_CLIENT_ID: provisioning.clientId,
      CONSENT_CLIENT_ID: consent.clientId,
      SIGNIN_CLIENT_ID: signIn.clientId,
      ...given,
    };
    fs.writeFileSync(
      file,
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
  };
  const grant = (...words: string[]) =>
    runScript("infra/grant-permissions.ts", ["--env", file, ...words], environment);

  /** The names of the permissions on Microsoft Graph that an identity has in the tenant. */
  async function heldBy({ servicePrincipalId }: { servicePrincipalId: string }): Promise<string[]> {
    const graph = await tenant.bot("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
    const { appRoles } = graph.body as { appRoles: { id: string; value: string }[] };
    const { body } = await tenant.bot("GET", `/servicePrincipals/${servicePrincipalId}/appRoleAssignments`);
    const rows = body.value as { appRoleId: string }[];
    return rows
      .map(({ appRoleId }) => appRoles.find(({ id }) => id === appRoleId)?.value ?? appRoleId)
      .toSorted();
  }
  const federated = async () => {
    const { body } = await tenant.bot(
      "GET",
      `/applications/${signIn.applicationObjectId}/federatedIdentityCredentials`,
    );
    return body.value as { issuer: string; subject: string; audiences: string[] }[];
  };
  const always = (identity: string) =>
    ownPermissions
      .filter((each) => each.identity === identity && each.when === "always")
      .map(({ name }) => name)
      .toSorted();

  it("changes nothing in a dry run, and says each permission with its reason", async () => {
    const { code, stdout } = await grant("--dry-run");
    assert.equal(code, 0);
    for (const { name, reason, when } of ownPermissions)
      assert.equal(stdout.includes(`missing  ${name}\n           ${reason}\n`), when === "always", name);
    assert.match(stdout, /Nothing was changed/);
    assert.deepEqual([await heldBy(provisioning), await heldBy(consent)], [[], []]);
    assert.deepEqual(await federated(), []);
  });

  it("gives each identity its own part, and the sign-in registration trust in the bot; again, it changes nothing", async () => {
    const first = await grant();
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const held = async () => [await heldBy(provisioning), await heldBy(consent)];
    assert.deepEqual(await held(), [always("provisioning"), always("consent")]);
    const trusted = await federated();
    assert.deepEqual(
      trusted.map(({ issuer, subject, audiences }) => ({ issuer, subject, audiences })),
      [
        {
          issuer: `https://login.example/${company.tenantId}/v2.0`,
          subject: bot.servicePrincipalId,
          audiences: ["api://AzureADTokenExchange"],
        },
      ],
    );

    const second = await grant();
    assert.equal(second.code, 0);
    assert.doesNotMatch(second.stdout, /^ {2}(granted|missing|refused)/m);
    assert.deepEqual(await held(), [always("provisioning"), always("consent")]);
    assert.equal((await federated()).length, 1);
  });

  it("grants an optional permission when it is named, and knows no other", async () => {
    const { code } = await grant("--with", "Policy.Read.All");
    assert.equal(code, 0);
    assert.deepEqual(await heldBy(provisioning), [...always("provisioning"), "Policy.Read.All"].toSorted());

    const unknown = await grant("--with", "Mail.Read");
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /Usher has no use for Mail\.Read/);
  });

  it("grants the consent identity nothing where Usher may not consent", async () => {
    write({ CONSENT_CLIENT_ID: "none" });
    assert.equal((await grant()).code, 0);
    assert.deepEqual(await heldBy(consent), []);
    assert.ok((await heldBy(provisioning)).includes("DelegatedPermissionGrant.Read.All"));
  });

  it("says what an identity holds beside what it needs, and leaves it", async () => {
    await tenant.control("PUT", `/identities/${provisioning.clientId}`, { roles: ["Mail.Read"] });
    const { code, stdout } = await grant();
    assert.equal(code, 0);
    assert.match(stdout, /It also holds Mail\.Read/);
    assert.ok((await heldBy(provisioning)).includes("Mail.Read"));
  });

  it("goes on after a refusal, says it, and ends with 1", async () => {
    await tenant.control("PUT", `/identities/${administrator.clientId}`, {
      roles: ["Application.Read.All"],
    });
    const { body } = await tenant.token(administrator);
    const folder = fs.mkdtempSync(path.join(tenant.dataDir, "weaker-"));
    const weaker = {
      ...environment,
      PATH: `${fakeAzureCli(folder, String(body.access_token))}${path.delimiter}${process.env.PATH}`,
    };
    const { code, stdout } = await runScript("infra/grant-permissions.ts", ["--env", file], weaker);
    assert.equal(code, 1);
    assert.equal(
      stdout.match(/^ {2}refused/gm)?.length,
      always("provisioning").length + always("consent").length,
    );
    assert.match(stdout, /What was granted stays/);
    const mayGrant = ["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"];
    await tenant.control("PUT", `/identities/${administrator.clientId}`, { roles: mayGrant });
  });

  it("does not begin without a file, or with an id that is none", async () => {
    const none = await runScript("infra/grant-permissions.ts", [], environment);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /How to use it/);
    write({ PROVISIONING_CLIENT_ID: "usher" });
    const wrong = await grant();
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /PROVISIONING_CLIENT_ID .* is not a client id/);
  });
});
