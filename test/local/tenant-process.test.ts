import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { company } from "../../src/local/tenant/company.ts";

const entry = new URL("../../src/local/tenant.ts", import.meta.url);

describe("the simulated tenant as a process", () => {
  let dataDir: string;
  let child: ChildProcess | undefined;
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), "usher-tenant-"));
  });
  after(() => {
    child?.kill("SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start() {
    const started = fork(entry, { env: { ...process.env, DATA_DIR: dataDir }, silent: true });
    child = started;
    const [line] = await once(started.stdout!, "data");
    const [, graph, signin] = /^tenant graph=(\S+) signin=(\S+)\n$/.exec(String(line)) ?? [];
    return { started, graph, signin };
  }

  async function tokenFrom(signin: string | undefined): Promise<string> {
    const { clientId, secret } = company.clients.bot;
    const response = await fetch(`${signin}/${company.tenantId}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret,
        scope: "https://graph.microsoft.com/.default",
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  it("loses nothing that it answered when it is killed, not even its key, and ends with its parent", async () => {
    const first = await start();
    const authorization = `Bearer ${await tokenFrom(first.signin)}`;
    const headers = { authorization, "content-type": "application/json" };
    const body = JSON.stringify({ displayName: "Kept", uniqueName: "usher-kept" });
    assert.equal(
      (await fetch(`${first.graph}/v1.0/applications`, { method: "POST", headers, body })).status,
      201,
    );
    first.started.kill("SIGKILL");
    await once(first.started, "exit");

    const second = await start();
    const found = await fetch(`${second.graph}/v1.0/applications(uniqueName='usher-kept')`, { headers });
    assert.equal(found.status, 200);
    assert.equal(((await found.json()) as { displayName: string }).displayName, "Kept");
    second.started.disconnect();
    assert.deepEqual(await once(second.started, "exit"), [0, null]);
  });
});
