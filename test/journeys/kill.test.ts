import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { killPoints } from "../../src/local/kill-points.ts";
import { choosePort } from "../../src/local/ports.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { freshDatabase } from "../support/postgres.ts";

/** Runs `npm run demo` as its script does, at a port that no trial on this machine wants; answers what it printed. */
async function demo(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; said: string }> {
  const port = await choosePort(undefined, 20_000 + Math.floor(Math.random() * 20_000));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["src/local/demo.ts", ...args], {
      env: { ...process.env, PORT: String(port), ...environment },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
      });
    }
    child.once("close", (code) => resolve({ code, said }));
  });
}

/** The demo itself counts over HTTP: one application for the request, one live secret in it, and a token with it. */
function assertRight({ code, said }: { code: number | null; said: string }): void {
  assert.equal(code, 0, said);
  assert.match(said, /client ID +[0-9a-f-]{36} \(1 application and 1 live secret in the tenant\)/);
  assert.match(said, /secret +\S{3}\*+\n/);
  assert.match(said, /token +obtained with it/);
}

describe("the demo", function () {
  this.timeout(120_000);
  // A data folder in which one demo was played: the others go on in copies of it, since making a database takes seconds.
  const first = temporaryFolder();
  const folders: string[] = [first];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const copy = () => {
    const folder = temporaryFolder();
    folders.push(folder);
    cpSync(first, folder, { recursive: true });
    return folder;
  };

  it("ends with client ID, tenant ID, secret and a token", async () => {
    assertRight(await demo([], { DATA_DIR: first }));
  });

  for (const point of killPoints) {
    it(`ends so too when the bot is killed after ${point}`, async () => {
      const outcome = await demo(["--kill-after", point], { DATA_DIR: copy() });
      assertRight(outcome);
      assert.match(outcome.said, new RegExp(`killed +after ${point}, by SIGKILL`));
    });
  }

  for (const point of ["approved", "application:called", "credential:called", "delivered"]) {
    it(`ends so too on PostgreSQL when the bot is killed after ${point}`, async () => {
      const { url, drop } = await freshDatabase();
      try {
        assertRight(await demo(["--kill-after", point], { DATA_DIR: copy(), DATABASE_URL: url }));
      } finally {
        await drop();
      }
    });
  }

  it("names the steps when it is asked for one that is not there", async () => {
    const { code, said } = await demo(["--kill-after", "lunch"], {});
    assert.equal(code, 1);
    for (const point of killPoints) assert.ok(said.includes(point));
  });

  it("never leaves this machine", async () => {
    const { code, said } = await demo([], { GRAPH_URL: "https://graph.microsoft.com" });
    assert.equal(code, 1);
    assert.match(said, /graph\.microsoft\.com.*npm start/);
  });
});
