import assert from "node:assert/strict";
import fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { parseSecretKeys } from "../../src/domain/secret-link.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { fakeAzureCli } from "./fake-azure-cli.ts";
import { runScript } from "./run-script.ts";

const vault = "/subscriptions/s/resourceGroups/usher/providers/Microsoft.KeyVault/vaults/usherdev1";

describe("making the key in the vault", () => {
  let azure: Server;
  let folder: string;
  let environment: Record<string, string>;
  let file: string;
  /** Azure Resource Manager's idea of the vault: secrets can be written, and their values never read. */
  let secrets: Map<string, string>;
  let refuses: boolean;
  before((done) => {
    folder = temporaryFolder();
    file = path.join(folder, ".env.test");
    azure = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://azure");
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const isKnown =
        request.headers.authorization === "Bearer token-of-az" && searchParams.has("api-version");
      const answer = (status: number, given: object) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(given));
      };
      if (!isKnown || (refuses && request.method === "PUT"))
        return answer(403, { error: { code: "AuthorizationFailed", message: "No right to write." } });
      if (request.method === "PUT") {
        secrets.set(pathname, (JSON.parse(body) as { properties: { value: string } }).properties.value);
        return answer(200, { id: pathname, properties: {} });
      }
      return secrets.has(pathname)
        ? answer(200, { id: pathname, properties: {} })
        : answer(404, { error: { code: "SecretNotFound", message: "There is none." } });
    }).listen(0, "127.0.0.1", () => {
      const { port } = azure.address() as AddressInfo;
      environment = {
        PATH: `${fakeAzureCli(folder, "token-of-az")}${path.delimiter}${process.env.PATH}`,
        AZURE_RESOURCE_MANAGER_URL: `http://127.0.0.1:${port}`,
      };
      done();
    });
  });
  after(() => {
    azure.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    secrets = new Map();
    refuses = false;
    fs.writeFileSync(file, `VAULT_RESOURCE_ID=${vault}\n`);
  });
  const make = (...words: string[]) => runScript("infra/make-secret-key.ts", words, environment);

  it("makes one that Usher takes, says nothing of it, and leaves it when asked again", async () => {
    const first = await make("--env", file);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual([...secrets.keys()], [`${vault}/secrets/secret-key`]);
    const [key = ""] = secrets.values();
    assert.equal(parseSecretKeys(key)?.length, 1);

    const second = await make("--env", file);
    assert.equal(second.code, 0);
    assert.match(second.stdout, /It stays/);
    assert.deepEqual([...secrets.values()], [key]);
    assert.ok(![first, second].some(({ stdout, stderr }) => `${stdout}${stderr}`.includes(key)));
  });

  it("says what was refused", async () => {
    refuses = true;
    const { code, stderr } = await make("--env", file);
    assert.equal(code, 2);
    assert.match(stderr, /AuthorizationFailed No right to write\./);
    assert.equal(secrets.size, 0);
  });

  it("does not begin without a vault", async () => {
    for (const text of ["", "VAULT_RESOURCE_ID=usherdev1\n", `VAULT_RESOURCE_ID=${vault}/../x\n`]) {
      fs.writeFileSync(file, text);
      const { code, stderr } = await make("--env", file);
      assert.equal(code, 2);
      assert.match(stderr, /How to use it/);
    }
  });
});
