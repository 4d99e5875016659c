import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { demoKillPoints } from "../../src/local/kill-points.ts";
import { choosePort } from "../../src/local/ports.ts";
import { temporaryFolder } from "../support/carriers.ts";
import { playRounds } from "../support/kill-rounds.ts";
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
  // One data folder for all: each demo goes on where the one before ended, since making a database takes seconds.
  const first = temporaryFolder();
  after(() => rmSync(first, { recursive: true, force: true }));

  it("ends with client ID, tenant ID, secret and a token", async () => {
    assertRight(await demo([], { DATA_DIR: first }));
  });

  it("ends so too on PostgreSQL when the bot is killed", async () => {
    const { url, drop } = await freshDatabase();
    try {
      const outcome = await demo(["--kill-after", "credential:called"], {
        DATA_DIR: first,
        DATABASE_URL: url,
      });
      assertRight(outcome);
      assert.match(outcome.said, /killed +after credential:called, by SIGKILL/);
    } finally {
      await drop();
    }
  });

  it("names the steps when it is asked for one that is not there", async () => {
    const { code, said } = await demo(["--kill-after", "lunch"], {});
    assert.equal(code, 1);
    for (const point of demoKillPoints) assert.ok(said.includes(point));
  });

  it("never leaves this machine", async () => {
    const { code, said } = await demo([], { GRAPH_URL: "https://graph.microsoft.com" });
    assert.equal(code, 1);
    assert.match(said, /graph\.microsoft\.com.*npm start/);
  });
});

/** Between the press of an owner who lost a secret and the handover of the next. */
describe("a bot that is killed while it replaces a secret", function () {
  this.timeout(180_000);
  const isReplacing = true;
  playRounds("PostgreSQL", 3, [{ at: "credential:called", again: "sealed", isReplacing }]);
});

/** Two of the two hundred rounds of `npm run test:faults`, of which CI plays more. */
describe("a bot that is killed and started again", function () {
  this.timeout(180_000);
  playRounds("the embedded database", undefined, [{ at: "credential:called" }]);
  playRounds("PostgreSQL", 2, [{ at: "application:called", again: "service-principal:called" }]);
});
